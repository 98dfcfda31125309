"""Moving logins from one secret store to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zot.domain.catalog import Catalog
from zot.domain.credential import ApiKey, OAuthToken, Place
from zot.domain.error import StoreBroken, UsageError
from zot.domain.provider import ProviderProfile
from zot.ports.secret_store import KeyCommand, Record, SecretStore


@dataclass(frozen=True, slots=True)
class Kept:
    """One login that a store keeps."""

    profile: ProviderProfile
    record: Record


@dataclass(frozen=True, slots=True)
class Moved:
    """What a migration did; `left` are logins that another store cannot hold, such as commands."""

    moved: tuple[Place, ...]
    left: tuple[Place, ...]


class StoreService:
    """Show, move and export what the secret store in use keeps."""

    def __init__(
        self, catalog: Catalog, store: SecretStore, open_store: Callable[[str], SecretStore]
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._open_store = open_store

    @property
    def name(self) -> str:
        """The store in use."""
        return self._store.name

    def places(self) -> list[Place]:
        """Name the logins that are kept, without opening anything."""
        return list(self._store.logins(list(self._catalog.providers.values())))

    def kept(self) -> list[Kept]:
        """Read every login; unlocks the store where it is locked."""
        return [
            Kept(profile, record)
            for profile in self._catalog.providers.values()
            if profile.stored and (record := self._store.load(profile)) is not None
        ]

    def migrate(self, to: str) -> Moved:
        """Move every login to another store.

        First all are written, then all are read back, and only then the old copies are
        deleted: whenever this stops, each login is in at least one store. Raises
        `StoreBroken` where what was written does not read back.
        """
        target = self._open_store(to)
        if target.name == self._store.name:
            raise UsageError(f"the store in use is `{to}` already")
        kept = self.kept()
        movable = [
            (item.profile, item.record.credential)
            for item in kept
            if isinstance(item.record.credential, ApiKey | OAuthToken)
        ]
        left = tuple(i.record.place for i in kept if isinstance(i.record.credential, KeyCommand))
        places = [target.save(profile, credential) for profile, credential in movable]
        for profile, credential in movable:
            record = target.load(profile)
            if record is None or record.credential != credential:
                raise StoreBroken(
                    f"the store `{to}` did not keep the login of `{profile.id}`; "
                    f"every login is still in `{self._store.name}`"
                )
        for profile, _ in movable:
            self._store.delete(profile)
        return Moved(tuple(places), left)
