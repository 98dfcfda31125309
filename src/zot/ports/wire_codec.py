"""One wire protocol, in bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from zot.domain.error import ZotError
from zot.domain.event import StreamEvent
from zot.domain.request import ModelCall, WireRequest


class Decoder(Protocol):
    """The state of one answer."""

    def feed(self, data: bytes) -> Sequence[StreamEvent]:
        """Take the next bytes, cut anywhere, and return the events they complete.

        Raises `StreamBroken` for bytes that are no sound stream, or the provider's error
        where the stream carries one. Events that came before it in the same bytes are not
        lost: they are returned, and the next call raises.
        """
        ...

    def close(self) -> Sequence[StreamEvent]:
        """Say that no more bytes come, and return what was outstanding.

        Raises `StreamBroken` where the wire's finish signal has not been seen. Between
        them, `feed` and `close` return exactly one `End`, last.
        """
        ...


class WireCodec(Protocol):
    """Speak one wire protocol, with no I/O.

    A codec never makes `Start`: the transport does.
    """

    def encode(self, call: ModelCall) -> WireRequest:
        """Return the HTTP request for a call, without its credential."""
        ...

    def decoder(self, call: ModelCall, content_type: str) -> Decoder:
        """Return a decoder for an answer of this content type (a stream or one document)."""
        ...

    def error(
        self, call: ModelCall, status: int, headers: Mapping[str, str], body: bytes
    ) -> ZotError:
        """Return the error for an answer with a status of 300 or above."""
        ...
