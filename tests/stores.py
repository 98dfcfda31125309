"""What the tests of the secret stores share."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import ClassVar

from zot.adapters.stores._container import Header
from zot.adapters.stores._keyring import Backend
from zot.domain.secret import Secret

PASSPHRASE = Secret("correct horse battery staple")


def cheap_key(passphrase: Secret, header: Header) -> bytes:
    """Return a key as the container does, at a thousandth of the cost."""
    text = unicodedata.normalize("NFC", passphrase.reveal()).encode()
    return hashlib.scrypt(text, salt=header.salt, n=128, r=8, p=1, dklen=32)


def told(notice: str) -> None:
    """Take a notice and forget it."""


class MemoryKeyring:
    """A backend of `keyring` that keeps its entries in memory, for one folder each.

    With a limit it refuses longer ones, counted in UTF-16 as Windows does, and takes the
    limit of Windows for its own.
    """

    kept: ClassVar[dict[Path, dict[tuple[str, str], str]]] = {}

    def __init__(self, entries: dict[tuple[str, str], str], limit: int | None = None) -> None:
        self.entries = entries
        self.limit = limit

    @classmethod
    def of(cls, folder: Path, limit: int | None) -> MemoryKeyring:
        kind = cls if limit is None else WindowsKeyring
        return kind(cls.kept.setdefault(folder, {}), limit)

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.limit is not None and len(password.encode("utf-16-le")) // 2 > self.limit:
            raise ValueError("too long")
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class WindowsKeyring(MemoryKeyring):
    """The same, under the module name of the backend for Windows."""


WindowsKeyring.__module__ = "keyring.backends.Windows"

_backend: type[Backend] = MemoryKeyring
