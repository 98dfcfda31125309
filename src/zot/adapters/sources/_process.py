"""One child process: what it prints, within limits, and none of its group left behind.

The branches for Windows have not been run.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LONGEST = 64 << 10
"""Bytes of standard output."""

_GLANCE_MS = 20
_PRIVATE = 0o077


class Failed(Exception):
    """The child gave no output that could be used; the message quotes nothing of it."""


def output(argv: Sequence[str], environ: Mapping[str, str], timeout: float) -> bytes:
    """Run a program and return what it printed; raises `Failed`.

    The child leads a session and a process group of its own; when it has ended, when
    `timeout` seconds are over, or when it prints more than `LONGEST` bytes, the whole
    group is killed. It runs in the root folder, so that nothing of the working directory
    has a say.
    """
    program = _program(argv, environ)
    posix = os.name == "posix"
    try:
        child = subprocess.Popen(  # a list, no shell; a person wrote it  # noqa: S603
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            cwd="/" if posix else None,
            start_new_session=True,
            umask=_PRIVATE if posix else -1,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "a NUL character in it"
        raise Failed(f"it cannot be run ({(cause or 'unknown').lower()})") from None
    try:
        data = _read(child, timeout) if posix else _read_plain(child, timeout)
    finally:
        _end(child)
    if child.returncode < 0:
        raise Failed(f"it was ended by signal {-child.returncode}")
    if child.returncode:
        raise Failed(f"it ended with status {child.returncode}")
    return data


def _program(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the path of a program: absolute as given, or a bare name found on the PATH.

    The working directory is never searched.
    """
    name = argv[0] if argv else ""
    if Path(name).is_absolute():
        return name
    if not name or "/" in name or os.sep in name:
        raise Failed("its path is relative; write it from the root, or as a bare name")
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        for suffix in ("",) if os.name == "posix" else (".exe", ".cmd", ".bat"):
            path = Path(folder) / (name + suffix)
            if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
                return str(path)
    raise Failed("there is no such program on the PATH")


def _read(child: subprocess.Popen[bytes], timeout: float) -> bytes:
    """Read until the child has ended; who else holds its output open does not count."""
    assert child.stdout is not None  # noqa: S101  # a pipe was asked for
    waiting = select.poll()
    waiting.register(child.stdout, select.POLLIN | select.POLLHUP)
    end = time.monotonic() + timeout
    data = b""
    open_still = True
    while True:
        ended = _has_ended(child)
        while open_still and waiting.poll(0 if ended else _GLANCE_MS):
            piece = os.read(child.stdout.fileno(), LONGEST)
            open_still = bool(piece)
            data += piece
            if len(data) > LONGEST:
                raise Failed(f"it printed more than {LONGEST >> 10} KiB")
        if ended:
            return data
        if time.monotonic() >= end:
            raise Failed(f"it did not end within {timeout:g} s")
        if not open_still:
            time.sleep(_GLANCE_MS / 1000)


def _read_plain(child: subprocess.Popen[bytes], timeout: float) -> bytes:
    """Read where pipes cannot be waited for (Windows)."""
    try:
        data, _ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed(f"it did not end within {timeout:g} s") from None
    if len(data) > LONGEST:
        raise Failed(f"it printed more than {LONGEST >> 10} KiB")
    return data


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Look without reaping, so that the number of the group cannot go to another one yet."""
    if not hasattr(os, "waitid"):
        return child.poll() is not None
    how = os.WEXITED | os.WNOWAIT | os.WNOHANG
    return os.waitid(os.P_PID, child.pid, how) is not None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child's whole group and reap the child."""
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()
    if child.stdout is not None:
        child.stdout.close()
