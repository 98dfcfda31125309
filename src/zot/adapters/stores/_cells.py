"""Stores that keep one value a login under a name: the policy once, the keeping by others.

A cell is named after the provider's record (`groq`); the login of the record that two
providers share has a cell of its own (`openai.oauth`). Its value is the record of
`auth.json`, in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from zot.adapters.stores import _record, _rewrite
from zot.adapters.stores._document import Malformed, parse
from zot.domain.credential import ApiKey, Origin, Place
from zot.domain.error import StoreBroken
from zot.domain.provider import ProviderProfile
from zot.ports.secret_store import Kept, KeptField, Record


class Cells(Protocol):
    """Named secret texts. Methods raise `StoreLocked` or `StoreBroken`."""

    def read(self, name: str) -> str | None:
        """Return the text under a name, or None."""
        ...

    def write(self, name: str, text: str, kind: KeptField) -> None:
        """Keep a text under a name; on return it can be read back."""
        ...

    def remove(self, name: str) -> bool:
        """Forget a name; tell whether it was there."""
        ...

    def kinds(self) -> Mapping[str, KeptField]:
        """Name the texts that are kept, with their kinds, without unlocking anything."""
        ...


class CellStore:
    """A secret store over cells; `where` says in full where a cell of that name is."""

    def __init__(self, name: str, cells: Cells, where: Callable[[str], str]) -> None:
        self._name = name
        self._cells = cells
        self._where = where

    @property
    def name(self) -> str:
        """How the store is called in `ZOT_SECRET_STORE`."""
        return self._name

    def place(self, profile: ProviderProfile) -> Place:
        """Say where the login of a provider is kept, whether or not there is one."""
        return self._place(profile, "oauth" if profile.stored_field == "oauth" else "api_key")

    def load(self, profile: ProviderProfile) -> Record | None:
        """Return what is kept for a provider, or None; raises as `Cells` do."""
        if not profile.stored or (text := self._cells.read(_cell(profile))) is None:
            return None
        place = self.place(profile)
        try:
            found = _record.credential(text, parse(text), (), profile, place)
        except (Malformed, _record.WrongShape):
            raise StoreBroken(
                f"what stands at {place} is no login of zot",
                hint=f"`zot login {profile.id}` puts a new one there",
            ) from None
        return None if found is None else Record(found[0], self._place(profile, found[1]))

    def save(self, profile: ProviderProfile, credential: Kept) -> Place:
        """Keep a credential in place of what was there, and read it back."""
        _rewrite.check(profile, credential)
        wanted = _record.as_read(credential, self.place(profile))
        kind: KeptField = "api_key" if isinstance(credential, ApiKey) else "oauth"
        self._cells.write(_cell(profile), _rewrite.one_line(credential), kind)
        record = self.load(profile)
        if record is None or not _record.same(record.credential, wanted):
            raise StoreBroken(
                f"{self._where(_cell(profile))} did not keep what was written there",
                hint="choose another store: `ZOT_SECRET_STORE=file`",
            )
        return record.place

    def delete(self, profile: ProviderProfile) -> bool:
        """Forget what is kept for a provider; tell whether there was anything."""
        return bool(profile.stored) and self._cells.remove(_cell(profile))

    def logins(self, profiles: Sequence[ProviderProfile]) -> Sequence[Place]:
        """Name the logins that are kept."""
        kinds = self._cells.kinds()
        return [
            self._place(profile, kinds[_cell(profile)])
            for profile in profiles
            if profile.stored and _cell(profile) in kinds
        ]

    def _place(self, profile: ProviderProfile, kind: KeptField) -> Place:
        """Return a place; that of a subscription login ends in `.oauth`."""
        where = self._where(_cell(profile)).removesuffix(".oauth")
        return Place(
            Origin.STORE,
            profile.stored or profile.id,
            f"{where}.oauth" if kind == "oauth" else where,
        )


def _cell(profile: ProviderProfile) -> str:
    return f"{profile.stored}.oauth" if profile.stored_field == "oauth" else profile.stored
