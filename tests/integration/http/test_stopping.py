"""Stopped and forgotten answers leave nothing behind: no socket, no task, no thread."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
from pathlib import Path

import pytest

from tests.integration.http.asking import Asker, asking, run
from tests.integration.http.certificates import authority
from tests.integration.http.server import HEAD, Exchange, answer, chunk, delta, saying, serve
from zot import AsyncZot, Zot

CLOSE = 0.25
COUNTS = [100, pytest.param(1000, marks=pytest.mark.long)]


async def for_ever(exchange: Exchange) -> None:
    await exchange.send(HEAD)
    while True:
        await exchange.send(chunk(delta("a")), pause=0.005)


def descriptors() -> int:
    folder = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
    return len(list(folder.iterdir()))


async def settled(what: str, count: int, seconds: float = 2.0) -> bool:
    """Wait until so many tasks or descriptors are left."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        gc.collect()
        now = len(asyncio.all_tasks()) if what == "tasks" else descriptors()
        if now <= count:
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("way", ["cancelled", "dropped", "closed", "cancelled in the retry loop"])
def test_sockets_and_tasks_are_back_where_they_were(way, count):
    async def one(ask: Asker, url: str, patience: float) -> None:
        if way == "dropped":
            async for _ in ask.stream(url):
                return
        if way == "closed":
            stream = ask.stream(url)
            await anext(stream)
            await stream.aclose()
            return
        work = ask.chat(url) if way == "cancelled in the retry loop" else ask.text(url)
        task = asyncio.ensure_future(work)
        await asyncio.sleep(patience)
        task.cancel()
        await asyncio.wait([task])

    async def main() -> None:
        dice = random.Random(count)
        async with serve(for_ever) as server, asking() as ask:
            await one(ask, server.url, 0.05)
            await server.until_closed(server.connections)
            tasks, files = len(asyncio.all_tasks()), descriptors()
            for _ in range(count):
                await one(ask, server.url, dice.uniform(0, 0.02))
            assert await server.until_closed(server.connections, CLOSE)
            assert await settled("tasks", tasks)
            assert await settled("descriptors", files)
            assert server.open == 0

    run(main())


@pytest.mark.parametrize("secure", [False, True])
def test_the_other_side_sees_the_end_at_once(secure, tmp_path):
    async def main() -> None:
        ca = authority(tmp_path)
        environ = {"SSL_CERT_FILE": str(ca.file)}
        tls = ca.server() if secure else None
        async with serve(for_ever, tls) as server, asking(environ) as ask:
            for number in range(1, 21):
                task = asyncio.ensure_future(ask.text(server.url))
                while len(server.exchanges) < number:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
                began = time.monotonic()
                task.cancel()
                await asyncio.wait([task])
                assert time.monotonic() - began < 0.05
                assert await server.until_closed(number)
                assert server.closed[-1] - began < CLOSE

    run(main())


def test_a_whole_answer_leaves_its_connection_for_the_next():
    async def main() -> None:
        async with serve(saying(answer("a"))) as server, asking() as ask:
            for _ in range(20):
                assert await ask.text(server.url) == "a"
            assert server.connections == 1
            await asyncio.gather(*(ask.text(server.url) for _ in range(20)))
            assert 2 <= server.connections <= 21
        assert await server.until_closed(server.connections, CLOSE)

    run(main())


@pytest.mark.parametrize("streams", [200, pytest.param(450, marks=pytest.mark.long)])
def test_many_streams_at_once_do_not_slow_each_other_down_out_of_proportion(streams):
    async def main() -> None:
        async with serve(saying(answer(*["x"] * 5))) as server, asking() as ask:
            await ask.text(server.url)

            async def cost(count: int) -> float:
                began = time.process_time()
                await asyncio.gather(*(ask.events(server.url) for _ in range(count)))
                return (time.process_time() - began) / count

            few = min([await cost(streams // 10) for _ in range(3)])
            many = await cost(streams)
            assert many < few * 4

    run(main())


@pytest.mark.parametrize("count", COUNTS)
def test_clients_that_come_and_go_leave_no_descriptor_and_no_thread(count, tmp_path):
    async def once() -> None:
        async with AsyncZot(home=tmp_path, environ={}) as zot:
            zot.container.http_client()

    def blocking() -> None:
        with Zot(home=tmp_path, environ={}) as zot:
            zot.models("groq")

    asyncio.run(once())
    blocking()
    files, threads = descriptors(), threading.active_count()
    for _ in range(count):
        asyncio.run(once())
        blocking()
    gc.collect()
    assert descriptors() <= files
    assert threading.active_count() <= threads


def test_a_client_that_is_used_in_one_event_loop_after_another_starts_afresh():
    from zot.adapters.transports.client import http_client
    from zot.adapters.transports.http import HttpTransport
    from zot.app import build
    from zot.domain.deadline import Deadlines

    client = http_client({}, None)
    transport = HttpTransport(client, build.codec_for, build.authorizer_for, Deadlines(), "zot/0")
    asker = Asker(transport, 600, 2, insecure_http=False)

    async def once() -> None:
        async with serve(saying(answer("a"))) as server:
            assert await asker.text(server.url) == "a"
            assert await asker.text(server.url) == "a"
            assert server.connections == 1
            await asyncio.sleep(0)

    asyncio.run(once())
    asyncio.run(once())
    asyncio.run(client.aclose())
