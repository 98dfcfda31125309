"""The blocking face of zot: the same thing for programs without an event loop."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, aclosing, suppress
from typing import TYPE_CHECKING, Any, Self, Unpack

from zot.domain.event import StreamEvent
from zot.entrypoints.api import AsyncZot
from zot.entrypoints.options import Options, Prompt

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from zot.domain.model import ModelSpec
    from zot.domain.precedence import Resolution
    from zot.domain.reply import Reply
    from zot.domain.request import WireRequest

AHEAD = 64
"""Events that may wait for a slow reader before the network is held back."""


class Zot:
    """Ask any model of any provider, and wait for the answer.

    Takes what `AsyncZot` takes. One object may be used from many threads: it keeps one
    event loop in a thread of its own. A forked child gets a fresh one when it first asks.
    """

    def __init__(self, **arguments: Any) -> None:
        self._arguments: Mapping[str, Any] = arguments
        self._zot = AsyncZot(**arguments)
        self._running: tuple[int, AbstractContextManager[BlockingPortal], BlockingPortal] | None
        self._running = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what zot opened, and end the thread."""
        running, self._running = self._running, None
        if running is not None and running[0] == os.getpid():
            running[2].call(self._zot.aclose)
            running[1].__exit__(None, None, None)

    def complete(self, prompt: Prompt, **options: Unpack[Options]) -> Reply:
        """Ask, and return the whole reply."""
        return self._portal.call(lambda: self._zot.complete(prompt, **options))

    def stream(self, prompt: Prompt, **options: Unpack[Options]) -> Iterator[StreamEvent]:
        """Ask, and yield the events of the answer; closing the iterator ends the request."""
        from queue import Queue

        portal = self._portal
        queue: Queue[StreamEvent | BaseException | None] = Queue(AHEAD)

        async def pump() -> None:
            from anyio.to_thread import run_sync

            async def put(item: StreamEvent | BaseException | None) -> None:
                if queue.full():
                    await run_sync(queue.put, item, abandon_on_cancel=True)
                else:
                    queue.put_nowait(item)

            try:
                async with aclosing(self._zot.stream(prompt, **options)) as events:
                    async for event in events:
                        await put(event)
            except Exception as error:  # noqa: BLE001 (it is raised again on the other side)
                await put(error)
            else:
                await put(None)

        future = portal.start_task_soon(pump)
        try:
            while (item := queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            future.cancel()
            with suppress(Exception):
                while not queue.empty():
                    queue.get_nowait()

    def prepare(self, prompt: Prompt, **options: Unpack[Options]) -> WireRequest:
        """Return the exact request that `stream` would send, secrets masked; sends nothing."""
        return self._portal.call(lambda: self._zot.prepare(prompt, **options))

    def explain(self, provider: str) -> Resolution:
        """Say where a provider's credential comes from, and everywhere that was looked."""
        return self._portal.call(self._zot.explain, provider)

    def models(self, provider: str | None = None) -> list[ModelSpec]:
        """Return the models of the catalog, or of one provider."""
        return self._zot.models(provider)

    @property
    def _portal(self) -> BlockingPortal:
        if self._running is None or self._running[0] != os.getpid():
            from anyio.from_thread import start_blocking_portal

            if self._running is not None:  # forked: the loop's thread stayed in the parent
                self._zot = AsyncZot(**self._arguments)
            manager = start_blocking_portal()
            self._running = (os.getpid(), manager, manager.__enter__())
        return self._running[2]
