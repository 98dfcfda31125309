"""No store: nothing is kept and nothing is found."""

from __future__ import annotations

from collections.abc import Sequence

from zot.domain.credential import Origin, Place
from zot.domain.error import StoreBroken
from zot.domain.provider import ProviderProfile
from zot.ports.secret_store import Kept, Record, SecretStore


class NullStore:
    """Keep nothing, and say so to whoever wants to save."""

    name = "null"

    def place(self, profile: ProviderProfile) -> Place:
        """Name the store, for lack of a place in it."""
        return Place(Origin.STORE, "null", "the store `null`, which keeps nothing")

    def load(self, profile: ProviderProfile) -> Record | None:
        """Return None."""
        return None

    def save(self, profile: ProviderProfile, credential: Kept) -> Place:
        """Raise `StoreBroken`: a login that is not kept is no login."""
        raise StoreBroken(
            "the secret store is set to `null`, which keeps nothing",
            hint="choose another: `ZOT_SECRET_STORE=file`",
        )

    def delete(self, profile: ProviderProfile) -> bool:
        """Return False: there was nothing."""
        return False

    def logins(self, profiles: Sequence[ProviderProfile]) -> Sequence[Place]:
        """Return nothing."""
        return []


def null_store() -> SecretStore:
    """Return the store; its type is the proof that the port is played."""
    return NullStore()
