"""One call after another over zot's own HTTP, from the retry loop down to the socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from tests.fakes import FakeSource, catalog, found, profile
from zot.adapters.transports.client import http_client
from zot.adapters.transports.http import HttpTransport
from zot.app import build
from zot.app.chat import ChatService
from zot.app.credentials import CredentialService
from zot.app.selection import SelectionService
from zot.domain.config import Config
from zot.domain.credential import ApiKey, Origin, Place
from zot.domain.deadline import Deadlines
from zot.domain.error import ZotError
from zot.domain.event import StreamEvent, TextDelta
from zot.domain.message import Message
from zot.domain.model import ModelSpec
from zot.domain.request import ChatOrder, ChatRequest, ModelCall
from zot.domain.secret import Secret

KEY = "sk-canary-0815-key"
PROMPT = "canary-prompt-4711"
MODEL = ModelSpec("acme", "small")
T = TypeVar("T")


def call(base_url: str, **fields: Any) -> ModelCall:
    """Return a call to a server, with a key and a prompt to look for."""
    known = catalog(profile(), models=[MODEL])
    route = known.route("small", "acme")
    made = ModelCall(
        profile=route.profile,
        endpoint=route.endpoint,
        wire="openai-chat",
        base_url=base_url,
        model=route.model,
        request=ChatRequest((Message.user(PROMPT),)),
        credential=ApiKey(Secret(KEY)),
        place=Place(Origin.ENV, "ACME_API_KEY"),
    )
    return replace(made, **fields)


@dataclass
class Asker:
    """Asks over one client. `stream` is a single attempt, `chat` the whole policy."""

    transport: HttpTransport
    timeout: float
    retries: int
    insecure_http: bool
    seen: list[StreamEvent] = field(default_factory=list)

    def stream(self, base_url: str, **fields: Any) -> AsyncGenerator[StreamEvent, None]:
        """Return the events of one attempt."""
        return self.transport.stream(call(base_url, **fields))

    async def events(self, base_url: str, **fields: Any) -> list[StreamEvent]:
        """Return all events of one attempt."""
        async with aclosing(self.stream(base_url, **fields)) as stream:
            return [event async for event in stream]

    async def text(self, base_url: str, **fields: Any) -> str:
        """Return what one attempt says; `seen` keeps what came before an error."""
        self.seen = seen = []
        async with aclosing(self.stream(base_url, **fields)) as stream:
            async for event in stream:
                seen.append(event)  # noqa: PERF401 (what came before an error counts)
        return said(seen)

    async def failure(self, base_url: str, **fields: Any) -> ZotError:
        """Return the error of one attempt."""
        try:
            await self.text(base_url, **fields)
        except ZotError as error:
            return error
        raise AssertionError("it did not fail")

    async def chat(self, base_url: str) -> str:
        """Return what the whole policy, repeats included, comes to."""
        source = FakeSource(Origin.ENV, [found(Origin.ENV, "ACME_API_KEY", KEY)])
        credentials = CredentialService([source])
        known = catalog(profile(), models=[MODEL])
        service = ChatService(
            catalog=known,
            credentials=credentials,
            selection=SelectionService(known, credentials, Config(), lambda: False),
            transport_for=lambda _wire: self.transport,
            environ={},
            base_url=base_url,
            insecure_http=self.insecure_http,
            retries=self.retries,
            timeout=self.timeout,
        )
        order = ChatOrder(ChatRequest((Message.user(PROMPT),)), "small", "acme")
        self.seen = seen = []
        async with aclosing(service.stream(order)) as stream:
            async for event in stream:
                seen.append(event)  # noqa: PERF401 (what came before an error counts)
        return said(seen)


def said(events: list[StreamEvent]) -> str:
    """Return the text of events."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@asynccontextmanager
async def asking(
    environ: Mapping[str, str] | None = None,
    http_proxy: str | None = None,
    *,
    insecure_http: bool = False,
    retries: int = 2,
    **deadlines: float,
) -> AsyncIterator[Asker]:
    """Make a client and close it again; `deadlines` are in seconds."""
    limits = Deadlines(**deadlines)
    async with http_client(environ or {}, http_proxy, insecure_http=insecure_http) as client:
        transport = HttpTransport(
            client, build.codec_for, build.authorizer_for, limits, "zot/0.test"
        )
        yield Asker(transport, limits.total, retries, insecure_http)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a test, no longer than ten minutes."""

    async def limited() -> T:
        async with asyncio.timeout(600):
            return await main

    return asyncio.run(limited())
