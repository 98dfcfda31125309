"""Writing a file whole: whoever reads or crashes meets the old bytes or the new ones.

A temporary file of its own name in the same folder, 0600 from birth; written, synced,
renamed over the old one; the folder synced. All of it under one lock.

On Windows `mkdir` itself closes the folder to others (in releases of Python with the cure of
CVE-2024-4030), and what is made in it inherits that. The branches for Windows have not been run.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zot.adapters.stores import _disk, _lock
from zot.domain.error import StoreBroken, ZotError

FOLDER = 0o700

_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP}
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_SHALLOWEST = 3
"""Parts of a path; `/tmp` has two, and is nobody's own folder."""


class Swap:
    """A file while its lock is held."""

    def __init__(self, path: Path, notice: Callable[[str], None]) -> None:
        self._path = path
        self._notice = notice
        self._before: bytes | None = None

    def read(self) -> _disk.Bytes | None:
        """Return what is there now, and remember it."""
        found = _disk.read(self._path, self._notice)
        self._before = None if found is None else found.data
        return found

    def replace(self, data: bytes) -> None:
        """Put new bytes in place of what `read` returned.

        Raises `StoreBroken`; the old bytes are in place then.
        """
        target = _target(self._path)
        write_new(_temporary(target), data, then=target)
        try:
            _sync_folder(target.parent)
        except OSError as error:
            self.undo()
            raise _disk.failed(target, "written", error) from None

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Put the old bytes back where the block, which reads the new ones, raises."""
        try:
            yield
        except ZotError:
            self.undo()
            raise

    def undo(self) -> None:
        """Put the old bytes back, as well as a failing disk allows."""
        target = _disk.follow(self._path)
        if self._before is None:
            _discard(target)
            return
        with suppress(StoreBroken):
            write_new(_temporary(target), self._before, then=target, durable=False)

    def copy(self, data: bytes, suffix: str) -> Path:
        """Keep bytes beside the file, under its name and a suffix that is free."""
        target = _target(self._path)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        beside = target.with_name(f"{target.name}.{suffix}-{stamp}-{os.urandom(2).hex()}")
        write_new(beside, data)
        return beside


@contextmanager
def writing(path: Path, notice: Callable[[str], None]) -> Iterator[Swap]:
    """Hold the lock of a file and clear what killed writers left.

    Raises `StoreBroken` before anything is made, where the folder belongs to another user
    or something other than a plain file of this user stands at the path.
    """
    _make_folder(path.parent, notice)
    target = _target(path)
    with _lock.held(target.with_name(f".{target.name}.lock")):
        _tidy(target)
        yield Swap(path, notice)


def write_new(path: Path, data: bytes, *, then: Path | None = None, durable: bool = True) -> None:
    """Write a file that is not there yet, sync it, and rename it where `then` says.

    Raises `StoreBroken`, and leaves nothing behind then.
    """
    name = then or path
    try:
        descriptor = os.open(path, _disk.CREATE, _disk.OWNER_ONLY)
    except OSError as error:
        raise _disk.failed(name, "written", error) from None
    try:
        try:
            _disk.owner_only(descriptor, name, os.fstat(descriptor))
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if then is not None:
            _rename(path, then)
    except OSError as error:
        _discard(path)
        raise _disk.failed(name, "written", error) from None
    except BaseException:
        _discard(path)
        raise


def _rename(path: Path, target: Path) -> None:
    """Rename; on Windows, wait for a reader that has the old file open."""
    for pause in (0.01, 0.05, 0.2, 0.5):
        try:
            path.replace(target)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
        else:
            return
    path.replace(target)


def _target(path: Path) -> Path:
    target = _disk.follow(path)
    _check_folder(target.parent)
    try:
        found = target.lstat()
    except FileNotFoundError:
        return target
    except OSError as error:
        raise _disk.failed(target, "opened", error) from None
    _disk.check_plain(target, found)
    _disk.check_own(target, found)
    return target


def _check_folder(folder: Path) -> None:
    try:
        owner = folder.stat().st_uid
    except OSError as error:
        raise _disk.failed(folder, "opened", error) from None
    if _disk.user() is not None and owner not in {_disk.user(), 0}:
        raise StoreBroken(
            f"{folder} belongs to user {owner}, and zot runs as user {_disk.user()}",
            hint="run zot as that user, or set ZOT_HOME to a folder of your own",
        )


def _make_folder(folder: Path, notice: Callable[[str], None]) -> None:
    try:
        found = folder.stat()
    except FileNotFoundError:
        try:
            _check_folder(next(parent for parent in folder.parents if parent.exists()))
            folder.mkdir(FOLDER, parents=True, exist_ok=True)
            if stat.S_IMODE(folder.stat().st_mode) != FOLDER:
                folder.chmod(FOLDER)
        except OSError as error:
            raise _disk.failed(folder, "made", error) from None
        return
    except OSError as error:
        raise _disk.failed(folder, "opened", error) from None
    if not stat.S_ISDIR(found.st_mode):
        raise StoreBroken(f"{folder} is not a folder", hint="set ZOT_HOME to a folder")
    _close_folder(folder, found, notice)


def _close_folder(folder: Path, found: os.stat_result, notice: Callable[[str], None]) -> None:
    """Close a folder of zot's own to others; one that may be shared is left as it is."""
    mode = stat.S_IMODE(found.st_mode)
    if _disk.user() is None or found.st_uid != _disk.user() or not mode & _disk.OTHERS:
        return
    if mode & stat.S_ISVTX or len(folder.parts) < _SHALLOWEST or _is_user_home(folder):
        return
    with suppress(OSError):
        folder.chmod(FOLDER)
        notice(f"{folder} was open to others (mode {mode:04o}); it is 0700 now")


def _is_user_home(folder: Path) -> bool:
    import pwd  # Windows has none  # noqa: PLC0415

    with suppress(KeyError, OSError):
        return Path(pwd.getpwuid(os.geteuid()).pw_dir).samefile(folder)
    return False


def _temporary(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp")


def _tidy(target: Path) -> None:
    """Remove the temporary files of writers that were killed; the lock says none is alive."""
    left = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{16}}\.tmp")
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if left.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                _discard(Path(entry.path))


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _sync_folder(folder: Path) -> None:
    if not _DIRECTORY:
        return
    descriptor = os.open(folder, os.O_RDONLY | _DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        _disk.close(descriptor)
