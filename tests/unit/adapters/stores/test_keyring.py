"""A keyring that cannot keep a secret says which way it fails, and nothing goes elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stores import MemoryKeyring, told
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores._keyring import WINDOWS_LIMIT, Backend, Patience
from zot.adapters.stores.keyring import keyring_store
from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.error import CredentialError, StoreBroken, StoreLocked
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


# Sizes


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
        try:
            dying.save(PROVIDERS["anthropic"], new)
        except CredentialError:
            pass
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


# Which backends keep secrets


def in_a_new_process(program: str, **environ: str) -> list[str]:
    """Run a program and return what it printed."""
    import os

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


SAVE = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
{before}
from zot.adapters.stores.keyring import keyring_store
from zot.contract.store_cases import GROQ, key
from zot.domain.error import ZotError
try:
    keyring_store(Path({folder!r}), print).save(GROQ, key("gsk-canary"))
except ZotError as error:
    print(type(error).__name__, error, "|", error.hint)
else:
    print("saved")
"""

NOT_A_KEYRING = {
    "none at all": ("", {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}),
    "null": ("", {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}),
    "fail": ("", {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}),
    "a plain file": (
        "import plaintext",
        {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"},
    ),
    "the library is not installed": ("sys.modules['keyring'] = None", {}),
}

PLAINTEXT = """
import sys, types
from keyring.backend import KeyringBackend
class PlaintextKeyring(KeyringBackend):
    priority = 5
    def get_password(self, service, username): return None
    def set_password(self, service, username, password): print("WRITTEN", password)
    def delete_password(self, service, username): pass
PlaintextKeyring.__module__ = "keyrings.alt.file"
for name in ("keyrings", "keyrings.alt", "keyrings.alt.file"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["keyrings.alt.file"].PlaintextKeyring = PlaintextKeyring
"""


@pytest.mark.parametrize("name", NOT_A_KEYRING)
def test_what_only_looks_like_a_keyring_is_refused_before_any_write(tmp_path, name):
    before, environ = NOT_A_KEYRING[name]
    (tmp_path / "plaintext.py").write_text(PLAINTEXT)
    program = SAVE.format(path=[str(tmp_path)], before=before, folder=str(tmp_path / "zot"))
    said = in_a_new_process(program, **environ)
    assert len(said) == 1
    assert said[0].startswith("StoreBroken ")
    assert "canary" not in said[0]
    assert ("pip install" if "installed" in name else "there is no keyring") in said[0]
    assert not (tmp_path / "zot").exists()


def test_nothing_of_keyring_is_imported_by_who_does_not_use_it(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from zot.adapters.stores.family import StoreSettings, open_store\n"
        "settings = StoreSettings(Path('.'), {}, lambda new: None, print)\n"
        "for name in ('file', 'keyring', 'encrypted-file', 'aws-secrets-manager', 'memory'):\n"
        "    assert open_store(name, settings).name == name\n"
        "heavy = ('keyring', 'cryptography', 'aiobotocore', 'botocore', 'secretstorage')\n"
        "print([name for name in sys.modules if name.split('.')[0] in heavy])\n"
    )
    assert in_a_new_process(program) == ["[]"]
