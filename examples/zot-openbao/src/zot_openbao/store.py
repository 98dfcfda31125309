"""A secret store over the KV engine (version 2) of OpenBao.

One secret a login: `zot/groq.api_key`, `zot/anthropic.oauth`. The name alone says of what
kind it is, so that logins can be listed without reading one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from zot.domain.credential import ApiKey, OAuthToken, Origin, Place
from zot.domain.endpoint import check_destination
from zot.domain.error import StoreBroken
from zot.domain.provider import ProviderProfile
from zot.domain.secret import Secret
from zot.ports.secret_store import Kept, Record, SecretStore
from zot_openbao.client import Client

Kind = Literal["api_key", "oauth"]


class OpenBaoStore:
    """Keep logins in a folder of a KV engine.

    Methods raise `StoreLocked` where the token is not allowed to, and `StoreBroken` where
    the server cannot be reached or fails.
    """

    name = "openbao"

    def __init__(self, client: Client, prefix: str = "zot") -> None:
        self._client = client
        self._prefix = prefix

    def place(self, profile: ProviderProfile) -> Place:
        """Say where the login of a provider is kept, whether or not there is one."""
        return self._place(profile, _kinds(profile)[0])

    def load(self, profile: ProviderProfile) -> Record | None:
        """Return what is kept for a provider, or None."""
        if not profile.stored:
            return None
        for kind in _kinds(profile):
            fields = self._client.read(self._name(profile, kind))
            if fields is not None:
                return Record(_credential(kind, fields), self._place(profile, kind))
        return None

    def save(self, profile: ProviderProfile, credential: Kept) -> Place:
        """Keep a credential, read it back, and forget the one of another kind."""
        kind: Kind = "api_key" if isinstance(credential, ApiKey) else "oauth"
        if not profile.stored or kind not in _kinds(profile):
            raise StoreBroken(f"`{profile.id}` has no place for a login of this kind")
        fields = _fields(credential)
        _check(profile, fields)
        self._client.write(self._name(profile, kind), fields)
        for other in _kinds(profile):
            if other != kind:
                self._client.delete(self._name(profile, other))
        record = self.load(profile)
        if record is None or record.credential != credential:
            raise StoreBroken(f"{self._place(profile, kind)} did not keep what was written")
        return record.place

    def delete(self, profile: ProviderProfile) -> bool:
        """Forget what is kept for a provider, all versions of it."""
        if not profile.stored:
            return False
        there = self.logins([profile])
        for kind in _kinds(profile):
            self._client.delete(self._name(profile, kind))
        return bool(there)

    def logins(self, profiles: Sequence[ProviderProfile]) -> Sequence[Place]:
        """Name the logins that are kept; no secret is read."""
        names = set(self._client.names(self._prefix))
        return [
            self._place(profile, kind)
            for profile in profiles
            if profile.stored
            for kind in _kinds(profile)
            if f"{profile.stored}.{kind}" in names
        ]

    def _name(self, profile: ProviderProfile, kind: Kind) -> str:
        return f"{self._prefix}/{profile.stored}.{kind}"

    def _place(self, profile: ProviderProfile, kind: Kind) -> Place:
        where = f"OpenBao at {self._client.address}, {self._name(profile, kind)}"
        return Place(Origin.STORE, profile.stored or profile.id, where)


def _kinds(profile: ProviderProfile) -> tuple[Kind, ...]:
    """Return the kinds of login that a provider may have, in the order of reading.

    The record `openai` belongs to two providers: its key to one, its login to the other.
    """
    if profile.stored_field == "oauth":
        return ("oauth",)
    if profile.stored_field == "api_key" or profile.stored == "openai":
        return ("api_key",)
    return ("api_key", "oauth")


def _fields(credential: Kept) -> dict[str, str]:
    if isinstance(credential, ApiKey):
        return {"api_key": credential.key.reveal()}
    fields = {
        "access_token": credential.access.reveal(),
        "refresh_token": credential.refresh.reveal() if credential.refresh else "",
        "expires_at": "" if credential.expires_at is None else repr(credential.expires_at),
        "account_id": credential.account_id or "",
    }
    return {name: text for name, text in fields.items() if text}


def _check(profile: ProviderProfile, fields: Mapping[str, str]) -> None:
    """Refuse what no HTTP header could carry later on."""
    secret = fields.get("api_key", fields.get("access_token", ""))
    if not secret.strip() or not secret.isascii() or not secret.isprintable():
        raise StoreBroken(f"an empty or unprintable key for `{profile.id}` cannot be kept")


def _credential(kind: Kind, fields: Mapping[str, str]) -> Kept:
    try:
        if kind == "api_key":
            return ApiKey(Secret(fields["api_key"]))
        refresh, expiry = fields.get("refresh_token"), fields.get("expires_at")
        return OAuthToken(
            Secret(fields["access_token"]),
            Secret(refresh) if refresh else None,
            float(expiry) if expiry else None,
            fields.get("account_id"),
        )
    except (KeyError, ValueError):
        raise StoreBroken("what OpenBao keeps there is no login of zot") from None


def openbao_store(
    folder: Path,  # noqa: ARG001  # part of what zot calls
    environ: Mapping[str, str],
) -> SecretStore:
    """Return the store that the environment names; nothing is asked yet.

    This is the entry point: zot calls it with `$ZOT_HOME` and the environment.
    """
    address = environ.get("BAO_ADDR") or environ.get("VAULT_ADDR") or ""
    token = environ.get("BAO_TOKEN") or environ.get("VAULT_TOKEN") or ""
    if not address or not token:
        raise StoreBroken(
            "the store `openbao` needs an address and a token",
            hint="export BAO_ADDR=https://… BAO_TOKEN=…",
        )
    check_destination(address)
    mount = environ.get("ZOT_OPENBAO_MOUNT") or "secret"
    prefix = environ.get("ZOT_OPENBAO_PREFIX") or "zot"
    return OpenBaoStore(Client(address.rstrip("/"), Secret(token), mount), prefix)
