"""What the whole program depends on, gathered once by an entrypoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from zot.app.home import home_folder
from zot.domain.error import StoreLocked
from zot.domain.secret import Secret

if TYPE_CHECKING:
    import httpx

    from zot.ports.secret_store import SecretStore


def _nobody_to_ask(_new: bool) -> Secret:
    raise StoreLocked("the encrypted store needs a passphrase, and nobody was named to ask")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything from outside; times are in seconds.

    `key_name` is how this face calls an explicit key. `http_client` and `store` replace the
    ones that zot would make. `passphrase` is asked for that of an encrypted store (True for
    a new one). `one_run` says that this process ends with its command. `variables` is the
    process environment where zot may set what the built-in engine reads; `progress` is told
    the bytes done and in all of a download.
    """

    home: Path
    environ: Mapping[str, str] = field(repr=False)
    user_home: Path
    platform: str
    api_key: Secret | None = None
    key_name: str = "api_key="
    base_url: str | None = None
    insecure_http: bool = False
    retries: int = 2
    timeout: float = 600.0
    store: SecretStore | None = field(default=None, compare=False)
    http_client: httpx.AsyncClient | None = field(default=None, compare=False)
    passphrase: Callable[[bool], Secret] = field(default=_nobody_to_ask, compare=False)
    one_run: bool = False
    variables: MutableMapping[str, str] | None = field(default=None, compare=False, repr=False)
    progress: Callable[[int, int], None] = field(default=lambda _done, _total: None, compare=False)


def settings_from(
    environ: Mapping[str, str], platform: str, home: Path | str | None = None
) -> Settings:
    """Return the settings of an environment; reads nothing but what it is given."""
    user_home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "/")
    place = Path(home) if home is not None else home_folder(environ, user_home, platform)
    return Settings(place, environ, user_home, platform)
