"""httpcore under httpx: kept connections, that cost the same for one stream and for thousands."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import httpcore

from zot.adapters.transports._httpx import httpx

MOST_IDLE = 100
"""Connections to one origin that are kept for the next request."""

Key = tuple[bytes, bytes, int]
"""An origin: scheme, host and port."""
Open = Callable[[httpcore.Origin], httpcore.AsyncConnectionInterface]


class Requests(Protocol):
    """What carries a request of httpcore: one of its own pools, or `Connections`."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send the request, and return as soon as the head of the answer is there."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class Connections:
    """A stack of idle connections for each origin.

    httpcore's own pool looks at every connection for each of them whenever a request comes
    or goes, which makes a thousand streams at once a thousand times dearer; a stack does not.
    """

    def __init__(self, connect: Open) -> None:
        self._connect = connect
        self._idle: dict[Key, deque[httpcore.AsyncConnectionInterface]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send the request over an idle connection, or over a new one."""
        origin = request.url.origin
        key = (origin.scheme, origin.host, origin.port)
        connection = await self._taken(key) or self._connect(origin)
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await connection.aclose()
            raise
        return httpcore.Response(
            response.status,
            headers=response.headers,
            content=_Content(response.stream, lambda: self._given_back(key, connection)),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close what is idle; a connection in use closes with its answer."""
        idle, self._idle = self._idle, {}
        if self._loop is asyncio.get_running_loop():
            for stack in idle.values():
                for connection in stack:
                    await connection.aclose()

    async def _taken(self, key: Key) -> httpcore.AsyncConnectionInterface | None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Another event loop, perhaps in a forked child: those connections are not ours.
            self._loop = loop
            self._idle = {}
        stack = self._idle.get(key)
        while stack:
            connection = stack.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    async def _given_back(self, key: Key, connection: httpcore.AsyncConnectionInterface) -> None:
        if not connection.is_idle() or self._loop is not asyncio.get_running_loop():
            return
        stack = self._idle.setdefault(key, deque())
        stack.append(connection)
        while stack and (len(stack) > MOST_IDLE or stack[0].has_expired()):
            await stack.popleft().aclose()


class _Content:
    """The bytes of an answer; closing them gives the connection back, once."""

    def __init__(self, stream: object, done: Callable[[], object]) -> None:
        self._stream = stream
        self._done = done
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()  # type: ignore[attr-defined,no-any-return]

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._stream.aclose()  # type: ignore[attr-defined]
        await self._done()  # type: ignore[misc]


class CoreTransport(httpx.AsyncBaseTransport):
    """Carry requests of httpx over httpcore."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; raises the errors of httpx, and zot's own as they are."""
        url = request.url
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _errors_of_httpx():
            response = await self._requests.handle_async_request(sent)
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response.stream),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._requests.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: object) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for chunk in self._stream:  # type: ignore[attr-defined]
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """The two libraries name their errors alike; the nearest name that httpx knows is it."""
    try:
        yield
    except Exception as error:
        for kind in type(error).__mro__:
            named = getattr(httpx, kind.__name__, None)
            if kind.__module__.startswith("httpcore") and named is not None:
                raise named(str(error)) from error
        raise
