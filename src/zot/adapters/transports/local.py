"""The tiny built-in model: real answers in this process, without a key or a network."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from zot.adapters.transports._llama import load
from zot.adapters.transports._local_chat import Answer, question
from zot.adapters.transports._pip import Progress
from zot.adapters.transports._weights import Announce, Weights
from zot.domain.deadline import Deadlines
from zot.domain.error import ModelNotFound, ProviderFailed, RequestRejected, TimedOut
from zot.domain.event import StreamEvent
from zot.domain.request import ModelCall, WireRequest
from zot.ports.model_transport import ModelTransport

MODEL = "smollm2-135m-instruct"

_READY: Mapping[str, Any] = {}
"""Handed over once the engine is loaded: from here on the deadlines count."""
_Item = Mapping[str, Any] | BaseException | None


class LocalTransport:
    """Answer calls with the engine in this process.

    The weights are fetched into `folder` and loaded by the first call; `notify` is told of
    it before the download, `progress` of each step, both in the thread of the event loop.
    `environ` is what pip runs with; `variables` is the process environment, for the engine's
    own settings. Calls may overlap: the engine takes one after the other.
    """

    def __init__(
        self,
        folder: Path,
        notify: Announce,
        *,
        environ: Mapping[str, str],
        variables: MutableMapping[str, str] | None = None,
        progress: Progress = lambda _done, _total: None,
        threads: int = 1,
        deadlines: Deadlines | None = None,
    ) -> None:
        self._weights = Weights(folder, environ)
        self._notify = notify
        self._variables = {} if variables is None else variables
        self._progress = progress
        self._threads = threads
        self._deadlines = deadlines or Deadlines()
        self._engine: Any = None
        self._loading = threading.Lock()
        self._running: dict[threading.Thread, threading.Event] = {}

    async def prepare(self, call: ModelCall) -> WireRequest:
        """Return what the engine would be asked; it holds no secret."""
        body = json.dumps(_checked(call), ensure_ascii=False).encode()
        headers = {"content-type": "application/json"}
        return WireRequest("POST", f"local:{call.model.sent_id}", headers, body)

    async def stream(self, call: ModelCall) -> AsyncGenerator[StreamEvent, None]:
        """Answer a call; closing the iterator stops the engine at its next token.

        Raises `SetupIncomplete` or `Unreachable` where the model cannot be had,
        `ContextTooLong` and its like where it cannot answer.
        """
        asked = _checked(call)
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[_Item] = asyncio.Queue()
        stop = threading.Event()

        def in_loop(function: Callable[..., object], *arguments: object) -> None:
            try:
                loop.call_soon_threadsafe(function, *arguments)
            except RuntimeError:  # the loop is closed: nobody waits for the answer
                stop.set()

        def work() -> None:
            try:
                in_loop(items.put_nowait, self._answer(asked, stop, in_loop, items))
            finally:
                self._running.pop(threading.current_thread(), None)

        thread = threading.Thread(target=work, name="zot-local")
        self._running[thread] = stop
        thread.start()
        answer = Answer(call)
        until: float | None = None
        try:
            while (item := await self._next(items, until)) is not None:
                if isinstance(item, BaseException):
                    raise item
                if item is _READY:
                    until = loop.time() + self._deadlines.total
                    continue
                for event in answer.feed(item):
                    yield event
            yield answer.close()
        finally:
            stop.set()

    async def aclose(self) -> None:
        """Stop what is running and release the engine's memory and port."""
        running = dict(self._running)
        for stop in running.values():
            stop.set()
        for thread in running:
            await asyncio.to_thread(thread.join)
        self._engine = None

    def _answer(
        self,
        asked: Mapping[str, Any],
        stop: threading.Event,
        in_loop: Callable[..., None],
        items: asyncio.Queue[_Item],
    ) -> BaseException | None:
        """Run one answer in this thread and return how it ended."""

        def hand_over(chunk: Mapping[str, Any]) -> bool:
            in_loop(items.put_nowait, chunk)
            return stop.is_set()

        try:
            engine = self._loaded(stop, in_loop)
            if not hand_over(_READY):
                extras = {"stream_options": {"include_usage": True}, "return_progress": True}
                engine.handle_chat_completions({**asked, **extras}, hand_over)
        except ValueError as error:
            return RequestRejected(f"the tiny built-in model cannot do this: {error}")
        except RuntimeError as error:
            return ProviderFailed(f"the tiny built-in model failed: {error}")
        except BaseException as error:  # noqa: BLE001 (raised again by whoever waits for it)
            return error
        return None

    def _loaded(self, stop: threading.Event, in_loop: Callable[..., None]) -> Any:
        with self._loading:
            if self._engine is None:
                weights = self._weights.get(
                    lambda text: in_loop(self._notify, text),
                    lambda done, total: in_loop(self._progress, done, total),
                    stop,
                )
                self._engine = load(weights, self._threads, self._variables)
            return self._engine

    async def _next(self, items: asyncio.Queue[_Item], until: float | None) -> _Item:
        try:
            async with asyncio.timeout_at(until):
                return await items.get()
        except TimeoutError:
            raise TimedOut(
                f"the tiny built-in model took longer than {self._deadlines.total:g} s",
                hint="allow more with --timeout, or ask for less with --max-tokens",
            ) from None


def _checked(call: ModelCall) -> dict[str, Any]:
    if call.model.sent_id != MODEL:
        raise ModelNotFound(
            f"`{call.profile.id}` does not know the model `{call.model.sent_id}`",
            hint=f"the tiny built-in model is `{MODEL}`",
        )
    return question(call)


def transport(
    folder: Path,
    notify: Announce,
    *,
    environ: Mapping[str, str],
    variables: MutableMapping[str, str] | None = None,
    progress: Progress = lambda _done, _total: None,
    threads: int = 1,
    deadlines: Deadlines | None = None,
) -> ModelTransport:
    """Return the transport; its type is the proof that the port is played."""
    return LocalTransport(
        folder,
        notify,
        environ=environ,
        variables=variables,
        progress=progress,
        threads=threads,
        deadlines=deadlines,
    )
