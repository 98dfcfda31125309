"""Reading a file that holds secrets: what may stand there, and whose it may be.

Every check is made on the open descriptor. A link is followed only where its owner is
this user or root; what it leads to has to be a plain file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from zot.domain.error import ConfigError, StoreBroken

LARGEST = 8 << 20
"""Bytes; a file of logins is a few thousand."""

OTHERS = 0o077
OTHERS_WRITE = 0o022
OWNER_ONLY = 0o600
MOST_LINKS = 16

_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)

READ = os.O_RDONLY | _CLOEXEC | _NOFOLLOW | _NONBLOCK | _BINARY
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC | _NOFOLLOW | _BINARY
LOCK = os.O_RDWR | os.O_CREAT | _CLOEXEC | _NOFOLLOW | _NONBLOCK | _BINARY

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFLNK: "a symbolic link",
}


def failed(path: Path, doing: str, error: OSError) -> StoreBroken:
    """Return the error for a system call that failed, with its cause and what helps."""
    cause = (error.strerror or type(error).__name__).lower()
    return StoreBroken(f"{path}: cannot be {doing}: {cause}", hint=_cure(path, error.errno))


def _cure(path: Path, number: int | None) -> str:
    import errno  # only an error pays for it  # noqa: PLC0415

    if number == errno.EBUSY:
        return f"mount the folder {path.parent} instead of the file in it"
    if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return f"make room on the disk of {path.parent}; the old file is untouched"
    if number in {errno.EACCES, errno.EPERM}:
        return f"`ls -la {path.parent}` shows who may write there"
    if number == errno.EROFS:
        return "set ZOT_HOME to a folder that can be written"
    return "the old file is untouched; try again"


def user() -> int | None:
    """Return the user id that files have to belong to; None on Windows, which has none."""
    return os.geteuid() if hasattr(os, "geteuid") else None


def follow(path: Path) -> Path:
    """Return the file that a path means, its folder resolved and its links followed.

    Raises `StoreBroken` for a link of somebody else, or one that leads nowhere.
    """
    here = path
    for hop in range(MOST_LINKS):
        here = Path(os.path.realpath(here.parent)) / here.name
        try:
            found = here.lstat()
            to = here.readlink() if stat.S_ISLNK(found.st_mode) else None
        except FileNotFoundError:
            if hop == 0:
                return here
            raise StoreBroken(
                f"{path} is a link to {here}, which is not there",
                hint=f"put the file back, or remove the link: `rm {path}`",
            ) from None
        except OSError as error:
            raise failed(here, "read", error) from None
        if to is None:
            return here
        if user() is not None and found.st_uid not in {user(), 0}:
            raise StoreBroken(f"{here} is a link that belongs to user {found.st_uid}")
        here = here.parent / to
    raise StoreBroken(f"{path} is a link that leads in a circle")


def check_plain(path: Path, found: os.stat_result) -> None:
    """Refuse what is no plain file."""
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise StoreBroken(f"{path} is {kind}, not a file", hint=f"move it away: `ls -la {path}`")


def check_own(path: Path, found: os.stat_result) -> None:
    """Refuse to write over what belongs to somebody else, or has a second name."""
    if user() is not None and found.st_uid != user():
        raise StoreBroken(
            f"{path} belongs to user {found.st_uid}, and zot runs as user {user()}",
            hint="run zot as that user, or set ZOT_HOME to a folder of your own",
        )
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        raise StoreBroken(
            f"{path} has a second name (a hard link), and would be torn from it",
            hint=f"`find / -samefile {path}` shows the other name; remove one",
        )


def owner_only(descriptor: int, path: Path, found: os.stat_result) -> None:
    """Give a file of this user the mode 0600, whatever the umask left of it."""
    if user() is not None and stat.S_IMODE(found.st_mode) != OWNER_ONLY:
        try:
            os.fchmod(descriptor, OWNER_ONLY)
        except OSError as error:
            raise failed(path, "closed to others", error) from None


@dataclass(frozen=True, slots=True)
class Bytes:
    """What was read, from where, and whether nobody but its user could have written it."""

    data: bytes
    path: Path
    private: bool


def read(path: Path, notice: Callable[[str], None]) -> Bytes | None:
    """Return the content of a file, None where there is no file.

    A file that others can read is closed to them, with a notice. One that others can
    write is left for its owner to look at. Raises `StoreBroken`, or `ConfigError` for a
    file larger than `LARGEST`.
    """
    target = follow(path)
    try:
        descriptor = os.open(target, READ)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failed(target, "read", error) from None
    try:
        found = os.fstat(descriptor)
        check_plain(target, found)
        _check_trusted(target, found)
        private = _close_to_others(descriptor, target, found, notice) and _is_private(target, found)
        if found.st_size > LARGEST:
            raise ConfigError(str(path), f"larger than {LARGEST >> 20} MiB")
        return Bytes(_all(descriptor, path), target, private)
    except OSError as error:
        raise failed(target, "read", error) from None
    finally:
        close(descriptor)


def close(descriptor: int) -> None:
    """Close what was only read: a failure there loses nothing."""
    with suppress(OSError):
        os.close(descriptor)


def _check_trusted(path: Path, found: os.stat_result) -> None:
    """Refuse keys that another user could have planted; root may read anybody's."""
    if user() not in {None, 0} and found.st_uid not in {user(), 0}:
        raise StoreBroken(
            f"{path} belongs to user {found.st_uid}, and zot runs as user {user()}",
            hint="run zot as that user, or set ZOT_HOME to a folder of your own",
        )


def _close_to_others(
    descriptor: int, path: Path, found: os.stat_result, notice: Callable[[str], None]
) -> bool:
    mode = stat.S_IMODE(found.st_mode)
    if user() is None or not mode & OTHERS:
        return True
    if mode & OTHERS_WRITE:
        notice(f"{path} can be written by others (mode {mode:04o}); look at it, then `chmod 600`")
        return False
    if found.st_uid == user():
        try:
            os.fchmod(descriptor, OWNER_ONLY)
        except OSError as error:
            cause = (error.strerror or "").lower()
            notice(f"{path} can be read by others (mode {mode:04o}), and cannot be closed: {cause}")
        else:
            notice(f"{path} could be read by others (mode {mode:04o}); it is 0600 now")
    return True


def _is_private(path: Path, found: os.stat_result) -> bool:
    """Tell whether only this user or root could have put the file there."""
    if user() is None:
        return True
    folder = path.parent.stat()
    open_folder = folder.st_mode & OTHERS_WRITE and not folder.st_mode & stat.S_ISVTX
    return found.st_uid in {user(), 0} and not open_folder


def _all(descriptor: int, path: Path) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise ConfigError(str(path), f"larger than {LARGEST >> 20} MiB")
    return b"".join(parts)
