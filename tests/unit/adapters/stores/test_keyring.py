"""A keyring that cannot keep a secret says which way it fails, and nothing goes elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stores import MemoryKeyring, told
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores._keyring import Backend, Patience
from zot.adapters.stores.keyring import keyring_store
from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.error import StoreBroken, StoreLocked
from zot.domain.secret import Secret
from zot.ports.secret_store import SecretStore

PROVIDERS = shipped().providers
GROQ = PROVIDERS["groq"]
KEY = ApiKey(Secret("gsk-canary"))
EVERYBODY = list(PROVIDERS.values())


class KeyringLocked(Exception):
    """As the library names it."""


class PasswordSetError(Exception):
    """As the library names it; its text may quote what was given."""


class Stubborn(MemoryKeyring):
    """A keyring whose answers go wrong in a way that can be chosen."""

    def __init__(self, fault: Callable[[], Any], on: str = "all") -> None:
        super().__init__({})
        self.fault = fault
        self.on = on

    def get_password(self, service: str, username: str) -> str | None:
        if self.on == "all":
            self.fault()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.on in {"all", "set"}:
            self.fault()
        if self.on != "drops":
            super().set_password(service, username, password)


def raising(error: Exception) -> Callable[[], None]:
    def fault() -> None:
        raise error

    return fault


def store_over(folder: Path, backend: Backend, patience: float = 5.0) -> SecretStore:
    return keyring_store(folder, told, opener=lambda: backend, patience=Patience(patience))


FAULTS = {
    "locked": (Stubborn(raising(KeyringLocked())), StoreLocked, "is locked"),
    "refused": (Stubborn(raising(PasswordSetError("gsk-canary")), "set"), StoreBroken, "refused"),
    "silent": (Stubborn(lambda: threading.Event().wait(60)), StoreBroken, "did not answer"),
    "forgetful": (Stubborn(lambda: None, "drops"), StoreBroken, "did not keep"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_failure_has_an_error_of_its_own_and_nothing_is_written(tmp_path, name):
    backend, kind, words = FAULTS[name]
    store = store_over(tmp_path, backend, patience=0.2)
    with pytest.raises(kind, match=words) as caught:
        store.save(GROQ, KEY)
    assert "canary" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.hint
    assert caught.value.exit_code == 4
    assert backend.entries == {}
    assert not any("canary" in path.read_text() for path in tmp_path.rglob("*") if path.is_file())


def test_the_errors_differ():
    assert len({words for _, _, words in FAULTS.values()}) == len(FAULTS)


def test_a_silent_keyring_is_not_asked_twice(tmp_path):
    asked: list[int] = []

    def hang() -> None:
        asked.append(1)
        threading.Event().wait(60)

    store = store_over(tmp_path, Stubborn(hang), patience=0.2)
    started = time.monotonic()
    for _ in range(5):
        with pytest.raises(StoreBroken, match="did not answer"):
            store.load(GROQ)
    assert time.monotonic() - started < 1
    assert asked == [1]


def test_logins_are_named_without_the_keyring(tmp_path):
    backend = MemoryKeyring({})
    store = store_over(tmp_path, backend)
    store.save(GROQ, KEY)
    store.save(PROVIDERS["openai-codex"], OAuthToken(Secret("canary")))
    locked = store_over(tmp_path, Stubborn(raising(KeyringLocked())))
    assert [str(place) for place in locked.logins(EVERYBODY)] == [
        "keyring, service zot, user openai.oauth",
        "keyring, service zot, user groq",
    ]
    index = tmp_path / "keyring.json"
    assert json.loads(index.read_text()) == {"groq": "api_key", "openai.oauth": "oauth"}
    store.delete(GROQ)
    assert len(locked.logins(EVERYBODY)) == 1


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"groq": 7}', "\xff"])
def test_a_broken_index_is_no_obstacle_and_is_written_anew(tmp_path, broken):
    store = store_over(tmp_path, MemoryKeyring({}))
    (tmp_path / "keyring.json").write_text(broken, encoding="latin-1")
    assert store.logins(EVERYBODY) == []
    store.save(GROQ, KEY)
    assert len(store.logins(EVERYBODY)) == 1


@pytest.mark.parametrize("value", ["", "{", "7", '{"api_key": 5}', "zot-parts 9 x 1 y"])
def test_an_entry_that_zot_did_not_write_is_named(tmp_path, value):
    store = store_over(tmp_path, MemoryKeyring({("zot", "groq"): value}))
    with pytest.raises(StoreBroken):
        store.load(GROQ)


def test_what_another_program_keeps_under_zot_is_not_taken_for_a_login(tmp_path):
    store = store_over(tmp_path, MemoryKeyring({("zot", "groq"): "{}"}))
    assert store.load(GROQ) is None
