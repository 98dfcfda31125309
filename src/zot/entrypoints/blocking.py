"""The blocking face of zot: the same thing for programs without an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import aclosing
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack
from weakref import finalize

from zot.domain.error import StreamBroken
from zot.domain.event import StreamEvent
from zot.entrypoints.api import AsyncZot
from zot.entrypoints.options import Options, Prompt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from zot.domain.model import ModelSpec
    from zot.domain.precedence import Resolution
    from zot.domain.reply import Reply
    from zot.domain.request import WireRequest
    from zot.ports.secret_store import SecretStore

AHEAD = 64
"""Events that may wait for a slow reader before the network is held back."""
PAUSE = 0.005
"""Seconds until a slow reader is looked at again."""

T = TypeVar("T")


class Arguments(TypedDict, total=False):
    """What `AsyncZot` takes."""

    home: str | Path | None
    environ: Mapping[str, str] | None
    api_key: str | None
    base_url: str | None
    store: SecretStore | None
    http_client: httpx.AsyncClient | None
    retries: int
    timeout: float
    insecure_http: bool
    notify: Callable[[str], None]


class Zot:
    """Ask any model of any provider, and wait for the answer.

    Takes what `AsyncZot` takes. One object may be used from many threads: it keeps one
    event loop in a thread of its own. A forked child gets a fresh one when it first asks.
    """

    def __init__(self, **arguments: Unpack[Arguments]) -> None:
        self._arguments = arguments
        self._zot = AsyncZot(**arguments)
        self._running: _Loop | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what is under way, close what zot opened, and end the thread."""
        with _starting.lock:
            running, self._running = self._running, None
        if running is not None and running.is_ours:
            running.stop()

    def complete(self, prompt: Prompt, **options: Unpack[Options]) -> Reply:
        """Ask, and return the whole reply."""
        loop = self._loop()
        return loop.call(self._zot.complete(prompt, **options))

    def stream(self, prompt: Prompt, **options: Unpack[Options]) -> Iterator[StreamEvent]:
        """Ask, and yield the events of the answer; closing the iterator ends the request."""
        loop = self._loop()
        queue: SimpleQueue[StreamEvent | None] = SimpleQueue()

        async def pump() -> None:
            async with aclosing(self._zot.stream(prompt, **options)) as events:
                async for event in events:
                    while queue.qsize() >= AHEAD:  # noqa: ASYNC110 (the reader is a thread)
                        await asyncio.sleep(PAUSE)
                    queue.put(event)

        future = loop.start(pump())
        future.add_done_callback(lambda _: queue.put(None))
        try:
            while (event := queue.get()) is not None:
                yield event
            loop.result(future)
        finally:
            if loop.is_ours:
                future.cancel()

    def prepare(self, prompt: Prompt, **options: Unpack[Options]) -> WireRequest:
        """Return the exact request that `stream` would send, secrets masked; sends nothing."""
        loop = self._loop()
        return loop.call(self._zot.prepare(prompt, **options))

    def served(self, provider: str) -> list[ModelSpec]:
        """Ask a provider for its own list of models, at `base_url` where one was given."""
        loop = self._loop()
        return loop.call(self._zot.served(provider))

    def explain(self, provider: str) -> Resolution:
        """Say where a provider's credential comes from, and everywhere that was looked."""
        loop = self._loop()
        return loop.call(self._zot.explain(provider))

    def models(self, provider: str | None = None) -> list[ModelSpec]:
        """Return the models of the catalog, or of one provider."""
        return self._zot.models(provider)

    def _loop(self) -> _Loop:
        with _starting.lock:
            running = self._running
            if running is None or not running.is_ours:
                if running is not None:
                    _starting.inherited.append(running)
                    self._zot = AsyncZot(**self._arguments)
                running = self._running = _Loop(self._zot)
                finalize(self, running.abandon).atexit = False
            return running


class _Loop:
    """An event loop in a thread of its own, for one `AsyncZot`; all calls are thread-safe."""

    def __init__(self, zot: AsyncZot) -> None:
        self._pid = os.getpid()
        self._zot = zot
        self._loop: asyncio.AbstractEventLoop
        self._stopped: asyncio.Event
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[ready], name="zot", daemon=True)
        self._thread.start()
        ready.wait()

    @property
    def is_ours(self) -> bool:
        """Whether the thread runs in this process, and not in the one it was forked from."""
        return self._pid == os.getpid()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start work in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work in the loop and wait for it; an interrupt cancels it."""
        future = self.start(work)
        try:
            return self.result(future)
        finally:
            future.cancel()

    def result(self, future: Future[T]) -> T:
        """Wait for work that was started."""
        try:
            return future.result()
        except CancelledError:
            raise StreamBroken("zot was closed before the answer was complete") from None

    def stop(self) -> None:
        """Cancel what is under way, close what zot opened, and wait for the thread to end."""
        self.abandon()
        self._thread.join()

    def abandon(self) -> None:
        """Stop, and do not wait for it."""
        if self.is_ours and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopped.set)

    def _run(self, ready: threading.Event) -> None:
        asyncio.run(self._until_stopped(ready))

    async def _until_stopped(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        ready.set()
        await self._stopped.wait()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._zot.aclose()


class _Starting:
    """What every `Zot` of this process shares."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inherited: list[_Loop] = []  # of the parent process: ending them would disturb it

    def forked(self) -> None:
        """Begin anew in a child: the lock may have been held by a thread that is not here."""
        self.lock = threading.Lock()


_starting = _Starting()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_starting.forked)
