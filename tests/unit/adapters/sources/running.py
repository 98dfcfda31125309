"""Key commands for the tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from zot.adapters.sources._command import KeyCommands
from zot.domain.error import CommandFailed
from zot.ports.secret_store import KeyCommand


def commands(**environ: str) -> KeyCommands:
    return KeyCommands({"PATH": os.defpath, **environ}, frozenset())


def python(program: str, *arguments: str, timeout: float = 10.0) -> KeyCommand:
    return KeyCommand((sys.executable, "-I", "-c", program, *arguments), timeout)


def shell(script: str, timeout: float = 10.0) -> KeyCommand:
    return KeyCommand(("sh", "-c", script), timeout)


def failure(command: KeyCommand, runner: KeyCommands | None = None) -> CommandFailed:
    with pytest.raises(CommandFailed) as caught:
        (runner or commands()).run(command, None)
    error = caught.value
    assert "canary" not in f"{error} {error.hint} {error.facts}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return error


def alive(mark: str) -> list[str]:
    """Return the processes that were started with a mark in their environment."""
    if not Path("/proc").is_dir():
        pytest.skip("without /proc nobody can be found")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environ = (process / "environ").read_bytes()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if mark.encode() in environ and state != "Z":
            found.append(process.name)
    return found
