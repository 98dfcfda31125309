"""Threads, forks, and streams that nobody reads to the end."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.integration import groq
from tests.replay import Replay
from zot import AsyncZot, Zot
from zot.domain.error import StreamBroken
from zot.domain.event import StreamEvent, TextDelta

MODEL = f"groq/{groq.MODEL}"


def asked(replay: Replay) -> dict[str, Any]:
    return {"environ": {}, "home": "/nowhere", "base_url": replay.url, "api_key": "sk-test-key"}


def text(events: Iterable[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "zot"]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    gc.collect()
    until = time.monotonic() + 5
    while threads() and time.monotonic() < until:
        time.sleep(0.01)
    assert threads() == []


def test_twenty_threads_may_share_one_object(replay):
    replay.say(groq.saying("Hi", delay=0.02))
    gate = threading.Barrier(20)

    def ask(zot: Zot) -> str:
        gate.wait(10)
        return zot.complete("hi", model=MODEL).text + text(zot.stream("hi", model=MODEL))

    with Zot(**asked(replay)) as zot, ThreadPoolExecutor(20) as pool:
        assert set(pool.map(ask, [zot] * 20)) == {"HiHi"}
        assert len(threads()) == 1
    assert len(replay.questions) == 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork with threads: just that is tried
@pytest.mark.parametrize("streaming", [False, True])
def test_a_forked_child_asks_by_itself_and_leaves_its_parent_alone(replay, streaming):
    replay.say(groq.saying("Hi", then="hang" if streaming else "end"))
    with Zot(**asked(replay)) as zot:
        stream = zot.stream("hi", model=MODEL)
        next(stream)
        if not streaming:
            text(stream)
        replay.say(groq.saying("Hi"))
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if zot.complete("hi", model=MODEL).text == "Hi" else 2
                del stream
                zot.close()
                gc.collect()
            finally:
                os._exit(status)
        assert _ended(child) == 0
        assert zot.complete("hi", model=MODEL).text == "Hi"
    assert len(replay.questions) == 3


def _ended(child: int, seconds: float = 20) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child did not come to an end")


@pytest.mark.parametrize("end", ["close", "drop"])
def test_a_blocking_stream_that_is_left_early_closes_its_connection(replay, end):
    replay.say(groq.saying("Hi", then="hang"))
    with Zot(**asked(replay)) as zot:
        stream = zot.stream("hi", model=MODEL)
        next(stream)
        if end == "close":
            stream.close()  # type: ignore[attr-defined]  # it is a generator
        else:
            del stream
            gc.collect()
        assert replay.wait_for("left")


@pytest.mark.parametrize("end", ["close", "drop"])
def test_an_asynchronous_stream_that_is_left_early_closes_its_connection(replay, end):
    replay.say(groq.saying("Hi", then="hang"))

    async def run() -> None:
        async with AsyncZot(**asked(replay)) as zot:
            stream = zot.stream("hi", model=MODEL)
            await anext(stream)
            if end == "close":
                await stream.aclose()
            else:
                del stream
                gc.collect()
            await asyncio.sleep(0.2)
            assert await asyncio.to_thread(replay.wait_for, "left")

    asyncio.run(run())


def test_cancelling_a_question_closes_its_connection(replay):
    replay.say(groq.saying("Hi", then="hang"))

    async def run() -> None:
        async with AsyncZot(**asked(replay)) as zot:
            task = asyncio.create_task(zot.complete("hi", model=MODEL))
            assert await asyncio.to_thread(replay.wait_for, "sent")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(replay.wait_for, "left")

    asyncio.run(run())


def test_a_hundred_dropped_streams_leave_nothing_behind(replay):
    replay.say(groq.saying(*["word "] * 300, then="hang"))
    with Zot(**asked(replay)) as zot:
        zot.models("groq")
        next(zot.stream("hi", model=MODEL))
        before = _open_files()
        for _ in range(100):
            next(zot.stream("hi", model=MODEL))
        gc.collect()
        assert replay.wait_for("left", 101)
        assert len(threads()) == 1
        assert _open_files() <= before + 5


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_slow_reader_holds_the_network_back(replay):
    replay.say(groq.saying(*["word " * 2000] * 1000, cut=20_000))
    with Zot(**asked(replay)) as zot:
        stream = zot.stream("hi", model=MODEL)
        next(stream)
        time.sleep(1)
        assert replay.sent < 9_000_000
        assert len(text(stream)) == 10_000_000


def test_closing_while_a_stream_is_open_ends_it(replay):
    replay.say(groq.saying("Hi", *["word "] * 300, then="hang"))
    zot = Zot(**asked(replay))
    stream = zot.stream("hi", model=MODEL)
    next(stream)
    begun = time.monotonic()
    zot.close()
    assert time.monotonic() - begun < 3
    with pytest.raises(StreamBroken, match="closed"):
        text(stream)


def test_closing_wakes_a_thread_that_waits_for_an_answer(replay):
    replay.say(groq.saying("Hi", delay=30))
    zot = Zot(**asked(replay))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(zot.complete, "hi", model=MODEL)
        assert replay.wait_for("connections")
        time.sleep(0.1)
        zot.close()
        with pytest.raises(StreamBroken, match="closed"):
            waiting.result(5)


def test_an_object_that_is_dropped_ends_its_thread(replay):
    replay.say(groq.saying("Hi"))
    zot = Zot(**asked(replay))
    assert zot.complete("hi", model=MODEL).text == "Hi"
    del zot


def test_one_asynchronous_object_serves_one_event_loop_after_another(replay):
    replay.say(groq.saying("Hi"))
    zot = AsyncZot(**asked(replay))

    async def run() -> str:
        async with zot, aclosing(zot.stream("hi", model=MODEL)) as events:
            return text([event async for event in events])

    assert [asyncio.run(run()) for _ in range(3)] == ["Hi"] * 3
