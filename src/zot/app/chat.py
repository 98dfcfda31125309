"""One order in, events out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from zot.app.credentials import CredentialService
from zot.app.selection import SelectionService
from zot.domain.catalog import Catalog, Route
from zot.domain.credential import Origin, Place
from zot.domain.endpoint import check_destination, expand
from zot.domain.error import UsageError, ZotError
from zot.domain.event import End, Notice, Start, StreamEvent
from zot.domain.fit import fit
from zot.domain.mask import redact
from zot.domain.provider import Endpoint
from zot.domain.reply import Reply, collect
from zot.domain.request import ChatOrder, ModelCall, WireRequest
from zot.domain.retry import delay
from zot.domain.usage import priced
from zot.ports.model_transport import ModelTransport

TransportFor = Callable[[str], ModelTransport]


@dataclass(frozen=True, slots=True)
class Planned:
    """A call that is fully decided, and what the person should know about it."""

    call: ModelCall
    notices: tuple[str, ...]


class ChatService:
    """Route, find the credential, plan, send, retry: in this order, each step once."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        credentials: CredentialService,
        selection: SelectionService,
        transport_for: TransportFor,
        environ: Mapping[str, str],
        base_url: str | None = None,
        insecure_http: bool = False,
        retries: int = 2,
        timeout: float = 600.0,
    ) -> None:
        self._catalog = catalog
        self._credentials = credentials
        self._selection = selection
        self._transport_for = transport_for
        self._environ = environ
        self._base_url = base_url
        self._insecure_http = insecure_http
        self._retries = retries
        self._timeout = timeout

    async def plan(self, order: ChatOrder) -> Planned:
        """Decide everything about an order; sends nothing."""
        given_url = order.base_url or self._base_url
        if given_url and order.provider is None and order.model is None:
            raise UsageError(
                "--base-url (base_url=) replaces the address of one provider; name it",
                hint="add --provider ID or --model provider/id",
            )
        selected = self._selection.select(order)
        route = self._catalog.route(selected.order.model, selected.order.provider)
        resolution = await asyncio.to_thread(self._credentials.resolve, route.profile)
        if resolution.winner is None and self._catalog.unread is not None:
            raise resolution.failure or self._catalog.unread  # it may hold the key
        credential, place = resolution.require()
        base_url, given = self._destination(order, route)
        request, dropped = fit(order.request, route.model)
        call = ModelCall(
            route.profile,
            self._endpoint(route),
            route.wire,
            base_url,
            route.model,
            request,
            credential,
            place,
            order.stream,
        )
        notices = [f"using {route.model.ref}: {selected.why}"] if selected.why else []
        if given and place.origin is not Origin.NONE:
            notices.append(_sent_to(base_url, place))
        if not route.model.listed and (order.model or selected.why):
            notices.append(f"`{route.model.id}` is not in the catalog; it is sent as it stands")
        if place.origin is Origin.CUSTOM and place.detail == "apiKey":
            notices.append(f"the key of `{route.profile.id}` stands in a plain file: {place}")
        return Planned(call, (*notices, *dropped))

    async def prepare(self, order: ChatOrder) -> WireRequest:
        """Return the exact request that would be sent, with every secret masked."""
        planned = await self.plan(order)
        return await self._transport_for(planned.call.wire).prepare(planned.call)

    async def stream(self, order: ChatOrder) -> AsyncGenerator[StreamEvent, None]:
        """Send an order and yield its events.

        A failure before the first event is retried; a later one carries the partial reply.
        """
        planned = await self.plan(order)
        seen: list[StreamEvent] = []
        try:
            async with aclosing(self._attempts(planned)) as events:
                async for event in events:
                    seen.append(event)
                    yield event
        except ZotError as error:
            if error.partial is None and seen:
                error.partial = collect(seen)
            raise

    async def complete(self, order: ChatOrder) -> Reply:
        """Send an order and return the whole reply."""
        events: list[StreamEvent] = []
        async with aclosing(self.stream(order)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 (closing the stream needs its name)
        return collect(events)

    def _destination(self, order: ChatOrder, route: Route) -> tuple[str, bool]:
        """Return the base URL, and whether the user gave it: for this call, or in models.json."""
        if given := order.base_url or self._base_url:
            check_destination(given, insecure_http=self._insecure_http)
            return given.rstrip("/"), True
        base_url = expand(route.endpoint.base_url, route.profile, self._environ)
        if "://" in base_url:
            check_destination(base_url, insecure_http=self._insecure_http)
        return base_url, bool(route.given)

    def _endpoint(self, route: Route) -> Endpoint:
        """Return the endpoint with the settings of its provider in its paths."""
        endpoint = route.endpoint
        if "{" not in endpoint.path + endpoint.path_non_stream:
            return endpoint
        return replace(
            endpoint,
            path=expand(endpoint.path, route.profile, self._environ),
            path_non_stream=expand(endpoint.path_non_stream, route.profile, self._environ),
        )

    async def _attempts(self, planned: Planned) -> AsyncGenerator[StreamEvent, None]:
        call = planned.call
        transport = self._transport_for(call.wire)
        clock = asyncio.get_running_loop().time
        until = clock() + self._timeout
        attempt = 0
        while True:
            attempt += 1
            begun = False
            call = replace(call, seconds=until - clock())
            try:
                async with aclosing(transport.stream(call)) as events:
                    async for event in events:
                        begun = True
                        if isinstance(event, End):
                            yield replace(event, usage=priced(event.usage, call.model.price))
                        else:
                            yield event
                        if isinstance(event, Start):
                            for text in planned.notices:
                                yield Notice(text)
            except ZotError as error:
                redact(error, call)
                wait = None if begun else delay(error, attempt, random.random, until - clock())
                if wait is None or attempt > self._retries:
                    raise
                await asyncio.sleep(wait)
            else:
                return


def _sent_to(base_url: str, place: Place) -> str:
    host = base_url.partition("://")[2].partition("/")[0]
    return f"sending to {host} with the credential from {place}"
