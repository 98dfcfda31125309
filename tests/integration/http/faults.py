"""A TCP proxy that breaks connections on purpose, at an exact byte of the answer."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["none", "reset", "cut", "stall"]


@dataclass
class FaultyProxy:
    """Where it listens, and what it does to the next answers: after `at` bytes, the fault."""

    port: int = 0
    fault: Fault = "none"
    at: int = 0
    settle: float = 0.0
    connections: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The base URL that leads through it."""
        return f"http://127.0.0.1:{self.port}/v1"


@asynccontextmanager
async def faulty(target: int) -> AsyncIterator[FaultyProxy]:
    """Run a faulty proxy in front of a port of this machine."""
    proxy = FaultyProxy()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        proxy._tasks.add(task)
        proxy.connections += 1
        inner, outer = await asyncio.open_connection("127.0.0.1", target)
        upwards = asyncio.ensure_future(_pump(reader, outer))
        try:
            await _downwards(proxy, inner, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            upwards.cancel()
            for each in (outer, writer):
                each.close()
            proxy._tasks.discard(task)

    async with _listening(accept, proxy):
        yield proxy


@asynccontextmanager
async def held_up() -> AsyncIterator[FaultyProxy]:
    """Run a server that takes connections and never says a word."""
    proxy = FaultyProxy()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        proxy._tasks.add(task)
        proxy.connections += 1
        with suppress(OSError, asyncio.CancelledError):
            while await reader.read(1 << 16):
                pass
        writer.close()
        proxy._tasks.discard(task)

    async with _listening(accept, proxy):
        yield proxy


@asynccontextmanager
async def _listening(accept: object, proxy: FaultyProxy) -> AsyncIterator[None]:
    listener = await asyncio.start_server(accept, "127.0.0.1", 0)  # type: ignore[arg-type]
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        listener.close()
        for task in list(proxy._tasks):
            task.cancel()
        await asyncio.gather(*proxy._tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()


async def _downwards(
    proxy: FaultyProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    left = proxy.at
    while data := await reader.read(1 << 16):
        if proxy.fault == "none":
            writer.write(data)
            continue
        writer.write(data[:left])
        left -= len(data)
        if left <= 0:
            break
    await writer.drain()
    if proxy.fault == "stall":
        await asyncio.sleep(3600)
    await asyncio.sleep(proxy.settle)  # a reset overtakes bytes that were not read yet
    if proxy.fault == "reset":
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
