"""The names of the logins that are kept elsewhere: no secrets, read without unlocking."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from zot.adapters.stores import _disk
from zot.adapters.stores._swap import Swap, writing
from zot.domain.error import ZotError
from zot.ports.secret_store import KeptField

_KINDS: Mapping[str, KeptField] = {"api_key": "api_key", "oauth": "oauth"}


class Index:
    """A small JSON file, `{"groq": "api_key"}`.

    It only says what to expect: the place that keeps the secrets has the last word. A
    broken index reads as an empty one, and the next change writes it anew.
    """

    def __init__(self, path: Path, notice: Callable[[str], None]) -> None:
        self._path = path
        self._notice = notice

    def read(self) -> dict[str, KeptField]:
        """Return names and kinds."""
        try:
            found = _disk.read(self._path, self._notice)
        except ZotError:
            return {}
        return {} if found is None else _names(found.data)

    def add(self, name: str, kind: KeptField) -> None:
        """Note a name; raises `StoreBroken` where the file cannot be written."""
        if self.read().get(name) != kind:
            with writing(self._path, self._notice) as swap:
                _put(swap, {**_now(swap), name: kind})

    def discard(self, name: str) -> None:
        """Strike a name out."""
        if name in self.read():
            with writing(self._path, self._notice) as swap:
                _put(swap, {key: kind for key, kind in _now(swap).items() if key != name})


def _now(swap: Swap) -> dict[str, KeptField]:
    found = swap.read()
    return {} if found is None else _names(found.data)


def _put(swap: Swap, names: dict[str, KeptField]) -> None:
    swap.replace(json.dumps(names, indent=2).encode() + b"\n")


def _names(data: bytes) -> dict[str, KeptField]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {name: _KINDS[kind] for name, kind in document.items() if kind in list(_KINDS)}
