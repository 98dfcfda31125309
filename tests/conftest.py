"""Every test starts in an empty environment, with a home of its own and no way out."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.replay import Replay

KEPT = (
    "PATH",
    "PATHEXT",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
    "TMP",
    "LD_LIBRARY_PATH",
    "CI",
    "ZOT_FACTS",
    "ZOT_RECORDINGS",
    "ZOT_CATALOG",
)
"""What a process needs to start, and where suites find their data."""
KEPT_PREFIXES = ("PYTEST_", "COVERAGE_", "ZOT_TEST_")


class WentOut(AssertionError):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper() not in KEPT and not name.startswith(KEPT_PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def user_home(
    _empty_environment: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Give the test a home folder of its own and return it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("ZOT_HOME", str(home / "zot"))
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def zot_home(user_home: Path) -> Path:
    """Return `$ZOT_HOME`, made."""
    folder = user_home / "zot"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect
    connect_ex = socket.socket.connect_ex
    getaddrinfo = socket.getaddrinfo

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in {socket.AF_INET, socket.AF_INET6}:
                _stay_here(address[0])
            return original(self, address)

        return call

    def lookup(host: Any, *arguments: Any, **keywords: Any) -> Any:
        if host is not None:
            _stay_here(host if isinstance(host, str) else host.decode())
        return getaddrinfo(host, *arguments, **keywords)

    monkeypatch.setattr(socket.socket, "connect", guarded(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def _stay_here(host: str) -> None:
    if not host.startswith("127.") and host not in {"localhost", "::1", "0.0.0.0", ""}:
        raise WentOut(f"a test may only reach loopback, not {host}")


@pytest.fixture
def replay() -> Iterator[Replay]:
    """Serve scripted answers on loopback."""
    with Replay() as server:
        yield server
