"""`auth.enc`: the document of `auth.json`, encrypted under a passphrase."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from zot.adapters.stores import _container, _disk, _edit, _record
from zot.adapters.stores._container import Header
from zot.adapters.stores._ledger import Ledger
from zot.adapters.stores._swap import Swap, writing
from zot.domain.credential import Place
from zot.domain.error import StoreLocked
from zot.domain.provider import ProviderProfile
from zot.domain.secret import Secret
from zot.ports.secret_store import Kept, Record, SecretStore

Passphrase = Callable[[bool], Secret]
"""Asks for the passphrase; True for a new one, which a person should type twice."""


class EncryptedStore:
    """Keep logins in an encrypted file; see `_container` for its format.

    The passphrase is asked for once, at the first login that is wanted, and the key that
    it gives is kept in memory. `logins` reads the names in the header and asks nothing.
    Methods raise `StoreLocked` where the passphrase does not open the file and
    `StoreBroken` for a file that zot did not write, or cannot write.
    """

    name = "encrypted-file"

    def __init__(
        self, path: Path, *, passphrase: Passphrase, notice: Callable[[str], None]
    ) -> None:
        self._path = path
        self._passphrase = passphrase
        self._notice = notice
        self._ledger = Ledger(path)
        self._keys: dict[tuple[bytes, int], bytes] = {}
        self._fresh: Header | None = None

    def place(self, profile: ProviderProfile) -> Place:
        """Say where the login of a provider is kept, whether or not there is one."""
        return self._ledger.place(profile)

    def load(self, profile: ProviderProfile) -> Record | None:
        """Return what is kept for a provider, or None."""
        if not profile.stored or (found := _disk.read(self._path, self._notice)) is None:
            return None
        return self._ledger.load(self._opened(found.data)[1], profile)

    def save(self, profile: ProviderProfile, credential: Kept) -> Place:
        """Keep a credential and read it back."""
        self._unlock()
        with writing(self._path, self._notice) as swap:
            header, text = self._to_change(swap)
            self._put(swap, header, self._ledger.keep(text, profile, credential))
            with swap.checked():
                found = _disk.read(self._path, self._notice)
                text = "" if found is None else self._opened(found.data)[1]
                return self._ledger.check(text, profile, credential)

    def delete(self, profile: ProviderProfile) -> bool:
        """Forget what is kept for a provider; tell whether there was anything."""
        if not profile.stored or _disk.read(self._path, self._notice) is None:
            return False
        self._unlock()
        with writing(self._path, self._notice) as swap:
            header, text = self._to_change(swap)
            new, there = self._ledger.forget(text, profile)
            if there:
                self._put(swap, header, new)
            return there

    def logins(self, profiles: Sequence[ProviderProfile]) -> Sequence[Place]:
        """Name the logins that are kept, from the header."""
        if (found := _disk.read(self._path, self._notice)) is None:
            return []
        header = _container.read_header(found.data, self._path)
        return self._ledger.logins(_outline(header.logins), profiles)

    def rekey(self, passphrase: Secret) -> None:
        """Encrypt everything anew under another passphrase; a kill leaves old or new."""
        self._refuse_empty(passphrase)
        self._unlock()
        fresh = _container.new_header()
        self._keys[fresh.salt, fresh.n] = _container.derive(passphrase, fresh)
        with writing(self._path, self._notice) as swap:
            header, text = self._to_change(swap)
            self._put(swap, fresh, text)
        del self._keys[header.salt, header.n]

    def _unlock(self) -> None:
        """Ask for the passphrase before others have to wait for the lock."""
        if (found := _disk.read(self._path, self._notice)) is not None:
            self._opened(found.data)
        else:
            self._new_header()

    def _new_header(self) -> Header:
        """Return the header of a file that is not there yet, its key derived."""
        if self._fresh is None:
            header = _container.new_header()
            passphrase = self._passphrase(True)  # noqa: FBT003  # the one argument of its kind
            self._refuse_empty(passphrase)
            self._keys[header.salt, header.n] = _container.derive(passphrase, header)
            self._fresh = header
        return self._fresh

    def _to_change(self, swap: Swap) -> tuple[Header, str]:
        if (found := swap.read()) is not None:
            return self._opened(found.data)
        return self._new_header(), _edit.EMPTY

    def _opened(self, container: bytes) -> tuple[Header, str]:
        header = _container.read_header(container, self._path)
        key = self._keys.get((header.salt, header.n))
        if key is None:
            passphrase = self._passphrase(False)  # noqa: FBT003  # as above
            self._refuse_empty(passphrase)
            key = _container.derive(passphrase, header)
        document = _container.unseal(key, header, container, self._path)
        self._keys[header.salt, header.n] = key
        return header, self._ledger.text(document)

    def _refuse_empty(self, passphrase: Secret) -> None:
        if not passphrase:
            raise StoreLocked(
                f"an empty passphrase does not open {self._path}",
                hint="type one, or set ZOT_PASSPHRASE_COMMAND to a command that prints it",
            )

    def _put(self, swap: Swap, header: Header, text: str) -> None:
        header = replace(header, logins=_record.logins(text))
        key = self._keys[header.salt, header.n]
        swap.replace(_container.seal(key, header, text.encode()))


def _outline(logins: Mapping[str, str]) -> str:
    """Return a document with the same logins and no secrets."""
    text = _edit.EMPTY
    for name, halves in logins.items():
        for half in halves.split(","):
            value: _edit.Json = {"access_token": "-"} if half == "oauth" else "-"
            if half in {"api_key", "oauth"}:
                text = _edit.put(text, (*name.split("/", 1), half), value)
    return text


def encrypted_store(
    path: Path, passphrase: Passphrase, notice: Callable[[str], None]
) -> SecretStore:
    """Return the store; its type is the proof that the port is played."""
    return EncryptedStore(path, passphrase=passphrase, notice=notice)
