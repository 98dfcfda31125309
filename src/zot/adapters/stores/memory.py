"""Logins that last as long as the process."""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.stores._cells import CellStore
from zot.domain.secret import Secret
from zot.ports.secret_store import KeptField, SecretStore


class MemoryCells:
    """Texts in a dictionary, behind a type that does not print."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[Secret, KeptField]] = {}

    def read(self, name: str) -> str | None:
        """Return the text under a name, or None."""
        found = self._texts.get(name)
        return None if found is None else found[0].reveal()

    def write(self, name: str, text: str, kind: KeptField) -> None:
        """Keep a text under a name."""
        self._texts[name] = (Secret(text), kind)

    def remove(self, name: str) -> bool:
        """Forget a name; tell whether it was there."""
        return self._texts.pop(name, None) is not None

    def kinds(self) -> Mapping[str, KeptField]:
        """Name the texts that are kept, with their kinds."""
        return {name: kind for name, (_, kind) in self._texts.copy().items()}


def memory_store() -> SecretStore:
    """Return an empty store; two of them share nothing."""
    return CellStore("memory", MemoryCells(), lambda name: f"memory of this process, {name}")
