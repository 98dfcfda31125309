"""What can be saved of a broken `auth.json`: every record before the first fault."""

from __future__ import annotations

import codecs
import json

from zot.adapters.stores._document import Malformed, parse, sound_members
from zot.adapters.stores._record import ADDITIONAL

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def salvage(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return a sound document and the names of what it holds of the broken one.

    A byte order mark and another Unicode encoding cost nothing. Otherwise the members
    before the fault are kept as they stand, of the map of additional providers too.
    """
    text = _decoded(data)
    try:
        names = tuple(member.name for member in parse(text).members)
    except Malformed:
        return _rebuilt(text)
    return text, names


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return data[: error.start].decode()


def _rebuilt(text: str) -> tuple[str, tuple[str, ...]]:
    saved = sound_members(text)
    names = tuple(name for name in saved if name != ADDITIONAL)
    if ADDITIONAL not in saved and (additional := sound_members(text, within=ADDITIONAL)):
        saved[ADDITIONAL] = _object(additional, "    ")
        names += tuple(additional)
    return _object(saved, "  ") + "\n", names


def _object(members: dict[str, str], indent: str) -> str:
    """Lay out an object whose values are JSON already."""
    lines = (f"\n{indent}{json.dumps(name)}: {raw}" for name, raw in members.items())
    return "{" + ",".join(lines) + (f"\n{indent[2:]}" if members else "") + "}"
