"""Ctrl-C on the command line: the connection closes, the status is 130, nothing else is said."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.http.asking import run
from tests.integration.http.faults import held_up
from tests.integration.http.server import HEAD, Exchange, Server, chunk, delta, plain, saying, serve

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way there")

CLOSE, EXIT = 0.25, 0.5
START = "import sys; sys.argv[0] = 'zot'; from zot.__main__ import main; main()"
SLOW_RESOLVER = f"import socket, time; socket.getaddrinfo = lambda *a, **k: time.sleep(60); {START}"
PROMPT = ["-P", "groq", "-m", "llama-3.3-70b-versatile", "-q", "hi"]


@asynccontextmanager
async def started(
    *arguments: str, code: str = START, piped: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    source = Path(__file__).parents[3] / "src"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        *arguments,
        stdin=asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "GROQ_API_KEY": "gsk-canary", "PYTHONPATH": str(source)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def interrupted(process: asyncio.subprocess.Process, *, twice: bool = False) -> float:
    """Send Ctrl-C, check how the process ends, and return the seconds it took."""
    assert process.returncode is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    if twice:
        await asyncio.sleep(0.05)
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
    status = await process.wait()
    took = time.monotonic() - began
    assert process.stderr is not None
    said = (await process.stderr.read()).decode()
    assert status == 130, said
    assert "Traceback" not in said
    assert "error" not in said
    return took


async def silent(exchange: Exchange) -> None:
    await exchange.silence()


async def talking(exchange: Exchange) -> None:
    await exchange.send(HEAD)
    while True:
        await exchange.send(chunk(delta("word ")), pause=0.01)


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.002)


async def stopped_at(server: Server, count: int) -> tuple[float, float]:
    """Stop a call, and return the seconds until its connection and its process ended."""
    async with started("--base-url", server.url, *PROMPT) as process:
        await until(lambda: len(server.exchanges) > count)
        await asyncio.sleep(random.uniform(0, 0.1))
        began = time.monotonic()
        ending = asyncio.ensure_future(interrupted(process))
        assert await server.until_closed(count + 1)
        return server.closed[-1] - began, await ending


def but_one_in_a_hundred(times: list[float]) -> float:
    """Return the longest time, leaving out one of each whole hundred."""
    return sorted(times, reverse=True)[len(times) // 100]


@pytest.mark.parametrize("script", [silent, talking])
@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.long)])
def test_a_call_under_way_is_closed_at_once(script, times):
    async def main() -> None:
        async with serve(script) as server:
            ends = [await stopped_at(server, count) for count in range(times)]
            assert but_one_in_a_hundred([close for close, _ in ends]) < CLOSE
            assert but_one_in_a_hundred([end for _, end in ends]) < EXIT

    run(main())


def test_a_handshake_under_way_is_left():
    async def main() -> None:
        async with held_up() as peer:
            url = f"https://127.0.0.1:{peer.port}/v1"
            async with started("--base-url", url, *PROMPT) as process:
                await until(lambda: peer.connections > 0)
                assert await interrupted(process) < EXIT

    run(main())


def test_a_resolver_that_hangs_is_not_waited_for():
    async def main() -> None:
        async with started(*PROMPT, code=SLOW_RESOLVER) as process:
            await asyncio.sleep(1.5)
            assert await interrupted(process) < EXIT

    run(main())


def test_a_wait_between_two_attempts_is_left():
    async def main() -> None:
        busy = plain("429 Slow down", b"{}", "retry-after: 60")
        async with (
            serve(saying(busy)) as server,
            started("--base-url", server.url, *PROMPT) as process,
        ):
            await until(lambda: bool(server.exchanges))
            await asyncio.sleep(0.1)
            assert await interrupted(process) < EXIT

    run(main())


def test_a_question_that_is_still_being_piped_in_is_left():
    async def main() -> None:
        async with started(*PROMPT, piped=True) as process:
            await asyncio.sleep(1.5)
            assert await interrupted(process) < EXIT

    run(main())


STUCK = """
import asyncio, time
from zot.entrypoints.cli.run import run
async def stuck():
    print("ready", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        time.sleep(60)
run(stuck())
"""


@pytest.mark.parametrize("twice", [False, True])
def test_nothing_that_takes_its_time_to_stop_holds_the_process(twice):
    async def main() -> None:
        async with started(code=STUCK) as process:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
            assert await interrupted(process, twice=twice) < (0.2 if twice else EXIT)

    run(main())


@pytest.mark.parametrize("times", [8, pytest.param(100, marks=pytest.mark.long)])
def test_at_any_moment_the_end_is_quiet(times):
    async def main() -> None:
        dice = random.Random(times)
        ends = []
        async with serve(talking) as server:
            for _ in range(times):
                async with started("--base-url", server.url, *PROMPT) as process:
                    await asyncio.sleep(dice.uniform(0.3, 1.2))
                    ends.append(await interrupted(process))
        assert but_one_in_a_hundred(ends) < EXIT

    run(main())


def test_where_no_signals_are_taken_the_command_simply_runs():
    from zot.entrypoints.cli.run import run as command

    done: list[int] = []

    async def work() -> None:
        done.append(1)

    async def main() -> None:
        await asyncio.to_thread(command, work())

    run(main())
    assert done == [1]
