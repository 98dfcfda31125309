"""Which transport carries which wire."""

from __future__ import annotations

from collections.abc import Callable

from zot.ports.model_transport import ModelTransport

IN_PROCESS = "local"
"""The wire of the model that runs in this process; every other wire goes over HTTP."""


class Transports:
    """The transports, each made when the first call needs it."""

    def __init__(
        self, http: Callable[[], ModelTransport], local: Callable[[], ModelTransport]
    ) -> None:
        self._makers = {"http": http, IN_PROCESS: local}
        self._made: dict[str, ModelTransport] = {}

    def __call__(self, wire: str) -> ModelTransport:
        """Return the transport of a wire."""
        kind = IN_PROCESS if wire == IN_PROCESS else "http"
        if kind not in self._made:
            self._made[kind] = self._makers[kind]()
        return self._made[kind]

    async def aclose(self) -> None:
        """Release what the transports hold."""
        made, self._made = self._made, {}
        for transport in made.values():
            await transport.aclose()
