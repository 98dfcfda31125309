"""How each port is filled: one function a part, with every heavy import inside."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from zot.app.chat import ChatService
from zot.app.credentials import CredentialService
from zot.app.selection import SelectionService
from zot.app.settings import Settings
from zot.app.transports import Transports
from zot.domain.catalog import Catalog
from zot.domain.config import Config
from zot.domain.deadline import Deadlines
from zot.domain.error import ConfigError, UsageError
from zot.ports.authorizer import Authorizer
from zot.ports.credential_source import CredentialSource
from zot.ports.model_transport import ModelTransport
from zot.ports.secret_store import SecretStore
from zot.ports.wire_codec import WireCodec

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from zot.adapters.imports.siblings import Found
    from zot.adapters.logins.page import LoginPage
    from zot.adapters.sources._command import KeyCommands
    from zot.adapters.stores.file import Repaired
    from zot.adapters.transports._weights import Weights
    from zot.app.accounts import AccountService, Probe
    from zot.app.models import ModelService
    from zot.app.stores import StoreService
    from zot.domain.secret import Secret
    from zot.ports.secret_store import KeyCommand

Notify = Callable[[str], None]
_WIRE = re.compile(r"[a-z][a-z0-9-]*")


def catalog(settings: Settings, notify: Notify) -> Catalog:
    """Return the catalog: what ships with zot, and the user's file over it.

    `notify` is told of each mistake in that file; what a mistake disables stays disabled.
    """
    from zot.adapters.catalogs.builtin import shipped

    base = shipped()
    path = settings.home / "models.json"
    if not os.path.lexists(path):
        return base
    from zot.adapters.catalogs.user import overlay

    known = base.overlay(overlay(path, base))
    for problem in known.problems:
        notify(f"{problem.message}; {problem.hint}" if problem.hint else problem.message)
    for notice in known.notices:
        notify(notice)
    return known


def config(settings: Settings) -> Config:
    """Return what `config.json` says."""
    path = settings.home / "config.json"
    if not path.exists():
        return Config()
    from zot.adapters.configs.file import load

    return load(path)


def remember(settings: Settings) -> Callable[[str, str], None]:
    """Return what makes a provider and a model the last selection."""
    from zot.adapters.configs.file import remember

    return partial(remember, settings.home / "config.json")


def probe(settings: Settings, client: Callable[[], httpx.AsyncClient]) -> Probe:
    """Return what asks a provider whether it accepts a key."""
    from zot import __version__
    from zot.adapters.probes.http import HttpProbe

    return HttpProbe(client, authorizer_for, settings.environ, f"zot/{__version__}")


def models(
    known: Catalog,
    service: CredentialService,
    client: Callable[[], httpx.AsyncClient],
    settings: Settings,
) -> ModelService:
    """Return the service that asks a provider for its own list of models."""
    from zot import __version__
    from zot.adapters.listings.http import HttpListing
    from zot.app.models import ModelService

    ask = HttpListing(client, authorizer_for, f"zot/{__version__}")
    return ModelService(known, service, ask, settings.environ)


def login_page() -> LoginPage:
    """Return the page that takes in a key where there is a browser."""
    from zot.adapters.logins.browser import open_browser
    from zot.adapters.logins.page import LoginPage

    return LoginPage(open_browser)


def stores(known: Catalog, store: SecretStore, named: Callable[[str], SecretStore]) -> StoreService:
    """Return the service that moves logins between stores."""
    from zot.app.stores import StoreService

    return StoreService(known, store, named)


def found_keys(settings: Settings, known: Catalog) -> Callable[[Sequence[Path]], list[Found]]:
    """Return what finds the keys of other programs, and of the `.env` files it is given."""
    from zot.adapters.imports import siblings

    variables = {name: p.id for p in known.providers.values() for name in p.env[:1]}

    def find(files: Sequence[Path]) -> list[Found]:
        if files:
            return [found for path in files for found in siblings.dotenv(path, variables)]
        return list(siblings.known(settings.environ, settings.user_home))

    return find


def accounts(
    known: Catalog,
    service: CredentialService,
    store: SecretStore,
    ask: Probe,
    settings: Settings,
) -> AccountService:
    """Return the service that keeps and forgets logins."""
    from zot.app.accounts import AccountService

    return AccountService(known, service, store, ask, settings)


def store_named(settings: Settings, notify: Notify) -> Callable[[str], SecretStore]:
    """Return the function from a name to the secret store of that name."""
    from zot.adapters.stores.family import StoreSettings, open_store

    wanted = StoreSettings(settings.home, settings.environ, settings.passphrase, notify)
    return lambda name: open_store(name, wanted)


def secret_store(
    settings: Settings, wanted: Config, named: Callable[[str], SecretStore]
) -> SecretStore:
    """Return the secret store in use: `ZOT_SECRET_STORE`, then config.json, then `file`."""
    if settings.store is not None:
        return settings.store
    return named(settings.environ.get("ZOT_SECRET_STORE") or wanted.secret_store or "file")


def choose_store(settings: Settings) -> Callable[[str], None]:
    """Return what makes a secret store the one in use."""
    from zot.adapters.configs.file import change

    return lambda name: change(settings.home / "config.json", {"secret_store": name})


def repair(settings: Settings, notify: Notify) -> Callable[[], Repaired | None]:
    """Return what mends auth.json."""
    from zot.adapters.stores.file import FileStore

    return FileStore(settings.home / "auth.json", notice=notify).repair


def sources(settings: Settings, store: SecretStore, known: Catalog) -> Sequence[CredentialSource]:
    """Return one source for each origin of the policy."""
    from zot.adapters.sources.ambient import AmbientSource
    from zot.adapters.sources.custom import CustomSource
    from zot.adapters.sources.env import EnvSource
    from zot.adapters.sources.flag import FlagSource
    from zot.adapters.sources.store import StoreSource

    made: list[KeyCommands] = []

    def run(command: KeyCommand, defined_in: Path | None = None) -> Secret:
        from zot.adapters.sources._command import KeyCommands

        if not made:  # one for all, so that a command runs once however many wait for it
            key_variables = frozenset(name for p in known.providers.values() for name in p.env)
            made.append(KeyCommands(settings.environ, key_variables))
        return made[0].run(command, defined_in)

    return [
        FlagSource(settings.api_key, settings.key_name),
        EnvSource(settings.environ),
        StoreSource(store, run),
        CustomSource(settings.environ, partial(run, defined_in=settings.home / "models.json")),
        AmbientSource(settings.environ, settings.user_home),
    ]


def selection(known: Catalog, service: CredentialService, wanted: Config) -> SelectionService:
    """Return the choice that is made when nobody is named."""
    from importlib.util import find_spec

    return SelectionService(known, service, wanted, lambda: find_spec("xllamacpp") is not None)


def http_client(settings: Settings, wanted: Config) -> httpx.AsyncClient:
    """Return the one HTTP client; making it opens nothing."""
    if settings.http_client is not None:
        return settings.http_client
    from zot.adapters.transports.client import http_client as make

    return make(settings.environ, wanted.http_proxy, insecure_http=settings.insecure_http)


def codec_for(wire: str) -> WireCodec:
    """Return the codec of a wire; raises `UsageError` naming a wire that zot cannot speak."""
    from importlib import import_module
    from importlib.util import find_spec

    name = f"zot.adapters.codecs.{wire.replace('-', '_')}"
    if not _WIRE.fullmatch(wire) or find_spec(name) is None:
        raise UsageError(
            f"zot does not speak the wire `{wire}` yet",
            hint="choose a model of another wire: `zot providers` shows which speaks what",
        )
    found: WireCodec = import_module(name).codec
    return found


def authorizer_for(scheme: str) -> Authorizer:
    """Return the way to put a credential on a request that an endpoint names."""
    from zot.adapters.authorizers.header import HEADERS, authorizer

    if scheme not in HEADERS:
        raise ConfigError("the catalog", f"no way to authorize named `{scheme}`")
    return authorizer(scheme)


def transports(
    settings: Settings, client: Callable[[], httpx.AsyncClient], notify: Notify
) -> Transports:
    """Return the transports: over HTTP, and in this process."""

    def local() -> ModelTransport:
        from zot.adapters.transports._weights import cache_folder
        from zot.adapters.transports.local import transport

        return transport(
            cache_folder(settings.environ, settings.platform),
            notify,
            environ=settings.environ,
            variables=settings.variables,
            progress=settings.progress,
            deadlines=Deadlines(total=settings.timeout),
        )

    def http() -> ModelTransport:
        from zot import __version__
        from zot.adapters.transports.http import transport

        deadlines = Deadlines.of(settings.timeout)
        return transport(client(), codec_for, authorizer_for, deadlines, f"zot/{__version__}")

    return Transports(http, local)


def weights(settings: Settings) -> Weights:
    """Return the weights of the tiny built-in model, there or not."""
    from zot.adapters.transports._weights import Weights, cache_folder

    return Weights(cache_folder(settings.environ, settings.platform), settings.environ)


def chat(
    known: Catalog,
    service: CredentialService,
    choice: SelectionService,
    carry: Transports,
    settings: Settings,
) -> ChatService:
    """Return the service that answers orders."""
    return ChatService(
        catalog=known,
        credentials=service,
        selection=choice,
        transport_for=carry,
        environ=settings.environ,
        base_url=settings.base_url,
        insecure_http=settings.insecure_http,
        retries=settings.retries,
        timeout=settings.timeout,
    )
