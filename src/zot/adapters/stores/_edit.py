"""Changing one value of a JSON text: every other byte stays as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping

from zot.adapters.stores._document import Node, parse

Json = str | Mapping[str, "Json"]

EMPTY = "{}\n"
_UNIT = "  "


def put(text: str, key: tuple[str, ...], value: Json) -> str:
    """Return the text with a value at a key; objects on the way are made where missing.

    A new key goes to the end of its object, laid out as its neighbours are.
    """
    node = parse(text)
    for depth, name in enumerate(key):
        found = next((m.value for m in node.members if m.name == name), None)
        rest = key[depth + 1 :]
        if found is None or (rest and found.kind == "null"):
            new: Json = value
            for inner in reversed(rest):
                new = {inner: new}
            if found is None:
                return _append(text, node, depth, name, new)
            return _replace(text, node, found, new)
        if not rest:
            return _replace(text, node, found, value)
        node = found
    return text


def remove(text: str, key: tuple[str, ...]) -> str:
    """Return the text without a key; unchanged where it is not there."""
    node: Node = parse(text)
    for name in key[:-1]:
        found = next((m.value for m in node.members if m.name == name), None)
        if found is None:
            return text
        node = found
    members = node.members
    at = next((i for i, member in enumerate(members) if member.name == key[-1]), None)
    if at is None:
        return text
    if len(members) == 1:
        return text[: node.start + 1] + text[node.end - 1 :]
    if at == len(members) - 1:
        return text[: members[at - 1].value.end] + text[members[at].value.end :]
    return text[: members[at].start] + text[members[at + 1].start :]


def _replace(text: str, parent: Node, old: Node, value: Json) -> str:
    gap = _gap(text, parent)
    return text[: old.start] + _render(value, gap, _unit(text)) + text[old.end :]


def _append(text: str, parent: Node, depth: int, name: str, value: Json) -> str:
    unit = _unit(text)
    if parent.members:
        gap = _gap(text, parent)
        last = parent.members[-1].value.end
        comma = "," if gap or len(parent.members) > 1 else ", "
        new = f"{comma}{gap}{_key(name)}{_render(value, gap, unit)}"
        return text[:last] + new + text[last:]
    newline = "\r\n" if "\r\n" in text else "\n"
    outer = newline + unit * depth
    gap = outer + unit if depth == 0 or _laid_out(text) else ""
    close = outer if gap else ""
    inside = f"{gap}{_key(name)}{_render(value, gap, unit)}{close}"
    return text[: parent.start + 1] + inside + text[parent.end - 1 :]


def _key(name: str) -> str:
    return json.dumps(name) + ": "


def _gap(text: str, parent: Node) -> str:
    """Return the white space before the last key of an object."""
    end = parent.members[-1].start
    return text[len(text[:end].rstrip(" \t\r\n")) : end]


def _laid_out(text: str) -> bool:
    """Tell whether the document has its keys on lines of their own."""
    root = parse(text)
    return not root.members or "\n" in _gap(text, root)


def _unit(text: str) -> str:
    """Return the indentation of one level."""
    root = parse(text)
    gap = _gap(text, root) if root.members else ""
    return gap.rpartition("\n")[2] or _UNIT if "\n" in gap else _UNIT


def _render(value: Json, gap: str, unit: str) -> str:
    """Return JSON; `gap` is the white space before the key that it belongs to."""
    if isinstance(value, str):
        return json.dumps(value)
    if not value:
        return "{}"
    inner = gap + unit if "\n" in gap else ""
    body = (f"{inner}{_key(name)}{_render(part, inner, unit)}" for name, part in value.items())
    return "{" + ("," if inner else ", ").join(body) + (gap if inner else "") + "}"
