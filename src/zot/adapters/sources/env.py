"""The provider's environment variables, in the order of its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zot.domain.credential import Look, Origin, Place
from zot.domain.key import read_key
from zot.ports.credential_source import CredentialQuery


class EnvSource:
    """The first variable that is set wins; set but empty counts as absent."""

    origin = Origin.ENV

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def look(self, query: CredentialQuery) -> Iterable[Look]:
        """Look at one variable after the other."""
        for variable in query.profile.env:
            place = Place(Origin.ENV, variable)
            value = self._environ.get(variable)
            if value is None:
                yield Look(place, "absent")
            elif not value.strip():
                yield Look(place, "empty", "set, but empty")
            elif missing := self._goes_with(query):
                yield Look(place, "absent", f"counts only together with {missing}")
            else:
                yield Look(place, "found", "", read_key(value, place))

    def peek(self, query: CredentialQuery) -> Iterable[Look]:
        """Name the variables that are set."""
        for variable in query.profile.env:
            if self._environ.get(variable, "").strip() and not self._goes_with(query):
                yield Look(Place(Origin.ENV, variable), "present")

    def _goes_with(self, query: CredentialQuery) -> str:
        """Return the variable that has to be set beside the key, and is not."""
        profile = query.profile
        if not profile.env_only_with:
            return ""
        variables = profile.settings[profile.env_only_with].env
        return "" if any(self._environ.get(name) for name in variables) else variables[0]
