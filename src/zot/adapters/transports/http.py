"""Any wire over HTTP: the one place where codec, authorizer and HTTP client meet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace

import httpx

from zot.adapters.transports._failures import network_failure
from zot.adapters.transports._inflate import plain
from zot.domain.deadline import Deadlines
from zot.domain.error import RedirectRefused, StreamBroken, TimedOut
from zot.domain.event import Start, StreamEvent
from zot.domain.mask import masked_call, masked_headers
from zot.domain.request import ModelCall, WireRequest
from zot.ports.authorizer import Authorizer
from zot.ports.model_transport import ModelTransport
from zot.ports.wire_codec import WireCodec

REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "x-goog-request-id", "cf-ray")
LONGEST_ERROR = 1 << 20


class HttpTransport:
    """Send calls through one HTTP client.

    No redirect is ever followed, streams are asked for without compression, and each phase
    of a request has its deadline.
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
        clock = asyncio.get_running_loop().time
        total = clock() + self._deadlines.total
        response = await self._send(call, request, min(total, clock() + self._deadlines.first_byte))
        try:
            if response.status_code >= 300:
                raise await self._refusal(call, codec, response, total)
            async with aclosing(self._chunks(call, response, total)) as chunks:
                async for event in self._events(call, codec, response, chunks):
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

    async def _send(self, call: ModelCall, request: WireRequest, until: float) -> httpx.Response:
        try:
            async with asyncio.timeout_at(until):
                message = self._client.build_request(
                    request.method, request.url, headers=request.headers, content=request.body
                )
                return await self._client.send(message, stream=True)
        except TimeoutError:
            raise self._late(call, "sent no answer", self._deadlines.first_byte) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise network_failure(call, error) from None

    async def _chunks(
        self, call: ModelCall, response: httpx.Response, total: float
    ) -> AsyncGenerator[bytes, None]:
        """Yield the plain bytes of an answer; `asend(True)` is not needed: see `_Silence`."""
        clock = asyncio.get_running_loop().time
        inflate = plain(response.headers.get("content-encoding", ""))
        raw = response.aiter_raw()
        limit = self._deadlines.progress
        while True:
            until = min(total, clock() + limit)
            try:
                async with asyncio.timeout_at(until):
                    chunk = await anext(raw)
            except StopAsyncIteration:
                return
            except TimeoutError:
                late = "took longer than" if until == total else "was silent for"
                seconds = self._deadlines.total if until == total else limit
                raise self._late(call, late, seconds) from None
            except (httpx.HTTPError, OSError) as error:
                raise network_failure(call, error, begun=True) from None
            for piece in inflate(chunk):
                yield piece

    async def _events(
        self,
        call: ModelCall,
        codec: WireCodec,
        response: httpx.Response,
        chunks: AsyncIterator[bytes],
    ) -> AsyncGenerator[StreamEvent, None]:
        decoder = codec.decoder(call, response.headers.get("content-type", ""))
        started = False
        async for chunk in chunks:
            if not started:
                started = True
                yield _start(call, response)
            for event in decoder.feed(chunk):
                yield event
        if not started:
            raise StreamBroken(f"`{call.profile.id}` sent an empty answer")
        for event in decoder.close():
            yield event

    async def _refusal(
        self, call: ModelCall, codec: WireCodec, response: httpx.Response, total: float
    ) -> Exception:
        if 300 <= response.status_code < 400:
            target = httpx.URL(response.headers.get("location", "")).host or "another address"
            return RedirectRefused(
                f"`{call.profile.id}` answered with a redirect to {target}; nothing was sent there",
                hint="give the final address with --base-url",
            )
        body = bytearray()
        async with aclosing(self._chunks(call, response, total)) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > LONGEST_ERROR:
                    break
        return codec.error(call, response.status_code, response.headers, bytes(body))

    def _late(self, call: ModelCall, what: str, seconds: float) -> TimedOut:
        return TimedOut(
            f"`{call.profile.id}` {what} {seconds:g} s",
            hint="allow more with --timeout, or try another model",
        )


def _start(call: ModelCall, response: httpx.Response) -> Start:
    request_id = next((v for name in REQUEST_IDS if (v := response.headers.get(name))), None)
    return Start(call.profile.id, call.model.id, request_id, call.place, call.wire)


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
