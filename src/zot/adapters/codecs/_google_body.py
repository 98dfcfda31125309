"""The body of an answer of the google wires: also a JSON array of chunks, as it grows.

Asked without `alt=sse`, or through a gateway that leaves it out, streamGenerateContent
answers with one array (https://cloud.google.com/apis/docs/system-parameters).
"""

from __future__ import annotations

import re

from zot.adapters.codecs._body import Body
from zot.adapters.codecs._sse import BOM, MOST_BYTES, Event
from zot.domain.error import StreamBroken

OVER: Event = (b"\n", b"")
"""The last event of every stream; no event on the wire can have this name."""
_MOST_BLANK = 4096
_BLANK = b" \t\r\n"
_QUOTE = ord('"')
_DEEPEST = 1000
_GAP = re.compile(rb"[ \t\r\n,]*+")
_BEFORE_BRACKET = re.compile(
    rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL
)
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


class Chunks(Body):
    """Take the bytes of an answer and return its chunks, each as an event."""

    def __init__(self, content_type: str) -> None:
        super().__init__(content_type)
        self._held = b""
        self._decided = False
        self._array: _Elements | None = None

    def feed(self, data: bytes) -> list[Event]:
        """Return the chunks that these bytes complete; raises `StreamBroken` beyond 64 MiB."""
        if not self._decided:
            self._held += data
            data = self._held
            head = data.removeprefix(BOM).lstrip(_BLANK)
            if BOM.startswith(data) or (not head and len(data) < _MOST_BLANK):
                return []
            self._decided = True
            self._held = b""
            if head.startswith(b"["):
                self._array = _Elements()
                self._head = data[:200]
                data = head[1:]
        if self._array is None:
            return super().feed(data)
        self._size += len(data)
        if self._size > MOST_BYTES:
            error = StreamBroken(f"the answer is longer than {MOST_BYTES >> 20} MiB")
            error.retryable = False  # it would come again
            raise error
        return self._array.feed(data)

    def close(self) -> list[Event]:
        """Return what was outstanding, and for a stream `OVER`."""
        if self._array is not None:
            return [*self._array.close(), OVER]
        events = [*super().feed(self._held), *super().close()]
        return events if self.is_document else [*events, OVER]


class _Elements:
    """Cut an array, from behind its bracket, into the objects that it holds."""

    def __init__(self) -> None:
        self._depth = 0  # brackets that are open, without the array's own
        self._in_string = False
        self._escaped = False
        self._closed = False
        self._pieces: list[bytes] = []  # of the object that has not ended yet
        self._broken: StreamBroken | None = None

    def feed(self, data: bytes) -> list[Event]:
        """Return the objects that these bytes complete; a fault behind them comes next."""
        events: list[Event] = []
        try:
            self._cut(data, events)
        except StreamBroken as error:
            if not events:
                raise
            self._broken = error
        return events

    def close(self) -> list[Event]:
        """Return the beginning of an object that did not end."""
        self._cut(b"", [])
        return [(b"", b"".join(self._pieces))] if self._pieces else []

    def _cut(self, data: bytes, events: list[Event]) -> None:
        if self._broken is not None:
            raise self._broken
        at = begin = 0
        while at < len(data) and not self._closed:
            if self._in_string:
                at = self._after_string(data, at)
            elif self._depth:
                at = _end(_BEFORE_BRACKET, data, at)
                if at < len(data) and self._step(data[at]):
                    self._pieces.append(data[begin : at + 1])
                    events.append((b"", b"".join(self._pieces)))
                    self._pieces.clear()
                at += 1
            else:
                begin = self._between(data, at)
                at = begin + 1
        if self._depth and data:
            self._pieces.append(data[begin:])

    def _between(self, data: bytes, at: int) -> int:
        """Return where the next object begins, or the array or the data ends."""
        at = _end(_GAP, data, at)
        match data[at : at + 1]:
            case b"{":
                self._depth = 1
            case b"]":
                self._closed = True
            case b"":
                pass
            case _:
                raise StreamBroken("the answer is an array of something other than objects")
        return at

    def _after_string(self, data: bytes, at: int) -> int:
        """Return where a string, or what there is of it, ends."""
        if self._escaped:
            self._escaped = False
            return at + 1
        at = _end(_STRING, data, at)
        if at < len(data):
            self._in_string = data[at : at + 1] != b'"'
            self._escaped = self._in_string
        return at + 1

    def _step(self, found: int) -> bool:
        """Take a bracket, or the quote of a string that goes on; tell whether an object ends."""
        if found == _QUOTE:
            self._in_string = True
        elif found in b"{[":
            self._depth += 1
            if self._depth > _DEEPEST:
                raise StreamBroken("the answer is nested too deep")
        else:
            self._depth -= 1
        return not self._depth


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Return where a pattern that matches nothing too ends."""
    found = pattern.match(data, at)
    return found.end() if found else at
