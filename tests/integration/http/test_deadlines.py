"""Each phase of a request has its deadline, and it is kept to within a quarter of a second."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from tests.integration.http.asking import Asker, asking, run, said
from tests.integration.http.faults import held_up
from tests.integration.http.server import HEAD, Exchange, answer, chunk, delta, plain, serve
from zot.domain.deadline import Deadlines
from zot.domain.error import TimedOut

LATE = 0.25
"""Seconds that a deadline may be late."""
COMMENT = chunk(b": keep-alive\n\n")


async def nothing(exchange: Exchange) -> None:
    await exchange.silence()


async def endless_head(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await exchange.send(b"x", pause=0.02)


async def head_alone(exchange: Exchange) -> None:
    await exchange.send(HEAD)
    await exchange.silence()


async def comments_alone(exchange: Exchange) -> None:
    await exchange.send(HEAD)
    while True:
        await exchange.send(COMMENT, pause=0.02)


async def comments_after_text(exchange: Exchange) -> None:
    await exchange.send(HEAD, chunk(delta("hello")))
    while True:
        await exchange.send(COMMENT, pause=0.02)


async def half_an_event_byte_by_byte(exchange: Exchange) -> None:
    await exchange.send(HEAD, chunk(delta("hello")))
    while True:
        await exchange.send(chunk(b"d"), pause=0.02)


async def stall_in_a_tool_call(exchange: Exchange) -> None:
    piece = b'{"index":0,"id":"c1","function":{"name":"f","arguments":"{\\"a"}}'
    event = b'data: {"choices":[{"index":0,"delta":{"tool_calls":[%b]}}]}\n\n' % piece
    await exchange.send(HEAD, chunk(event))
    await exchange.silence()


async def text_for_ever(exchange: Exchange) -> None:
    await exchange.send(HEAD)
    while True:
        await exchange.send(chunk(delta("a")), pause=0.02)


@pytest.mark.parametrize(
    ("script", "limits", "words"),
    [
        (nothing, {"first_byte": 0.4}, "sent no answer within 0.4 s"),
        (endless_head, {"first_byte": 0.4}, "sent no answer within 0.4 s"),
        (head_alone, {"first_byte": 0.4}, "sent no answer within 0.4 s"),
        (comments_alone, {"first_byte": 0.4}, "sent no answer within 0.4 s"),
        (comments_after_text, {"progress": 0.4}, "stood still for 0.4 s"),
        (half_an_event_byte_by_byte, {"progress": 0.4}, "stood still for 0.4 s"),
        (stall_in_a_tool_call, {"progress": 0.4}, "stood still for 0.4 s"),
        (nothing, {"total": 0.4}, "took longer than 0.4 s"),
        (text_for_ever, {"total": 0.4}, "took longer than 0.4 s"),
        (comments_after_text, {"total": 0.4}, "took longer than 0.4 s"),
    ],
)
def test_a_deadline_fires_when_it_should_and_says_which_it_was(script, limits, words):
    async def main() -> None:
        async with serve(script) as server, asking(**limits) as ask:
            began = time.monotonic()
            error = await ask.failure(server.url)
            late = time.monotonic() - began - 0.4
            assert isinstance(error, TimedOut)
            assert words in error.message
            assert "`acme` (127.0.0.1)" in error.message
            assert "--timeout" in error.hint
            assert 0 <= late < LATE
            assert await server.until_closed()

    run(main())


def test_a_connection_that_does_not_come_about_ends_at_the_connect_deadline():
    async def main() -> None:
        async with held_up() as silent, asking(connect=0.4) as ask:
            began = time.monotonic()
            error = await ask.failure(f"https://127.0.0.1:{silent.port}")
            assert isinstance(error, TimedOut)
            assert "no connection to `acme` (127.0.0.1) within 0.4 s" in error.message
            assert "--base-url" in error.hint
            assert 0.4 <= time.monotonic() - began < 0.4 + LATE

    run(main())


def test_a_proxy_that_does_not_answer_counts_as_no_connection():
    async def main() -> None:
        async with held_up() as silent:
            proxy = f"http://127.0.0.1:{silent.port}"
            async with asking({"https_proxy": proxy}, connect=0.4) as ask:
                began = time.monotonic()
                error = await ask.failure("https://api.acme.example/v1")
                assert isinstance(error, TimedOut)
                assert "no connection" in error.message
                assert 0.4 <= time.monotonic() - began < 0.4 + LATE

    run(main())


def test_a_slow_answer_is_not_cut_by_the_connect_deadline():
    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.5)
        await exchange.send(answer("late but here"))

    async def main() -> None:
        async with serve(slow) as server, asking(connect=0.2) as ask:
            assert await ask.text(server.url) == "late but here"

    run(main())


def test_events_are_progress_however_long_the_whole_takes():
    async def steady(exchange: Exchange) -> None:
        await exchange.send(HEAD)
        for _ in range(8):
            await exchange.send(chunk(delta("a")), pause=0.1)
        await exchange.send(answer("b").removeprefix(HEAD))

    async def main() -> None:
        async with serve(steady) as server, asking(progress=0.3, first_byte=0.3) as ask:
            assert await ask.text(server.url) == "aaaaaaaab"

    run(main())


def test_a_consumer_that_takes_its_time_is_not_the_servers_silence():
    async def main() -> None:
        async with serve(quick) as server, asking(progress=0.2) as ask:
            events = []
            async for event in ask.stream(server.url):
                events.append(event)
                await asyncio.sleep(0.3)
            assert said(events) == "abc"

    async def quick(exchange: Exchange) -> None:
        await exchange.send(answer("a", "b", "c"))

    run(main())


def test_a_refusal_whose_text_stalls_is_told_by_its_status(monkeypatch):
    monkeypatch.setattr("zot.adapters.transports.http.ERROR_PATIENCE", 0.3)

    async def stalls(exchange: Exchange) -> None:
        head = plain("400 Bad Request", b"x" * 50)[:-50]
        await exchange.send(head, b'{"error":{"message":"too ')
        await exchange.silence()

    async def main() -> None:
        async with serve(stalls) as server, asking() as ask:
            began = time.monotonic()
            error = await ask.failure(server.url)
            assert error.status == 400
            assert time.monotonic() - began < 0.3 + LATE

    run(main())


def test_what_the_attempts_before_took_is_missing_from_the_last_one():
    async def main() -> None:
        async with serve(nothing) as server, asking(total=30) as ask:
            began = time.monotonic()
            error = await ask.failure(server.url, seconds=0.3)
            assert isinstance(error, TimedOut)
            assert 0.3 <= time.monotonic() - began < 0.3 + LATE

    run(main())


async def _slow_phases(ask: Asker, dice: random.Random, total: float) -> float:
    """Ask a server that dawdles in every phase, and return how late the end came."""
    head, gap, count = dice.uniform(0, 0.4), dice.uniform(0, 0.2), dice.randrange(1, 12)
    status = dice.choice([b"", b"503 Overloaded", b"429 Slow down"])

    async def dawdle(exchange: Exchange) -> None:
        await asyncio.sleep(head)
        if status and exchange.index < 2:
            await exchange.send(plain(status.decode(), b"{}", "retry-after: 0.2"))
            return
        for piece in (HEAD, *[chunk(delta("a"))] * count):
            await exchange.send(piece, pause=gap)
        await exchange.silence()

    async with serve(dawdle) as server:
        began = time.monotonic()
        with pytest.raises(Exception, match="acme"):
            await ask.chat(server.url)
        return time.monotonic() - began - total


@pytest.mark.parametrize("mixes", [5, pytest.param(100, marks=pytest.mark.long)])
def test_no_mix_of_slow_phases_goes_beyond_the_total(mixes):
    async def main() -> None:
        dice = random.Random(mixes)
        for _ in range(mixes):
            total = dice.uniform(0.3, 0.8)
            async with asking(total=total, progress=5, first_byte=5) as ask:
                assert await _slow_phases(ask, dice, total) < LATE

    run(main())


def test_more_time_in_all_is_more_time_for_each_wait():
    assert Deadlines.of(60) == Deadlines(total=60)
    assert Deadlines.of(1200) == Deadlines(15, 600, 240, 1200)
