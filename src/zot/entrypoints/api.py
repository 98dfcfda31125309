"""zot in a program: the same home, environment and policy as the command line."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self, Unpack

from zot.app.settings import Settings, settings_from
from zot.domain.event import StreamEvent
from zot.domain.secret import Secret
from zot.entrypoints.options import Options, Prompt, order_from

if TYPE_CHECKING:
    import httpx

    from zot.app.container import Container
    from zot.domain.model import ModelSpec
    from zot.domain.precedence import Resolution
    from zot.domain.reply import Reply
    from zot.domain.request import WireRequest
    from zot.ports.secret_store import SecretStore


class AsyncZot:
    """Ask any model of any provider.

    Constructing it does no I/O. `environ` stands in for the process environment, which is
    never read where it is given; `home` for `$ZOT_HOME`; `store` and `http_client` for what
    zot would make itself (a client that was handed in is not closed). `timeout` is in
    seconds for a whole request; `retries` counts repeats of a request that failed before
    its first event; `notify` is told what takes long, such as a download.

    Methods raise `ZotError`; a stream that breaks off carries the partial reply in
    `.partial`.
    """

    def __init__(
        self,
        *,
        home: str | Path | None = None,
        environ: Mapping[str, str] | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        store: SecretStore | None = None,
        http_client: httpx.AsyncClient | None = None,
        retries: int = 2,
        timeout: float = 600.0,
        insecure_http: bool = False,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        settings = settings_from(os.environ if environ is None else environ, sys.platform, home)
        self._settings: Settings = replace(
            settings,
            api_key=None if api_key is None else Secret(api_key),
            base_url=base_url,
            store=store,
            http_client=http_client,
            retries=retries,
            timeout=timeout,
            insecure_http=insecure_http,
        )
        self._notify = notify
        self._made: Container | None = None
        self._making = Lock()

    @classmethod
    def of(cls, settings: Settings, notify: Callable[[str], None]) -> Self:
        """Return zot with settings that an entrypoint made itself."""
        zot = cls(environ={}, notify=notify)
        zot._settings = settings
        return zot

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what zot opened; the object may be used again and opens it anew."""
        container, self._made = self._made, None
        if container is not None:
            await container.transports().aclose()
            if self._settings.http_client is None:
                await container.http_client().aclose()

    async def complete(self, prompt: Prompt, **options: Unpack[Options]) -> Reply:
        """Ask, and return the whole reply."""
        order = order_from(prompt, options, stream=False)
        return await self.container.chat().complete(order)

    async def stream(
        self, prompt: Prompt, **options: Unpack[Options]
    ) -> AsyncGenerator[StreamEvent, None]:
        """Ask, and yield the events of the answer; closing the iterator ends the request."""
        order = order_from(prompt, options, stream=True)
        async with aclosing(self.container.chat().stream(order)) as events:
            async for event in events:
                yield event

    async def prepare(self, prompt: Prompt, **options: Unpack[Options]) -> WireRequest:
        """Return the exact request that `stream` would send, secrets masked; sends nothing."""
        return await self.container.chat().prepare(order_from(prompt, options, stream=True))

    async def explain(self, provider: str) -> Resolution:
        """Say where a provider's credential comes from, and everywhere that was looked."""
        profile = self.container.catalog().provider(provider)
        return await asyncio.to_thread(self.container.credentials().explain, profile)

    def selected(self, **options: Unpack[Options]) -> str:
        """Return the model that a question with these options would go to, and why."""
        order = order_from("?", options, stream=True)
        selection = self.container.selection().select(order)
        route = self.container.catalog().route(selection.order.model, selection.order.provider)
        return f"{route.model.ref} ({selection.why})" if selection.why else route.model.ref

    async def served(self, provider: str) -> list[ModelSpec]:
        """Ask a provider for its own list of models, at `base_url` where one was given."""
        settings = self._settings
        return await self.container.models().served(
            provider, settings.base_url, insecure_http=settings.insecure_http
        )

    def models(self, provider: str | None = None) -> list[ModelSpec]:
        """Return the models of the catalog, or of one provider."""
        known = self.container.catalog()
        names = list(known.models) if provider is None else [known.provider(provider).id]
        return [spec for name in names for spec in known.models.get(name, {}).values()]

    @property
    def container(self) -> Container:
        """The parts that this object is made of; tests and plug-ins may override them."""
        with self._making:  # the blocking face lists models outside of its loop
            if self._made is None:
                from zot.app.container import Container

                self._made = Container(settings=self._settings, notify=self._notify)
            return self._made
