"""Logging in and out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from zot.app.credentials import CredentialService
from zot.app.settings import Settings
from zot.domain.catalog import Catalog
from zot.domain.credential import ApiKey, Look, OAuthToken, Origin, Place
from zot.domain.error import LoginFailed, UsageError
from zot.domain.key import read_key
from zot.domain.login import Verdict
from zot.domain.provider import ProviderProfile
from zot.domain.secret import Secret
from zot.ports.secret_store import SecretStore

Probe = Callable[[ProviderProfile, ApiKey], Awaitable[Verdict]]
GIVEN = Place(Origin.FLAG, "login")


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Where a key was stored, what was said of it, and what still wins over it."""

    place: Place
    verdict: Verdict
    shadowed_by: Look | None


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Whether there was a login, and what still supplies a credential."""

    removed: bool
    still: tuple[Look, ...]


class AccountService:
    """Keep and forget logins; nothing stored is touched before the new one is known good."""

    def __init__(
        self,
        catalog: Catalog,
        credentials: CredentialService,
        store: SecretStore,
        probe: Probe,
        settings: Settings,
    ) -> None:
        self._catalog = catalog
        self._credentials = credentials
        self._store = store
        self._probe = probe
        self._environ = settings.environ
        self._one_run = settings.one_run

    async def log_in(self, profile: ProviderProfile, text: Secret) -> LoggedIn:
        """Ask the provider about a key and store it; raises `LoginFailed` where it is refused.

        A store that cannot keep it raises its own error; success means that the key was read
        back.
        """
        if not profile.stored:
            raise UsageError(f"`{profile.id}` needs no login")
        if not text.reveal().strip():
            raise LoginFailed("the key is empty; nothing was stored")
        key = read_key(text.reveal(), GIVEN)
        verdict = await self._verdict(profile, key)
        if not verdict.accepted:
            raise LoginFailed(
                f"`{profile.id}` {verdict.said}; nothing was stored",
                hint=f"get a key at {profile.key_url}" if profile.key_url else "",
            )
        place = await self._kept(profile, key)
        first = self._credentials.ready(profile)
        wins = first if first is not None and first.place.origin is not Origin.STORE else None
        return LoggedIn(place, verdict, wins)

    async def keep(self, profile: ProviderProfile, text: Secret) -> Place:
        """Store a key without asking the provider about it; raises as `log_in` does."""
        return await self._kept(profile, read_key(text.reveal(), GIVEN))

    async def _kept(self, profile: ProviderProfile, key: ApiKey | OAuthToken) -> Place:
        if self._one_run and self._store.name == "memory":
            raise LoginFailed(
                "the store `memory` forgets everything when this command ends; nothing was stored",
                hint="choose another with ZOT_SECRET_STORE, such as `file` or `keyring`",
            )
        place = await asyncio.to_thread(self._store.save, profile, key)
        record = await asyncio.to_thread(self._store.load, profile)
        if record is None or record.credential != key:
            raise LoginFailed(
                f"the store `{self._store.name}` did not keep the key of `{profile.id}`",
                hint="choose another: `zot store show`",
            )
        return place

    def log_out(self, profile: ProviderProfile) -> LoggedOut:
        """Forget the login of a provider, and say what still supplies a credential."""
        removed = self._store.delete(profile)
        look = self._credentials.ready(profile)
        return LoggedOut(removed, (look,) if look is not None else ())

    def logins(self) -> list[ProviderProfile]:
        """Return the providers that have a stored login."""
        everyone = self._catalog.providers.values()
        return [p for p in everyone if p.stored and self._store.logins([p])]

    def instructions(self, profile: ProviderProfile) -> list[str]:
        """Return how a provider is set up that needs more than one pasted key, on this machine."""
        lines = [f"{profile.name} is set up with the environment:"]
        lines += [f"  export {name}=…{self._state(name)}" for name in profile.env[:1]]
        if profile.ambient == "aws":
            lines.append("  or AWS credentials: AWS_PROFILE, AWS_ACCESS_KEY_ID, a task role, …")
        if profile.ambient == "google":
            lines.append("  or `gcloud auth application-default login`, a service account, …")
        for setting in profile.settings.values():
            if setting.kind in {"text", "url", "azure"} and setting.env:
                need = "" if setting.required and not setting.default else "  # optional"
                lines.append(f"  export {setting.env[0]}=…{self._state(*setting.env)}{need}")
        lines += [f"get a key at {profile.key_url}"] if profile.key_url else []
        lines.append(f"then: zot --provider {profile.id} hi")
        lines.append(f"and if it does not work: zot auth explain {profile.id}")
        return lines

    def _state(self, *names: str) -> str:
        found = next((name for name in names if self._environ.get(name)), None)
        return f"  # {found} is set" if found else "  # not set"

    async def _verdict(self, profile: ProviderProfile, key: ApiKey | OAuthToken) -> Verdict:
        if profile.custom or isinstance(key, OAuthToken):
            return Verdict(accepted=True, proven=False, said="this key is not asked about")
        return await self._probe(profile, key)
