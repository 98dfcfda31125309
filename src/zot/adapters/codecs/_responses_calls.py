"""Tool calls of the openai-responses wire."""

from __future__ import annotations

from zot.adapters.codecs._json import Halves, dump, parse_object, whole
from zot.adapters.codecs._responses_items import Begin, Out, Raw, kept, string
from zot.domain.error import StreamBroken
from zot.domain.event import ToolCallDelta, ToolCallEnd, ToolCallStart

CUSTOM = "custom_tool_call"
FUNCTION = "function_call"
LONGEST_SHOWN = 4000


class CallItem:
    """A call of a function, or of a custom tool, whose input is text.

    `unusable` holds the error for arguments that are no JSON object: nothing else can be
    given to a tool of zot.
    """

    def __init__(self, begin: Begin, raw: Raw) -> None:
        self.kind = string(raw["type"])
        self._field = "input" if self.kind == CUSTOM else "arguments"
        self._begin = begin
        self._halves = Halves()
        self._held: list[str] = []
        self._pieces: list[str] = []
        self._number = -1
        self._id = self._item_id = self._name = ""
        self.unusable: StreamBroken | None = None
        self._identify(raw)

    def delta(self, field: str, piece: str, out: Out) -> None:
        """Take a piece of the arguments."""
        if field == self._field and (piece := self._halves.feed(piece)):
            self._pieces.append(piece)
            self._held.append(piece)
            if self._name:
                self._release(out)

    def done(self, raw: Raw, out: Out) -> None:
        """Give the call; the arguments of its last form are the ones that count."""
        self._identify(raw)
        streamed = "".join(self._pieces)
        text = self._final(raw) or streamed
        if text.startswith(streamed) and len(text) > len(streamed):
            self._held.append(text[len(streamed) :])
        if not self._name:
            self.unusable = _unusable("a tool call has no name", text)
            return
        self._release(out)
        arguments = {} if text.strip() in {"", "null"} else parse_object(text)
        if arguments is None:
            problem = f"the arguments of tool `{self._name}` are no JSON object"
            self.unusable = _unusable(problem, text)
            return
        state = kept(raw, ("type", "call_id", "name", "status", self._field))
        if self.kind == CUSTOM:
            state["type"] = CUSTOM
        end = ToolCallEnd(self._number, self._id, self._name, arguments, state or None)
        out.append(end)

    def _final(self, raw: Raw) -> str:
        given = raw.get(self._field)
        if given is None or isinstance(given, str):
            return whole(given or "")
        return dump(given)

    def _identify(self, raw: Raw) -> None:
        """Take the id and the name, unless they have been told already."""
        if self._number < 0:
            self._id = string(raw.get("call_id") or "") or self._id
            self._item_id = string(raw.get("id") or "") or self._item_id
            self._name = string(raw.get("name") or "") or self._name

    def _release(self, out: Out) -> None:
        if self._number < 0:
            self._number = self._begin()
            self._id = self._id or self._item_id or f"call_{self._number}"
            out.append(ToolCallStart(self._number, self._id, self._name))
        if self._held:
            out.append(ToolCallDelta(self._number, "".join(self._held)))
            self._held.clear()


def _unusable(message: str, text: str) -> StreamBroken:
    error = StreamBroken(message, facts=[f"arguments: {text[:LONGEST_SHOWN]}"])
    error.retryable = False  # the model said so; the network is sound
    return error
