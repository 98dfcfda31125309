"""The body of an answer of the bedrock-converse wire: frames, or one JSON document."""

from __future__ import annotations

import json

from zot.adapters.codecs._body import Body
from zot.adapters.codecs._eventstream import Frame, FrameStream
from zot.adapters.codecs._json import shown
from zot.adapters.codecs._sse import MOST_BYTES, Event
from zot.domain.error import StreamBroken

EXCEPTION = b"!"
"""The name of an event that begins with it is that of an exception."""
OVER: Event = (b"\n", b"")
"""The last event of every stream; no event on the wire can have this name."""
_SHOWN = 200


class Frames(Body):
    """Take the bytes of an answer and return its events, named by their type.

    https://smithy.io/2.0/aws/amazon-eventstream.html: `:message-type` tells events, modelled
    exceptions and other errors apart. No frame begins like a document: its first byte
    belongs to a length below 16 MiB, and is 0 or 1.
    """

    def __init__(self, content_type: str) -> None:
        super().__init__(content_type)
        self._frames = FrameStream()
        self._blank_may_begin = "json" in content_type.lower()

    def feed(self, data: bytes) -> list[Event]:
        """Return the events these bytes complete; raises `StreamBroken` beyond 64 MiB."""
        if not self._size and data:
            blank = self._blank_may_begin and data[:1].isspace()
            self.is_document = blank or data.startswith((b"{", b"["))
        self._size += len(data)
        if self._size > MOST_BYTES:
            error = StreamBroken(f"the answer is longer than {MOST_BYTES >> 20} MiB")
            error.retryable = False  # it would come again
            raise error
        if len(self._head) < _SHOWN:
            self._head += data[:_SHOWN]
        if self.is_document:
            self._pieces.append(data)
            return []
        return [_event(frame) for frame in self._frames.feed(data)]

    def close(self) -> list[Event]:
        """Return the document, or for a stream `OVER`; raises `StreamBroken` within a frame."""
        if self.is_document:
            return super().close()
        self._frames.close()
        return [OVER]


def _event(frame: Frame) -> Event:
    headers, payload = frame
    kind = headers.get(":message-type")
    if kind == "event":
        return str(headers.get(":event-type", "")).encode(), payload
    if kind == "exception":
        return EXCEPTION + str(headers.get(":exception-type", "")).encode(), payload
    if kind == "error":
        said = {"message": str(headers.get(":error-message", ""))}
        name = EXCEPTION + str(headers.get(":error-code", "")).encode()
        return name, payload or json.dumps(said).encode()
    raise StreamBroken(f"a frame of the unknown type {kind!r}", facts=[shown(payload)])
