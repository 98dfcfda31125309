"""Texts that are longer than an entry of a keyring may be: several entries, one switch.

The parts are written under names nobody reads yet; then the entry itself is set to point
to them. So whoever reads, or kills the writer, meets the old text or the new one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress

from zot.domain.error import CredentialError, StoreBroken

LONGEST = 64 << 10
"""Characters of one login."""

_MARK = "zot-parts"
_VERSION = "1"

Get = Callable[[str], str | None]
Put = Callable[[str, str], None]
Drop = Callable[[str], bool]


class Parts:
    """Texts over entries of at most `limit` characters (None: as long as they may be)."""

    def __init__(self, get: Get, put: Put, drop: Drop, limit: int | None) -> None:
        self._get = get
        self._put = put
        self._drop = drop
        self._limit = limit

    def read(self, name: str) -> str | None:
        """Return a text, or None; raises `StoreBroken` where a part of it is missing."""
        head = self._get(name)
        if head is None or not head.startswith(_MARK):
            return head
        text = "".join(self._get(part) or "" for part in _parts(name, head))
        if head.split()[-1] != _digest(text):
            raise StoreBroken(f"the entry `{name}` of the keyring is incomplete")
        return text

    def write(self, name: str, text: str) -> None:
        """Keep a text; raises `StoreBroken` for one that is too long, before any write."""
        if _units(text) > LONGEST:
            raise StoreBroken(
                f"the login is too big for the keyring ({_units(text)} characters)",
                hint="`ZOT_SECRET_STORE=encrypted-file` takes it",
            )
        old = self._get(name)
        if self._limit is None or _units(text) <= self._limit:
            self._put(name, text)
        else:
            self._split(name, text, self._limit)
        self._clear(name, old)

    def remove(self, name: str) -> bool:
        """Forget a text; tell whether it was there."""
        head = self._get(name)
        if head is None:
            return False
        there = self._drop(name)
        self._clear(name, head)
        return there

    def _split(self, name: str, text: str, limit: int) -> None:
        step = limit // 2  # a character may take two units
        pieces = [text[at : at + step] for at in range(0, len(text), step)]
        stamp = os.urandom(4).hex()
        head = f"{_MARK} {_VERSION} {stamp} {len(pieces)} {_digest(text)}"
        names = _parts(name, head)
        try:
            for part, piece in zip(names, pieces, strict=True):
                self._put(part, piece)
                if self._get(part) != piece:
                    raise StoreBroken(f"the keyring did not keep a part of `{name}`")
        except CredentialError:
            self._clear(name, head)
            raise
        self._put(name, head)

    def _clear(self, name: str, head: str | None) -> None:
        """Remove the parts that an entry pointed to; one that stays does no harm."""
        if head is None or not head.startswith(_MARK):
            return
        with suppress(CredentialError):
            for part in _parts(name, head):
                self._drop(part)


def _parts(name: str, head: str) -> list[str]:
    fields = head.split()
    if len(fields) != 5 or fields[1] != _VERSION or not fields[3].isdecimal():
        raise StoreBroken(
            f"the entry `{name}` of the keyring was written by a newer zot, or is broken"
        )
    return [f"{name}#{fields[2]}.{number}" for number in range(min(int(fields[3]), LONGEST))]


def _units(text: str) -> int:
    """Return the length in UTF-16, as Windows counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
