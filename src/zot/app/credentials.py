"""The credential policy, at work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from zot.domain.credential import NOWHERE, Keyless, Look, Origin
from zot.domain.error import ZotError
from zot.domain.precedence import PRECEDENCE, Lookup, Resolution, resolve
from zot.domain.provider import ProviderProfile
from zot.ports.credential_source import CredentialQuery, CredentialSource


class CredentialService:
    """Find a provider's credential, and explain where it was found."""

    def __init__(self, sources: Sequence[CredentialSource]) -> None:
        self._sources = {source.origin: source for source in sources}

    def resolve(self, profile: ProviderProfile) -> Resolution:
        """Search in policy order; no place after the winner is asked."""
        query = CredentialQuery(profile)
        lookups: dict[Origin, Lookup] = {}
        if profile.credential != "none":
            for origin, source in self._sources.items():
                lookups[origin] = partial(source.look, query)
        if profile.credential != "required":
            lookups[Origin.NONE] = lambda: [Look(NOWHERE, "found", "no key needed", Keyless())]
        return resolve(profile.id, lookups, ways_on(profile))

    def explain(self, profile: ProviderProfile) -> Resolution:
        """Search as `resolve` does, and name what lies behind the winner."""
        resolution = self.resolve(profile)
        if (winner := resolution.winner) is None:
            return resolution
        asked = {look.place for look in resolution.looks}
        later = PRECEDENCE[_rank(winner.place.origin) :]
        behind = [look for look in self._peek(profile, later) if look.place not in asked]
        return replace(resolution, shadowed=tuple(behind))

    def ready(self, profile: ProviderProfile) -> Look | None:
        """Name the first place where something is, without asking for it; None if nowhere."""
        if profile.credential == "none":
            return Look(NOWHERE, "present")
        return next(iter(self._peek(profile, PRECEDENCE)), None)

    def _peek(self, profile: ProviderProfile, origins: Iterable[Origin]) -> Iterable[Look]:
        query = CredentialQuery(profile)
        for origin in origins:
            if (source := self._sources.get(origin)) is not None:
                try:
                    yield from source.peek(query)
                except ZotError as error:
                    yield Look(replace(NOWHERE, origin=origin, where=error.message), "broken")


def _rank(origin: Origin) -> int:
    return PRECEDENCE.index(origin) if origin in PRECEDENCE else len(PRECEDENCE)


def ways_on(profile: ProviderProfile) -> tuple[str, ...]:
    """Return what a person can do who has no credential for a provider."""
    ways = [f"export {profile.env[0]}=…"] if profile.env else []
    if profile.login:
        ways.append(f"zot login {profile.id}")
    if profile.key_url and "instructions" not in profile.login:
        ways.append(f"get a key at {profile.key_url} and pass it with --api-key -")
    elif profile.ambient:
        ways.append(f"set up the {profile.ambient} chain, then `zot auth explain {profile.id}`")
    else:
        ways.append(f"zot auth explain {profile.id}")
    return tuple(ways)
