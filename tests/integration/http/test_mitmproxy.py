"""Calls through a real proxy that opens TLS with the authority of a company."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.environments import environment
from tests.integration.http.asking import KEY, asking, run, said
from tests.integration.http.certificates import Authority, authority
from tests.integration.http.server import (
    HEAD,
    Exchange,
    Script,
    Server,
    answer,
    chunk,
    delta,
    saying,
    serve,
)
from zot.domain.error import Overloaded, RedirectRefused, StreamBroken, TlsFailed, Unreachable

NAME = "api.acme.example"
URL = f"https://{NAME}"


@pytest.fixture(scope="session")
def mitmdump() -> Path:
    return environment("mitmproxy", "mitmproxy>=11,<13") / "mitmdump"


@pytest.fixture(scope="module")
def trusted(tmp_path_factory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


class Mitm:
    """A running mitmproxy and the server behind it."""

    def __init__(self, port: int, folder: Path, server: Server) -> None:
        self.port, self.folder, self.server = port, folder, server

    @property
    def environ(self) -> dict[str, str]:
        """The variables of somebody who works behind it and knows its authority."""
        ca = self.folder / "mitmproxy-ca-cert.pem"
        return {"https_proxy": f"http://127.0.0.1:{self.port}", "SSL_CERT_FILE": str(ca)}

    @property
    def seen(self) -> list[str]:
        """Host and path of each call that it opened."""
        file = self.folder / "seen"
        return file.read_text().splitlines() if file.exists() else []


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def mitmproxy(
    program: Path, trusted: Authority, folder: Path, script: Script, *options: str
) -> AsyncIterator[Mitm]:
    async with serve(script, trusted.server(NAME)) as server:
        mitm = Mitm(free_port(), folder, server)
        addon = Path(__file__).with_name("mitm_addon.py")
        settings = [f"confdir={folder}", f"ssl_verify_upstream_trusted_ca={trusted.file}"]
        process = subprocess.Popen(  # noqa: ASYNC220 (it does not wait)
            [
                *(str(program), "-q", "--listen-host", "127.0.0.1", "-p", str(mitm.port)),
                *("--set", settings[0], "--set", settings[1], "-s", str(addon), *options),
            ],
            env={"ZOT_TEST_TARGET": str(server.port), "ZOT_TEST_SEEN": str(folder / "seen")},
        )
        try:
            await _listening(process, mitm.port)
            yield mitm
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 20)


async def _listening(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        assert process.poll() is None, "mitmproxy did not start"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise AssertionError("mitmproxy does not listen")


def test_a_company_that_opens_tls_is_believed_with_its_authority_and_not_without(
    mitmdump, trusted, tmp_path
):
    async def main() -> None:
        async with mitmproxy(mitmdump, trusted, tmp_path, saying(answer("a", "b"))) as mitm:
            async with asking({"https_proxy": mitm.environ["https_proxy"]}) as ask:
                error = await ask.failure(f"{URL}/v1")
                assert isinstance(error, TlsFailed)
                assert "SSL_CERT_FILE" in error.hint
                assert mitm.server.received == 0
                assert mitm.seen == []
            async with asking(mitm.environ) as ask:
                assert await ask.chat(f"{URL}/v1") == "ab"
                assert mitm.seen == [f"{NAME} /v1/chat/completions"]
                assert mitm.server.exchanges[0].header("authorization") == f"Bearer {KEY}"

    run(main())


def test_faults_of_the_proxy_have_their_documented_outcomes(mitmdump, trusted, tmp_path):
    async def main() -> None:
        async with (
            mitmproxy(mitmdump, trusted, tmp_path, saying(answer("a", "b"))) as mitm,
            asking(mitm.environ, first_byte=5) as ask,
        ):
            for word, kind in (
                ("kill", Unreachable),
                ("busy", Overloaded),
                ("moved", RedirectRefused),
            ):
                before = len(mitm.seen)
                with pytest.raises(kind):
                    await ask.chat(f"{URL}/{word}/v1")
                tries = len(mitm.seen) - before
                assert tries == (1 if kind is RedirectRefused else 3), word
                assert mitm.server.exchanges == []
            for word in ("cut", "garble"):
                before = len(mitm.server.exchanges)
                with pytest.raises(StreamBroken) as raised:
                    await ask.chat(f"{URL}/{word}/v1")
                assert raised.value.partial is not None
                assert "ab".startswith(said(ask.seen))
                assert len(mitm.server.exchanges) - before == 1
            began = time.monotonic()
            assert await ask.chat(f"{URL}/slow/v1") == "ab"
            assert time.monotonic() - began >= 0.5

    run(main())


def test_events_pass_as_they_come(mitmdump, trusted, tmp_path):
    released = asyncio.Event()

    async def in_two_parts(exchange: Exchange) -> None:
        await exchange.send(HEAD, chunk(delta("first")))
        await released.wait()
        await exchange.send(answer(" second").removeprefix(HEAD))

    async def main() -> None:
        async with (
            mitmproxy(mitmdump, trusted, tmp_path, in_two_parts) as mitm,
            asking(mitm.environ) as ask,
        ):
            events = []
            async for event in ask.stream(f"{URL}/v1"):
                events.append(event)
                if said(events) == "first":
                    released.set()
            assert said(events) == "first second"

    run(main())


def test_a_login_for_the_proxy_is_asked_for_and_kept_from_the_other_side(
    mitmdump, trusted, tmp_path
):
    async def main() -> None:
        options = ("--set", "proxyauth=user:sesame")
        async with mitmproxy(mitmdump, trusted, tmp_path, saying(answer("a")), *options) as mitm:
            async with asking(mitm.environ) as ask:
                error = await ask.failure(f"{URL}/v1")
                assert isinstance(error, Unreachable)
                assert "(407)" in error.message
                assert mitm.server.exchanges == []
            known = mitm.environ["https_proxy"].replace("://", "://user:sesame@")
            async with asking({**mitm.environ, "https_proxy": known}) as ask:
                assert await ask.chat(f"{URL}/v1") == "a"
                assert b"proxy-auth" not in mitm.server.exchanges[0].head.lower()

    run(main())


def test_its_socks_side_carries_a_call_as_well(mitmdump, trusted, tmp_path):
    pytest.importorskip("socksio")

    async def main() -> None:
        script = saying(answer("a"))
        async with mitmproxy(mitmdump, trusted, tmp_path, script, "--mode", "socks5") as mitm:
            socks = {"all_proxy": f"socks5://127.0.0.1:{mitm.port}"}
            ca = {"SSL_CERT_FILE": mitm.environ["SSL_CERT_FILE"]}
            async with asking({**socks, **ca}) as ask:
                assert await ask.chat(f"{URL}/v1") == "a"
                assert mitm.seen == [f"{NAME} /v1/chat/completions"]

    run(main())
