"""The little HTTP that a login page needs, read strictly (RFC 9112)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

LONGEST_HEAD = 16 << 10
LONGEST_BODY = 64 << 10
PATIENCE = 10.0
"""Seconds that one request may take to arrive."""


class BadRequest(Exception):
    """A request that is answered with an error status and changes nothing."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case, and each stands once."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    def form(self) -> dict[str, str]:
        """Return the fields of a form; raises `BadRequest` where one stands twice."""
        try:
            fields = parse_qs(
                self.body.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                max_num_fields=8,
                errors="strict",
            )
        except (UnicodeDecodeError, ValueError):
            raise BadRequest(400) from None
        if any(len(values) != 1 for values in fields.values()):
            raise BadRequest(400)
        return {name: values[0] for name, values in fields.items()}


async def read(reader: asyncio.StreamReader) -> Request:
    """Read one request within ten seconds; raises `BadRequest` for one that is not sound."""
    try:
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            request = _head(head)
            length = request.headers.get("content-length", "0")
            if "transfer-encoding" in request.headers or not length.isdecimal():
                raise BadRequest(400)
            if int(length) > LONGEST_BODY:
                raise BadRequest(413)
            body = await reader.readexactly(int(length))
    except asyncio.LimitOverrunError:
        raise BadRequest(431) from None
    except asyncio.IncompleteReadError:
        raise BadRequest(400) from None
    except TimeoutError:
        raise BadRequest(408) from None
    return Request(request.method, request.target, request.headers, body)


def _head(head: bytes) -> Request:
    try:
        first, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    except UnicodeDecodeError:
        raise BadRequest(400) from None
    method, _, rest = first.partition(" ")
    target, _, version = rest.rpartition(" ")
    if version not in {"HTTP/1.1", "HTTP/1.0"} or not target.startswith("/") or " " in target:
        raise BadRequest(400)
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        key = name.lower()
        if not colon or not name or name != name.strip() or key in headers:
            raise BadRequest(400)
        if not value.replace("\t", " ").isprintable():
            raise BadRequest(400)
        headers[key] = value.strip()
    return Request(method, target, headers)
