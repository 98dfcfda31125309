"""A login that is longer than an entry of the keyring may be is kept whole, or refused."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests.stores import MemoryKeyring, told
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores._keyring import WINDOWS_LIMIT, Backend, Patience
from zot.adapters.stores.keyring import keyring_store
from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.error import CredentialError, StoreBroken
from zot.domain.secret import Secret
from zot.ports.secret_store import SecretStore

PROVIDERS = shipped().providers
GROQ = PROVIDERS["groq"]
KEY = ApiKey(Secret("gsk-canary"))
EVERYBODY = list(PROVIDERS.values())


def store_over(folder: Path, backend: Backend, patience: float = 5.0) -> SecretStore:
    return keyring_store(folder, told, opener=lambda: backend, patience=Patience(patience))


def windows(folder: Path) -> tuple[SecretStore, MemoryKeyring]:
    backend = MemoryKeyring.of(folder, WINDOWS_LIMIT)
    return store_over(folder, backend), backend


@pytest.mark.parametrize("size", [1100, 1186, 1187, 1188, 1279, 1280, 1281, 10_000, 30_000])
def test_a_long_login_is_split_and_comes_back(tmp_path, size):
    store, backend = windows(tmp_path)
    login = OAuthToken(Secret("a" * size))
    store.save(PROVIDERS["anthropic"], login)
    record = store.load(PROVIDERS["anthropic"])
    assert record is not None
    assert record.credential == login
    assert all(len(value) <= WINDOWS_LIMIT for value in backend.entries.values())
    store.save(PROVIDERS["anthropic"], KEY)
    assert list(backend.entries) == [("zot", "anthropic")]


def test_a_split_login_leaves_nothing_behind(tmp_path):
    store, backend = windows(tmp_path)
    store.save(PROVIDERS["anthropic"], OAuthToken(Secret("a" * 9000)))
    assert len(backend.entries) > 10
    store.save(PROVIDERS["anthropic"], OAuthToken(Secret("b" * 9000)))
    assert not any("a" * 100 in value for value in backend.entries.values())
    assert store.delete(PROVIDERS["anthropic"])
    assert backend.entries == {}


class Mortal(MemoryKeyring):
    """Dies at its nth write, as a killed process does for whoever comes after it."""

    def __init__(self, entries: dict[tuple[str, str], str], nth: int) -> None:
        super().__init__(entries, WINDOWS_LIMIT)
        self.left = nth

    def set_password(self, service: str, username: str, password: str) -> None:
        self._count()
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._count()
        super().delete_password(service, username)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise SystemError("killed")


Mortal.__module__ = "keyring.backends.Windows"


@pytest.mark.parametrize("first", ["short", "long"])
def test_a_writer_that_dies_leaves_the_old_login_or_the_new_one(tmp_path, first):
    old = OAuthToken(Secret("o" * (3000 if first == "long" else 30)))
    new = OAuthToken(Secret("n" * 4000))
    seen = set()
    for nth in range(25):
        store, backend = windows(tmp_path / str(nth))
        store.save(PROVIDERS["anthropic"], old)
        dying = store_over(tmp_path / str(nth), Mortal(backend.entries, nth))
        with suppress(CredentialError):
            dying.save(PROVIDERS["anthropic"], new)
        record = store.load(PROVIDERS["anthropic"])
        assert record is not None
        assert record.credential in {old, new}
        seen.add(record.credential == new)
    assert seen == {True, False}


def test_a_login_that_no_keyring_takes_is_refused_before_any_write(tmp_path):
    store, backend = windows(tmp_path)
    store.save(PROVIDERS["anthropic"], KEY)
    before = dict(backend.entries)
    with pytest.raises(StoreBroken, match="too big"):
        store.save(PROVIDERS["anthropic"], OAuthToken(Secret("a" * 70_000)))
    assert backend.entries == before


def test_a_missing_part_is_told(tmp_path):
    store, backend = windows(tmp_path)
    store.save(PROVIDERS["anthropic"], OAuthToken(Secret("a" * 5000)))
    del backend.entries["zot", next(user for _, user in backend.entries if "#" in user)]
    with pytest.raises(StoreBroken, match="incomplete"):
        store.load(PROVIDERS["anthropic"])
