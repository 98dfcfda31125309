"""A place to keep logins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from zot.domain.credential import ApiKey, OAuthToken, Place
from zot.domain.provider import ProviderProfile

Kept = ApiKey | OAuthToken
KeptField = Literal["api_key", "api_key_command", "oauth"]


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """A command that prints a key: an argument list, no shell; `timeout` in seconds."""

    argv: tuple[str, ...]
    timeout: float = 120.0


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept for one provider, and where exactly it stands."""

    credential: Kept | KeyCommand
    place: Place
    fields: dict[str, str] = field(default_factory=dict)


class SecretStore(Protocol):
    """Where logins are kept between runs.

    Methods raise `StoreLocked` or `StoreBroken` (or `ConfigError` for a file that a person
    can mend); nothing is ever lost by a failure.
    """

    @property
    def name(self) -> str:
        """How the store is called in `ZOT_SECRET_STORE`."""
        ...

    def place(self, profile: ProviderProfile) -> Place:
        """Where the login of this provider is kept, whether or not there is one."""
        ...

    def load(self, profile: ProviderProfile) -> Record | None:
        """Return what is kept for a provider, or None."""
        ...

    def save(self, profile: ProviderProfile, credential: Kept) -> Place:
        """Keep a credential and return its place once it can be read back."""
        ...

    def delete(self, profile: ProviderProfile) -> bool:
        """Forget what is kept for a provider; tell whether there was anything."""
        ...

    def logins(self, profiles: Sequence[ProviderProfile]) -> Sequence[Place]:
        """Name the logins that are kept, without secrets and without unlocking anything."""
        ...
