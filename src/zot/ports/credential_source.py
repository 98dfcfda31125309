"""A place to look for a credential."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from zot.domain.credential import Look, Origin
from zot.domain.provider import ProviderProfile


@dataclass(frozen=True, slots=True)
class CredentialQuery:
    """Whose credential is wanted."""

    profile: ProviderProfile


class CredentialSource(Protocol):
    """One origin of the precedence: an ordered list of places a credential may be in."""

    @property
    def origin(self) -> Origin:
        """Which origin of the policy this source is."""
        ...

    def look(self, query: CredentialQuery) -> Iterable[Look]:
        """Look at each place in order, lazily; the search stops at the first credential.

        A place that has none yields `absent` (or `empty`); one that cannot be read raises
        the `ZotError` that says why. Absent is quiet, broken is loud.
        """
        ...

    def peek(self, query: CredentialQuery) -> Iterable[Look]:
        """Say at which places something is, without reading a secret.

        Never unlocks a store, runs a command or raises: what cannot be told is left out.
        """
        ...
