"""The services that secret stores talk to, started on this machine for one test run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

IN_CI = os.environ.get("CI") == "true"
PEERS = "ZOT_TEST_PEERS"
"""A virtual environment that holds the services of the Python package index."""


def program(name: str) -> str:
    """Return the path of a service; without it CI fails and a laptop skips."""
    folders = [Path(sys.executable).parent]
    if peers := os.environ.get(PEERS):
        folders.insert(0, Path(peers) / "bin")
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
    if (found := shutil.which(name, path=path)) is None:
        missing(f"there is no `{name}` here; install it, or set {PEERS}")
    return str(found)


def missing(reason: str) -> None:
    """Fail in CI, skip on a laptop."""
    (pytest.fail if IN_CI else pytest.skip)(reason)


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def running(words: list[str], environ: Mapping[str, str], port: int) -> Iterator[None]:
    """Run a service until the block ends; it is ready when its port answers."""
    with subprocess.Popen(
        words,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            _wait(process, port, words[0])
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as asking:
            asking.settimeout(1)
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"{name} did not start")


@contextmanager
def desktop(home: Path, password: str | None) -> Iterator[dict[str, str]]:
    """Run a D-Bus session with a keyring; yields what a program needs to find it.

    The keyring is unlocked with a password, or started locked where that is None.
    """
    daemon, bus = program("gnome-keyring-daemon"), program("dbus-daemon")
    runtime = home / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(home / "data"),
    }
    words = [bus, "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        environ["DBUS_SESSION_BUS_ADDRESS"] = session.stdout.readline().strip()
        unlock = ["--unlock"] if password is not None else ["--start"]
        with subprocess.Popen(
            [daemon, "--foreground", "--components=secrets", *unlock],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as keyring:
            assert keyring.stdin is not None
            keyring.stdin.write(f"{password or ''}\n".encode())
            keyring.stdin.close()
            try:
                _wait_for_name(environ)
                yield environ
            finally:
                keyring.terminate()
                keyring.wait(10)
                session.terminate()
                session.wait(10)


def _wait_for_name(environ: Mapping[str, str]) -> None:
    ask = [
        *("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"),
        *("org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"),
    ]
    end = time.monotonic() + 15
    while time.monotonic() < end:
        done = subprocess.run(ask, env=dict(environ), capture_output=True, text=True, check=False)
        if "true" in done.stdout:
            return
        time.sleep(0.1)
    pytest.fail("gnome-keyring did not start")
