"""JSON with positions: where each value of a text stands, and which values are unsound.

The rules are those of RFC 8259, and stricter: a name stands once in an object, a number is
finite and of sensible length, a text has no half of a surrogate pair. What breaks one of the
stricter rules is a `Fault` of that value alone; what is no JSON at all raises `NotJson`.
Depth, number of values and number of faults are bounded, so that time and memory are.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from typing import Any, NamedTuple

from zot.adapters.catalogs._syntax import NotJson, bad_text, missing, not_a_value, shown

DEEPEST = 32
MOST_VALUES = 200_000
MOST_FAULTS = 1_000
LONGEST_NUMBER = 40

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_GLUED = re.compile(r"[0-9A-Za-z_.+-]")
_WORDS = re.compile(r"true|false|null|NaN|-?Infinity")
_VALUES = {"true": True, "false": False, "null": None}
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_decoder = json.JSONDecoder()


class Members(dict[str, Any]):
    """An object that knows where it, its names and their values begin."""

    __slots__ = ("at", "names_at", "values_at")

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.names_at: dict[str, int] = {}
        self.values_at: dict[str, int] = {}


class Items(list[Any]):
    """A list that knows where it and its items begin."""

    __slots__ = ("at", "values_at")

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.values_at: list[int] = []


class Fault(NamedTuple):
    """A value that JSON allows and zot does not; `at` is an offset in characters."""

    path: Path
    at: int
    problem: str
    hint: str


class Document:
    """A text and the value it holds."""

    def __init__(self, text: str, value: Any, at: int, faults: list[Fault]) -> None:
        self.value = value
        self.faults = tuple(faults)
        self._at = at
        self._lines = Lines(text)

    def place(self, at: int) -> str:
        """Return `line:column` of an offset, both from 1; columns count characters."""
        return self._lines.place(at)

    def find(self, path: Path, *, name: bool = False) -> int:
        """Return where the value at a path begins, or its name; a missing end is left out."""
        at = name_at = self._at
        value = self.value
        for step in path:
            if isinstance(value, Members) and step in value:
                at = value.values_at[str(step)]
                name_at = value.names_at[str(step)]
                value = value[str(step)]
            elif isinstance(value, Items) and isinstance(step, int) and step < len(value):
                at = name_at = value.values_at[step]
                value = value[step]
            else:
                return at
        return name_at if name else at


class Lines:
    """Offsets of a text as lines and columns; ascending questions cost the text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known = [0]
        self._lines = [1]

    def line(self, at: int) -> int:
        """Return the line of an offset, from 1."""
        index = bisect_right(self._known, at) - 1
        line = self._lines[index] + self._text.count("\n", self._known[index], at)
        if index == len(self._known) - 1 and at > self._known[index]:
            self._known.append(at)
            self._lines.append(line)
        return line

    def place(self, at: int) -> str:
        """Return `line:column` of an offset, both from 1."""
        return f"{self.line(at)}:{at - self._text.rfind(chr(10), 0, at)}"


def parse(text: str) -> Document:
    """Read a text; raises `NotJson` with the offset of what is no JSON."""
    reader = _Reader(text)
    at = reader.skip(0)
    value, end = reader.value(at, 0)
    if (rest := reader.skip(end)) < len(text):
        raise missing(text, rest, "the end of the file")
    return Document(text, value, at, reader.faults)


def pointer(path: Path) -> str:
    """Return a path as a JSON pointer (RFC 6901), safe to print."""
    steps = (shown(str(step).replace("~", "~0").replace("/", "~1")) for step in path)
    return "".join(f"/{step}" for step in steps)


