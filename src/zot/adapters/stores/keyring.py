"""The keyring of the desktop, through the library `keyring`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from zot.adapters.stores._cells import CellStore
from zot.adapters.stores._index import Index
from zot.adapters.stores._keyring import Backend, Patience, limit_of, open_backend
from zot.adapters.stores._parts import Parts
from zot.ports.secret_store import KeptField, SecretStore

SERVICE = "zot"


class KeyringCells:
    """One entry of the keyring a login: service `zot`, user name as the cell.

    The keyring is opened at the first entry that is wanted. Names and kinds also stand in
    an index beside it, which is read without the keyring. Methods raise `StoreLocked` for
    a locked keyring and `StoreBroken` for one that is absent, silent, or refuses.
    """

    def __init__(
        self,
        index: Index,
        opener: Callable[[], Backend] = open_backend,
        patience: Patience | None = None,
    ) -> None:
        self._index = index
        self._opener = opener
        self._patience = patience or Patience()
        self._backend: Backend | None = None

    def read(self, name: str) -> str | None:
        """Return the text under a name, or None."""
        return self._parts().read(name)

    def write(self, name: str, text: str, kind: KeptField) -> None:
        """Keep a text under a name."""
        self._parts().write(name, text)
        self._index.add(name, kind)

    def remove(self, name: str) -> bool:
        """Forget a name; tell whether it was there."""
        there = self._parts().remove(name)
        self._index.discard(name)
        return there

    def kinds(self) -> Mapping[str, KeptField]:
        """Read the index; the keyring is not asked."""
        return self._index.read()

    def _parts(self) -> Parts:
        backend = self._backend
        if backend is None:
            backend = self._backend = self._patience.ask(self._opener)
        ask = self._patience.ask

        def get(name: str) -> str | None:
            return ask(lambda: backend.get_password(SERVICE, name))

        def put(name: str, text: str) -> None:
            ask(lambda: backend.set_password(SERVICE, name, text))

        def drop(name: str) -> bool:
            if get(name) is None:
                return False
            ask(lambda: backend.delete_password(SERVICE, name))
            return True

        return Parts(get, put, drop, limit_of(backend))


def keyring_store(
    folder: Path,
    notice: Callable[[str], None],
    *,
    opener: Callable[[], Backend] = open_backend,
    patience: Patience | None = None,
) -> SecretStore:
    """Return the store, with its index in a folder; nothing is opened or imported yet."""
    index = Index(folder / "keyring.json", notice)
    cells = KeyringCells(index, opener, patience)
    return CellStore("keyring", cells, lambda name: f"keyring, service {SERVICE}, user {name}")
