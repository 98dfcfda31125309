"""From what the HTTP library raises to one of zot's errors: the only mapping."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator

from zot.adapters.transports._httpx import httpx
from zot.domain.error import (
    RedirectRefused,
    StreamBroken,
    TimedOut,
    TlsFailed,
    Unreachable,
    UsageError,
    ZotError,
)
from zot.domain.request import ModelCall, WireRequest

PROXY = "zot.proxy"
"""The extension of a request that says which proxy it went through, as host:port."""

_UNSENDABLE = re.compile(r"[^\t\x20-\x7e]")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUS = re.compile(r"(\d{3})\b")


def named(call: ModelCall) -> str:
    """Return how messages call the other side: the provider and its host."""
    try:
        host = httpx.URL(call.base_url).host
    except httpx.InvalidURL:
        host = ""
    return f"`{call.profile.id}` ({host})" if host else f"`{call.profile.id}`"


def check_headers(call: ModelCall, request: WireRequest) -> None:
    """Refuse headers that would end where they should not, or that nobody can read.

    Raises `UsageError` naming the header, never what it holds.
    """
    for name, value in request.headers.items():
        found = _UNSENDABLE.search(value)
        if found is not None or value != value.strip() or not _NAME.fullmatch(name):
            what = f"U+{ord(found[0]):04X}" if found else "white space around it"
            name_shown = name if _NAME.fullmatch(name) else "a header"
            raise UsageError(
                f"`{name_shown}` cannot be sent to {named(call)}: it holds {what}",
                hint="headers are plain ASCII on one line; copy the value again",
            )


def network_failure(
    call: ModelCall, error: Exception, request: httpx.Request | None, *, begun: bool = False
) -> ZotError:
    """Return the error for a failed connection; `begun` says that an answer was under way."""
    proxy = "" if request is None else str(request.extensions.get(PROXY, ""))
    failure = _failure(call, error, proxy, begun=begun)
    if proxy and proxy not in failure.message:
        failure.facts = (*failure.facts, f"through the proxy {proxy}")
    return failure


def _failure(call: ModelCall, error: Exception, proxy: str, *, begun: bool) -> ZotError:
    name = named(call)
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return UsageError(f"the address of {name} is none: {error}")
    if isinstance(error, httpx.LocalProtocolError):
        return UsageError(f"the request to {name} cannot be sent")
    tls = next((e for e in _chain(error) if isinstance(e, ssl.SSLError)), None)
    if begun:
        return _broken(name, error, tls)
    if tls is not None:
        return _tls(name, tls)
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(f"no connection to {name} in time", hint="try again, or raise --timeout")
    if isinstance(error, httpx.ProxyError):
        status = _STATUS.match(str(error))
        return proxy_failure(call, proxy, int(status[1]) if status else None)
    if isinstance(error, httpx.RemoteProtocolError):
        return _nonsense(call, error)
    if isinstance(error, httpx.ReadError):
        return Unreachable(f"{name} closed the connection without an answer", hint="try again")
    return _no_connection(name, error, proxy)


def proxy_failure(call: ModelCall, proxy: str, status: int | None) -> ZotError:
    """Return the error for a proxy that did not let the request through."""
    code = "" if status is None else f" ({status})"
    failure = Unreachable(
        f"the proxy {proxy or 'in between'} did not connect to {named(call)}{code}",
        hint="check the proxy variables, or name the host in no_proxy",
    )
    if status == 407:
        failure.hint = "give its login in the variable: https_proxy=http://user:password@host:port"
    failure.retryable = status is None or status >= 500
    return failure


def redirect(call: ModelCall, response: httpx.Response) -> RedirectRefused:
    """Return the error for an answer that points elsewhere; it shows no more than the origin."""
    try:
        target = response.request.url.join(response.headers.get("location", ""))
        port = "" if target.port is None else f":{target.port}"
        origin = f"{target.scheme}://{target.host}{port}" if target.host else "another address"
    except httpx.InvalidURL:
        origin = "an address that is none"
    return RedirectRefused(
        f"{named(call)} answered with a redirect to {origin}; nothing was sent there",
        hint="if you trust that address, give it with --base-url",
    )


def _broken(name: str, error: Exception, tls: ssl.SSLError | None) -> ZotError:
    if isinstance(error, httpx.DecodingError):
        return StreamBroken(f"the answer of {name} is damaged", hint="ask again")
    reason = (tls.reason or "TLS failed").replace("_", " ").lower() if tls is not None else ""
    return StreamBroken(
        f"the answer of {name} broke off", facts=[reason] if reason else [], hint="ask again"
    )


def _tls(name: str, error: ssl.SSLError) -> ZotError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsFailed(
            f"{name} could not prove who it is: {error.verify_message}",
            hint="add your company's certificate with SSL_CERT_FILE; zot never skips the check",
        )
    reason = (error.reason or "handshake failed").replace("_", " ").lower()
    return TlsFailed(
        f"no secure connection to {name}: {reason}",
        hint="check the address, and the proxy if there is one",
    )


def _nonsense(call: ModelCall, error: Exception) -> ZotError:
    name = named(call)
    said = str(error)
    if "location header" in said:
        return RedirectRefused(
            f"{name} answered with a redirect to an address that is none",
            hint="check the address given with --base-url",
        )
    if "without sending" in said:
        return Unreachable(f"{name} closed the connection without an answer", hint="try again")
    if "without a complete" in said or "closed connection" in said or "incomplete" in said:
        return Unreachable(f"{name} closed the connection in mid-answer", hint="try again")
    failure = Unreachable(
        f"{name} sent something that is not HTTP",
        hint="check the address given with --base-url",
    )
    failure.retryable = False  # it would come again
    return failure


def _no_connection(name: str, error: Exception, proxy: str) -> ZotError:
    unknown = any(isinstance(e, socket.gaierror) for e in _chain(error))
    if proxy:
        what, hint = f"the proxy {proxy}", "check the proxy variables"
    else:
        what, hint = name, "check the network, or the address given with --base-url"
    return Unreachable(
        f"nobody knows the address of {what}" if unknown else f"cannot connect to {what}",
        facts=[str(error)] if str(error) else [],
        hint=hint,
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
