"""The text of `auth.json` after a login or a logout."""

from __future__ import annotations

import json

from zot.adapters.stores import _edit, _record
from zot.adapters.stores._document import Node, parse
from zot.adapters.stores._record import Key
from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.error import StoreBroken
from zot.domain.provider import ProviderProfile
from zot.ports.secret_store import Kept

OF_ONE_ACCOUNT = ("id_token", "scope")
"""What a login wrote beside its tokens and what means nothing for another account."""


def check(profile: ProviderProfile, credential: Kept) -> None:
    """Refuse what could not be read back.

    Raises `StoreBroken`, or `CredentialRejected` for a key that no header can carry.
    """
    half = "api_key" if isinstance(credential, ApiKey) else "oauth"
    if not profile.stored or half not in _record.halves(profile):
        kind = "an API key" if half == "api_key" else "a subscription login"
        raise StoreBroken(f"`{profile.id}` has no place for {kind}")
    secret = credential.key if isinstance(credential, ApiKey) else credential.access
    if not secret.reveal().strip():
        raise StoreBroken(f"an empty key for `{profile.id}` cannot be kept")


def keep(text: str, profile: ProviderProfile, credential: Kept) -> str:
    """Return the text with a credential in it, where the provider's record stands.

    A key takes the place of a login and the other way round, except in the record that
    two providers share. Raises `WrongShape` for a record that is no object.
    """
    target = _standing(parse(text), profile)
    for key in _record.spellings(profile):
        if key != target:
            text, _ = _without(text, key, _record.halves(profile))
    if isinstance(credential, ApiKey):
        text = _edit.put(text, (*target, "api_key"), credential.key.reveal())
        superseded = ("api_key_command", "oauth")
    else:
        text = _keep_login(text, (*target, "oauth"), credential)
        superseded = ("api_key", "api_key_command")
    for name in superseded:
        if name in _record.halves(profile):
            text = _edit.remove(text, (*target, name))
    return text


def forget(text: str, profile: ProviderProfile) -> tuple[str, bool]:
    """Return the text without any spelling of a provider's login, and whether one was there.

    Other fields of its record stay; a record that is left empty goes.
    """
    there = False
    for key in _record.spellings(profile):
        text, found = _without(text, key, _record.halves(profile))
        there = there or found
    return text, there


def _standing(root: Node, profile: ProviderProfile) -> Key:
    """Return where a provider's record stands, the one that is read before any other."""
    records = [
        (key, record)
        for key in _record.spellings(profile)
        if (record := _record.find(root, key)) is not None
    ]
    for key, record in records:
        if any(record.get(name) is not None for name in _record.halves(profile)):
            return key
    return records[0][0] if records else _record.home(profile)


def _without(text: str, key: Key, names: tuple[str, ...]) -> tuple[str, bool]:
    try:
        record = _record.find(parse(text), key)
    except _record.WrongShape as error:
        if error.key != key:
            raise
        return _edit.remove(text, key), True
    if record is None:
        return text, False
    gone = [member.name for member in record.members if member.name in names]
    if len(gone) == len(record.members):
        return _edit.remove(text, key), bool(gone)
    for name in gone:
        text = _edit.remove(text, (*key, name))
    return text, bool(gone)


def one_line(credential: Kept) -> str:
    """Return a record with nothing but a credential, as compact JSON."""
    record = (
        {"api_key": credential.key.reveal()}
        if isinstance(credential, ApiKey)
        else {"oauth": {name: text for name, text in _fields(credential).items() if text}}
    )
    return json.dumps(record, separators=(",", ":"))


def _fields(login: OAuthToken) -> dict[str, str | None]:
    return {
        "access_token": login.access.reveal(),
        "refresh_token": login.refresh.reveal() if login.refresh else None,
        "expiry": None if login.expires_at is None else _record.write_time(login.expires_at),
        "account_id": login.account_id,
    }


def _keep_login(text: str, key: Key, login: OAuthToken) -> str:
    fields = _fields(login)
    old = _record.find(parse(text), key[:-1])
    standing = old.get(key[-1]) if old is not None else None
    if standing is None or standing.kind != "object":
        return _edit.put(text, key, {name: value for name, value in fields.items() if value})
    account = standing.get("account_id")
    if account is not None and account.string != login.account_id:
        fields |= dict.fromkeys(OF_ONE_ACCOUNT)
    if login.expires_at == _expiry(standing):
        del fields["expiry"]
    for name, value in fields.items():
        path = (*key, name)
        text = _edit.put(text, path, value) if value else _edit.remove(text, path)
    return text


def _expiry(standing: Node) -> float | None:
    found = standing.get("expiry")
    try:
        return None if found is None else _record.read_time(found.string)
    except ValueError:
        return None
