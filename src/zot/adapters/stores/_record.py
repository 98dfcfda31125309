"""What `auth.json` keeps for one provider: which keys are read, and what they hold.

The shapes are shared with other programs. A lookup reads the map of additional providers
first, then the provider's own key at the top level, then its other spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from zot.adapters.stores._document import Node, parse
from zot.domain.credential import ApiKey, OAuthToken, Place
from zot.domain.key import read_key
from zot.domain.provider import ProviderProfile
from zot.domain.secret import Secret
from zot.ports.secret_store import Kept, KeptField, KeyCommand

ADDITIONAL = "additional_api_key_creds"
BOTH_HALVES = "openai"
"""The one record that keeps a key and a login side by side: two providers share it."""

LONGEST_TIMEOUT_MS = 3_600_000

Key = tuple[str, ...]

_HALVES: tuple[KeptField, ...] = ("api_key", "api_key_command", "oauth")

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_ZERO_YEAR = "0001-01-01"


class WrongShape(Exception):
    """A value that is not of the kind its key promises."""

    def __init__(self, key: Key, node: Node, problem: str) -> None:
        super().__init__(problem)
        self.key = key
        self.node = node
        self.problem = problem


def spellings(profile: ProviderProfile) -> Iterator[Key]:
    """Yield the keys at which a provider's record may stand, in the order of reading."""
    seen: set[Key] = set()
    paths: list[Key] = [(ADDITIONAL, profile.stored)]
    if profile.slot == "top":
        paths.append((profile.stored,))
    for name in profile.stored_also:
        paths += [(name,), (ADDITIONAL, name)]
    for path in paths:
        if path not in seen:
            seen.add(path)
            yield path


def home(profile: ProviderProfile) -> Key:
    """Return the key at which a new record is written."""
    return (profile.stored,) if profile.slot == "top" else (ADDITIONAL, profile.stored)


def halves(profile: ProviderProfile) -> tuple[KeptField, ...]:
    """Return the fields that count for a provider, in the order of reading."""
    if profile.stored_field == "oauth":
        return ("oauth",)
    if profile.stored_field == "api_key" or profile.stored == BOTH_HALVES:
        return ("api_key", "api_key_command")
    return _HALVES


def find(root: Node, path: Key) -> Node | None:
    """Return the record at a key, None where nothing is; raises `WrongShape`."""
    node: Node | None = root
    for depth, name in enumerate(path):
        if node is None:
            return None
        if node.kind != "object":
            raise WrongShape(path[:depth], node, "has to be an object")
        node = node.get(name)
    if node is not None and node.kind != "object":
        raise WrongShape(path, node, "has to be an object")
    return node


def credential(
    text: str, record: Node, key: Key, profile: ProviderProfile, place: Place
) -> tuple[Kept | KeyCommand, KeptField] | None:
    """Return what a record holds for a provider and in which field; None where it is empty.

    Raises `WrongShape`, or `CredentialRejected` for a key that no header can carry.
    """
    for name in halves(profile):
        if (node := record.get(name)) is None:
            continue
        found: Kept | KeyCommand | None
        if name == "api_key":
            value = _text(node, (*key, name)).strip()
            found = read_key(value, place) if value else None
        elif name == "api_key_command":
            found = _command(text, node, (*key, name))
        else:
            found = _oauth(node, (*key, name))
        if found is not None:
            return found, name
    return None


def logins(text: str) -> dict[str, str]:
    """Return what a document holds: `additional_api_key_creds/groq` to `api_key,oauth`."""
    root = parse(text)
    records = [(member.name, member.value) for member in root.members]
    if (additional := root.get(ADDITIONAL)) is not None:
        records += [(f"{ADDITIONAL}/{member.name}", member.value) for member in additional.members]
    kept = {name: [half for half in _HALVES if node.get(half)] for name, node in records}
    return {name: ",".join(halves) for name, halves in kept.items() if halves}


def as_read(kept: Kept, place: Place) -> Kept:
    """Return a credential as `credential` will return it; raises `CredentialRejected`."""
    return read_key(kept.key.reveal(), place) if isinstance(kept, ApiKey) else kept


