"""The blocks of an answer of the bedrock-converse wire, put together from their deltas.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlockDelta.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Protocol

from zot.adapters.codecs._anthropic_calls import AnswerBlock, ToolBlock
from zot.adapters.codecs._json import Halves, parse_object
from zot.domain.error import StreamBroken
from zot.domain.event import StreamEvent, TextDelta, ThinkingDelta
from zot.domain.message import State

BLOCK = "block"
"""Under this name the state of an empty text holds a block that zot has no part for."""

Raw = Mapping[str, object]
Out = list[StreamEvent]
Begin = Callable[[], int]
"""Gives the number of a part of the answer; called once that has something to show."""


class Block(Protocol):
    """One block, as far as it has come."""

    def delta(self, delta: Raw, out: Out) -> bool:
        """Take the next piece; tell whether it is of this block's kind."""
        ...

    def stop(self, out: Out) -> None:
        """Say that the block is complete."""
        ...


class _Said:
    """Text or thinking: pieces, and at last the state to send back with them."""

    __slots__ = ("_begin", "_event", "_halves", "_number")

    def __init__(self, event: type[TextDelta | ThinkingDelta], begin: Begin) -> None:
        self._event = event
        self._begin = begin
        self._halves = Halves()
        self._number: int | None = None

    def say(self, text: object, out: Out, state: State | None = None) -> None:
        if (text := self._halves.feed(string(text))) or state:
            if self._number is None:
                self._number = self._begin()
            out.append(self._event(text, self._number, state))


class TextBlock:
    """Text, with the citations that belong to it."""

    def __init__(self, begin: Begin) -> None:
        self._said = _Said(TextDelta, begin)
        self._citations: list[object] = []

    def delta(self, delta: Raw, out: Out) -> bool:
        """Take text, or a citation of the text so far."""
        if "text" in delta:
            self._said.say(delta["text"], out)
        elif "citation" in delta:
            self._citations.append(delta["citation"])
        else:
            return False
        return True

    def whole(self, raw: Raw, out: Out) -> None:
        """Take all of it: `citationsContent`."""
        for piece in items(raw.get("content")):
            self.delta(piece, out)
        self._citations.extend(items(raw.get("citations")))

    def stop(self, out: Out) -> None:
        """Give the citations."""
        if self._citations:
            self._said.say("", out, {"citations": self._citations})


class ThinkingBlock:
    """Thinking and its signature, or thinking that only the provider can read."""

    def __init__(self, begin: Begin) -> None:
        self._said = _Said(ThinkingDelta, begin)
        self._signature: list[str] = []
        self._redacted: list[bytes] = []

    def delta(self, delta: Raw, out: Out) -> bool:
        """Take a piece of the thinking, of its signature, or of its encrypted form."""
        piece = delta.get("reasoningContent")
        if not isinstance(piece, dict):
            return False
        if (text := piece.get("text")) is not None:
            self._said.say(text, out)
        if signature := piece.get("signature"):
            self._signature.append(string(signature))
        if hidden := piece.get("redactedContent"):
            self._redacted.append(b64decode(string(hidden)))
        return True

    def stop(self, out: Out) -> None:
        """Give what the thinking cannot be sent back without."""
        state = {}
        if signature := "".join(self._signature):
            state["signature"] = signature
        if self._redacted:
            state["redacted"] = b64encode(b"".join(self._redacted)).decode()
        if state:
            self._said.say("", out, state)


class CallBlock:
    """A call of a tool, or of the tool that stands for a schema."""

    def __init__(self, call: ToolBlock | AnswerBlock) -> None:
        self._call = call

    @property
    def unusable(self) -> StreamBroken | None:
        """The error for arguments that are no JSON object."""
        return self._call.unusable if isinstance(self._call, ToolBlock) else None

    def delta(self, delta: Raw, out: Out) -> bool:
        """Take a piece of the arguments."""
        piece = delta.get("toolUse")
        if not isinstance(piece, dict):
            return False
        self._call.delta("input_json_delta", {"partial_json": piece["input"]}, out)
        return True

    def stop(self, out: Out) -> None:
        """Give the call, whole."""
        self._call.stop(out)


class OpaqueBlock:
    """A block that zot has no part for, such as a search that the provider ran.

    It goes through unseen; `raw` is its content under the name of its kind.
    """

    def __init__(self, begin: Begin, raw: Raw) -> None:
        self._begin = begin
        self._plain = {kind: held for kind, held in raw.items() if not isinstance(held, dict)}
        self._held = {kind: dict(held) for kind, held in raw.items() if isinstance(held, dict)}
        self._texts: dict[tuple[str, str], list[str]] = {}
        self._lists: dict[str, list[object]] = {}

    def delta(self, delta: Raw, out: Out) -> bool:
        """Take a piece: text is joined, pieces of a list follow each other."""
        for kind, piece in delta.items():
            held = self._held.get(kind)
            if held is None:
                return False
            if isinstance(piece, list):
                self._lists.setdefault(kind, [*items(held.get("content"))]).extend(piece)
            elif isinstance(piece, dict):
                for name, value in piece.items():
                    if isinstance(value, str):
                        self._texts.setdefault((kind, name), []).append(value)
                    else:
                        held[name] = value
        return True

    def stop(self, out: Out) -> None:
        """Give the block, unless its arguments cannot be read."""
        for (kind, name), texts in self._texts.items():
            before = self._held[kind].get(name)
            self._held[kind][name] = "".join([before, *texts] if isinstance(before, str) else texts)
        for kind, content in self._lists.items():
            self._held[kind]["content"] = content
        call = self._held.get("toolUse")
        if call is not None and isinstance(text := call.get("input", ""), str):
            call["input"] = parse_object(text) if text.strip() else {}
            if call["input"] is None:
                return
        if raw := {**self._plain, **self._held}:
            out.append(TextDelta("", self._begin(), {BLOCK: raw}))


def items(value: object) -> list[Raw]:
    """Return a list, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """Return a value that has to be text; raises `StreamBroken` for any other."""
    if not isinstance(value, str):
        raise StreamBroken("the answer has something else where text belongs")
    return value
