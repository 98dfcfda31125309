"""What proves who asks, and where it was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from zot.domain.secret import Secret


class Origin(Enum):
    """Where a credential was found; `NONE` is for providers that need none."""

    FLAG = "flag"
    ENV = "env"
    STORE = "store"
    CUSTOM = "custom"
    AMBIENT = "ambient"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that the provider issued; metered unless its provider says otherwise."""

    key: Secret


@dataclass(frozen=True, slots=True)
class OAuthToken:
    """A subscription login; `expires_at` is in Unix seconds, None for never."""

    access: Secret
    refresh: Secret | None = None
    expires_at: float | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ambient:
    """A hand-over to the vendor's own chain, which is asked when the request is signed."""

    chain: Literal["aws", "google"]


@dataclass(frozen=True, slots=True)
class Keyless:
    """The provider takes requests without any credential."""


Credential = ApiKey | OAuthToken | Ambient | Keyless


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a credential may be.

    `detail` is its short name (`GROQ_API_KEY`, a stored key, `--api-key`); `where` says
    it in full (file and key).
    """

    origin: Origin
    detail: str
    where: str = ""

    def __str__(self) -> str:
        return self.where or self.detail


NOWHERE = Place(Origin.NONE, "")
"""The place of a credential that nobody needs."""

Outcome = Literal["found", "absent", "empty", "broken", "present"]


@dataclass(frozen=True, slots=True)
class Look:
    """What one place said.

    `present` is the answer to a peek: something is there, and nobody asked for it.
    """

    place: Place
    outcome: Outcome
    note: str = ""
    credential: Credential | None = None
