"""Encrypted stores for the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stores import PASSPHRASE, told
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores.encrypted import EncryptedStore
from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.error import StoreBroken, StoreLocked, ZotError
from zot.domain.secret import Secret

PROVIDERS = shipped().providers
GROQ = PROVIDERS["groq"]
KEY = ApiKey(Secret("gsk-canary-1"))
TOKEN = OAuthToken(Secret("access-canary" * 60), Secret("refresh-canary" * 60), 2e9, "acct")


def opened(path: Path, passphrase: str | Secret = PASSPHRASE) -> EncryptedStore:
    secret = passphrase if isinstance(passphrase, Secret) else Secret(passphrase)
    return EncryptedStore(path, passphrase=lambda new: secret, notice=told)


def filled(path: Path) -> bytes:
    store = opened(path)
    store.save(GROQ, KEY)
    store.save(PROVIDERS["anthropic"], TOKEN)
    return path.read_bytes()


def refusal(path: Path, data: bytes) -> ZotError:
    path.write_bytes(data)
    with pytest.raises((StoreLocked, StoreBroken)) as caught:
        opened(path).load(GROQ)
    assert "canary" not in str(caught.value)
    return caught.value
