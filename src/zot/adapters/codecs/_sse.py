"""Server-sent events out of bytes: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

from zot.domain.error import StreamBroken

LONGEST_LINE = 8 * 1024 * 1024
MOST_BYTES = 64 * 1024 * 1024
BOM = b"\xef\xbb\xbf"

Event = tuple[bytes, bytes]
"""The name of an event (empty for a plain message) and its data."""


class EventStream:
    """Cut a stream of bytes into events, whatever the pieces it comes in.

    Lines end with LF, CRLF or CR and nothing else. A line of the field `error` counts as
    the data of an event of that name: some servers of llama.cpp report a failure so
    (https://github.com/ggml-org/llama.cpp/blob/b3000/examples/server/server.cpp).
    """

    def __init__(self) -> None:
        self._begun = False
        self._after_cr = False
        self._pieces: list[bytes] = []  # of the line that has not ended yet
        self._length = 0
        self._name = b""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that these bytes complete; raises `StreamBroken` for a huge line."""
        if not self._begun:
            data = self._without_bom(data)
        if self._after_cr and data:
            self._after_cr = False
            if data.startswith(b"\n"):
                data = data[1:]
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in data:
            self._keep(data)
            return []
        if self._pieces:
            data = b"".join((*self._pieces, data))
            self._pieces.clear()
            self._length = 0
        lines = data.split(b"\n")
        self._keep(lines.pop())
        return self._events(lines)

    def close(self) -> list[Event]:
        """Return what stands after the last blank line.

        A browser would discard it. Here it counts: some servers leave out the last blank
        line, and a cut-off event is found out when its JSON is read.
        """
        lines = [b"".join(self._pieces), b""]
        self._pieces.clear()
        return self._events(lines)

    def _events(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        data = self._data
        for line in lines:
            if line.startswith(b"data: "):
                data.append(line[6:])
            elif not line:
                if data:
                    whole = data[0] if len(data) == 1 else b"\n".join(data)
                    events.append((self._name, whole))
                    data.clear()
                self._name = b""
            elif not line.startswith(b":"):
                self._field(line)
            if len(line) > LONGEST_LINE:
                raise _too_long()
        return events

    def _field(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value
        elif field == b"error" and value:
            self._name = b"error"
            self._data.append(value)

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._length += len(piece)
            if self._length > LONGEST_LINE:
                raise _too_long()

    def _without_bom(self, data: bytes) -> bytes:
        data = b"".join((*self._pieces, data))
        self._pieces.clear()
        self._length = 0
        if len(data) < len(BOM) and BOM.startswith(data):
            self._keep(data)
            return b""
        self._begun = True
        return data.removeprefix(BOM)


def _too_long() -> StreamBroken:
    error = StreamBroken(f"one line of the answer is longer than {LONGEST_LINE >> 20} MiB")
    error.retryable = False  # it would come again
    return error
