"""A small proxy for HTTP and SOCKS5 that keeps every byte it was told."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.integration.http.faults import _pump


@dataclass
class Proxy:
    """What a proxy does and saw. Names of other machines all lead to `target`.

    `answer` is given in place of a tunnel; `login` is the Basic token that it wants.
    """

    target: int
    answer: bytes = b""
    login: str = ""
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    seen: bytearray = field(default_factory=bytearray)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection as an HTTP proxy."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        method, target, _ = head.split(b" ", 2)
        self.asked.append(target.decode())
        if self.login and f"proxy-authorization: basic {self.login}".encode() not in _lowered(head):
            self.answer = self.answer or b"HTTP/1.1 407 Login first\r\ncontent-length: 0\r\n\r\n"
            writer.write(self.answer)
            return
        if self.answer:
            writer.write(self.answer)
            await writer.drain()
            await asyncio.sleep(0.05)
            return
        if method == b"CONNECT":
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            head = b""
        else:  # a real proxy keeps what is meant for it
            lines = head.split(b"\r\n")
            head = b"\r\n".join(x for x in lines if not x.lower().startswith(b"proxy-"))
        await self._tunnel(reader, writer, head)

    async def socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection as a SOCKS5 proxy: https://www.rfc-editor.org/rfc/rfc1928."""
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\x05\x00")
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{host}:{port}")
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        await self._tunnel(reader, writer, b"")

    async def _tunnel(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        back, out = await asyncio.open_connection("127.0.0.1", self.target)
        out.write(head)
        down = asyncio.ensure_future(_pump(back, writer))
        try:
            while data := await reader.read(1 << 16):
                self.seen += data
                out.write(data)
        finally:
            down.cancel()
            out.close()


def _lowered(head: bytes) -> bytes:
    name, _, rest = head.partition(b"Proxy-Authorization: Basic ")
    return name.lower() + b"proxy-authorization: basic " + rest if rest else head.lower()


@asynccontextmanager
async def proxying(
    target: int,
    kind: str = "http",
    tls: ssl.SSLContext | None = None,
    *,
    answer: bytes = b"",
    login: str = "",
) -> AsyncIterator[Proxy]:
    """Run a proxy in this event loop."""
    proxy = Proxy(target, answer, login)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        proxy._tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await (proxy.http if kind == "http" else proxy.socks)(reader, writer)
        proxy._tasks.discard(task)
        writer.close()

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listener.close()
        for task in list(proxy._tasks):
            task.cancel()
        await asyncio.gather(*proxy._tasks, return_exceptions=True)
