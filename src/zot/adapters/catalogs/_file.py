"""A file that a person wrote, read without trusting what it is."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from zot.adapters.catalogs._positions import Lines
from zot.domain.error import ConfigError

LARGEST = 8 << 20
"""Bytes; the shipped catalog has one of these."""

_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_OPENED = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_MARKS = (
    (b"\xef\xbb\xbf", "UTF-8 with a byte order mark"),
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\x00\x00\x00", "UTF-32"),
    (b"\x00", "UTF-16"),
)
_NAMED = re.compile(r"(?<![\w.\\-])([\w.\\-]{1,64})[\"'”]?\s*[:=]\s*\{")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why somebody else may have written a file, and the command that ends the doubt."""

    problem: str
    hint: str


class Unread(Exception):
    """The file cannot be read as text; `text` holds what could be made out of it."""

    def __init__(self, error: ConfigError, text: str = "") -> None:
        super().__init__(error.message)
        self.error = error
        self.text = text


def read(path: Path) -> tuple[str, Doubt | None]:
    """Return the text of a file, and why others may have written it (None: they cannot).

    Raises `Unread` for anything but a regular file of at most 8 MiB of UTF-8; what it is
    and how large is asked before it is opened.
    """
    try:
        _check(path, path.stat())
        descriptor = os.open(path, _OPENED)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            _check(path, status)
            data = file.read(LARGEST + 1)
        doubt = _doubt(path, status)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unread(ConfigError(str(path), f"cannot be read: {reason.lower()}")) from None
    if len(data) > LARGEST:
        raise Unread(_too_large(path))
    return _text(path, data), doubt


def named_in(text: str) -> set[str]:
    """Return the names that a text gives to objects, as far as that can be made out.

    For a text that is no JSON: it tells which providers it meant to change.
    """
    return {
        _ESCAPE.sub(lambda match: chr(int(match[1], 16)), found[1])
        for found in _NAMED.finditer(text)
    }


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise Unread(ConfigError(str(path), f"is {kind}"))
    if status.st_size > LARGEST:
        raise Unread(_too_large(path))


def _too_large(path: Path) -> ConfigError:
    return ConfigError(str(path), f"is larger than {LARGEST >> 20} MiB", hint="split it up")


def _text(path: Path, data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark) or (mark == b"\x00" and b"\x00" in data[:2]):
            raise Unread(
                ConfigError(f"{path}:1:1", f"is {encoding}", hint="save it as plain UTF-8"),
                data.replace(b"\x00", b"").decode("latin-1"),
            )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        place = Lines(before).place(len(before))
        raise Unread(
            ConfigError(
                f"{path}:{place}",
                f"the byte 0x{data[error.start]:02x} is no UTF-8",
                hint="save it as UTF-8",
            ),
            data.decode("latin-1"),
        ) from None


def _doubt(path: Path, status: os.stat_result) -> Doubt | None:
    """Return why somebody else may have written the file, or may replace it."""
    if os.name == "nt":  # access lists, not modes, say who may write; the home folder is private
        return None
    trusted = {os.geteuid(), 0}
    target = path.resolve()
    looked = [(path, path.lstat()), (target, status)]
    looked += [(folder, folder.stat()) for folder in (path.absolute().parent, target.parent)]
    for place, found in looked:
        if found.st_uid not in trusted:
            return Doubt(f"{place} belongs to somebody else", f"chown {os.geteuid()} {place}")
        shared = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
        if found.st_mode & _OTHERS and not shared and not stat.S_ISLNK(found.st_mode):
            return Doubt(f"others can write to {place}", f"chmod go-w {place}")
    return None
