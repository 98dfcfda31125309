"""What a call costs in a process of its own: seconds, and the growth of its memory."""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.http.asking import Asker, asking

RESET = Path("/proc/self/clear_refs")
MEASURABLE = RESET.exists()


@dataclass(frozen=True)
class Cost:
    """What came out, the seconds it took, and by how many bytes the peak of memory rose."""

    result: str
    seconds: float
    grown: int


def peak() -> int:
    """Return the highest memory of this process so far, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def restarted_peak() -> int:
    """Let the peak start again from the memory of now, and return it."""
    RESET.write_text("5")
    return peak()


async def in_a_process_of_its_own(work: Callable[[Asker, str], Awaitable[str]], url: str) -> Cost:
    """Fork, ask there, and return the cost; this process goes on serving meanwhile.

    A first call to a closed port warms up what is loaded late.
    """
    if not MEASURABLE:
        pytest.skip("this system does not tell the peak of a process's memory")
    ours, theirs = os.pipe()
    with warnings.catch_warnings(action="ignore"):  # of threads; the child starts afresh
        child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(ours)
            cost = _measured(work, url)
            os.write(theirs, f"{cost.seconds}\n{cost.grown}\n{cost.result}".encode())
            status = 0
        finally:
            os._exit(status)
    os.close(theirs)
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(ours, arrived.set)
    try:
        await arrived.wait()
        seconds, grown, result = os.read(ours, 1 << 16).decode().split("\n", 2)
    finally:
        loop.remove_reader(ours)
        os.close(ours)
        os.waitpid(child, 0)  # noqa: ASYNC222 (it has said its last word)
    return Cost(result, float(seconds), int(grown))


def _measured(work: Callable[[Asker, str], Awaitable[str]], url: str) -> Cost:
    # The loop of the parent is running as far as asyncio knows; this is another process.
    asyncio._set_running_loop(None)

    async def main() -> Cost:
        loop = asyncio.get_running_loop()
        async with asking() as ask:
            await ask.failure("http://127.0.0.1:9/v1")
            before, began = restarted_peak(), loop.time()
            result = await work(ask, url)
            return Cost(result, loop.time() - began, peak() - before)

    return asyncio.run(main())