class _Reader:
    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._text = text
        self._lines = Lines(text)
        self._path: list[str | int] = []
        self._values = 0

    def skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        self._values += 1
        if self._values > MOST_VALUES:
            raise NotJson(at, f"more than {MOST_VALUES} values", "split the file")
        first = self._text[at : at + 1]
        if first == '"':
            return self._string(at)
        if first in {"{", "["} and depth >= DEEPEST:
            raise NotJson(at, f"nested deeper than {DEEPEST} levels", "")
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._list(at, depth)
        if first and first in "-0123456789" and (match := _NUMBER.match(self._text, at)):
            return self._number(at, match)
        if (word := _WORDS.match(self._text, at)) and not _GLUED.match(self._text, word.end()):
            if word[0] not in _VALUES:
                self._fault(at, f"`{word[0]}` is no number", "leave the field out if unknown")
            return _VALUES.get(word[0]), word.end()
        raise not_a_value(self._text, at)

    def _object(self, at: int, depth: int) -> tuple[Members, int]:
        text = self._text
        members = Members(at)
        here = self.skip(at + 1)
        if text[here : here + 1] == "}":
            return members, here + 1
        while True:
            if text[here : here + 1] != '"':
                raise missing(text, here, "a name in double quotes")
            name_at = here
            name, end = self._string(here, name=True)
            here = self.skip(end)
            if text[here : here + 1] != ":":
                raise missing(text, here, "a colon")
            here = self.skip(here + 1)
            self._path.append(name)
            if name in members:
                first = self._lines.line(members.names_at[name])
                self._fault(
                    name_at,
                    f"`{shown(name)}` stands twice: on line {first} and on line "
                    f"{self._lines.line(name_at)}",
                    "keep one of them",
                )
            value_at = here
            value, end = self.value(here, depth + 1)
            self._path.pop()
            if name not in members:
                members[name] = value
                members.names_at[name] = name_at
                members.values_at[name] = value_at
            here = self.skip(end)
            mark = text[here : here + 1]
            if mark == "}":
                return members, here + 1
            if mark != ",":
                raise missing(text, here, "a comma or `}`")
            here = self._after_comma(here, "}")

    def _list(self, at: int, depth: int) -> tuple[Items, int]:
        text = self._text
        items = Items(at)
        here = self.skip(at + 1)
        if text[here : here + 1] == "]":
            return items, here + 1
        while True:
            self._path.append(len(items))
            value, end = self.value(here, depth + 1)
            self._path.pop()
            items.append(value)
            items.values_at.append(here)
            here = self.skip(end)
            mark = text[here : here + 1]
            if mark == "]":
                return items, here + 1
            if mark != ",":
                raise missing(text, here, "a comma or `]`")
            here = self._after_comma(here, "]")

    def _after_comma(self, comma: int, closing: str) -> int:
        here = self.skip(comma + 1)
        if self._text[here : here + 1] == closing:
            raise NotJson(comma, f"a comma with nothing between it and `{closing}`", "remove it")
        return here

    def _string(self, at: int, *, name: bool = False) -> tuple[str, int]:
        try:
            value, end = _decoder.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            raise bad_text(error.msg, error.pos) from None
        if not value.isascii() and _HALF_PAIR.search(value):
            if name:
                self._path.append(value)
            self._fault(at, "half of a surrogate pair in a text", "write the whole character")
            if name:
                self._path.pop()
        return value, end

    def _number(self, at: int, match: re.Match[str]) -> tuple[int | float | None, int]:
        end = match.end()
        if _GLUED.match(self._text, end):
            raise NotJson(at, f"`{shown(self._text[at : end + 1])}…` is no number", "")
        if end - at > LONGEST_NUMBER:
            self._fault(at, f"a number of {end - at} characters", "")
            return None, end
        whole = match[1] is None and match[2] is None
        number = int(match[0]) if whole else float(match[0])
        if math.isinf(number):
            self._fault(at, f"`{match[0]}` is too large for a number", "")
        elif number == 0 and match[0].startswith("-"):
            self._fault(at, f"`{match[0]}` is no number that zot takes", "write 0")
        return number, end

    def _fault(self, at: int, problem: str, hint: str) -> None:
        if len(self.faults) >= MOST_FAULTS:
            raise NotJson(at, f"more than {MOST_FAULTS} mistakes", "")
        self.faults.append(Fault(tuple(self._path), at, problem, hint))
