"""From what the HTTP library raises to one of zot's errors: the only mapping."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx

from zot.domain.error import StreamBroken, TimedOut, TlsFailed, Unreachable, UsageError, ZotError
from zot.domain.request import ModelCall


def network_failure(call: ModelCall, error: Exception, *, begun: bool = False) -> ZotError:
    """Return the error for a failed connection; `begun` says that an answer was under way."""
    host = httpx.URL(call.base_url).host
    name = f"`{call.profile.id}` ({host})"
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return UsageError(f"the request to {name} cannot be sent: {error}")
    tls = next((e for e in _chain(error) if isinstance(e, ssl.SSLError)), None)
    if tls is not None and not begun:
        reason = getattr(tls, "verify_message", "") or tls.reason or "handshake failed"
        return TlsFailed(
            f"{name} could not prove who it is: {reason}",
            hint="add your company's certificate with SSL_CERT_FILE; zot never skips the check",
        )
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(f"no connection to {name} in time", hint="try again, or raise --timeout")
    if begun:
        return StreamBroken(f"the answer of {name} broke off", hint="ask again")
    if isinstance(error, httpx.ProxyError):
        return Unreachable(f"the proxy did not connect to {name}: {error}")
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return Unreachable(f"{name} closed the connection without an answer")
    return Unreachable(
        f"cannot connect to {name}",
        facts=[str(error)] if str(error) else [],
        hint="check the network, or the address given with --base-url",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
