"""Plain HTTP goes to this machine alone, whatever a name looks like or resolves to."""

from __future__ import annotations

import socket
from contextlib import suppress

import httpx
import pytest

from tests.integration.http.asking import asking, run
from tests.integration.http.server import answer, saying, serve
from zot.adapters.transports import _network, _resolve
from zot.adapters.transports._resolve import is_loopback
from zot.domain.error import InsecureDestination, Unreachable, UsageError

OUTSIDE = "192.0.2.7"
"""What names resolve to in these tests; an address for documentation, so nobody's."""

SPELLINGS = [
    "localhost.evil",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.example",
    "xn--lcalhost-b4a.example",
    "LOCALHOST.evil",
    "localhost..evil",
    "evil.example.",
    "evil.example",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0.evil",
    "2130706433.evil",
    "3221225991",
    "0xC0000207",
    "0300.0.02.07",
    "192.0.519",
    "192.519",
    "0xc0.0x0.0x2.0x7",
    "[::ffff:192.0.2.7]",
    "[::ffff:c000:207]",
    "[2001:db8::1]",
    "[fe80::1]",
    "[::192.0.2.7]",
    "[64:ff9b::7f00:1]",
    "127.0.0.256",
    "127.1.evil",
    "128.0.0.1",
    "126.255.255.255",
    "ⓛocalhost.evil",
    "localhost%00.evil",
    "localhost%2eevil",
    "localhost\u3002evil",
    "127.0.0.1%2f.evil",
    "localhost@evil.example",
    "127.0.0.1@evil.example",
    "127.0.0.1:80@evil.example",
    "localhost#@evil.example",
    "localhost\\@evil.example",
]


@pytest.fixture
def outside(monkeypatch):
    """Let every name that is not this machine's lead to a peer that looks like another machine.

    The connection itself is to a server of this test, so that bytes would be seen.
    """
    server_port: list[int] = []

    async def connected(address: _resolve.Address) -> socket.socket:
        made = Elsewhere(address[1][0])
        made.connect(("127.0.0.1", server_port[0]))
        made.setblocking(False)  # noqa: FBT003
        return made

    monkeypatch.setattr(_network, "_connected", connected)
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda _host, port, **_: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (OUTSIDE, port)),
        ],
    )
    return server_port


class Elsewhere(socket.socket):
    """A socket that says it is connected to another address than it is."""

    def __init__(self, claimed: str) -> None:
        super().__init__()
        self.claimed = claimed

    def getpeername(self) -> tuple[str, int]:
        return self.claimed, 80


def httpx_host(host: str) -> str:
    with suppress(httpx.InvalidURL):
        return httpx.URL(f"http://{host}:80/v1").host
    return ""


def test_there_are_forty_spellings():
    assert len(set(SPELLINGS)) == 40


@pytest.mark.parametrize("host", SPELLINGS)
def test_the_whole_policy_refuses_each_spelling_and_sends_nothing(host, outside):
    async def main() -> None:
        async with serve(saying(answer("a"))) as server, asking() as ask:
            outside.append(server.port)
            with pytest.raises((InsecureDestination, UsageError)):
                await ask.chat(f"http://{host}:{server.port}/v1")
            assert server.received == 0

    run(main())


@pytest.mark.parametrize("host", SPELLINGS)
def test_the_transport_alone_refuses_each_spelling_and_sends_nothing(host, outside):
    async def main() -> None:
        async with serve(saying(answer("a"))) as server, asking() as ask:
            outside.append(server.port)
            if httpx_host(host) == "localhost":  # `localhost#…` is localhost, and a fragment
                return
            error = await ask.failure(f"http://{host}:{server.port}/v1")
            assert isinstance(error, InsecureDestination | UsageError), error
            assert server.received == 0

    run(main())


def test_a_resolver_that_changes_its_mind_gains_nothing(monkeypatch, outside):
    said = iter(["127.0.0.1", OUTSIDE, OUTSIDE])
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda _host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(said), port))],
    )

    async def main() -> None:
        bye = answer("a").replace(b"\r\n", b"\r\nconnection: close\r\n", 1)
        async with serve(saying(bye)) as server, asking() as ask:
            outside.append(server.port)
            url = f"http://my-laptop.example:{server.port}/v1"
            assert await ask.text(url) == "a"
            received = server.received
            error = await ask.failure(url)
            assert isinstance(error, InsecureDestination)
            assert OUTSIDE in error.message
            assert "--insecure-http" in error.hint
            assert server.received == received

    run(main())


def test_localhost_is_this_machine_even_if_the_resolver_says_otherwise(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked the resolver"))

    async def main() -> None:
        async with serve(saying(answer("a"))) as server, asking() as ask:
            for host in ("localhost", "LocalHost", "127.0.0.1"):
                assert await ask.text(f"http://{host}:{server.port}/v1") == "a"

    run(main())


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "0177.0.0.1", "127.1"])
def test_an_odd_spelling_of_this_machine_is_this_machine_for_the_transport(host):
    async def main() -> None:
        async with serve(saying(answer("a"))) as server, asking() as ask:
            with pytest.raises(InsecureDestination):  # the first gate takes no chances
                await ask.chat(f"http://{host}:{server.port}/v1")
            assert server.received == 0

    run(main())


def test_it_is_allowed_where_the_user_allows_it(outside):
    async def main() -> None:
        async with serve(saying(answer("a"))) as server, asking(insecure_http=True) as ask:
            outside.append(server.port)
            assert await ask.chat(f"http://gpu-box.example:{server.port}/v1") == "a"

    run(main())


def test_a_proxy_is_another_machine_for_plain_http():
    async def main() -> None:
        async with serve(saying(answer("a"))) as server:
            proxy = f"http://127.0.0.1:{server.port}"
            async with asking({"http_proxy": proxy}) as ask:
                error = await ask.failure("http://api.acme.example/v1")
                assert isinstance(error, InsecureDestination)
                assert server.received == 0

    run(main())


def test_a_name_that_nobody_knows_is_said_to_be_that(monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    async def main() -> None:
        async with asking() as ask:
            error = await ask.failure("https://api.acme.invalid/v1")
            assert isinstance(error, Unreachable)
            assert "nobody knows the address of `acme` (api.acme.invalid)" in error.message

    run(main())


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:192.0.2.7", False),
        ("128.0.0.1", False),
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),
        ("::", False),
    ],
)
def test_an_address_is_this_machines_or_not(address, ours):
    assert is_loopback(address) is ours
