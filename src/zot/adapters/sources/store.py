"""What a login saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zot.domain.credential import Look, Origin
from zot.domain.key import read_key
from zot.domain.secret import Secret
from zot.ports.credential_source import CredentialQuery
from zot.ports.secret_store import KeyCommand, Record, SecretStore

RunCommand = Callable[[KeyCommand], Secret]


class StoreSource:
    """The secret store in use."""

    origin = Origin.STORE

    def __init__(self, store: SecretStore, run: RunCommand) -> None:
        self._store = store
        self._run = run

    def look(self, query: CredentialQuery) -> Iterable[Look]:
        """Look at the provider's record; a command in it is run."""
        profile = query.profile
        if not profile.stored:
            return
        record = self._store.load(profile)
        if record is None:
            yield Look(self._store.place(profile), "absent")
        else:
            yield self._found(record)

    def peek(self, query: CredentialQuery) -> Iterable[Look]:
        """Say whether the provider has a record."""
        for place in self._store.logins([query.profile]):
            yield Look(place, "present")

    def _found(self, record: Record) -> Look:
        credential = record.credential
        if isinstance(credential, KeyCommand):
            key = self._run(credential)
            return Look(record.place, "found", "by command", read_key(key.reveal(), record.place))
        return Look(record.place, "found", "", credential)
