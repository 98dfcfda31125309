"""The HTTP client: which way a request takes, and what holds for every way.

The rest of zot knows `httpx.AsyncClient` only. Another way to carry bytes is another
`httpx.AsyncBaseTransport`, made in `RoutingTransport._opened`. It has to keep three promises:
nothing goes over plain HTTP to another machine unless that is allowed; closing a response
closes its connection at once where the answer is not at its end; and the request's `trace`
extension is told `….connect_tcp.started` and `….send_request_headers.started`, because
deadlines depend on them (a transport that tells nothing has no deadline for connecting).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec

import httpcore

from zot.adapters.transports._failures import PROXY
from zot.adapters.transports._httpx import httpx
from zot.adapters.transports._network import Network
from zot.adapters.transports._pool import Connections, CoreTransport
from zot.adapters.transports._proxy import Proxies
from zot.adapters.transports._trust import trust
from zot.domain.error import InsecureDestination, SetupIncomplete

KEEPALIVE = 30.0
"""Seconds that an idle connection is kept."""


class RoutingTransport(httpx.AsyncBaseTransport):
    """Carry each request directly or through its proxy.

    Each way is opened when it is first taken, so that a call to loopback never pays for the
    trust store. Raises `InsecureDestination` before a byte is sent in the clear to another
    machine, unless `insecure_http`.
    """

    def __init__(
        self, environ: Mapping[str, str], http_proxy: str | None, *, insecure_http: bool
    ) -> None:
        self._environ = environ
        self._proxies = Proxies(environ, http_proxy)
        self._insecure_http = insecure_http
        self._context: ssl.SSLContext | None = None
        self._ways: dict[tuple[str, httpx.URL | None], httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on its way."""
        scheme = request.url.scheme
        proxy = self._proxies.of(request.url)
        if proxy is not None and scheme == "http" and not self._insecure_http:
            raise InsecureDestination(
                f"the request to {request.url.host} would go over plain http to a proxy",
                hint="use https://, or --insecure-http if the network is yours",
            )
        if proxy is not None:
            request.extensions[PROXY] = f"{proxy.url.host}:{proxy.url.port or 80}"
        key = (scheme, None if proxy is None else proxy.url)
        way = self._ways.get(key)
        if way is None:
            way = self._ways[key] = self._opened(scheme, proxy)
        return await way.handle_async_request(request)

    async def aclose(self) -> None:
        """Close every way that was opened."""
        ways, self._ways = self._ways, {}
        for way in ways.values():
            await way.aclose()

    def _opened(self, scheme: str, proxy: httpx.Proxy | None) -> httpx.AsyncBaseTransport:
        context = self._trust() if scheme == "https" else None
        if proxy is not None:
            return CoreTransport(self._through(proxy, context))
        network = Network(loopback_only=scheme == "http" and not self._insecure_http)

        def connect(origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
            return httpcore.AsyncHTTPConnection(
                origin,
                ssl_context=context,
                keepalive_expiry=KEEPALIVE,
                network_backend=network,
            )

        return CoreTransport(Connections(connect))

    def _through(
        self, proxy: httpx.Proxy, context: ssl.SSLContext | None
    ) -> httpcore.AsyncConnectionPool:
        url = str(proxy.url)
        if proxy.url.scheme in {"http", "https"}:
            return httpcore.AsyncHTTPProxy(
                url,
                proxy_auth=proxy.raw_auth,
                ssl_context=context,
                proxy_ssl_context=self._trust() if proxy.url.scheme == "https" else None,
                max_connections=None,
                keepalive_expiry=KEEPALIVE,
                network_backend=Network(),
            )
        if find_spec("socksio") is None:
            raise SetupIncomplete(
                f"the SOCKS proxy {proxy.url.host} needs the `socks` extra",
                hint="pip install 'zot[socks]'\nset https_proxy to an HTTP proxy",
            )
        return httpcore.AsyncSOCKSProxy(
            url,
            proxy_auth=proxy.raw_auth,
            ssl_context=context,
            max_connections=None,
            keepalive_expiry=KEEPALIVE,
            network_backend=Network(),
        )

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = trust(self._environ)
        return self._context


def http_client(
    environ: Mapping[str, str], http_proxy: str | None, *, insecure_http: bool = False
) -> httpx.AsyncClient:
    """Return the client; making it opens nothing.

    No redirect is followed, no cookie is kept, and neither netrc nor the environment of the
    process is read behind it. Deadlines are the caller's.
    """
    return httpx.AsyncClient(
        transport=RoutingTransport(environ, http_proxy, insecure_http=insecure_http),
        timeout=None,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    )
