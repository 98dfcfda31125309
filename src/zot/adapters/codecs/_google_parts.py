"""The parts of an answer of the google wires: https://ai.google.dev/api/caching#Part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zot.adapters.codecs._google_plan import AnswerTool
from zot.adapters.codecs._google_turns import ID, PART, SIGNATURE
from zot.adapters.codecs._json import Halves, dump, parse_object, whole
from zot.domain.error import StreamBroken, UsageError
from zot.domain.event import (
    Notice,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from zot.domain.message import State

LONGEST_SHOWN = 4000
_MARKS = frozenset({"thought", "thoughtSignature", "text", "partMetadata"})

Raw = Mapping[str, object]
Out = list[StreamEvent]


class Parts:
    """Number the parts, and turn them into events.

    A part with a signature stays a part of its own, so that it can be sent back as it came.
    `made` is the number of the first id that has to be made up.
    """

    def __init__(self, answer_tool: AnswerTool | None, made: int) -> None:
        self.called = False
        self._answer_tool = answer_tool
        self._made = made
        self._ids: set[str] = set()
        self._count = 0
        self._open: int | None = None  # the block of `_kind`, once that has something to show
        self._kind: type[TextDelta | ThinkingDelta] | None = None
        self._last_text: int | None = None
        self._halves = Halves()

    def add(self, parts: Iterable[Raw], out: Out) -> None:
        """Take the parts of one chunk."""
        for part in parts:
            if (call := part.get("functionCall")) is not None:
                self._call(call, part, out)
            elif part.keys() <= _MARKS:
                self._say(part, out)
            else:
                self._keep(part, out)

    def cite(self, extras: Raw, out: Out) -> None:
        """Keep what belongs to the answer as a whole, such as its sources, with the text."""
        if self._last_text is None:
            self._last_text = self._number()
        out.append(TextDelta("", self._last_text, dict(extras)))

    def _number(self) -> int:
        """Begin a block of its own: what follows is not a part of it."""
        self._kind = None
        self._count += 1
        return self._count - 1

    def _say(self, part: Raw, out: Out) -> None:
        text = part.get("text") or ""
        if not isinstance(text, str):
            raise StreamBroken("the answer has something else where text belongs")
        kind = ThinkingDelta if part.get("thought") else TextDelta
        if signed := _signed(part):
            number = self._number()
            out.append(kind(whole(text), number, signed))
        else:
            if kind is not self._kind and text:
                self._kind = kind
                self._open = None
                self._halves = Halves()
            if not (text := text and self._halves.feed(text)):
                return
            if self._open is None:
                self._open = self._number()
                self._kind = kind
            number = self._open
            out.append(kind(text, number))
        if kind is TextDelta:
            self._last_text = number

    def _keep(self, part: Raw, out: Out) -> None:
        """Let a part through that zot has no kind for, such as code that the provider ran."""
        out.append(TextDelta("", self._number(), {PART: dict(part)}))
        data = part.get("inlineData")
        if isinstance(data, dict) and not part.get("thought"):
            kind = whole(str(data.get("mimeType") or "unknown"))
            out.append(Notice(f"the answer holds a file of the type {kind}, which is not shown"))

    def _call(self, call: object, part: Raw, out: Out) -> None:
        if not isinstance(call, dict) or not (name := _word(call.get("name"))):
            raise _unusable("a tool call has no name", call)
        text, arguments = _arguments(name, call.get("args"))
        if self._answer_tool is not None and name == self._answer_tool.name:
            if self._answer_tool.wrapped and "value" in arguments:
                text = dump(arguments["value"])
            self._last_text = self._number()
            out.append(TextDelta(text, self._last_text))
            return
        state: dict[str, object] = {**_signed(part)}
        if given := _word(call.get("id")):
            state[ID] = given
        else:
            given = f"{name}_{self._made}"
        while given in self._ids:
            given += "_"
        self._ids.add(given)
        self._made += 1
        self.called = True
        number = self._number()
        out += (
            ToolCallStart(number, given, name),
            ToolCallDelta(number, text),
            ToolCallEnd(number, given, name, arguments, state or None),
        )


def _word(value: object) -> str:
    return whole(value) if isinstance(value, str) else ""


def _signed(part: Raw) -> State:
    signature = part.get("thoughtSignature")
    if signature is None or signature == "":
        return {}
    if not isinstance(signature, str):
        raise StreamBroken("the answer has something else where a signature belongs")
    return {SIGNATURE: whole(signature)}


def _arguments(name: str, given: object) -> tuple[str, dict[str, object]]:
    """Return arguments as JSON text and as an object; raises `StreamBroken` for no object."""
    try:
        text = dump({} if given is None else given)
    except UsageError:  # a number that JSON does not have
        text = str(given)
    arguments = parse_object(text)
    if arguments is None:
        raise _unusable(f"the arguments of tool `{name}` are no JSON object", text)
    return text, arguments


def _unusable(message: str, shown: object) -> StreamBroken:
    error = StreamBroken(message, facts=[f"arguments: {shown}"[:LONGEST_SHOWN]])
    error.retryable = False  # the model said so; the network is sound
    return error
