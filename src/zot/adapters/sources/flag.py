"""The key that was given for this call."""

from __future__ import annotations

from collections.abc import Iterable

from zot.domain.credential import Look, Origin, Place
from zot.domain.key import read_key
from zot.domain.secret import Secret
from zot.ports.credential_source import CredentialQuery, CredentialSource


class FlagSource:
    """An explicit key: `--api-key`, or `api_key=` in Python."""

    origin = Origin.FLAG

    def __init__(self, key: Secret | None, name: str) -> None:
        self._key = key
        self._place = Place(Origin.FLAG, name)

    def look(self, query: CredentialQuery) -> Iterable[Look]:
        """Look at the option."""
        if self._key is None:
            yield Look(self._place, "absent")
        elif not self._key.reveal().strip():
            yield Look(self._place, "empty")
        else:
            yield Look(self._place, "found", "", read_key(self._key.reveal(), self._place))

    def peek(self, query: CredentialQuery) -> Iterable[Look]:
        """Say whether the option was given."""
        if self._key:
            yield Look(self._place, "present")


def source(key: Secret | None, name: str) -> CredentialSource:
    """Return the source; its type is the proof that the port is played."""
    return FlagSource(key, name)
