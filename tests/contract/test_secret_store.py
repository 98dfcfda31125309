"""Every store that needs nothing but this process does what the contract says.

Those that need a peer stand in tests/integration/stores.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stores import PASSPHRASE, MemoryKeyring, cheap_key, told
from zot.adapters.stores import _container
from zot.adapters.stores._keyring import WINDOWS_LIMIT
from zot.adapters.stores.encrypted import EncryptedStore
from zot.adapters.stores.file import FileStore
from zot.adapters.stores.keyring import keyring_store
from zot.adapters.stores.memory import memory_store
from zot.adapters.stores.null import NullStore
from zot.contract.secret_store import (
    KeepingStoreContract,
    LastingStoreContract,
    SecretStoreContract,
)
from zot.ports.secret_store import SecretStore


class TestFileStore(LastingStoreContract):
    def open(self, folder: Path) -> SecretStore:
        return FileStore(folder / "zot" / "auth.json", notice=told)


class TestEncryptedStore(LastingStoreContract):
    @pytest.fixture(autouse=True)
    def _cheap_derivation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A true scrypt at a cost that no file may ask for: a true one takes half a second."""
        monkeypatch.setattr(_container, "derive", cheap_key)

    def open(self, folder: Path) -> SecretStore:
        return EncryptedStore(
            folder / "zot" / "auth.enc", passphrase=lambda new: PASSPHRASE, notice=told
        )


class TestKeyringStore(LastingStoreContract):
    limit: int | None = None

    def open(self, folder: Path) -> SecretStore:
        backend = MemoryKeyring.of(folder, self.limit)
        return keyring_store(folder / "zot", told, opener=lambda: backend)


class TestKeyringStoreOfWindows(TestKeyringStore):
    limit = WINDOWS_LIMIT


class TestMemoryStore(KeepingStoreContract):
    def open(self, folder: Path) -> SecretStore:
        return memory_store()


class TestNullStore(SecretStoreContract):
    def open(self, folder: Path) -> SecretStore:
        return NullStore()
