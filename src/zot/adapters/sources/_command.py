"""Running the command that prints a key: no shell, no leftovers, nothing of it in errors."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zot.adapters.sources._process import Failed, output
from zot.domain.error import CommandFailed
from zot.domain.secret import Secret
from zot.ports.secret_store import KeyCommand

FAILURE_LASTS = 5.0
"""Seconds for which a failure is the answer to every caller."""

_OTHERS_WRITE = 0o022


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a command said, and until when (monotonic seconds) it is not run again."""

    secret: Secret | None
    problem: str
    until: float


class KeyCommands:
    """Run key commands, each once for all who ask at the same time.

    A key is kept in memory, for `ttl` seconds where that is set, and a failure for five.
    The child gets `environ` without the `key_variables` of any provider, nothing on its
    standard input, and no open file beside the standard three.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        key_variables: frozenset[str],
        *,
        ttl: float | None = None,
    ) -> None:
        self._environ = {name: v for name, v in environ.items() if name not in key_variables}
        self._ttl = float("inf") if ttl is None else ttl
        self._answers: dict[KeyCommand, _Answer] = {}
        self._turns: defaultdict[KeyCommand, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def run(self, command: KeyCommand, defined_in: Path | None) -> Secret:
        """Return the one line that the command prints.

        `defined_in` is the file that names the command; where others can write it, nothing
        is run. Raises `CommandFailed`, which names the program and never quotes what it
        printed.
        """
        if defined_in is not None:
            _check_file(defined_in)
        with self._lock:
            turn = self._turns[command]
        with turn:
            answer = self._answers.get(command)
            if answer is None or answer.until <= time.monotonic():
                answer = self._answers[command] = self._asked(command)
        if answer.secret is None:
            name = Path(command.argv[0]).name if command.argv else "the key command"
            raise CommandFailed(
                f"`{name}` gave no key: {answer.problem}",
                hint="run it by hand to see what it says; it has to print the key in one line",
            )
        return answer.secret

    def forget(self, refused: Secret | None = None) -> None:
        """Run a command again when it is next asked for: the one that gave a refused key, or all.

        Callers that were refused with the same key make it run once, not once each.
        """
        with self._lock:
            for command, answer in list(self._answers.items()):
                if answer.secret is not None and refused in {None, answer.secret}:
                    del self._answers[command]

    def _asked(self, command: KeyCommand) -> _Answer:
        try:
            secret = _one_line(output(command.argv, self._environ, command.timeout))
        except Failed as failure:
            return _Answer(None, str(failure), time.monotonic() + FAILURE_LASTS)
        return _Answer(secret, "", time.monotonic() + self._ttl)


def _one_line(data: bytes) -> Secret:
    try:
        text = data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Failed("it printed bytes that are no text") from None
    if not text.strip():
        raise Failed("it printed nothing")
    if len(text.splitlines()) > 1:
        raise Failed("it printed more than one line")
    return Secret(text)


def _check_file(path: Path) -> None:
    """Refuse a command that somebody else could have written down."""
    if not hasattr(os, "geteuid"):
        return
    trusted = {os.geteuid(), 0}
    try:
        named, target = path.lstat(), path.stat()
        folder = Path(os.path.realpath(path)).parent.stat()
    except OSError as error:
        cause = (error.strerror or "").lower()
        raise CommandFailed(f"the command of {path} is not run: {cause}") from None
    if named.st_uid not in trusted or target.st_uid not in trusted:
        raise CommandFailed(
            f"the command of {path} is not run: that file belongs to another user",
            hint=f"`ls -l {path}` shows to whom",
        )
    open_folder = folder.st_mode & _OTHERS_WRITE and not folder.st_mode & stat.S_ISVTX
    if target.st_mode & _OTHERS_WRITE or open_folder or not stat.S_ISREG(target.st_mode):
        raise CommandFailed(
            f"the command of {path} is not run: others can write that file",
            hint=f"look at it, then `chmod go-w {path.parent} {path}`",
        )
