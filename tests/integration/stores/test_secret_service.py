"""The keyring store over a real Secret Service: gnome-keyring in a D-Bus session of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration.stores.peers import desktop, missing
from tests.integration.stores.tracing import ROOT
from tests.stores import told
from zot.adapters.stores.keyring import keyring_store
from zot.contract.secret_store import LastingStoreContract
from zot.contract.store_cases import EVERYBODY, LONG_LOGIN
from zot.ports.secret_store import SecretStore

keyring = pytest.importorskip("keyring", reason="the package keyring is not installed")

ASK = """
import sys, time
from pathlib import Path
started = time.monotonic()
from zot.adapters.stores.keyring import keyring_store
from zot.contract.store_cases import EVERYBODY, GROQ, key
from zot.domain.error import ZotError
store = keyring_store(Path(sys.argv[1]), print)
try:
    {does}
except ZotError as error:
    print(type(error).__name__, error.message, "|", error.hint)
print(f"{{time.monotonic() - started:.1f}}")
sys.stdout.flush()
import os; os._exit(0)
"""
SAVE = 'print(store.save(GROQ, key("gsk-canary")))'
LOAD = "print(store.load(GROQ))"
LIST = "print(len(store.logins(EVERYBODY)))"


def asked(does: str, folder: Path, environ: Mapping[str, str]) -> list[str]:
    """Ask the store in a process of its own, and return what it said."""
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(does=does), str(folder)],
        env=dict(environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "canary" not in done.stdout
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    if sys.platform != "linux":
        missing("a Secret Service is of Linux")
    with desktop(tmp_path_factory.mktemp("desktop"), "") as environ:
        yield environ


class TestSecretService(LastingStoreContract):
    @pytest.fixture(autouse=True)
    def _on_the_desktop(
        self, session: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[None]:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session["DBUS_SESSION_BUS_ADDRESS"])
        monkeypatch.setattr(keyring.core, "_keyring_backend", None)
        yield
        store = keyring_store(Path("unused"), told)
        for profile in EVERYBODY:
            store.delete(profile)

    def open(self, folder: Path) -> SecretStore:
        return keyring_store(folder / "zot", told)

    def test_a_login_of_ten_thousand_letters_is_taken(self, tmp_path: Path) -> None:
        store = self.open(tmp_path)
        store.save(EVERYBODY[0], LONG_LOGIN)
        record = store.load(EVERYBODY[0])
        assert record is not None
        assert record.credential == LONG_LOGIN


def test_a_locked_keyring_is_told_and_opened_by_its_owner(tmp_path, session):
    home = tmp_path / "desktop"
    home.mkdir()
    folder = tmp_path / "zot"
    with desktop(home, "abc") as environ:
        assert asked(SAVE, folder, environ)[0].startswith("keyring, service zot")
    with desktop(home, None) as environ:
        said, seconds = asked(LOAD, folder, environ)
        assert said.startswith("StoreLocked the keyring is locked | unlock it")
        assert float(seconds) < 6
        assert asked(SAVE, folder, environ)[0].startswith("StoreLocked")
        assert asked(LIST, folder, environ)[0] == "1"
    with desktop(home, "abc") as environ:
        assert asked(LOAD, folder, environ)[0].startswith("Record(")


def test_no_session_at_all_is_told_as_that(tmp_path, session):
    environ = {name: value for name, value in session.items() if not name.startswith("DBUS")}
    environ["XDG_RUNTIME_DIR"] = str(tmp_path)
    said, seconds = asked(SAVE, tmp_path / "zot", environ)
    assert said.startswith("StoreBroken there is no keyring on this machine")
    assert "encrypted-file" in said
    assert float(seconds) < 5
    assert not (tmp_path / "zot").exists()


class SilentBus:
    """A socket that takes part in the greeting, where it should, and says nothing after it."""

    def __init__(self, path: Path, *, greets: bool) -> None:
        self._greets = greets
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._connections.append(connection)
            if self._greets:
                threading.Thread(target=self._greet, args=(connection,), daemon=True).start()

    def _greet(self, connection: socket.socket) -> None:
        while data := connection.recv(4096):
            if b"AUTH EXTERNAL" in data:
                connection.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
            if b"NEGOTIATE_UNIX_FD" in data:
                connection.sendall(b"AGREE_UNIX_FD\r\n")

    def close(self) -> None:
        for open_socket in (self._socket, *self._connections):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()


@pytest.mark.parametrize(
    ("greets", "words"), [(True, "did not answer within 5 s"), (False, "there is no keyring")]
)
def test_a_bus_that_never_answers_costs_five_seconds_at_most(tmp_path, greets, words):
    bus = SilentBus(tmp_path / "bus", greets=greets)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={tmp_path / 'bus'}"
    try:
        said, seconds = asked(SAVE, tmp_path / "zot", environ)
    finally:
        bus.close()
    assert said.startswith("StoreBroken ")
    assert words in said
    assert float(seconds) < 6.5
    assert not (tmp_path / "zot").exists()
