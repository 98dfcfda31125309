"""How zot is put together: the only module that knows the container library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from zot.app import build
from zot.app.chat import ChatService
from zot.app.credentials import CredentialService
from zot.app.selection import SelectionService
from zot.app.settings import Settings
from zot.app.transports import Transports
from zot.domain.catalog import Catalog
from zot.domain.config import Config
from zot.ports.secret_store import SecretStore

if TYPE_CHECKING:
    from zot.app.accounts import AccountService


class Container(containers.DeclarativeContainer):
    """The parts of zot, each made once and when it is first asked for."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    notify: providers.Dependency[build.Notify] = providers.Dependency()
    config: providers.Provider[Config] = providers.ThreadSafeSingleton(build.config, settings)
    catalog: providers.Provider[Catalog] = providers.ThreadSafeSingleton(
        build.catalog, settings, notify
    )
    store_named = providers.ThreadSafeSingleton(build.store_named, settings, notify)
    store: providers.Provider[SecretStore] = providers.ThreadSafeSingleton(
        build.secret_store, settings, config, store_named
    )
    sources = providers.ThreadSafeSingleton(build.sources, settings, store, catalog)
    credentials: providers.Provider[CredentialService] = providers.ThreadSafeSingleton(
        CredentialService, sources
    )
    selection: providers.Provider[SelectionService] = providers.ThreadSafeSingleton(
        build.selection, catalog, credentials, config
    )
    http_client = providers.ThreadSafeSingleton(build.http_client, settings, config)
    weights = providers.ThreadSafeSingleton(build.weights, settings)
    transports: providers.Provider[Transports] = providers.ThreadSafeSingleton(
        build.transports, settings, http_client.provider, notify
    )
    stores = providers.ThreadSafeSingleton(build.stores, catalog, store, store_named)
    found_keys = providers.Factory(build.found_keys, settings, catalog)
    choose_store = providers.Factory(build.choose_store, settings)
    repair = providers.Factory(build.repair, settings, notify)
    remember = providers.Factory(build.remember, settings)
    probe = providers.ThreadSafeSingleton(build.probe, settings, http_client.provider)
    models = providers.ThreadSafeSingleton(
        build.models, catalog, credentials, http_client.provider, settings
    )
    login_page = providers.Factory(build.login_page)
    accounts: providers.Provider[AccountService] = providers.ThreadSafeSingleton(
        build.accounts, catalog, credentials, store, probe, settings
    )
    chat: providers.Provider[ChatService] = providers.ThreadSafeSingleton(
        build.chat, catalog, credentials, selection, transports, settings
    )
