"""Connections that break in mid-answer: asked once, nothing twice, the rest is kept."""

from __future__ import annotations

import random

import pytest

from tests.integration.http.asking import asking, run, said
from tests.integration.http.faults import faulty
from tests.integration.http.server import HEAD, Exchange, answer, delta, saying, serve
from zot.domain.error import StreamBroken, TimedOut, Unreachable

TEXTS = [f"word {n}, " for n in range(40)]
WHOLE = answer(*TEXTS)
TEXT = "".join(TEXTS)
SOUND = WHOLE.index(b"data: [DONE]")
"""From here on the answer has said that it is at its end."""
FIRST_BYTE = WHOLE.index(b"data: ")


def offsets(count: int, least: int = FIRST_BYTE + 1, most: int = SOUND - 60) -> list[int]:
    dice = random.Random(count)
    return [dice.randrange(least, most) for _ in range(count)]


@pytest.mark.parametrize("fault", ["reset", "cut"])
@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_a_break_after_the_first_byte_is_one_request_and_a_true_beginning(fault, count):
    async def main() -> None:
        async with (
            serve(saying(WHOLE)) as server,
            faulty(server.port) as proxy,
            asking() as ask,
        ):
            proxy.fault, proxy.settle = fault, 0.005
            for number, offset in enumerate(offsets(count), start=1):
                proxy.at = offset
                with pytest.raises(StreamBroken) as raised:
                    await ask.chat(proxy.url)
                text = said(ask.seen)
                assert TEXT.startswith(text)
                partial = raised.value.partial
                assert partial is not None
                assert partial.text == text
                assert partial.stop_reason is None
                assert "`acme` (127.0.0.1) broke off" in raised.value.message
                assert len(server.exchanges) == number == proxy.connections

    run(main())


def test_all_that_had_arrived_is_there_when_the_connection_breaks():
    async def main() -> None:
        async with serve(saying(WHOLE)) as server, faulty(server.port) as proxy:
            proxy.fault, proxy.settle = "reset", 0.05
            async with asking() as ask:
                for index in (1, 7, 39):
                    proxy.at = WHOLE.index(f"word {index}, ".encode()) + 100
                    with pytest.raises(StreamBroken):
                        await ask.chat(proxy.url)
                    assert said(ask.seen).startswith("".join(TEXTS[:index]))

    run(main())


@pytest.mark.parametrize("fault", ["reset", "cut"])
def test_a_break_before_the_first_byte_is_tried_again(fault, monkeypatch):
    monkeypatch.setattr(random, "random", lambda: 0.001)

    async def main() -> None:
        async with serve(saying(WHOLE)) as server, faulty(server.port) as proxy:
            proxy.fault, proxy.settle = fault, 0.005
            for offset in (0, 1, 20, len(HEAD) - 1, len(HEAD)):
                async with asking() as ask:
                    proxy.at, before = offset, proxy.connections
                    with pytest.raises((Unreachable, StreamBroken)):
                        await ask.chat(proxy.url)
                    assert proxy.connections - before == 3
                    assert ask.seen == []

    run(main())


@pytest.mark.parametrize("at", [FIRST_BYTE + 200, SOUND - 80])
def test_a_stall_behind_a_proxy_ends_at_the_progress_deadline(at):
    async def main() -> None:
        async with serve(saying(WHOLE)) as server, faulty(server.port) as proxy:
            proxy.fault, proxy.at = "stall", at
            async with asking(progress=0.3) as ask:
                with pytest.raises(TimedOut) as raised:
                    await ask.chat(proxy.url)
            assert raised.value.partial is not None
            assert TEXT.startswith(raised.value.partial.text)
            assert proxy.connections == 1

    run(main())


def test_an_answer_that_ends_in_order_but_too_early_is_no_answer():
    async def early(exchange: Exchange) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
        await exchange.send(head, *map(delta, TEXTS[:3]))
        exchange.close()

    async def main() -> None:
        async with serve(early) as server, asking() as ask:
            with pytest.raises(StreamBroken) as raised:
                await ask.chat(server.url)
            assert said(ask.seen) == "".join(TEXTS[:3])
            assert raised.value.partial is not None
            assert len(server.exchanges) == 1

    run(main())


def test_an_untouched_answer_passes_the_proxy_whole():
    async def main() -> None:
        async with serve(saying(WHOLE)) as server, faulty(server.port) as proxy, asking() as ask:
            assert await ask.chat(proxy.url) == TEXT

    run(main())
