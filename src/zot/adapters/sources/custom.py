"""`apiKey` of a provider in models.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from zot.domain.credential import Look, Origin, Place
from zot.domain.key import read_key
from zot.domain.provider import CustomKey
from zot.domain.secret import Secret
from zot.ports.credential_source import CredentialQuery
from zot.ports.secret_store import KeyCommand

RunCommand = Callable[[KeyCommand], Secret]


class CustomSource:
    """A variable, a command or a literal that models.json names."""

    origin = Origin.CUSTOM

    def __init__(self, environ: Mapping[str, str], run: RunCommand) -> None:
        self._environ = environ
        self._run = run

    def look(self, query: CredentialQuery) -> Iterable[Look]:
        """Look at what `apiKey` names; a command is run."""
        if (key := query.profile.custom_key) is None:
            return
        place = _place(key)
        if key.env:
            value = self._environ.get(key.env, "")
            if not value.strip():
                yield Look(place, "absent", f"{key.env} is not set")
                return
            yield Look(place, "found", f"from {key.env}", read_key(value, place))
        elif key.command:
            secret = self._run(KeyCommand(key.command))
            yield Look(place, "found", "by command", read_key(secret.reveal(), place))
        elif key.literal is not None:
            yield Look(place, "found", "in a plain file", read_key(key.literal.reveal(), place))

    def peek(self, query: CredentialQuery) -> Iterable[Look]:
        """Say whether there is an `apiKey`, and what it names is set."""
        key = query.profile.custom_key
        if key is not None and (not key.env or self._environ.get(key.env, "").strip()):
            yield Look(_place(key), "present")


def _place(key: CustomKey) -> Place:
    if key.env:
        return Place(Origin.CUSTOM, key.env, f"{key.where} ({key.env})")
    return Place(Origin.CUSTOM, "command" if key.command else "apiKey", key.where)
