"""What is tried again, how often, and when; counted at the server."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from email.utils import formatdate

import pytest

from tests.integration.http.asking import asking, run
from tests.integration.http.server import (
    HEAD,
    Exchange,
    Script,
    answer,
    chunk,
    plain,
    saying,
    serve,
)
from zot.domain.error import Overloaded, RateLimited, StreamBroken, ZotError
from zot.domain.event import StreamEvent
from zot.domain.request import ModelCall

GOOD = answer("hello")
LATE = 0.25


@pytest.fixture
def no_dice(monkeypatch):
    """Make the jitter tiny, so that a test need not wait for it."""
    monkeypatch.setattr(random, "random", lambda: 0.01)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def hang_up(exchange: Exchange) -> None:
    exchange.close()


async def reset_in_the_head(exchange: Exchange) -> None:
    await exchange.send(HEAD[:30])
    exchange.reset()


async def reset_after_the_head(exchange: Exchange) -> None:
    await exchange.send(HEAD)
    exchange.reset()


async def end_after_the_head(exchange: Exchange) -> None:
    await exchange.send(HEAD, b"0\r\n\r\n")


async def error_in_the_stream(exchange: Exchange) -> None:
    said = b'data: {"error": {"message": "overloaded", "type": "overloaded_error"}}\n\n'
    await exchange.send(HEAD, chunk(said), b"0\r\n\r\n")


FAILING: dict[str, Script] = {
    "500": saying(plain("500 Oops", b"{}")),
    "502 with a page": saying(plain("502 Bad Gateway", b"<html>", "content-type: text/html")),
    "503": saying(plain("503 Busy", b"{}", "retry-after: 0.05")),
    "529": saying(plain("529 Overloaded", b"{}")),
    "408": saying(plain("408 Slow", b"{}")),
    "429": saying(plain("429 Slow down", b"{}", "retry-after: 0.05")),
    "reset at once": reset,
    "closed at once": hang_up,
    "reset in the head": reset_in_the_head,
    "reset before the first byte": reset_after_the_head,
    "an empty answer": end_after_the_head,
    "an error in place of an answer": error_in_the_stream,
}


@pytest.mark.parametrize("name", FAILING)
def test_a_failure_before_the_first_byte_is_tried_three_times_in_all(name, no_dice):
    async def main() -> None:
        async with serve(FAILING[name]) as server, asking() as ask:
            with pytest.raises(ZotError) as raised:
                await ask.chat(server.url)
            assert len(server.exchanges) == 3
            assert "`acme`" in raised.value.message
            assert ask.seen == []

    run(main())


@pytest.mark.parametrize("name", FAILING)
def test_it_goes_on_with_the_first_attempt_that_works(name, no_dice):
    async def script(exchange: Exchange) -> None:
        await (FAILING[name] if exchange.index < 2 else saying(GOOD))(exchange)

    async def main() -> None:
        async with serve(script) as server, asking() as ask:
            assert await ask.chat(server.url) == "hello"
            assert len(server.exchanges) == 3

    run(main())


def test_nobody_at_the_address_is_tried_three_times(no_dice, monkeypatch):
    tries = []

    async def main() -> None:
        async with serve(saying(GOOD)) as gone:
            url = gone.url
        async with asking() as ask:
            stream = ask.transport.stream

            def counted(call: ModelCall) -> AsyncGenerator[StreamEvent, None]:
                tries.append(call)
                return stream(call)

            monkeypatch.setattr(ask.transport, "stream", counted)
            with pytest.raises(ZotError, match="cannot connect"):
                await ask.chat(url)

    run(main())
    assert len(tries) == 3


@pytest.mark.parametrize(
    "status",
    ["400 No", "401 No", "402 Pay", "403 No", "404 No", "413 Large", "422 No", "307 There"],
)
def test_a_refusal_is_final(status):
    async def main() -> None:
        async with serve(saying(plain(status, b"{}"))) as server, asking() as ask:
            with pytest.raises(ZotError):
                await ask.chat(server.url)
            assert len(server.exchanges) == 1

    run(main())


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_the_number_of_attempts_is_exactly_the_policys(retries, no_dice):
    async def main() -> None:
        async with serve(FAILING["503"]) as server, asking(retries=retries) as ask:
            with pytest.raises(Overloaded):
                await ask.chat(server.url)
            assert len(server.exchanges) == 1 + retries

    run(main())


def asked(headers: list[str], *, waits: float | None, total: float = 600.0) -> None:
    """Check how long is waited after a 429 with these headers; None is an error at once."""

    async def main() -> None:
        script = saying(plain("429 Slow down", b"{}", *headers), GOOD)
        async with serve(script) as server, asking(total=total) as ask:
            began = time.monotonic()
            if waits is None:
                with pytest.raises(RateLimited) as raised:
                    await ask.chat(server.url)
                assert time.monotonic() - began < LATE
                assert len(server.exchanges) == 1
                assert raised.value.retry_after is not None
                assert f"try again in {round(raised.value.retry_after)} s" in raised.value.hint
                return
            assert await ask.chat(server.url) == "hello"
            took = time.monotonic() - began
            assert waits * 0.9 <= took <= waits * 1.1 + 0.1

    run(main())


BASE = 1_800_000_000


def date(seconds: float) -> str:
    return formatdate(BASE + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        (["retry-after: 1"], 1.0),
        (["retry-after: 0.5"], 0.5),
        (["retry-after: 0"], 0.0),
        (["retry-after-ms: 300"], 0.3),
        (["retry-after-ms: 300", "retry-after: 9"], 0.3),
        ([f"retry-after: {date(1)}", f"date: {date(0)}"], 1.0),
        ([f"retry-after: {date(-60)}", f"date: {date(0)}"], 0.0),
        (["retry-after: -5"], 0.01),
        (["retry-after: nan"], 0.01),
        (["retry-after: soon"], 0.01),
        (["retry-after: "], 0.01),
        ([], 0.01),
        (["retry-after: 121"], None),
        (["retry-after: 1000000000"], None),
        ([f"retry-after: {date(7200)}", f"date: {date(0)}"], None),
    ],
)
def test_what_the_provider_asks_for_is_waited_or_left_to_the_user(headers, waits, no_dice):
    asked(headers, waits=waits)


def test_a_wait_that_the_deadline_does_not_allow_is_not_begun():
    asked(["retry-after: 30"], waits=None, total=5.0)


def test_the_waits_differ_and_stay_below_their_steps(monkeypatch):
    waits: list[float] = []
    sleep = asyncio.sleep

    async def recorded(seconds: float, *rest: object) -> None:
        waits.append(seconds)
        await sleep(0)

    async def main() -> None:
        async with serve(FAILING["500"]) as server, asking(retries=3) as ask:
            monkeypatch.setattr("zot.app.chat.asyncio.sleep", recorded)
            for _ in range(10):
                with pytest.raises(ZotError):
                    await ask.chat(server.url)

    run(main())
    jitter = [wait for wait in waits if wait > 0]
    assert len(set(jitter)) == len(jitter) >= 30
    for index, wait in enumerate(jitter):
        assert wait < 2.0 ** (index % 3)


def test_repeats_end_with_the_total_deadline():
    async def main() -> None:
        async with serve(FAILING["500"]) as server, asking(retries=100, total=1.0) as ask:
            began = time.monotonic()
            with pytest.raises(ZotError):
                await ask.chat(server.url)
            assert time.monotonic() - began < 1.0 + LATE
            assert len(server.exchanges) > 1

    run(main())


def test_a_connection_that_the_server_gave_up_in_between_costs_no_attempt():
    async def main() -> None:
        async def polite(exchange: Exchange) -> None:
            await exchange.send(GOOD)
            if exchange.index == 0:
                exchange.close()

        async with serve(polite) as server, asking(retries=0) as ask:
            assert await ask.chat(server.url) == "hello"
            await server.until_closed()
            await asyncio.sleep(0.01)
            assert await ask.chat(server.url) == "hello"
            assert server.connections == 2

    run(main())


def test_what_is_no_stream_at_all_is_not_asked_for_again():
    async def main() -> None:
        page = plain("200 OK", b"<html>Sign in</html>", "content-type: text/html")
        async with serve(saying(page)) as server, asking() as ask:
            with pytest.raises(StreamBroken):
                await ask.chat(server.url)
            assert len(server.exchanges) == 1

    run(main())
