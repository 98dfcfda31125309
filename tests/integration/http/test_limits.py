"""An answer of any size and shape costs bounded memory and time."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from contextlib import aclosing

import pytest

from tests.integration.http.asking import Asker, asking, run
from tests.integration.http.measure import in_a_process_of_its_own
from tests.integration.http.server import (
    DONE,
    HEAD,
    LAST,
    Exchange,
    answer,
    chunk,
    delta,
    plain,
    saying,
    serve,
)
from zot.domain.error import StreamBroken, Unreachable, ZotError

MIB = 1 << 20
GZIP = HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")


def encoded(name: str) -> bytes:
    return HEAD.replace(b"\r\n\r\n", f"\r\ncontent-encoding: {name}\r\n\r\n".encode())


async def flood(exchange: Exchange, piece: bytes, head: bytes = HEAD, *, total: int) -> None:
    """Send a piece again and again, up to so many bytes."""
    await exchange.send(head)
    for _ in range(total // len(piece)):
        exchange.writer.write(piece)
        await exchange.writer.drain()


async def one_long_line(exchange: Exchange) -> None:
    await exchange.send(HEAD, chunk(b"data: "))
    await flood(exchange, chunk(b"x" * 65536), b"", total=64 * MIB)


async def a_gigabyte_of_events(exchange: Exchange) -> None:
    await flood(exchange, chunk(delta("x" * 8000) * 8), total=1024 * MIB)


async def a_gigabyte_of_comments(exchange: Exchange) -> None:
    await flood(exchange, chunk(b": " + b"x" * 65000 + b"\n\n"), total=1024 * MIB)


async def endless_head(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\n")
    await flood(exchange, b"x-filler: " + b"y" * 1000 + b"\r\n", b"", total=64 * MIB)


async def one_huge_header(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nx-filler: ")
    await flood(exchange, b"y" * 65536, b"", total=64 * MIB)


async def a_huge_refusal(exchange: Exchange) -> None:
    head = plain("400 No", b"").replace(b"content-length: 0", b"content-length: 1073741824")
    await flood(exchange, b"z" * 65536, head, total=1024 * MIB)


FLOODS = (
    one_long_line,
    a_gigabyte_of_events,
    a_gigabyte_of_comments,
    endless_head,
    one_huge_header,
    a_huge_refusal,
)


@pytest.mark.parametrize("script", FLOODS)
def test_a_flood_ends_in_an_error_soon_and_in_little_memory(script):
    async def ask(ask: Asker, url: str) -> str:
        try:
            async with aclosing(ask.stream(url)) as stream:
                async for _ in stream:
                    pass
        except ZotError as error:
            return type(error).__name__
        return "an end"

    async def main() -> None:
        async with serve(script) as server:
            end = await in_a_process_of_its_own(ask, server.url)
            assert end.result in {"StreamBroken", "Unreachable", "RequestRejected"}
            assert end.grown < 3 * 8 * MIB
            assert end.seconds < 2

    run(main())


def test_headers_up_to_64_kib_are_taken():
    async def main() -> None:
        filler = b"".join(b"x-filler-%d: %b\r\n" % (n, b"y" * 1000) for n in range(63))
        head = answer("a").replace(b"\r\n", b"\r\n" + filler, 1)
        async with serve(saying(head)) as server, asking() as ask:
            assert await ask.text(server.url) == "a"

    run(main())


def test_a_hundred_thousand_events_arrive():
    async def many(exchange: Exchange) -> None:
        await flood(exchange, chunk(delta("x") * 100), total=1000 * len(chunk(delta("x") * 100)))
        await exchange.send(chunk(delta("", "stop") + DONE), LAST)

    async def main() -> None:
        async with serve(many) as server, asking() as ask:
            began = time.monotonic()
            assert len(await ask.text(server.url)) == 100_000
            assert time.monotonic() - began < 10

    run(main())


def bomb() -> bytes:
    """Return about 1 MB that unpacks to 1 GiB; only its checksum would be wrong."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(b"data: ") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"\0" * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * 1024 + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "nested"),
    [("gzip", 0), ("deflate", 0), ("br", 0), ("zstd", 0), ("gzip, gzip, gzip", 2)],
)
def test_a_bomb_is_left_alone(encoding, nested):
    data = bomb()
    for _ in range(nested):
        data = gzip.compress(data)
    pieces = [chunk(data[at : at + 65536]) for at in range(0, len(data), 65536)]

    async def packed(exchange: Exchange) -> None:
        await exchange.send(encoded(encoding), *pieces, LAST)

    async def ask(ask: Asker, url: str) -> str:
        error = await ask.failure(url)
        return f"{type(error).__name__}: {error.message}"

    async def main() -> None:
        async with serve(packed) as server:
            end = await in_a_process_of_its_own(ask, server.url)
            assert end.result.startswith("StreamBroken")
            assert end.grown < 32 * MIB
            assert end.seconds < 1
            assert server.exchanges[0].header("accept-encoding") == "identity"

    run(main())


@pytest.mark.parametrize("level", [1, 9])
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_an_honest_compressed_answer_is_read_although_nobody_asked(level, size):
    body = b"".join([*(delta(f"w{n} ") for n in range(500)), delta("", "stop"), DONE])
    data = gzip.compress(body, level)
    pieces = [chunk(data[at : at + size]) for at in range(0, len(data), size)]

    async def packed(exchange: Exchange) -> None:
        await exchange.send(GZIP + b"".join(pieces) + LAST)

    async def main() -> None:
        async with serve(packed) as server, asking() as ask:
            assert await ask.text(server.url) == "".join(f"w{n} " for n in range(500))

    run(main())


def test_a_compressed_refusal_can_be_read():
    body = gzip.compress(b'{"error": {"message": "no such thing"}}')
    refusal = plain("400 No", body, "content-encoding: gzip")

    async def main() -> None:
        async with serve(saying(refusal)) as server, asking() as ask:
            assert "no such thing" in (await ask.failure(server.url)).message

    run(main())


def test_a_slow_reader_holds_the_server_back():
    sent = 0

    async def pour(exchange: Exchange) -> None:
        nonlocal sent
        piece = chunk(delta("x" * 1000) * 60)
        await exchange.send(HEAD)
        while sent < 1024 * MIB:
            exchange.writer.write(piece)
            await exchange.writer.drain()
            sent += len(piece)

    async def ask(ask: Asker, url: str) -> str:
        count = 0
        async with aclosing(ask.stream(url)) as stream:
            async for _ in stream:
                await asyncio.sleep(0.1)
                count += 1
                if count == 30:
                    break
        return str(count)

    async def main() -> None:
        async with serve(pour) as server:
            end = await in_a_process_of_its_own(ask, server.url)
            assert end.result == "30"
            assert end.grown < 32 * MIB
            assert sent < 32 * MIB
            assert await server.until_closed()

    run(main())


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"HTTP/1.1 999999 What\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
    ],
)
def test_what_is_no_http_is_a_typed_error(nonsense):
    async def main() -> None:
        async def talk(exchange: Exchange) -> None:
            await exchange.send(nonsense)
            exchange.close()

        async with serve(talk) as server, asking() as ask:
            error = await ask.failure(server.url)
            assert isinstance(error, Unreachable | StreamBroken)
            assert "`acme` (127.0.0.1)" in error.message

    run(main())
