"""From a host to addresses, without keeping a program that was told to stop."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""What a socket is made of, and what it connects to."""


def is_loopback(address: str) -> bool:
    """Tell whether an IP address is this machine's own, also when written as IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback


async def addresses(host: str, port: int) -> Sequence[Address]:
    """Return the addresses of a host, the families taking turns.

    `localhost` is this machine whatever a resolver says
    (https://www.rfc-editor.org/rfc/rfc6761#section-6.3). Raises `OSError` for a name that
    nobody knows.
    """
    name = host.rstrip(".").lower()
    if name == "localhost":
        return [
            (socket.AF_INET, ("127.0.0.1", port)),
            (socket.AF_INET6, ("::1", port)),
        ]
    with suppress(ValueError):
        version = ipaddress.ip_address(host).version
        return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]
    return _interleaved(await _asked(host, port))


async def _asked(host: str, port: int) -> list[Address]:
    """Ask the system's resolver, which blocks and cannot be told to stop.

    So it gets a thread that nobody waits for: one of the event loop's own would keep the
    program from ending until the resolver gives up.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address]] = loop.create_future()

    def settle(found: list[Address], error: OSError | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: list[Address] = []
        failure = None
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = [(row[0], tuple(row[4])) for row in rows]
        except OSError as error:
            failure = error
        except UnicodeError:
            failure = socket.gaierror(socket.EAI_NONAME, "this is no host name")
        with suppress(RuntimeError):  # the event loop is gone by now
            loop.call_soon_threadsafe(settle, found, failure)

    threading.Thread(target=ask, name="zot-resolve", daemon=True).start()
    return await answer


def _interleaved(found: Sequence[Address]) -> list[Address]:
    """Keep the resolver's order within a family: https://www.rfc-editor.org/rfc/rfc8305#section-4."""
    first = [address for address in found if address[0] == found[0][0]]
    other = [address for address in found if address[0] != found[0][0]]
    mixed: list[Address] = []
    for index in range(max(len(first), len(other))):
        mixed += first[index : index + 1] + other[index : index + 1]
    return mixed
