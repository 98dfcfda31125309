"""Whom to ask when nobody is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from zot.app.credentials import CredentialService
from zot.domain.catalog import Catalog
from zot.domain.config import Config
from zot.domain.credential import Look
from zot.domain.error import MissingCredential
from zot.domain.request import ChatOrder

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Selection:
    """An order that names its model, and why zot chose it (empty where the user did)."""

    order: ChatOrder
    why: str = ""


class SelectionService:
    """Fill in the provider and the model that an order leaves open."""

    def __init__(
        self,
        catalog: Catalog,
        credentials: CredentialService,
        config: Config,
        local_ready: Callable[[], bool],
    ) -> None:
        self._catalog = catalog
        self._credentials = credentials
        self._config = config
        self._local_ready = local_ready

    def select(self, order: ChatOrder) -> Selection:
        """Return the order with its model named.

        The last selection; else the first provider that has a credential; else the tiny
        built-in model, where its engine is installed; else `MissingCredential`.
        """
        if order.provider is not None or order.model is not None:
            return Selection(self._with_last_model(order))
        if self._config.provider is not None:
            chosen = replace(order, provider=self._config.provider)
            return Selection(self._with_last_model(chosen), "the last selection")
        if (ready := self.first_ready()) is not None:
            provider, look = ready
            return Selection(
                replace(order, provider=provider), f"the first with a credential, from {look.place}"
            )
        if self._local_ready():
            return Selection(
                replace(order, provider=LOCAL),
                "the tiny built-in model, since no provider has a credential; "
                "`zot login` adds a better one",
            )
        raise NothingReady

    def first_ready(self) -> tuple[str, Look] | None:
        """Return the first provider that has a credential, and where it lies."""
        broken: Look | None = None
        for profile in self._catalog.providers.values():
            if profile.credential == "required" and (look := self._credentials.ready(profile)):
                if look.outcome == "broken":
                    broken = broken or look
                    continue
                return profile.id, look
        if broken is not None:
            self._credentials.resolve(next(iter(self._catalog.providers.values()))).require()
        return None

    def _with_last_model(self, order: ChatOrder) -> ChatOrder:
        if order.model is not None or order.provider is None:
            return order
        if order.provider == self._config.provider and self._config.model:
            return replace(order, model=self._config.model)
        return replace(order, model=self._config.last_models.get(order.provider))


class NothingReady(MissingCredential):
    """No provider has a credential, and the built-in model is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "any provider",
            (),
            (
                "zot login",
                "export a key, such as OPENROUTER_API_KEY=…",
                "pip install 'zot[local]' for a tiny built-in model that needs no key",
            ),
        )
