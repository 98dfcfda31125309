"""The vendor's own chain: AWS and Google."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from zot.domain.credential import Ambient, Look, Origin, Place
from zot.ports.credential_source import CredentialQuery

_VARIABLES = {
    "aws": (
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ),
    "google": ("GOOGLE_APPLICATION_CREDENTIALS",),
}


class AmbientSource:
    """A hand-over: the chain itself is asked when the request is signed.

    Counts only where a variable or a file of the vendor names a credential; nothing is
    asked over the network to find out.
    """

    origin = Origin.AMBIENT

    def __init__(self, environ: Mapping[str, str], user_home: Path) -> None:
        self._environ = environ
        self._user_home = user_home

    def look(self, query: CredentialQuery) -> Iterable[Look]:
        """Look for a sign of the chain."""
        chain = query.profile.ambient
        if chain is None:
            return
        sign = next(self._signs(chain), None)
        if sign is None:
            yield Look(Place(Origin.AMBIENT, chain), "absent", f"no sign of the {chain} chain")
        else:
            yield Look(Place(Origin.AMBIENT, sign), "found", "", Ambient(chain))

    def peek(self, query: CredentialQuery) -> Iterable[Look]:
        """Name the signs of the chain."""
        if (chain := query.profile.ambient) is not None:
            for sign in self._signs(chain):
                yield Look(Place(Origin.AMBIENT, sign), "present")

    def _signs(self, chain: str) -> Iterator[str]:
        yield from (name for name in _VARIABLES[chain] if self._environ.get(name))
        yield from (str(path) for path in self._files(chain) if path.is_file())

    def _files(self, chain: str) -> Iterable[Path]:
        if chain == "aws":
            folder = self._user_home / ".aws"
            yield Path(self._environ.get("AWS_SHARED_CREDENTIALS_FILE") or folder / "credentials")
            yield Path(self._environ.get("AWS_CONFIG_FILE") or folder / "config")
        else:
            config = self._environ.get("CLOUDSDK_CONFIG")
            folder = Path(config) if config else self._user_home / ".config" / "gcloud"
            yield folder / "application_default_credentials.json"
