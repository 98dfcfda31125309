"""What to say of a text that is no JSON, and how to show what a person typed."""

from __future__ import annotations

import re
import unicodedata

LONGEST_SHOWN = 60

_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_MEANT = {
    "True": "true",
    "False": "false",
    "None": "null",
    "nil": "null",
    "undefined": "null",
    "TRUE": "true",
    "FALSE": "false",
    "NULL": "null",
}
_QUOTES = frozenset("'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb")


class NotJson(ValueError):
    """A text is no JSON from the character offset `at` on."""

    def __init__(self, at: int, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.at = at
        self.problem = problem
        self.hint = hint


def not_a_value(text: str, at: int) -> NotJson:
    """Return the error for a place where a value should begin and none does."""
    if (error := _foreign(text, at)) is not None:
        return error
    if (word := _WORD.match(text, at)) is not None:
        meant = _MEANT.get(word[0])
        hint = f"did you mean `{meant}`?" if meant else "text stands in double quotes"
        return NotJson(at, f"`{shown(word[0])}` is no JSON value", hint)
    if text[at] in "+.":
        return NotJson(at, "a number begins with a digit or a minus sign", "")
    if text[at] in ",]}":
        return NotJson(at, f"a value is missing before `{text[at]}`", "")
    return NotJson(at, f"expected a value, not `{shown(text[at])}`", "")


def missing(text: str, at: int, wanted: str) -> NotJson:
    """Return the error for a place where `wanted` should stand and does not."""
    if (error := _foreign(text, at)) is not None:
        return error
    word = _WORD.match(text, at)
    if word is not None and wanted.startswith("a name"):
        return NotJson(at, f"the name `{shown(word[0])}` has no quotes", f'write "{word[0][:40]}"')
    if wanted.startswith("a comma") and (text[at] in '"{[' or text[at].isalnum()):
        return NotJson(at, "a comma is missing before this", "")
    found = shown(word[0] if word else text[at])
    return NotJson(at, f"expected {wanted}, not `{found}`", "")


def bad_text(message: str, at: int) -> NotJson:
    """Return the error for a text in quotes, from the message of the standard library."""
    if message.startswith("Unterminated"):
        return NotJson(at, "a text without a closing quote", "")
    if message.startswith("Invalid control"):
        return NotJson(
            at, "a line break, or another control character, in a text", "write it as \\n"
        )
    return NotJson(at, "no such escape in a text", "a backslash is written twice")


def _foreign(text: str, at: int) -> NotJson | None:
    """Return the error for what other languages allow at any place."""
    if at >= len(text):
        what = "the file ends too early" if text.strip() else "the file is empty"
        hint = "a bracket or a quote is not closed" if text.strip() else 'write {"providers": {}}'
        return NotJson(len(text), what, hint)
    if text.startswith(("//", "/*", "#"), at):
        return NotJson(at, "JSON has no comments", "remove the comment")
    if text[at] in _QUOTES:
        return NotJson(at, f"text stands in double quotes, not in `{text[at]}`", 'use "')
    return None


def shown(text: str) -> str:
    """Return what a person typed in a form that is safe to print, and not too long.

    What does not print stands as an escape; an error about look-alikes adds `code_points`.
    """
    short = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)


def code_points(text: str) -> str:
    """Name the characters of a text that are no plain ASCII, three at most."""
    odd = dict.fromkeys(c for c in text if not "!" <= c <= "~")
    names = [f"U+{ord(c):04X} {unicodedata.name(c, 'without a name')}" for c in odd]
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
