"""What a request carries goes to one origin: no redirect, cookie, netrc or split header."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.fakes import profile
from tests.integration.http.asking import KEY, PROMPT, Asker, asking, call, run
from tests.integration.http.server import answer, plain, saying, serve
from zot.adapters.transports.http import HttpTransport
from zot.app import build
from zot.domain.credential import ApiKey
from zot.domain.deadline import Deadlines
from zot.domain.error import CredentialError, RedirectRefused, UsageError
from zot.domain.secret import Secret
from zot.entrypoints.api import AsyncZot

CODES = ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")
TARGETS = {
    "same origin": "{own}/v1/elsewhere",
    "host": "http://localhost:{other}/v1?token=secret",
    "port": "http://127.0.0.1:{other}/v1",
    "to https": "https://127.0.0.1:{other}/v1",
    "userinfo": "http://user:password@127.0.0.1:{other}/",
    "no scheme": "//127.0.0.1:{other}/v1",
    "relative": "../elsewhere",
    "none at all": "http://[::1",
}
CASES = list(itertools.product(CODES, TARGETS))


@pytest.mark.parametrize("client", ["zot's", "one that follows redirects"])
def test_no_redirect_is_followed_not_even_to_the_same_origin(client):
    async def main() -> None:
        async with serve(saying(answer("stolen"))) as other, asking() as ask:
            asker: Asker = ask
            given = httpx.AsyncClient(follow_redirects=True, trust_env=False)
            if client != "zot's":
                asker.transport = HttpTransport(
                    given, build.codec_for, build.authorizer_for, Deadlines(), "zot/0.test"
                )
            for code, name in CASES:
                target = TARGETS[name].format(own="http://127.0.0.1:9", other=other.port)
                script = saying(plain(code, b"<html>", f"location: {target}"))
                async with serve(script) as server:
                    error = await asker.failure(server.url)
                assert isinstance(error, RedirectRefused), (code, name, error)
                assert len(server.exchanges) == 1
                assert "`acme` (127.0.0.1)" in error.message
                for secret in (KEY, PROMPT, "password", "token=secret", "elsewhere"):
                    assert secret not in f"{error.message} {error.hint} {error.facts}"
            assert (other.connections, other.exchanges) == (0, [])
            await given.aclose()

    run(main())


def test_a_redirect_is_not_tried_again_and_names_the_origin_alone():
    async def main() -> None:
        moved = plain("307 Temporary", b"", "location: https://user:pw@new.example:8443/v2?k=1")
        async with serve(saying(moved)) as server, asking() as ask:
            with pytest.raises(RedirectRefused) as raised:
                await ask.chat(server.url)
            assert "a redirect to https://new.example:8443; nothing" in raised.value.message
            assert len(server.exchanges) == 1

    run(main())


@pytest.mark.parametrize("status", ["300 Choices", "304 Not Modified", "302 Found"])
def test_a_redirect_to_nowhere_is_refused_as_well(status):
    async def main() -> None:
        async with serve(saying(plain(status))) as server, asking() as ask:
            assert isinstance(await ask.failure(server.url), RedirectRefused)

    run(main())


def test_a_cookie_that_a_server_sets_is_never_sent_back():
    async def main() -> None:
        head = answer("a").replace(b"\r\n\r\n", b"\r\nset-cookie: track=me; path=/\r\n\r\n", 1)
        async with serve(saying(head)) as server, asking() as ask:
            for _ in range(2):
                assert await ask.text(server.url) == "a"
            assert [e.header("cookie") for e in server.exchanges] == [None, None]

    run(main())


BAD = ["\r\nx-evil: 1", "\n", "\r", "\0", "é", "\u2028", "€", "\x7f", "\x1b[31m", "\x0b"]


@pytest.mark.parametrize("bad", BAD)
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(bad):
    async def main() -> None:
        secret = f"sk-canary{bad}rest"
        async with serve(saying(answer("a"))) as server, asking() as ask:
            for each in (
                {"credential": ApiKey(Secret(secret))},
                {"profile": profile(headers={"x-note": secret})},
            ):
                error = await ask.failure(server.url, **each)
                assert isinstance(error, UsageError)
                assert "canary" not in f"{error.message} {error.hint} {error.facts}"
                assert "U+00" in error.message or "U+20" in error.message
            assert server.connections == 0

    run(main())


def test_a_header_whose_name_is_none_is_refused():
    async def main() -> None:
        async with serve(saying(answer("a"))) as server, asking() as ask:
            error = await ask.failure(server.url, profile=profile(headers={"a b\r\nc": "canary"}))
            assert isinstance(error, UsageError)
            assert "a b" not in error.message
            assert server.connections == 0

    run(main())


@pytest.mark.parametrize("bad", BAD)
def test_a_program_that_gives_such_a_key_gets_a_typed_error(bad, tmp_path):
    async def main() -> None:
        async with AsyncZot(
            home=tmp_path,
            environ={},
            api_key=f"sk-canary{bad}rest",
            base_url="http://127.0.0.1:9/v1",
        ) as zot:
            with pytest.raises((CredentialError, UsageError)) as raised:
                await zot.complete("hi", model="groq/llama-3.3-70b-versatile")
            assert "canary" not in str(raised.value)

    run(main())


NETRC = """
import asyncio, sys
opened = []
sys.addaudithook(lambda name, args: opened.append(str(args[0])) if name == "open" else None)
from tests.integration.http.asking import KEY, asking, run
from tests.integration.http.server import answer, saying, serve

async def main():
    async with serve(saying(answer("a"))) as server, asking() as ask:
        assert await ask.text(server.url) == "a"
        assert server.exchanges[0].header("authorization") == f"Bearer {KEY}"

run(main())
assert not [name for name in opened if "netrc" in name and not name.endswith((".py", ".pyc"))]
print("quiet")
"""


def test_netrc_is_neither_read_nor_sent(tmp_path):
    for name in (".netrc", "_netrc", "named"):
        (tmp_path / name).write_text("machine 127.0.0.1 login me password canary\ndefault login x")
    root = str(Path(__file__).parents[3])
    environ = {"HOME": str(tmp_path), "NETRC": str(tmp_path / "named"), "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-c", NETRC], env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "quiet\n", done.stderr


def test_a_call_says_who_calls_and_asks_for_plain_bytes():
    async def main() -> None:
        async with serve(saying(answer("a"))) as server, asking() as ask:
            await ask.text(server.url)
            [exchange] = server.exchanges
            assert exchange.header("user-agent") == "zot/0.test"
            assert exchange.header("accept-encoding") == "identity"
            assert call(server.url).base_url == server.url

    run(main())
