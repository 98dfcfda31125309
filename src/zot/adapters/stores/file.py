"""`auth.json`: one file, in the schema that other programs share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zot.adapters.stores import _disk, _edit
from zot.adapters.stores._ledger import Ledger
from zot.adapters.stores._salvage import salvage
from zot.adapters.stores._swap import Swap, writing
from zot.domain.credential import Place
from zot.domain.error import CommandFailed, ConfigError, StoreBroken
from zot.domain.provider import ProviderProfile
from zot.ports.secret_store import Kept, KeyCommand, Record, SecretStore


@dataclass(frozen=True, slots=True)
class Repaired:
    """Where the broken bytes are kept, and the records that the mended file still holds."""

    copy: Path
    kept: tuple[str, ...]


class FileStore:
    """Keep logins in a JSON file.

    Reads take no lock: a write swaps the whole file, so every read sees the old text or
    the new one. A missing file holds nothing; a broken one is a `ConfigError` and is never
    overwritten. `notice` is told of modes that were too open.
    """

    name = "file"

    def __init__(self, path: Path, *, notice: Callable[[str], None]) -> None:
        self._path = path
        self._notice = notice
        self._ledger = Ledger(path)

    def place(self, profile: ProviderProfile) -> Place:
        """Say where the login of a provider stands, or would stand."""
        return self._ledger.place(profile)

    def load(self, profile: ProviderProfile) -> Record | None:
        """Return what is kept for a provider, or None.

        Raises `ConfigError` for a file, or a record of this provider, that is not what it
        should be; `StoreBroken` for a file that cannot be opened; `CommandFailed` for a
        command in a file that others can write.
        """
        if not profile.stored or (found := _disk.read(self._path, self._notice)) is None:
            return None
        record = self._ledger.load(self._ledger.text(found.data), profile)
        if record is not None and isinstance(record.credential, KeyCommand) and not found.private:
            raise CommandFailed(
                f"the command of {record.place} is not run: others can write that file",
                hint=f"look at it, then `chmod go-w {self._path.parent} {self._path}`",
            )
        return record

    def settings(self, profile: ProviderProfile) -> dict[str, str]:
        """Return what is set beside a login (`base_url`), also where there is no login."""
        if not profile.stored_fields or (text := self._text()) is None:
            return {}
        return self._ledger.settings(text, profile)

    def logins(self, profiles: Sequence[ProviderProfile]) -> Sequence[Place]:
        """Name the logins that are kept; a broken record counts, a broken file is raised."""
        text = self._text()
        return [] if text is None else self._ledger.logins(text, profiles)

    def save(self, profile: ProviderProfile, credential: Kept) -> Place:
        """Keep a credential where the provider's record stands, and read it back.

        Raises as `load` does, and `StoreBroken` where the file cannot be written; the old
        file is whole then.
        """
        with writing(self._path, self._notice) as swap:
            new = self._ledger.keep(self._to_change(swap), profile, credential)
            swap.replace(new.encode())
            with swap.checked():
                return self._ledger.check(self._text() or "", profile, credential)

    def delete(self, profile: ProviderProfile) -> bool:
        """Remove every spelling of a provider's login; what else its record holds stays."""
        if not profile.stored or self._text() is None:
            return False
        with writing(self._path, self._notice) as swap:
            new, there = self._ledger.forget(self._to_change(swap), profile)
            if there:
                swap.replace(new.encode())
            return there

    def repair(self) -> Repaired | None:
        """Mend a file that does not parse; None where there is nothing to mend.

        The broken bytes are kept beside it, 0600; what is whole of them stays in the file.
        """
        with writing(self._path, self._notice) as swap:
            if (found := swap.read()) is None:
                return None
            try:
                self._ledger.text(found.data)
            except ConfigError:
                copy = swap.copy(found.data, "broken")
                text, names = salvage(found.data)
                swap.replace(text.encode())
                return Repaired(copy, names)
            return None

    def _text(self) -> str | None:
        found = _disk.read(self._path, self._notice)
        return None if found is None else self._ledger.text(found.data)

    def _to_change(self, swap: Swap) -> str:
        """Return the text to change.

        Writing makes the file private, which would make a stranger's command trusted.
        """
        if (found := swap.read()) is None:
            return _edit.EMPTY
        text = self._ledger.text(found.data)
        if not found.private and '"api_key_command"' in text:
            raise StoreBroken(
                f"others can write {self._path}, and it names a command to run",
                hint=f"look at it, then `chmod go-w {self._path.parent} {self._path}`",
            )
        return text


def file_store(path: Path, notice: Callable[[str], None]) -> SecretStore:
    """Return the store; its type is the proof that the port is played."""
    return FileStore(path, notice=notice)
