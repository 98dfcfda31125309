"""JSON text with the place of every value, so that one value can change and no other byte.

Stricter than `json.loads`: a key may stand once, `NaN` is no number, and depth and the
count of values are bounded. Messages name positions and never quote the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

DEEPEST = 100
MOST_VALUES = 200_000
TOO_EARLY = "the document ends too early"

Kind = Literal["object", "array", "string", "number", "true", "false", "null"]

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"(?:true|false|null)(?![A-Za-z0-9_])")
_WORDS: Mapping[str, Kind] = {"true": "true", "false": "false", "null": "null"}
_CONSTANT = re.compile(r"-?(NaN|Infinity)")


class Malformed(ValueError):
    """The text is not sound JSON; `line` and `column` count from 1."""

    def __init__(self, text: str, at: int, problem: str) -> None:
        self.line, self.column = position(text, at)
        self.problem = problem
        super().__init__(f"{self.line}:{self.column}: {problem}")


def position(text: str, at: int) -> tuple[int, int]:
    """Return line and column, both from 1, of an offset."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


@dataclass(frozen=True, slots=True)
class Node:
    """One value, at `text[start:end]`; `string` is the decoded text of a string."""

    kind: Kind
    start: int
    end: int
    string: str = ""
    members: tuple[Member, ...] = ()
    items: tuple[Node, ...] = ()

    def get(self, name: str) -> Node | None:
        """Return a member of an object; None where there is none, or it is `null`."""
        found = next((m.value for m in self.members if m.name == name), None)
        return None if found is None or found.kind == "null" else found


@dataclass(frozen=True, slots=True)
class Member:
    """A key of an object, its offset, and its value."""

    name: str
    start: int
    value: Node


def parse(text: str) -> Node:
    """Return the root of a document, which is an object; raises `Malformed`."""
    root = _Parser(text).document()
    if root.kind != "object":
        raise Malformed(text, root.start, "has to be a JSON object")
    return root


def sound_members(text: str, *, within: str = "") -> dict[str, str]:
    """Return the raw values before the first fault, of the root or of one of its members."""
    return _Parser(text).sound(within)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._values = 0

    def document(self) -> Node:
        root = self._value(0)
        self._peek()
        if self._at != len(self._text):
            self._fail("more text after the end of the document")
        return root

    def sound(self, within: str) -> dict[str, str]:
        found: dict[str, str] = {}
        sign = self._peek()
        try:
            while sign in {"{", ","}:
                self._at += 1
                self._peek()
                name = self._string()
                if self._peek() != ":":
                    break
                self._at += 1
                if within == name:
                    return self.sound("")
                value = self._value(1)
                found[name] = self._text[value.start : value.end]
                sign = self._peek()
        except Malformed:
            pass
        return {} if within else found

    def _fail(self, problem: str, at: int | None = None) -> NoReturn:
        raise Malformed(self._text, self._at if at is None else at, problem)

    def _peek(self) -> str:
        """Skip white space and return the character that follows, empty at the end."""
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _value(self, depth: int) -> Node:
        first, start = self._peek(), self._at
        self._values += 1
        if self._values > MOST_VALUES:
            self._fail(f"more than {MOST_VALUES} values")
        if first not in {"{", "["}:
            return self._scalar(first, start)
        if depth >= DEEPEST:
            self._fail(f"nested deeper than {DEEPEST} levels")
        return self._object(start, depth + 1) if first == "{" else self._array(start, depth + 1)

    def _scalar(self, first: str, start: int) -> Node:
        if first == '"':
            string = self._string()
            return Node("string", start, self._at, string=string)
        if match := _NUMBER.match(self._text, start):
            self._at = match.end()
            return Node("number", start, self._at)
        if match := _WORD.match(self._text, start):
            self._at = match.end()
            return Node(_WORDS[match[0]], start, self._at)
        if _CONSTANT.match(self._text, start):
            self._fail("NaN and Infinity are no JSON numbers")
        if self._text.startswith(("//", "/*", "#"), start):
            self._fail("JSON has no comments")
        return self._fail("a value is missing here" if first else TOO_EARLY)

    def _string(self) -> str:
        match = _STRING.match(self._text, self._at)
        if match is None:
            self._fail("text in quotes that does not end, or holds a bad escape")
        self._at = match.end()
        raw = match[0]
        return str(json.loads(raw)) if "\\" in raw else raw[1:-1]

    def _object(self, start: int, depth: int) -> Node:
        members: list[Member] = []
        lines: dict[str, int] = {}
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            return Node("object", start, self._at)
        while True:
            if self._peek() != '"':
                self._fail("a key in double quotes has to stand here")
            at = self._at
            name = self._string()
            if name in lines:
                first = position(self._text, lines[name])[0]
                self._fail(f"a key that stands twice (first in line {first})", at)
            lines[name] = at
            if self._peek() != ":":
                self._fail("a colon has to stand here")
            self._at += 1
            members.append(Member(name, at, self._value(depth)))
            if self._more("}"):
                return Node("object", start, self._at, members=tuple(members))

    def _array(self, start: int, depth: int) -> Node:
        items: list[Node] = []
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return Node("array", start, self._at)
        while True:
            items.append(self._value(depth))
            if self._more("]"):
                return Node("array", start, self._at, items=tuple(items))

    def _more(self, close: str) -> bool:
        """Step over a comma (False) or the closing bracket (True)."""
        sign = self._peek()
        if sign not in {",", close}:
            self._fail(f"a comma or `{close}` has to stand here" if sign else TOO_EARLY)
        self._at += 1
        if sign == "," and self._peek() == close:
            self._fail(f"a comma before `{close}`")
        return sign == close
