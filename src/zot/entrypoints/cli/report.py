"""Errors, for people and for programs."""

from __future__ import annotations

import sys

from zot.domain.error import ZotError
from zot.entrypoints.cli.screen import Screen

NEXT = {
    2: "`zot --help` shows the options",
    3: "mend it, and ask again",
    4: "`zot auth status` shows the credentials that zot has",
    5: "ask again",
    6: "`--dry-run` shows the request as it would be sent",
}
"""What to do next where an error does not say it itself, by exit status."""


def report(error: ZotError, screen: Screen, *, as_json: bool = False) -> int:
    """Say what went wrong, with the next command to run, and return the exit status."""
    error.hint = error.hint or NEXT.get(error.exit_code, "run it again with -vv")
    if as_json:
        from zot.entrypoints import jsonl

        screen.out(jsonl.line(jsonl.error(error)) + "\n")
    head, _, rest = screen.safe(error.message).partition("\n")
    screen.err(f"{screen.red(f'error[{error.slug}]')}: {head}")
    for fact in (*rest.splitlines(), *error.facts):
        screen.err(f"  {screen.safe(fact)}")
    for number, way in enumerate(error.hint.splitlines()):
        screen.err(f"{'hint: ' if number == 0 else '      '}{screen.safe(way)}")
    return error.exit_code


def unexpected(error: BaseException, screen: Screen, *, verbose: bool) -> int:
    """Report a failure that zot did not foresee; never shows the values of variables."""
    import traceback

    kind = type(error).__name__
    screen.err(f"{screen.red('error[unexpected]')}: {kind} in zot itself")
    if verbose:
        for frame in traceback.extract_tb(error.__traceback__):
            screen.err(f"  {frame.filename}:{frame.lineno} {frame.name}")
    screen.err("hint: run it again with -vv for the place, and report it")
    return 1


def interrupted() -> int:
    """Return the exit status of a command that the user stopped."""
    sys.stderr.write("\n")
    return 130
