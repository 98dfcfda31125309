"""A whole answer: the events of a stream, folded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from zot.domain.credential import NOWHERE, Place
from zot.domain.event import (
    End,
    Notice,
    Start,
    StopReason,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ToolCallEnd,
)
from zot.domain.message import Author, Message, State, Text, Thinking, ToolCall
from zot.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answered; `stop_reason` is None for one that broke off."""

    provider: str = ""
    model: str = ""
    wire: str = ""
    parts: tuple[Text | Thinking | ToolCall, ...] = ()
    stop_reason: StopReason | None = None
    raw_stop_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    notices: tuple[str, ...] = ()
    request_id: str | None = None
    credential: Place = NOWHERE

    @property
    def text(self) -> str:
        """All text of the answer, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def thinking(self) -> str:
        """All thinking of the answer, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Thinking))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools the model asks for."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def message(self) -> Message:
        """The answer as a turn of the conversation, to send with the next question."""
        return Message("assistant", self.parts, Author(self.provider, self.wire, self.model))


def collect(events: Iterable[StreamEvent]) -> Reply:
    """Fold the events of one stream, whole or cut off, into a reply."""
    blocks: dict[int, ToolCall | tuple[type[Text | Thinking], list[str], dict[str, object]]] = {}
    start = Start("", "")
    end: End | None = None
    notices: list[str] = []
    for event in events:
        match event:
            case TextDelta(text, block, state):
                _extend(blocks, block, Text, text, state)
            case ThinkingDelta(text, block, state):
                _extend(blocks, block, Thinking, text, state)
            case ToolCallEnd(block, call_id, name, arguments, state):
                blocks[block] = ToolCall(call_id, name, arguments, state)
            case Notice(text):
                notices.append(text)
            case Start():
                start = event
            case End():
                end = event
            case _:
                pass
    parts = tuple(
        block if isinstance(block, ToolCall) else block[0]("".join(block[1]), block[2] or None)
        for _, block in sorted(blocks.items())
    )
    return Reply(
        provider=start.provider,
        model=start.model,
        wire=start.wire,
        parts=parts,
        stop_reason=end.stop_reason if end else None,
        raw_stop_reason=end.raw_stop_reason if end else None,
        usage=end.usage if end else Usage(),
        notices=tuple(notices),
        request_id=start.request_id,
        credential=start.credential,
    )


def _extend(
    blocks: dict[int, ToolCall | tuple[type[Text | Thinking], list[str], dict[str, object]]],
    block: int,
    kind: type[Text | Thinking],
    text: str,
    state: State | None,
) -> None:
    entry = blocks.setdefault(block, (kind, [], {}))
    if isinstance(entry, tuple):
        entry[1].append(text)
        entry[2].update(state or {})
