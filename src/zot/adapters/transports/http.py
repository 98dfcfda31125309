"""Any wire over HTTP: the one place where codec, authorizer and HTTP client meet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from zot.adapters.transports._failures import (
    PROXY,
    check_headers,
    named,
    network_failure,
    proxy_failure,
    redirect,
)
from zot.adapters.transports._httpx import httpx
from zot.adapters.transports._inflate import plain
from zot.adapters.transports._watch import Watch
from zot.domain.deadline import Deadlines
from zot.domain.error import ProviderError, StreamBroken, ZotError
from zot.domain.event import Start, StreamEvent
from zot.domain.mask import masked_call, masked_headers
from zot.domain.request import ModelCall, WireRequest
from zot.ports.authorizer import Authorizer
from zot.ports.model_transport import ModelTransport
from zot.ports.wire_codec import WireCodec

REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "x-goog-request-id", "cf-ray")
LONGEST_ERROR = 1 << 20
ERROR_PATIENCE = 10.0
"""Seconds for the text of a refusal; its status alone is worth an error."""


class HttpTransport:
    """Send calls through one HTTP client.

    No redirect is ever followed, whatever the client is set to; streams are asked for
    without compression; each phase of a request has its deadline.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        codec_for: Callable[[str], WireCodec],
        authorizer_for: Callable[[str], Authorizer],
        deadlines: Deadlines,
        user_agent: str,
    ) -> None:
        self._client = client
        self._codec_for = codec_for
        self._authorizer_for = authorizer_for
        self._deadlines = deadlines
        self._user_agent = user_agent

    async def prepare(self, call: ModelCall) -> WireRequest:
        """Return the request as it would be sent, with every secret masked."""
        request = await self._request(masked_call(call))
        shown = masked_headers(request.headers, _lower(call.profile.headers))
        return replace(request, headers=shown)

    async def stream(self, call: ModelCall) -> AsyncGenerator[StreamEvent, None]:
        """Send the call and yield its events; closing the iterator closes the connection."""
        codec = self._codec_for(call.wire)
        request = await self._request(call)
        check_headers(call, request)
        watch = Watch(call, self._deadlines)
        response = await self._send(call, request, watch)
        try:
            async with aclosing(_raw(response)) as raw:
                if response.status_code >= 300:
                    raise await self._refusal(call, codec, response, raw, watch)
                decoder = codec.decoder(call, response.headers.get("content-type", ""))
                inflate = plain(response.headers.get("content-encoding", ""))
                begun = False
                while (chunk := await _next(call, response, raw, watch)) is not None:
                    for piece in inflate(chunk):
                        if begun:
                            events = decoder.feed(piece)
                        else:
                            events, broken = _first(decoder.feed, piece)
                            begun = True
                            yield _start(call, response)
                            if broken is not None:
                                raise broken
                        for event in events:
                            yield event
                        if events:
                            watch.progress()
            if not begun:
                raise StreamBroken(f"{named(call)} sent an empty answer", hint="ask again")
            for event in decoder.close():
                yield event
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Nothing is held: the HTTP client belongs to whoever made it."""

    async def _request(self, call: ModelCall) -> WireRequest:
        request = self._codec_for(call.wire).encode(call)
        agent = {"user-agent": self._user_agent, "accept-encoding": "identity"}
        own = _filled(_lower(call.endpoint.headers), self._user_agent)
        headers = {**agent, **own, **request.headers, **_lower(call.profile.headers)}
        request = replace(request, headers=headers)
        return await self._authorizer_for(call.endpoint.auth).authorize(request, call)

    async def _send(self, call: ModelCall, request: WireRequest, watch: Watch) -> httpx.Response:
        message = None
        try:
            async with asyncio.timeout_at(watch.until) as timer:
                message = self._client.build_request(
                    request.method,
                    request.url,
                    headers=request.headers,
                    content=request.body,
                    timeout=httpx.Timeout(None),
                    extensions={"trace": watch.trace(timer)},
                )
                return await self._client.send(
                    message, stream=True, follow_redirects=False, auth=httpx.Auth()
                )
        except TimeoutError:
            raise watch.late() from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise network_failure(call, error, message) from None

    async def _refusal(
        self,
        call: ModelCall,
        codec: WireCodec,
        response: httpx.Response,
        raw: AsyncIterator[bytes],
        watch: Watch,
    ) -> ZotError:
        status = response.status_code
        if 300 <= status < 400:
            return redirect(call, response)
        proxy = response.request.extensions.get(PROXY)
        if status == 407 and proxy is not None:
            return proxy_failure(call, str(proxy), status)
        watch.at_most(ERROR_PATIENCE)
        body = bytearray()
        try:
            inflate = plain(response.headers.get("content-encoding", ""))
            while (chunk := await _next(call, response, raw, watch)) is not None:
                for piece in inflate(chunk):
                    body += piece
                if len(body) > LONGEST_ERROR:
                    break
        except ZotError:
            pass  # what has arrived says enough
        return codec.error(call, status, response.headers, bytes(body[:LONGEST_ERROR]))


def _raw(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    return response.aiter_raw()  # type: ignore[return-value]  # it is one, and has to be closed


async def _next(
    call: ModelCall, response: httpx.Response, raw: AsyncIterator[bytes], watch: Watch
) -> bytes | None:
    """Return the next bytes of an answer, or None at its end."""
    try:
        async with asyncio.timeout_at(watch.until):
            return await anext(raw, None)
    except TimeoutError:
        raise watch.late() from None
    except (httpx.HTTPError, OSError) as error:
        raise network_failure(call, error, response.request, begun=True) from None


def _first(
    feed: Callable[[bytes], Sequence[StreamEvent]], data: bytes
) -> tuple[Sequence[StreamEvent], ZotError | None]:
    """Decode the first bytes, and return what they are no stream for.

    A refusal in place of an answer is raised: no answer has begun, so it may be retried.
    """
    try:
        return feed(data), None
    except ProviderError:
        raise
    except ZotError as error:
        return (), error


def _start(call: ModelCall, response: httpx.Response) -> Start:
    request_id = next((v for name in REQUEST_IDS if (v := response.headers.get(name))), None)
    return Start(call.profile.id, call.model.id, request_id, call.place)


def _lower(headers: object) -> dict[str, str]:
    return {name.lower(): value for name, value in dict(headers or {}).items()}  # type: ignore[call-overload]


def _filled(headers: dict[str, str], user_agent: str) -> dict[str, str]:
    version = user_agent.partition("/")[2]
    return {name: value.replace("{VERSION}", version) for name, value in headers.items()}


def transport(
    client: httpx.AsyncClient,
    codec_for: Callable[[str], WireCodec],
    authorizer_for: Callable[[str], Authorizer],
    deadlines: Deadlines,
    user_agent: str,
) -> ModelTransport:
    """Return the transport; its type is the proof that the port is played."""
    return HttpTransport(client, codec_for, authorizer_for, deadlines, user_agent)
