"""Which way a request takes: directly, or through a proxy."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from zot.adapters.transports._httpx import httpx
from zot.adapters.transports._resolve import is_loopback
from zot.domain.error import ConfigError

SCHEMES = ("http", "https", "socks5", "socks5h")


class Proxies:
    """The proxies of an environment, and what they are not for.

    `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy` count, in lower case first, as
    for curl (https://curl.se/docs/manpage.html#ENVIRONMENT); then `fallback`. This machine
    is always reached directly.
    """

    def __init__(self, environ: Mapping[str, str], fallback: str | None) -> None:
        every = _value(environ, "all_proxy") or ("config.json: http_proxy", fallback or "")
        self._by_scheme = {
            scheme: _value(environ, f"{scheme}_proxy") or every for scheme in ("http", "https")
        }
        _, exceptions = _value(environ, "no_proxy") or ("", "")
        self._exceptions = [word for word in exceptions.replace(",", " ").split() if word]

    def of(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy for a URL, or None.

        Raises `ConfigError` for a proxy that is none, naming the variable it stands in.
        """
        where, proxy = self._by_scheme.get(url.scheme, ("", ""))
        if not proxy or is_excepted(url.host, url.port or _port(url.scheme), self._exceptions):
            return None
        return _parsed(where, proxy)


def is_excepted(host: str, port: int, exceptions: list[str]) -> bool:
    """Tell whether a host is reached directly: this machine, or one of the exceptions.

    An exception is a name (its subdomains too, with or without a dot or `*.` in front), an
    address, a network such as `10.0.0.0/8`, or `*`; a port may follow.
    """
    name = host.strip("[]").rstrip(".").lower()
    address = _address(name)
    if name == "localhost" or (address is not None and is_loopback(name)):
        return True
    for exception in exceptions:
        wanted, wanted_port = _split(exception.lower())
        if wanted_port not in {"", str(port)}:
            continue
        if wanted == "*":
            return True
        if address is not None:
            if _in(address, wanted):
                return True
        elif (end := wanted.removeprefix("*").strip(".")) and (
            name == end or name.endswith("." + end)
        ):
            return True
    return False


def _split(exception: str) -> tuple[str, str]:
    if exception.startswith("["):
        host, _, port = exception[1:].partition("]")
        return host, port.removeprefix(":")
    if exception.count(":") == 1:
        host, _, port = exception.partition(":")
        return host, port
    return exception, ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _value(environ: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Return the variable that counts, and what it holds; None where neither is set.

    `HTTP_PROXY` of a CGI program is a header of its request: https://httpoxy.org.
    """
    for variable in (name, name.upper()):
        if variable == "HTTP_PROXY" and "REQUEST_METHOD" in environ:
            continue
        if value := environ.get(variable, "").strip():
            return variable, value
    return None


def _parsed(where: str, text: str) -> httpx.Proxy:
    scheme, separator, _ = text.partition("://")
    if separator and scheme.lower() not in SCHEMES:
        raise ConfigError(where, f"zot knows no proxy of the kind {scheme}://", hint=_KINDS)
    try:
        url = httpx.URL(text if separator else f"http://{text}")
        if not url.host:
            raise ConfigError(where, "this is no address of a proxy", hint=_KINDS)
        return httpx.Proxy(url)
    except (httpx.InvalidURL, ValueError):
        raise ConfigError(where, "this is no address of a proxy", hint=_KINDS) from None


_KINDS = "write it as http://host:port, https://host:port or socks5://host:port"


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
