"""Bytes over TCP and TLS: what httpcore needs of a network, on asyncio's own transports."""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

HIGH_WATER = 1 << 16
"""Bytes that may wait to be read before the other side is held back."""
LONGEST_HANDSHAKE = 3600.0
"""Seconds; the deadlines of a request end a handshake long before."""

BROKEN_HANDSHAKE = "the other side closed the connection during the TLS handshake"


class Pipe(asyncio.Protocol):
    """What has arrived on one connection, and whether more may be sent.

    Reading from the network pauses while `HIGH_WATER` bytes wait, so a slow reader holds
    back the sender, not this machine's memory.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._error: Exception | None = None
        self._chunks: list[bytes] = []
        self._waiting = 0
        self._held = False
        self._reader: asyncio.Future[None] | None = None
        self._full = False
        self._writer: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self.transport = transport  # type: ignore[assignment]  # a stream's always is one

    def data_received(self, data: bytes) -> None:
        """Keep what arrived, and wake the reader."""
        self._chunks.append(data)
        self._waiting += len(data)
        if self._waiting > HIGH_WATER and not self._held:
            self._held = True
            self.transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        """Note that no more comes."""
        self.ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that nothing comes or goes any more."""
        self.ended = True
        self._error = self._error or exc
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        """Hold back the writer."""
        self._full = True

    def resume_writing(self) -> None:
        """Let the writer go on."""
        self._full = False
        _wake(self._writer)

    async def read(self) -> bytes:
        """Return all that has arrived, or nothing at the end; raises `OSError`."""
        if not self._chunks and not self.ended:
            self._reader = self._loop.create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if not self._chunks:
            if self._error is not None:
                raise self._error
            return b""
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._waiting = 0
        if self._held:
            self._held = False
            self.transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        """Send, and wait while too much is under way; raises `OSError`."""
        if self.ended:
            raise self._error or ConnectionResetError("the other side closed the connection")
        self.transport.write(data)
        if self._full:
            self._writer = self._loop.create_future()
            try:
                await self._writer
            finally:
                self._writer = None
            if self._full:
                raise self._error or ConnectionResetError("the other side closed the connection")

    def is_stale(self) -> bool:
        """Tell whether an idle connection was closed, or holds what nobody asked for."""
        if self.ended or self._chunks or self.transport.is_closing():
            return True
        return _readable(self.transport.get_extra_info("socket").fileno())


class Stream(httpcore.AsyncNetworkStream):
    """One connection; closing it is immediate, so that the other side knows at once."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Return what has arrived (`max_bytes` is a wish); `timeout` in seconds."""
        try:
            if timeout is None:
                return await self._pipe.read()
            async with asyncio.timeout(timeout):
                return await self._pipe.read()
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send; `timeout` in seconds."""
        if not buffer:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._pipe.write(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Close without a farewell: one that waits for an answer could take half a minute."""
        self._pipe.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Stream:
        """Return the encrypted stream; the other side's certificate has been checked then."""
        inner, outer = self._pipe.transport, Pipe()
        try:
            async with asyncio.timeout(timeout):
                transport = await asyncio.get_running_loop().start_tls(
                    inner,
                    outer,
                    ssl_context,
                    server_hostname=server_hostname,
                    ssl_handshake_timeout=LONGEST_HANDSHAKE,
                )
        except BaseException as error:
            inner.abort()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(str(error)) from error
            if isinstance(error, OSError | RuntimeError):
                raise httpcore.ConnectError(str(error) or BROKEN_HANDSHAKE) from error
            raise
        if transport is None:
            raise httpcore.ConnectError(BROKEN_HANDSHAKE)
        outer.transport = transport
        return Stream(outer)

    def get_extra_info(self, info: str) -> Any:
        """Answer what httpcore asks about a connection."""
        if info == "is_readable":
            return self._pipe.is_stale()
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._pipe.transport.get_extra_info(names.get(info, info))


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _readable(descriptor: int) -> bool:
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):
        ready: Iterable[int] = select.select([descriptor], [], [], 0)[0]
        return bool(ready)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
