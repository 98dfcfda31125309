"""Choosing one of many on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from zot.domain.error import UsageError
from zot.entrypoints.cli.screen import Screen

SHOWN = 15


def pick(choices: Sequence[tuple[str, str]], question: str, screen: Screen) -> str:
    """Return the id that a person picks from `(id, name)` pairs.

    Typing narrows the list: part of a name, letters in order, or the number shown. Raises
    `UsageError` at the end of input.
    """
    found = list(choices)
    while True:
        for number, (key, name) in enumerate(found[:SHOWN], 1):
            screen.err(f"{number:>3}. {key}  {screen.dim(name)}")
        if len(found) > SHOWN:
            screen.err(screen.dim(f"     … and {len(found) - SHOWN} more; type to narrow"))
        screen.stderr.write(f"{question} ")
        screen.stderr.flush()
        try:
            typed = input().strip()
        except EOFError:
            raise UsageError("nothing was chosen") from None
        if typed.isdigit() and 0 < int(typed) <= min(len(found), SHOWN):
            return found[int(typed) - 1][0]
        narrowed = matches(choices, typed) if typed else found
        if len(narrowed) == 1 or (narrowed and narrowed[0][0] == typed):
            return narrowed[0][0]
        if not narrowed:
            screen.err(f"nothing like `{screen.safe(typed)}`")
            narrowed = list(choices)
        found = narrowed


def matches(choices: Sequence[tuple[str, str]], typed: str) -> list[tuple[str, str]]:
    """Return the choices that fit what was typed, best first.

    An exact id, then ids that start with it, then those that hold it, then those that hold
    its letters in order.
    """
    wanted = typed.lower()

    def rank(choice: tuple[str, str]) -> tuple[int, float] | None:
        key, name = choice[0].lower(), choice[1].lower()
        if wanted == key:
            return (0, 0.0)
        if key.startswith(wanted) or name.startswith(wanted):
            return (1, len(key))
        if wanted in key or wanted in name:
            return (2, len(key))
        letters = iter(key)
        if all(letter in letters for letter in wanted):
            return (3, -SequenceMatcher(None, wanted, key).ratio())
        return None

    ranked = [(order, choice) for choice in choices if (order := rank(choice)) is not None]
    return [choice for _, choice in sorted(ranked, key=lambda pair: pair[0])]
