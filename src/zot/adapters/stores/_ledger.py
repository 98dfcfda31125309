"""The document of logins as text: what it holds for a provider, and how that changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from zot.adapters.stores import _record, _rewrite
from zot.adapters.stores._document import Malformed, Node, parse, position
from zot.adapters.stores._record import WrongShape
from zot.domain.credential import Origin, Place
from zot.domain.error import ConfigError, StoreBroken, ZotError
from zot.domain.provider import ProviderProfile
from zot.ports.secret_store import Kept, KeptField, Record

REPAIR = "mend it by hand, or run `zot auth repair`, which keeps a copy"


class Ledger:
    """Read and change the text of one document; `path` is what messages name.

    Every method raises `ConfigError` with path, line and column for a text that is not
    sound, or a record of the provider that is not what it should be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def place(self, profile: ProviderProfile) -> Place:
        """Say where the login of a provider stands in a new document."""
        half: KeptField = "oauth" if profile.stored_field == "oauth" else "api_key"
        return self._place(profile, _record.home(profile), half)

    def text(self, data: bytes) -> str:
        """Return the text of a sound document."""
        text = self._decoded(data)
        self._parsed(text)
        return text

    def load(self, text: str, profile: ProviderProfile) -> Record | None:
        """Return what the document holds for a provider, or None."""
        return self._found(text, self._parsed(text), profile)

    def settings(self, text: str, profile: ProviderProfile) -> dict[str, str]:
        """Return what is set beside a login, also where there is no login."""
        root = self._parsed(text)
        with self._shaped(text, profile):
            for key in _record.spellings(profile):
                if (record := _record.find(root, key)) is not None:
                    return _record.settings(record, key, profile)
        return {}

    def logins(self, text: str, profiles: Sequence[ProviderProfile]) -> list[Place]:
        """Name the logins that the document holds; a broken record counts."""
        root = self._parsed(text)
        places = (self._login(text, root, profile) for profile in profiles if profile.stored)
        return [place for place in places if place is not None]

    def keep(self, text: str, profile: ProviderProfile, credential: Kept) -> str:
        """Return the text with a credential in it.

        Raises `StoreBroken` for one that has no place there, or `CredentialRejected`.
        """
        _rewrite.check(profile, credential)
        with self._shaped(text, profile):
            new = _rewrite.keep(text, profile, credential)
        self.check(new, profile, credential)
        return new

    def forget(self, text: str, profile: ProviderProfile) -> tuple[str, bool]:
        """Return the text without a provider's login, and whether one was there."""
        with self._shaped(text, profile):
            return _rewrite.forget(text, profile)

    def check(self, text: str, profile: ProviderProfile, credential: Kept) -> Place:
        """Return the place of a credential; raises `StoreBroken` where the text lacks it."""
        wanted = _record.as_read(credential, self.place(profile))
        record = self.load(text, profile)
        if record is None or not _record.same(record.credential, wanted):
            raise StoreBroken(
                f"{self._path} does not hold what was just written for `{profile.id}`",
                hint="another program may be writing it; try again",
            )
        return record.place

    def _decoded(self, data: bytes) -> str:
        where = f"{self._path}:1:1"
        if data.startswith(b"\xef\xbb\xbf"):
            raise ConfigError(where, "starts with a byte order mark", hint=REPAIR)
        if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
            raise ConfigError(where, "is not UTF-8 (UTF-16 or UTF-32?)", hint=REPAIR)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            good = data[: error.start].decode()
            line, column = position(good, len(good))
            where = f"{self._path}:{line}:{column}"
            raise ConfigError(where, "a byte that is not UTF-8", hint=REPAIR) from None

    def _parsed(self, text: str) -> Node:
        try:
            return parse(text)
        except Malformed as error:
            where = f"{self._path}:{error.line}:{error.column}"
            raise ConfigError(where, error.problem, hint=REPAIR) from None

    def _found(self, text: str, root: Node, profile: ProviderProfile) -> Record | None:
        with self._shaped(text, profile):
            for key in _record.spellings(profile):
                if (record := _record.find(root, key)) is None:
                    continue
                place = self._place(profile, key, "api_key")
                found = _record.credential(text, record, key, profile, place)
                if found is not None:
                    credential, half = found
                    place = self._place(profile, key, half)
                    return Record(credential, place, _record.settings(record, key, profile))
        return None

    def _login(self, text: str, root: Node, profile: ProviderProfile) -> Place | None:
        try:
            record = self._found(text, root, profile)
        except ZotError:
            return self.place(profile)
        return None if record is None else record.place

    def _place(self, profile: ProviderProfile, key: tuple[str, ...], half: KeptField) -> Place:
        """Return a place; the key of a subscription login ends in `.oauth`."""
        name = ".".join((*key, half) if half == "oauth" else key)
        return Place(Origin.STORE, profile.stored or profile.id, f"{self._path}, key {name}")

    @contextmanager
    def _shaped(self, text: str, profile: ProviderProfile) -> Iterator[None]:
        try:
            yield
        except WrongShape as error:
            line, column = position(text, error.node.start)
            own = any(error.key[: len(key)] == key for key in _record.spellings(profile))
            remove = f", or `zot logout {profile.id}` to remove it" if own else ""
            raise ConfigError(
                f"{self._path}:{line}:{column}",
                f"`{'.'.join(error.key)}` {error.problem}",
                hint=f"mend it by hand{remove}",
            ) from None
