"""Running the event loop for one command, and stopping it when the user says so."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine
from types import FrameType
from typing import Any

from zot.entrypoints.cli.ask import Question, ask
from zot.entrypoints.cli.screen import Screen

GRACE = 0.3
"""Seconds that a stopped command has to close its connections and to leave the terminal tidy."""
INTERRUPTED = 130


def answer(question: Question, screen: Screen) -> None:
    """Answer one question; raises `ZotError`, or `KeyboardInterrupt` when the user stops it."""
    run(ask(question, screen))


def run(command: Coroutine[Any, Any, None]) -> None:
    """Run a command to its end; raises `KeyboardInterrupt` when the user stops it.

    Ctrl-C cancels the command. A second one ends the process at once, and so does whatever
    takes longer than `GRACE` to stop: a read that blocks, a resolver or a key command that
    still runs in a thread.
    """
    if threading.current_thread() is not threading.main_thread():
        asyncio.run(command)  # signals are the business of the main thread
        return
    stop = _Stop()
    before = signal.signal(signal.SIGINT, stop.interrupt)
    try:
        with asyncio.Runner() as runner:
            runner.run(stop.watched(command))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, before)
    if stop.asked:
        raise KeyboardInterrupt


class _Stop:
    """What Ctrl-C does while a command runs."""

    def __init__(self) -> None:
        self.asked = False
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None

    async def watched(self, command: Coroutine[Any, Any, None]) -> None:
        """Run the command as the task that Ctrl-C cancels."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (this is a coroutine)
        self._running = (asyncio.get_running_loop(), task)
        await command

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Take the signal."""
        if self.asked:
            os._exit(INTERRUPTED)
        self.asked = True
        last = threading.Timer(GRACE, os._exit, [INTERRUPTED])
        last.daemon = True
        last.start()
        if self._running is not None:
            loop, task = self._running
            loop.call_soon_threadsafe(task.cancel)
