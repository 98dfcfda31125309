"""Opening connections: names, addresses, and the race between them."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from zot.adapters.transports import _network, _resolve
from zot.adapters.transports._network import Network, race
from zot.adapters.transports._resolve import addresses


def rows(*found: str) -> list[tuple[socket.AddressFamily, int, int, str, tuple[str, int]]]:
    return [
        (socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, 80)) for each in found
    ]


def hosts(found: object) -> list[str]:
    return [address[0] for _, address in found]  # type: ignore[attr-defined]


def test_the_families_of_a_name_take_turns_and_the_resolvers_order_stays(monkeypatch):
    said = rows("::1", "::2", "::3", "10.0.0.1", "10.0.0.2")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: said)
    found = asyncio.run(addresses("api.acme.example", 80))
    assert hosts(found) == ["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "LOCALHOST."])
def test_an_address_needs_no_resolver(host, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked"))
    assert asyncio.run(addresses(host, 80))


def test_a_name_that_cannot_be_one_is_unknown(monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise UnicodeError("label too long")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(socket.gaierror):
        asyncio.run(addresses("a" * 70, 80))


def test_a_resolver_that_hangs_keeps_nobody(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(20) and [])

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await addresses("api.acme.example", 80)

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 1
    threads = [t for t in threading.enumerate() if t.name == "zot-resolve"]
    release.set()
    for thread in threads:
        thread.join(5)


async def slow(seconds: float, made: list[socket.socket]) -> socket.socket:
    await asyncio.sleep(seconds)
    made.append(socket.socket())
    return made[-1]


async def fails(seconds: float = 0.0, words: str = "refused") -> socket.socket:
    await asyncio.sleep(seconds)
    raise OSError(words)


def test_the_first_address_wins_where_it_answers_in_time():
    made: list[socket.socket] = []

    async def main() -> None:
        won = await race([lambda: slow(0.01, made), lambda: slow(0, made)], 0.2)
        assert [won] == made

    asyncio.run(main())
    made[0].close()


def test_an_address_that_hangs_costs_a_moment_and_no_more():
    made: list[socket.socket] = []

    async def main() -> None:
        began = time.monotonic()
        won = await race([lambda: slow(20, made), lambda: slow(0, made)], 0.05)
        assert time.monotonic() - began < 0.5
        assert [won] == made

    asyncio.run(main())
    made[0].close()


def test_an_address_that_refuses_costs_nothing():
    made: list[socket.socket] = []

    async def main() -> None:
        began = time.monotonic()
        await race([fails, fails, lambda: slow(0, made)], 20)
        assert time.monotonic() - began < 0.5

    asyncio.run(main())
    made[0].close()


def test_where_all_refuse_the_first_reason_is_told():
    with pytest.raises(OSError, match="first"):
        asyncio.run(race([lambda: fails(0.02, "first"), lambda: fails(0, "second")], 0.001))


def test_the_ones_that_lost_are_closed():
    made: list[socket.socket] = []

    async def main() -> None:
        both = [lambda: slow(0.02, made), lambda: slow(0.02, made)]
        won = await race(both, 0.0)
        await asyncio.sleep(0.05)
        assert all(each is won or each.fileno() < 0 for each in made)
        won.close()

    asyncio.run(main())


def test_a_race_that_is_called_off_leaves_no_socket():
    made: list[socket.socket] = []

    async def main() -> None:
        task = asyncio.ensure_future(race([lambda: slow(0.05, made), lambda: slow(20, made)], 20))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0.1)
        assert all(each.fileno() < 0 for each in made)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_a_connection_sends_small_pieces_at_once_and_notices_a_dead_peer():
    async def main() -> None:
        listener = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        stream = await Network(loopback_only=True).connect_tcp("localhost", port)
        made = stream.get_extra_info("socket")
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
        await stream.aclose()
        listener.close()
        await listener.wait_closed()

    asyncio.run(main())


def test_the_other_address_of_this_machine_is_tried_where_the_first_refuses(monkeypatch):
    async def here(address: _resolve.Address) -> socket.socket:
        tried.append(address[1][0])
        raise ConnectionRefusedError(111, "Connection refused")

    tried: list[str] = []
    monkeypatch.setattr(_network, "_connected", here)

    async def main() -> None:
        with pytest.raises(Exception, match="Connection refused"):
            await Network().connect_tcp("localhost", 9)

    asyncio.run(main())
    assert tried == ["127.0.0.1", "::1"]
