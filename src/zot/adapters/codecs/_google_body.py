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
_BRACKET = re.compile(rb'["{}\[\]]')
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

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        at = begin = 0
        if self._escaped and data:
            self._escaped = False
            at = 1
        while at < len(data) and not self._closed:
            if self._in_string:
                at = self._after_string(data, at)
                continue
            found = _BRACKET.search(data, at)
            end = found.start() if found else len(data)
            if not self._depth:
                if data[at:end].strip(_BLANK + b","):
                    raise _no_object()
                begin = end
            if found is None:
                break
            at = found.end()
            if self._step(found[0]):
                self._pieces.append(data[begin:at])
                events.append((b"", b"".join(self._pieces)))
                self._pieces.clear()
        if self._depth:
            self._pieces.append(data[begin:])
        return events

    def close(self) -> list[Event]:
        """Return the beginning of an object that did not end."""
        return [(b"", b"".join(self._pieces))] if self._pieces else []

    def _after_string(self, data: bytes, at: int) -> int:
        """Return where a string, or what there is of it, ends."""
        found = _STRING.match(data, at)
        at = found.end() if found else at
        if at < len(data):
            self._in_string = data[at] != ord('"')
            self._escaped = self._in_string and at + 1 == len(data)
            at += 1
        return at

    def _step(self, bracket: bytes) -> bool:
        """Take a bracket or a quote; tell whether it ends an object of the array."""
        if bracket in b"{[":
            if not self._depth and bracket == b"[":
                raise _no_object()
            self._depth += 1
        elif bracket == b'"':
            if not self._depth:
                raise _no_object()
            self._in_string = True
        elif self._depth:
            self._depth -= 1
            return not self._depth
        elif bracket == b"]":
            self._closed = True
        else:
            raise _no_object()
        return False


def _no_object() -> StreamBroken:
    return StreamBroken("the answer is an array that holds something other than objects")
