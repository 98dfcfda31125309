"""Which hosts are reached without the proxy, and which variable names it."""

from __future__ import annotations

import httpx
import pytest

from zot.adapters.transports._proxy import Proxies

EXCEPTIONS = [
    ("a name", "api.acme.example", "https://api.acme.example", True),
    ("another name", "api.acme.example", "https://api.other.example", False),
    ("a subdomain", "acme.example", "https://api.acme.example", True),
    ("a leading dot", ".acme.example", "https://api.acme.example", True),
    ("a leading dot and the name itself", ".acme.example", "https://acme.example", True),
    ("a star in front", "*.acme.example", "https://api.acme.example", True),
    ("a name that only ends alike", "acme.example", "https://notacme.example", False),
    ("everything", "*", "https://api.acme.example", True),
    ("the right port", "acme.example:8443", "https://acme.example:8443", True),
    ("the wrong port", "acme.example:8443", "https://acme.example", False),
    ("the usual port", "acme.example:443", "https://acme.example", True),
    ("an address", "10.1.2.3", "https://10.1.2.3", True),
    ("a network", "10.0.0.0/8", "https://10.1.2.3", True),
    ("a network of IPv6", "fd00::/8", "https://[fd00::1]", True),
    ("an address in brackets with a port", "[fd00::1]:443", "https://[fd00::1]", True),
    ("an address is no end of a name", "2.3", "https://10.1.2.3", False),
    ("spaces and empty words", " , x.example  acme.example,,", "https://acme.example", True),
    ("capitals", "ACME.Example", "https://api.acme.EXAMPLE", True),
    ("a dot at the end of the host", "acme.example", "https://acme.example./", True),
    ("nothing", "", "https://acme.example", False),
    ("this machine, unasked", "", "http://127.0.0.1:11434", True),
    ("this machine in IPv6, unasked", "", "http://[::1]:11434", True),
    ("this machine by name, unasked", "", "http://localhost:11434", True),
]


@pytest.mark.parametrize(
    ("exceptions", "url", "direct"),
    [case[1:] for case in EXCEPTIONS],
    ids=[case[0] for case in EXCEPTIONS],
)
def test_no_proxy_says_what_is_reached_directly(exceptions, url, direct):
    proxies = Proxies({"all_proxy": "http://proxy:1", "NO_PROXY": exceptions}, None)
    assert (proxies.of(httpx.URL(url)) is None) is direct


def chosen(environ: dict[str, str], url: str, fallback: str | None = None) -> str | None:
    proxy = Proxies(environ, fallback).of(httpx.URL(url))
    return None if proxy is None else str(proxy.url)


@pytest.mark.parametrize(
    ("environ", "https", "http"),
    [
        ({}, None, None),
        ({"https_proxy": "http://a:1"}, "http://a:1", None),
        ({"HTTPS_PROXY": "http://a:1"}, "http://a:1", None),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "http://a:1", None),
        ({"https_proxy": "", "HTTPS_PROXY": "http://b:1"}, "http://b:1", None),
        ({"all_proxy": "http://c:1"}, "http://c:1", "http://c:1"),
        ({"all_proxy": "http://c:1", "http_proxy": "http://a:1"}, "http://c:1", "http://a:1"),
        ({"HTTP_PROXY": "http://a:1"}, None, "http://a:1"),
        ({"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"}, None, None),
        ({"https_proxy": "a:1"}, "http://a:1", None),
        ({"https_proxy": "socks5://a:1"}, "socks5://a:1", None),
    ],
)
def test_the_variables_are_read_as_curl_reads_them(environ, https, http):
    assert chosen(environ, "https://api.acme.example") == https
    assert chosen(environ, "http://api.acme.example") == http


def test_the_setting_counts_after_every_variable():
    assert chosen({}, "https://api.acme.example", "http://s:1") == "http://s:1"
    environ = {"all_proxy": "http://c:1"}
    assert chosen(environ, "https://api.acme.example", "http://s:1") == "http://c:1"


def test_a_proxy_address_keeps_its_login_apart():
    proxy = Proxies({"https_proxy": "http://user:p%40ss@a:1"}, None).of(httpx.URL("https://x.y"))
    assert proxy is not None
    assert (str(proxy.url), proxy.auth) == ("http://a:1", ("user", "p@ss"))
    assert "p@ss" not in repr(proxy)
