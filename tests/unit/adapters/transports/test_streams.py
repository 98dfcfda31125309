"""Bytes over one connection: in order, held back where nobody reads, ended where they end."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore
import pytest

from zot.adapters.transports._network import Network
from zot.adapters.transports._streams import HIGH_WATER, Stream


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Stream, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Return both ends of a connection, zot's first."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    arrived = loop.create_future()
    listener = await asyncio.start_server(
        lambda reader, writer: arrived.set_result((reader, writer)), "127.0.0.1", 0
    )
    port = listener.sockets[0].getsockname()[1]
    stream = await Network().connect_tcp("127.0.0.1", port)
    reader, writer = await arrived
    try:
        yield stream, reader, writer
    finally:
        await stream.aclose()
        writer.close()
        listener.close()
        await asyncio.sleep(0.01)


def reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def test_what_was_sent_arrives_in_order_and_then_the_end():
    async def main() -> None:
        async with pair() as (stream, reader, writer):
            writer.write(b"hello")
            assert await stream.read(100) == b"hello"
            await stream.write(b"back")
            assert await reader.read(100) == b"back"
            writer.write(b"last")
            writer.close()
            await asyncio.sleep(0.02)
            assert await stream.read(100) == b"last"
            assert await stream.read(100) == b""

    asyncio.run(main())


def test_what_had_arrived_before_a_reset_can_be_read_and_then_the_error():
    async def main() -> None:
        async with pair() as (stream, _, writer):
            writer.write(b"hello")
            await asyncio.sleep(0.02)
            reset(writer)
            await asyncio.sleep(0.02)
            assert await stream.read(100) == b"hello"
            with pytest.raises(httpcore.ReadError):
                await stream.read(100)
            with pytest.raises(httpcore.WriteError):
                await stream.write(b"x")

    asyncio.run(main())


def test_a_sender_is_held_back_while_nobody_reads():
    async def main() -> None:
        async with pair() as (stream, _, writer):
            piece, sent = b"x" * 65536, 0
            for _ in range(2000):
                writer.write(piece)
                try:
                    async with asyncio.timeout(0.1):
                        await writer.drain()
                except TimeoutError:
                    break
                sent += len(piece)
            assert sent < 100 * len(piece)
            assert stream._pipe._waiting < HIGH_WATER + (1 << 18)
            total = 0
            while total < sent:
                total += len(await stream.read(1))

    asyncio.run(main())


def test_a_writer_waits_for_a_reader_and_notices_that_it_left():
    async def main() -> None:
        async with pair() as (stream, _, writer):
            task = asyncio.ensure_future(stream.write(b"x" * (64 << 20)))
            await asyncio.sleep(0.05)
            assert not task.done()
            reset(writer)
            with pytest.raises(httpcore.WriteError):
                await task

    asyncio.run(main())


def test_a_time_limit_is_kept_for_reading_and_writing():
    async def main() -> None:
        async with pair() as (stream, _, _):
            with pytest.raises(httpcore.ReadTimeout):
                await stream.read(1, timeout=0.01)
            with pytest.raises(httpcore.WriteTimeout):
                await stream.write(b"x" * (64 << 20), timeout=0.05)

    asyncio.run(main())


def test_an_idle_connection_is_stale_once_it_was_closed_or_spoke_unasked():
    async def main() -> None:
        for say in (None, b"x"):
            async with pair() as (stream, _, writer):
                assert not stream.get_extra_info("is_readable")
                writer.write(say) if say else writer.close()
                await asyncio.sleep(0.02)
                assert stream.get_extra_info("is_readable")

    asyncio.run(main())


def test_closing_is_seen_at_once_on_the_other_side():
    async def main() -> None:
        async with pair() as (stream, reader, _):
            await stream.aclose()
            async with asyncio.timeout(0.2):
                assert await reader.read(1) == b""

    asyncio.run(main())
