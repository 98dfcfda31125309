"""Calls through a proxy: it learns host and port, and the other side nothing of it."""

from __future__ import annotations

import base64

import pytest

from tests.integration.http.asking import KEY, PROMPT, asking, run
from tests.integration.http.certificates import Authority, authority
from tests.integration.http.proxies import proxying
from tests.integration.http.server import answer, plain, saying, serve
from zot.domain.error import ConfigError, SetupIncomplete, TlsFailed, Unreachable, ZotError

URL = "https://api.acme.example/v1"
LOGIN = base64.b64encode(b"user:pa ss").decode()
PAGE = b"<html><title>Please log in</title></html>"


@pytest.fixture(scope="module")
def trusted(tmp_path_factory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


def test_a_tunnel_tells_the_proxy_host_and_port_and_nothing_else(trusted):
    async def main() -> None:
        tls = trusted.server("api.acme.example")
        async with serve(saying(answer("a")), tls) as server, proxying(server.port) as proxy:
            environ = {"https_proxy": f"127.0.0.1:{proxy.port}", "SSL_CERT_FILE": str(trusted.file)}
            async with asking(environ) as ask:
                assert await ask.chat(URL) == "a"
            assert proxy.asked == ["api.acme.example:443"]
            told = b"".join(proxy.heads) + bytes(proxy.seen)
            for secret in (KEY, PROMPT, "authorization", "zot/0.test", "chat/completions"):
                assert secret.encode() not in told.lower()

    run(main())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_login_of_a_proxy_goes_to_the_proxy_alone(scheme, trusted):
    async def main() -> None:
        tls = trusted.server("api.acme.example", "127.0.0.1")
        async with (
            serve(saying(answer("a")), tls) as server,
            proxying(server.port, tls=tls if scheme == "https" else None, login=LOGIN) as proxy,
        ):
            environ = {
                "HTTPS_PROXY": f"{scheme}://user:pa%20ss@127.0.0.1:{proxy.port}",
                "SSL_CERT_FILE": str(trusted.file),
            }
            async with asking(environ) as ask:
                assert await ask.chat(URL) == "a"
            [exchange] = server.exchanges
            assert LOGIN.encode() not in exchange.head
            assert exchange.header("proxy-authorization") is None

    run(main())


def test_plain_http_through_a_proxy_keeps_the_login_from_the_other_side():
    async def main() -> None:
        async with (
            serve(saying(answer("a"))) as server,
            proxying(server.port, login=LOGIN) as proxy,
        ):
            environ = {"http_proxy": f"http://user:pa%20ss@127.0.0.1:{proxy.port}"}
            async with asking(environ, insecure_http=True) as ask:
                assert await ask.chat("http://api.acme.example/v1") == "a"
            assert proxy.asked == ["http://api.acme.example/v1/chat/completions"]
            assert LOGIN.encode() not in server.exchanges[0].head

    run(main())


def refused(url: str, said: bytes, login: str = "", *, insecure: bool = False) -> ZotError:
    async def main() -> ZotError:
        async with serve(saying(answer("a"))) as server:
            async with proxying(server.port, answer=said, login=login) as proxy:
                environ = {"all_proxy": f"http://user:canary@127.0.0.1:{proxy.port}"}
                async with asking(environ, insecure_http=insecure, retries=1) as ask:
                    with pytest.raises(ZotError) as raised:
                        await ask.chat(url)
                told = b"".join(proxy.heads) + bytes(proxy.seen)
                assert KEY.encode() not in told or url.startswith("http://")
            assert server.connections == 0
            error = raised.value
            shown = f"{error.message} {error.hint} {error.facts}"
            assert "canary" not in shown
            assert error.hint
            return error

    return run(main())


@pytest.mark.parametrize("url", [URL, "http://api.acme.example/v1"])
def test_a_proxy_that_wants_a_login_is_said_to(url):
    error = refused(url, plain("407 Login first", PAGE), insecure=True)
    assert isinstance(error, Unreachable)
    assert "the proxy 127.0.0.1:" in error.message
    assert "(407)" in error.message
    assert "user:password@" in error.hint
    assert not error.retryable


@pytest.mark.parametrize(
    "said",
    [
        plain("302 Found", PAGE, "location: https://portal.example/login?u=1"),
        plain("403 Forbidden", PAGE),
        plain("503 Busy", PAGE),
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_a_proxy_that_answers_with_something_else_is_said_to(said):
    error = refused(URL, said)
    assert isinstance(error, Unreachable)
    assert "portal" not in f"{error.message} {error.facts}"


def test_a_proxy_that_opens_a_page_in_place_of_the_tunnel_is_not_believed():
    error = refused(URL, b"HTTP/1.1 200 OK\r\n\r\n" + PAGE)
    assert isinstance(error, TlsFailed | Unreachable)
    assert "proxy 127.0.0.1:" in f"{error.message} {error.facts}"


def test_a_proxy_that_is_not_there_is_named():
    async def main() -> None:
        async with serve(saying(answer("a"))) as gone:
            port = gone.port
        async with asking({"https_proxy": f"http://127.0.0.1:{port}"}) as ask:
            error = await ask.failure(URL)
            assert isinstance(error, Unreachable)
            assert f"cannot connect to the proxy 127.0.0.1:{port}" in error.message
            assert "proxy variables" in error.hint

    run(main())


def test_the_proxy_of_config_json_counts_where_no_variable_does(trusted):
    async def main() -> None:
        tls = trusted.server("api.acme.example")
        ca = {"SSL_CERT_FILE": str(trusted.file)}
        async with (
            serve(saying(answer("a")), tls) as server,
            proxying(server.port) as configured,
            proxying(server.port) as named,
        ):
            place = f"http://127.0.0.1:{configured.port}"
            async with asking(ca, place) as ask:
                assert await ask.text(URL) == "a"
            async with asking(
                {**ca, "https_proxy": f"http://127.0.0.1:{named.port}"}, place
            ) as ask:
                assert await ask.text(URL) == "a"
            assert (len(configured.asked), len(named.asked)) == (1, 1)

    run(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached_without_a_proxy(host):
    async def main() -> None:
        async with (
            serve(saying(answer("a"))) as server,
            asking({"all_proxy": "http://127.0.0.1:9"}) as ask,
        ):
            assert await ask.text(f"http://{host}:{server.port}/v1") == "a"

    run(main())


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_carries_a_call_and_looks_the_name_up_itself(scheme, trusted):
    pytest.importorskip("socksio")

    async def main() -> None:
        tls = trusted.server("api.acme.example")
        async with (
            serve(saying(answer("a")), tls) as server,
            proxying(server.port, "socks") as proxy,
        ):
            environ = {
                "all_proxy": f"{scheme}://127.0.0.1:{proxy.port}",
                "SSL_CERT_FILE": str(trusted.file),
            }
            async with asking(environ) as ask:
                assert await ask.chat(URL) == "a"
            assert proxy.asked == ["api.acme.example:443"]
            assert KEY.encode() not in proxy.seen

    run(main())


def test_a_socks_proxy_without_its_extra_says_what_to_install(monkeypatch):
    monkeypatch.setattr("zot.adapters.transports.client.find_spec", lambda _name: None)

    async def main() -> None:
        async with asking({"all_proxy": "socks5://127.0.0.1:9"}) as ask:
            error = await ask.failure(URL)
            assert isinstance(error, SetupIncomplete)
            assert "zot[socks]" in error.hint

    run(main())


@pytest.mark.parametrize("value", ["ftp://proxy:1", "http://", "http://[::1", "socks4://p:1"])
def test_a_variable_that_names_no_proxy_is_named_and_not_shown(value):
    async def main() -> None:
        async with asking({"HTTPS_PROXY": value.replace("://", "://user:canary@")}) as ask:
            error = await ask.failure(URL)
            assert isinstance(error, ConfigError)
            assert "HTTPS_PROXY" in error.message
            assert "canary" not in f"{error.message} {error.hint}"

    run(main())
