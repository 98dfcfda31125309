"""Opening connections: to the fastest address, and never in the clear to another machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore

from zot.adapters.transports._resolve import Address, addresses, is_loopback
from zot.adapters.transports._streams import Pipe, Stream
from zot.domain.error import InsecureDestination

STAGGER = 0.25
"""Seconds before the next address is tried as well: https://www.rfc-editor.org/rfc/rfc8305#section-5."""
KEEPALIVE = 60
"""Seconds of silence before TCP asks whether the other side is still there."""


class Network(httpcore.AsyncNetworkBackend):
    """TCP for httpcore.

    With `loopback_only`, a connection whose other end is not this machine is closed before
    anything is sent on it. What counts is the address that was really connected to: a name
    may look like anything and resolve to something else the next time.
    """

    def __init__(self, *, loopback_only: bool = False) -> None:
        self._loopback_only = loopback_only

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """Return a connection; `timeout` is in seconds.

        Raises httpcore's `ConnectError` and `ConnectTimeout`, and `InsecureDestination`.
        """
        try:
            async with asyncio.timeout(timeout):
                made = await _first(await addresses(host, port))
                try:
                    if self._loopback_only:
                        _refuse_other_machines(host, made)
                    loop = asyncio.get_running_loop()
                    _, pipe = await loop.create_connection(Pipe, sock=made)
                except BaseException:
                    made.close()
                    raise
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(error.strerror or str(error)) from error
        return Stream(pipe)

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore would, between tries that zot does not let it make."""
        await asyncio.sleep(seconds)


def _refuse_other_machines(host: str, connected: socket.socket) -> None:
    peer = connected.getpeername()[0]
    if not is_loopback(peer):
        raise InsecureDestination(
            f"the request to {host} would go over plain http to {peer}",
            hint="use https://, or --insecure-http if the network is yours",
        )


async def _first(found: Sequence[Address]) -> socket.socket:
    """Return the first connection of several addresses; raises the first one's `OSError`."""
    if len(found) == 1:
        return await _connected(found[0])
    return await race([lambda each=each: _connected(each) for each in found], STAGGER)  # type: ignore[misc]


async def race(
    starts: Sequence[Callable[[], Awaitable[socket.socket]]], stagger: float
) -> socket.socket:
    """Return the first socket, starting the next try `stagger` seconds later or on a failure.

    The tries that are not needed are cancelled, and whatever they opened is closed.
    """
    waiting = list(reversed(starts))
    tasks: list[asyncio.Future[socket.socket]] = []
    winner: asyncio.Future[socket.socket] | None = None
    try:
        while winner is None:
            if waiting:
                tasks.append(asyncio.ensure_future(waiting.pop()()))
            open_tasks = [task for task in tasks if not task.done()]
            if open_tasks:
                pause = stagger if waiting else None
                await asyncio.wait(open_tasks, timeout=pause, return_when="FIRST_COMPLETED")
            winner = next((t for t in tasks if t.done() and t.exception() is None), None)
            if winner is None and not waiting and all(task.done() for task in tasks):
                raise tasks[0].exception() or OSError("no address to connect to")
        return winner.result()
    finally:
        for task in tasks:
            if task is not winner:
                task.cancel()
                task.add_done_callback(_discard)


def _discard(task: asyncio.Future[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _connected(address: Address) -> socket.socket:
    family, place = address
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setblocking(False)  # noqa: FBT003 (the library's signature)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # A head and a body sent apart would wait for each other for 40 ms.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE)
        await asyncio.get_running_loop().sock_connect(made, place)
    except BaseException:
        made.close()
        raise
    return made
