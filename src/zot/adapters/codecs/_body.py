"""The body of an answer: a stream of events, or one JSON document in place of it."""

from __future__ import annotations

from zot.adapters.codecs._sse import BOM, MOST_BYTES, Event, EventStream
from zot.domain.error import StreamBroken

_LONGEST_BLANK = 4096  # so much white space, and it is no document
_SHOWN = 200
_FIELDS = (b":", b"data", b"event", b"id", b"retry", b"error")


class Body:
    """Take the bytes of an answer and return its events.

    `is_document` is True once they turn out to be one JSON document, which then is the
    single event of `close()`. The bytes decide, not what the header says of them.
    """

    def __init__(self, content_type: str) -> None:
        self._json_expected = "json" in content_type.lower()
        self._events = EventStream()
        self._pieces: list[bytes] = []
        self._size = 0
        self._head = b""
        self._known = False
        self.is_document = False

    def feed(self, data: bytes) -> list[Event]:
        """Return the events these bytes complete; raises `StreamBroken` beyond 64 MiB."""
        self._size += len(data)
        if self._size > MOST_BYTES:
            error = StreamBroken(f"the answer is longer than {MOST_BYTES >> 20} MiB")
            error.retryable = False  # it would come again
            raise error
        if self._known and not self.is_document:
            return self._events.feed(data)
        if len(self._head) < _SHOWN:
            self._head += data[:_SHOWN]
        self._pieces.append(data)
        if not self._known and self._recognised():
            return self._start()
        return []

    def close(self) -> list[Event]:
        """Return what was outstanding: the last event, or the document."""
        if self.is_document:
            return [(b"", b"".join(self._pieces))]
        return [*self._start(), *self._events.close()]

    @property
    def beginning(self) -> bytes:
        """The first bytes, for the message of an error."""
        return self._head[:_SHOWN]

    def _start(self) -> list[Event]:
        if self.is_document:
            return []
        data = b"".join(self._pieces)
        self._pieces.clear()
        return self._events.feed(data)

    def _recognised(self) -> bool:
        head = b"".join(self._pieces)
        if len(head) < len(BOM) and BOM.startswith(head):
            return False
        blank = len(head)
        head = head.removeprefix(BOM).lstrip(b" \t\r\n")[:8]
        if not head:
            self._known = blank > _LONGEST_BLANK
            return self._known
        if not head.startswith((b"{", b"[")) and self._json_expected:
            if any(field.startswith(head) for field in _FIELDS):
                return False  # too short to tell
            self.is_document = not head.startswith(_FIELDS)
        else:
            self.is_document = head.startswith((b"{", b"["))
        self._known = True
        return True