def same(found: Kept | KeyCommand, wanted: Kept) -> bool:
    """Tell whether a credential is the one that was written; times are kept to a microsecond."""
    if isinstance(found, OAuthToken) and isinstance(wanted, OAuthToken):
        return replace(found, expires_at=None) == replace(wanted, expires_at=None)
    return found == wanted


def settings(record: Node, key: Key, profile: ProviderProfile) -> dict[str, str]:
    """Return the settings that stand beside the credential, where they are set."""
    names = [name for name in profile.stored_fields if name != "api_key"]
    nodes = {name: node for name in names if (node := record.get(name)) is not None}
    return {name: _text(node, (*key, name)) for name, node in nodes.items() if node.string}


def _object(node: Node, key: Key, otherwise: str = "an object") -> Node:
    if node.kind != "object":
        raise WrongShape(key, node, f"has to be {otherwise}")
    return node


def _text(node: Node, key: Key) -> str:
    if node.kind != "string":
        raise WrongShape(key, node, "has to be text in quotes")
    return node.string


def _command(text: str, node: Node, key: Key) -> KeyCommand | None:
    _object(node, key, 'an object: {"program": …, "args": […], "timeout_ms": …}')
    if not node.members:
        return None
    program = node.get("program")
    if program is None or not _text(program, (*key, "program")):
        raise WrongShape((*key, "program"), program or node, "has to name a program")
    argv = [program.string]
    if (args := node.get("args")) is not None:
        if args.kind != "array" or any(item.kind != "string" for item in args.items):
            raise WrongShape((*key, "args"), args, "has to be a list of texts")
        argv += [item.string for item in args.items]
    if any("\0" in word for word in argv):
        raise WrongShape(key, node, "cannot hold a NUL character")
    return KeyCommand(tuple(argv), *_timeout(text, node, key))


def _timeout(text: str, node: Node, key: Key) -> tuple[float, ...]:
    """Return the seconds that are set, or nothing for the default; 0 means the default."""
    if (limit := node.get("timeout_ms")) is None:
        return ()
    raw = text[limit.start : limit.end]
    if not re.fullmatch(r"[0-9]{1,7}", raw) or int(raw) > LONGEST_TIMEOUT_MS:
        problem = f"has to be a whole number of milliseconds, {LONGEST_TIMEOUT_MS} at most"
        raise WrongShape((*key, "timeout_ms"), limit, problem)
    return (int(raw) / 1000,) if int(raw) else ()


def _oauth(node: Node, key: Key) -> OAuthToken | None:
    _object(node, key)

    def text(name: Literal["access_token", "refresh_token", "account_id"]) -> str:
        found = node.get(name)
        return "" if found is None else _text(found, (*key, name)).strip()

    access = text("access_token")
    if not access:
        return None
    refresh = text("refresh_token")
    return OAuthToken(
        Secret(access),
        Secret(refresh) if refresh else None,
        _expiry(node, (*key, "expiry")),
        text("account_id") or None,
    )


def _expiry(node: Node, key: Key) -> float | None:
    found = node.get("expiry")
    if found is None or not (text := _text(found, key)):
        return None
    try:
        return read_time(text)
    except ValueError:
        raise WrongShape(key, found, "has to be a time like 2026-09-01T10:00:00Z") from None


def read_time(text: str) -> float | None:
    """Return Unix seconds for an RFC 3339 time, None for the zero time that Go writes.

    Up to nine digits of a second are read. Raises `ValueError`.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not RFC 3339")
    day, clock, fraction, zone = match.groups()
    if day == _ZERO_YEAR:
        return None
    offset = "+00:00" if zone in {"Z", "z"} else zone
    whole = datetime.fromisoformat(f"{day}T{clock}{offset}").timestamp()
    return whole + float(f"0.{fraction}") if fraction else whole


def write_time(seconds: float) -> str:
    """Return the RFC 3339 time for Unix seconds, at most the end of the year 9999."""
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    moment = datetime.fromtimestamp(seconds, UTC) if seconds < last.timestamp() else last
    return moment.isoformat().replace("+00:00", "Z")
