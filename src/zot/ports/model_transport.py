"""How a call reaches a model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from zot.domain.event import StreamEvent
from zot.domain.request import ModelCall, WireRequest


class ModelTransport(Protocol):
    """Carry one call to a model and stream its answer back."""

    def stream(self, call: ModelCall) -> AsyncGenerator[StreamEvent, None]:
        """Send the call and yield its events, `Start` first, `End` last.

        `Start` is yielded only once the first byte of an answer is there, so a failure
        before it may be retried. Raises `TransportError`, `ProviderError` or
        `CredentialError`. Closing the iterator closes the connection.
        """
        ...

    async def prepare(self, call: ModelCall) -> WireRequest:
        """Return the request that `stream` would send, with every secret masked."""
        ...

    async def aclose(self) -> None:
        """Release what the transport itself opened."""
        ...
