"""The passphrase of the encrypted store."""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
import sys

from zot.domain.error import CommandFailed, StoreLocked
from zot.domain.secret import Secret

VARIABLE = "ZOT_PASSPHRASE_COMMAND"
PATIENCE = 60.0
"""Seconds that the command may take; it may ask a person something."""


def passphrase(new: bool) -> Secret:
    """Return the passphrase: from the command that a variable names, or asked on the terminal.

    A `new` one is asked twice. Raises `StoreLocked` where nobody can be asked, `CommandFailed`
    where the command does not print one line.
    """
    if command := os.environ.get(VARIABLE):
        return _printed(shlex.split(command))
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise StoreLocked(
            "the encrypted store needs its passphrase, and there is no terminal to ask on",
            hint=f"export {VARIABLE}='pass show zot'",
        )
    first = getpass.getpass("new passphrase: " if new else "passphrase: ", stream=sys.stderr)
    if new and getpass.getpass("once more: ", stream=sys.stderr) != first:
        raise StoreLocked("the two passphrases differ; nothing was changed")
    return Secret(first)


def _printed(argv: list[str]) -> Secret:
    try:
        done = subprocess.run(  # noqa: S603 (the user's own command, no shell)
            argv, stdout=subprocess.PIPE, timeout=PATIENCE, check=True, encoding="utf-8"
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise CommandFailed(f"{VARIABLE} failed ({type(error).__name__})") from None
    line = done.stdout.rstrip("\r\n")
    if not line or "\n" in line:
        raise CommandFailed(f"{VARIABLE} has to print exactly one line")
    return Secret(line)
