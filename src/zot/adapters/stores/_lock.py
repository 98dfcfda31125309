"""One lock file for writers: the kernel frees it when its holder dies, however that is.

The file itself stays for good and is empty. Readers never take the lock.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zot.adapters.stores import _disk
from zot.domain.error import StoreBroken

PATIENCE = 30.0
"""Seconds to wait for another writer; one write takes some 20 ms."""

_FIRST_STEP = 0.002
_LONGEST_STEP = 0.05

_open: set[int] = set()


@contextmanager
def held(path: Path, patience: float = PATIENCE) -> Iterator[int]:
    """Hold the lock of a file at `path`; yields the descriptor that carries it.

    Raises `StoreBroken` where the lock stays taken for `patience` seconds, or where the
    file system cannot lock: nothing is ever written without it.
    """
    try:
        descriptor = os.open(path, _disk.LOCK, _disk.OWNER_ONLY)
    except OSError as error:
        raise _disk.failed(path, "opened", error) from None
    _open.add(descriptor)
    try:
        try:
            found = os.fstat(descriptor)
        except OSError as error:
            raise _disk.failed(path, "opened", error) from None
        _disk.check_plain(path, found)
        _disk.check_own(path, found)
        _disk.owner_only(descriptor, path, found)
        _wait(descriptor, path, patience)
        yield descriptor
    finally:
        _close(descriptor)


def _close(descriptor: int) -> None:
    if descriptor in _open:
        _open.discard(descriptor)
        _disk.close(descriptor)


def _close_all() -> None:
    """Close what a forked child inherited, or it would hold the lock after its parent.

    The parent's hold is not touched: it ends with the last copy of the descriptor.
    """
    for descriptor in list(_open):
        _close(descriptor)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_all)


def _wait(descriptor: int, path: Path, patience: float) -> None:
    end = time.monotonic() + patience
    step = _FIRST_STEP
    while not _taken(descriptor, path):
        if time.monotonic() >= end:
            raise StoreBroken(
                f"{path} has been locked by another program for {patience:g} s",
                hint=f"`fuser {path}` shows which one",
            )
        time.sleep(step)
        step = min(step * 1.5, _LONGEST_STEP)


if sys.platform == "win32":

    def _taken(descriptor: int, path: Path) -> bool:
        import msvcrt  # only Windows has it  # noqa: PLC0415

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError as error:
            raise _disk.failed(path, "locked", error) from None
        return True

else:

    def _taken(descriptor: int, path: Path) -> bool:
        import fcntl  # Windows has none  # noqa: PLC0415

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise _disk.failed(path, "locked", error) from None
        return True
