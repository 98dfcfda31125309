"""Tool calls of the openai-chat wire, put together from their pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from zot.adapters.codecs._json import Halves, dump, parse_object
from zot.domain.error import StreamBroken
from zot.domain.event import StreamEvent, ToolCallDelta, ToolCallEnd, ToolCallStart
from zot.domain.message import State

LONGEST_SHOWN = 4000


class ToolCalls:
    """Merge pieces by `index`, or by `id` where a server leaves the index out.

    `begin` gives the number of a new block.
    """

    def __init__(self, begin: Callable[[], int]) -> None:
        self._begin = begin
        self._calls: list[_Call] = []
        self._by_index: dict[object, _Call] = {}
        self._by_id: dict[str, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, pieces: Iterable[object], out: list[StreamEvent]) -> None:
        """Take the `tool_calls` of one chunk; raises `StreamBroken` for no such list."""
        for piece in pieces:
            if not isinstance(piece, dict):
                raise StreamBroken("a tool call is no object")
            self._piece(piece, out)

    def legacy(self, function: Mapping[str, object], out: list[StreamEvent]) -> None:
        """Take a `function_call`, the form before there were `tool_calls`."""
        if function.get("name") or function.get("arguments"):
            self._piece({"index": "function_call", "function": function}, out)

    def end(self, out: list[StreamEvent], *, cut_off: bool) -> None:
        """Finish every call; raises `StreamBroken` for arguments that are no JSON object."""
        taken = {call.id for call in self._calls}
        for number, call in enumerate(self._calls):
            if not call.id:
                call.id = _free(number, taken)
            call.finish(out, cut_off=cut_off)

    def _piece(self, piece: Mapping[str, object], out: list[StreamEvent]) -> None:
        function = piece.get("function")
        custom = piece.get("custom")
        if isinstance(function, dict):
            name, arguments = _text(function.get("name")), function.get("arguments")
        elif isinstance(custom, dict):
            name, arguments = _text(custom.get("name")), custom.get("input")
        else:
            name, arguments = "", None
        call_id = _identity(piece.get("id"))
        call = self._find(piece.get("index"), call_id, name)
        call.name = call.name or name
        if call_id and not call.id:
            call.id = call_id
            self._by_id[call_id] = call
        if isinstance(extra := piece.get("extra_content"), dict):
            # https://ai.google.dev/gemini-api/docs/openai: holds the thought signature
            call.state = {"extra_content": extra}
        call.extend(arguments, out)

    def _find(self, index: object, call_id: str, name: str) -> _Call:
        found: _Call | None
        if isinstance(index, int | str):
            found = self._by_index.get(index)
            if found is not None and name and call_id and found.id and call_id != found.id:
                found = None  # a server that gives every call the same index
        elif call_id:
            found = self._by_id.get(call_id)
        else:
            found = None if name or not self._calls else self._calls[-1]
        if found is None:
            found = _Call(self._begin())
            self._calls.append(found)
        if isinstance(index, int | str):
            self._by_index[index] = found
        return found


class _Call:
    """One call, as far as it has come."""

    __slots__ = ("_halves", "_held", "_pieces", "_started", "block", "id", "name", "state")

    def __init__(self, block: int) -> None:
        self.block = block
        self.id = ""
        self.name = ""
        self.state: State | None = None
        self._started = False
        self._halves = Halves()
        self._held: list[str] = []
        self._pieces: list[str] = []

    def extend(self, arguments: object, out: list[StreamEvent]) -> None:
        """Take a piece of the arguments: text, or the whole object."""
        if arguments is not None and not isinstance(arguments, str):
            arguments = dump(arguments)
        if arguments and (arguments := self._halves.feed(arguments)):
            self._pieces.append(arguments)
            self._held.append(arguments)
        if self.id and self.name:
            self._release(out)

    def finish(self, out: list[StreamEvent], *, cut_off: bool) -> None:
        """Add what is outstanding and the end of the call."""
        text = "".join(self._pieces)
        if not self.name:
            raise _unusable("a tool call has no name", text)
        self._release(out)
        arguments = {} if text.strip() in {"", "null"} else parse_object(text)
        if arguments is None:
            raise _unusable(
                f"the answer reached its limit within the arguments of tool `{self.name}`"
                if cut_off
                else f"the arguments of tool `{self.name}` are no JSON object",
                text,
                hint="allow a longer answer with --max-tokens" if cut_off else "",
            )
        out.append(ToolCallEnd(self.block, self.id, self.name, arguments, self.state))

    def _release(self, out: list[StreamEvent]) -> None:
        if not self._started:
            self._started = True
            out.append(ToolCallStart(self.block, self.id, self.name))
        if self._held:
            out.append(ToolCallDelta(self.block, "".join(self._held)))
            self._held.clear()


def _unusable(message: str, text: str, hint: str = "") -> StreamBroken:
    error = StreamBroken(message, hint=hint, facts=[f"arguments: {text[:LONGEST_SHOWN]}"])
    error.retryable = False  # the model said so; the network is sound
    return error


def _free(number: int, taken: set[str]) -> str:
    while (made := f"call_{number}") in taken:
        number += 1
    taken.add(made)
    return made


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _identity(value: object) -> str:
    """Return an id; Mistral has sent the word `null` in its place."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return "" if not isinstance(value, str) or value == "null" else value
