"""Where the command line writes: the answer on one side, all else on the other."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from typing import TextIO

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def strip_control(text: str) -> str:
    """Return text without the control and direction characters that steer a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


@dataclass(frozen=True, slots=True)
class Screen:
    """Standard output and error, and what they can show."""

    stdout: TextIO
    stderr: TextIO
    colour: bool
    terminal: bool
    quiet: bool = False
    verbose: int = 0

    def out(self, text: str) -> None:
        """Write to standard output as it stands, and flush."""
        self.stdout.write(text)
        self.stdout.flush()

    def err(self, text: str) -> None:
        """Write one line to standard error."""
        self.stderr.write(text + "\n")
        self.stderr.flush()

    def notice(self, text: str) -> None:
        """Tell the person something, unless they asked for quiet."""
        if not self.quiet:
            self.err(self.dim(f"note: {self.safe(text)}"))

    def progress(self, done: int, total: int) -> None:
        """Show how far a download is, on a terminal."""
        if self.quiet or not self.stderr.isatty():
            return
        width = 30
        full = width * done // max(total, 1)
        end = "\n" if done >= total else ""
        bar = "#" * full + "." * (width - full)
        self.stderr.write(f"\r[{bar}] {done / 1e6:.0f} of {total / 1e6:.0f} MB{end}")
        self.stderr.flush()

    def safe(self, text: str) -> str:
        """Return text from outside, fit for a terminal."""
        return strip_control(text)

    def dim(self, text: str) -> str:
        """Return text that stands back."""
        return f"\x1b[2m{text}\x1b[0m" if self.colour else text

    def red(self, text: str) -> str:
        """Return text that stands out."""
        return f"\x1b[1;31m{text}\x1b[0m" if self.colour else text

    def bold(self, text: str) -> str:
        """Return text that heads something."""
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text


def screen_from(
    environ: Mapping[str, str], *, no_color: bool = False, quiet: bool = False, verbose: int = 0
) -> Screen:
    """Return the screen of this process; `NO_COLOR` and `TERM=dumb` are obeyed."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an answer may hold what it cannot show
    plain = no_color or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
    return Screen(
        sys.stdout,
        sys.stderr,
        colour=sys.stderr.isatty() and not plain,
        terminal=sys.stdout.isatty() and environ.get("TERM") != "dumb",
        quiet=quiet,
        verbose=verbose,
    )


def close_broken_pipe() -> None:
    """Let the interpreter end in silence after the reader of standard output went away."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
