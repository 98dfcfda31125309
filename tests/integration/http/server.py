"""A server of raw bytes on loopback: it does what a script says, and counts what it saw."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"x-request-id: req-1\r\ntransfer-encoding: chunked\r\n\r\n"
)
DONE = b"data: [DONE]\n\n"
LAST = b"0\r\n\r\n"


def delta(text: str, finish: str | None = None) -> bytes:
    """Return one event of the chat wire."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


def chunk(data: bytes) -> bytes:
    """Return bytes as one piece of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def answer(*texts: str) -> bytes:
    """Return a whole, sound answer that says the texts."""
    pieces = [*map(delta, texts), delta("", "stop"), DONE]
    return HEAD + b"".join(map(chunk, pieces)) + LAST


def plain(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return an answer with a length, such as a refusal."""
    lines = [f"HTTP/1.1 {status}", *headers, f"content-length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Exchange:
    """One request, and the means to answer it; `index` counts the requests from 0."""

    index: int
    head: bytes
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def line(self) -> str:
        """The request line."""
        return self.head.split(b"\r\n", 1)[0].decode()

    def header(self, name: str) -> str | None:
        """Return a header, or None."""
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name:
                return value.strip()
        return None

    async def send(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send pieces, waiting `pause` seconds after each."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(pause)

    async def silence(self) -> None:
        """Do nothing until the client goes away."""
        while await self.reader.read(1 << 16):
            pass

    def reset(self) -> None:
        """Break the connection, so that the client sees a reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def close(self) -> None:
        """End the connection in order, wherever the answer is."""
        self.writer.close()


Script = Callable[[Exchange], Awaitable[None]]


def saying(*answers: bytes) -> Script:
    """Return a script that gives one answer a request, the last one ever again."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(answers[min(exchange.index, len(answers) - 1)])

    return script


@dataclass
class Server:
    """What is known of a running server; `closed` holds when connections ended, in seconds."""

    port: int = 0
    secure: bool = False
    exchanges: list[Exchange] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    received: int = 0
    closed: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}/v1"

    async def until_closed(self, count: int = 1, seconds: float = 5.0) -> bool:
        """Wait until so many connections have ended."""
        until = time.monotonic() + seconds
        while len(self.closed) < count and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        return len(self.closed) >= count


@asynccontextmanager
async def serve(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Run a server in this event loop."""
    server = Server(secure=tls is not None)
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.connections += 1
        server.open += 1
        try:
            await _answer(server, script, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            server.open -= 1
            server.closed.append(time.monotonic())
            writer.close()
            tasks.discard(task)
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls, limit=1 << 20)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _answer(
    server: Server, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while not writer.is_closing():
        head = await reader.readuntil(b"\r\n\r\n")
        exchange = Exchange(len(server.exchanges), head, b"", reader, writer)
        exchange.body = await reader.readexactly(int(exchange.header("content-length") or 0))
        server.received += len(head) + len(exchange.body)
        server.exchanges.append(exchange)
        await script(exchange)
