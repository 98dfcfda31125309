"""Headers, addresses and keys that models.json may not hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from zot.domain.catalog import Overlay

URL = "https://gw.example/v1"
SECRET = "sk-canary-4711"
One = Callable[..., Overlay]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Team": "a\r\nHost: evil.example"},
        {"X-Team": "a\nb"},
        {"X-Team": "a\x00b"},
        {"X-Team": "caf\u00e9"},
        {"X\r\nHost": "evil.example"},
        {"X Team": "a"},
        {"X:Team": "a"},
        {"": "a"},
        {"Authorization": f"Bearer {SECRET}"},
        {"authorization": SECRET},
        {"AUTHORIZATION": SECRET},
        {"Proxy-Authorization": SECRET},
        {"Host": "evil.example"},
        {"Connection": "close"},
        {"Keep-Alive": "x"},
        {"Proxy-Connection": "x"},
        {"TE": "trailers"},
        {"Trailer": "x"},
        {"Transfer-Encoding": "chunked"},
        {"Upgrade": "websocket"},
        {"Expect": "100-continue"},
        {"Content-Length": "0"},
        {"Content-Type": "text/plain"},
        {"X-Team": "$SECRET"},
        {"X-Team": "!pass show x"},
        {"X-Team": "a", "x-team": "b"},
        {"X-Team": "a" * 9000},
    ],
)
def test_a_header_that_zot_decides_or_none_can_carry_is_refused(problem, headers):
    for fields in ({"headers": headers}, {"models": [{"id": "m1", "headers": headers}]}):
        found = problem(**fields)
        assert found.startswith("`headers` ")
        assert SECRET not in found


@pytest.mark.parametrize(
    ("api", "name"),
    [("anthropic", "X-Api-Key"), ("google-generative-ai", "X-Goog-Api-Key")],
)
def test_the_header_of_the_key_is_not_set_by_hand(problem, api: str, name: str):
    found = problem(api=api, headers={name: SECRET})
    assert "which carries the key | the key belongs in `apiKey`" in found
    assert SECRET not in found


@pytest.mark.parametrize(
    "url",
    [
        "http://gw.example/v1",
        "http://10.0.0.1/v1",
        "http://localhost.evil.example/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://127.0.0.1@evil.example/v1",
        "http://2130706433/v1",
        f"https://user:{SECRET}@gw.example/v1",
        f"https://{SECRET}@gw.example/v1",
        f"https://gw.example/v1#{SECRET}",
        "https://gw.example/v1#",
        f"https://gw.example/v1?key={SECRET}",
        "https://gw.example/v1?",
        "ftp://gw.example/v1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//gw.example/v1",
        "gw.example/v1",
        "/v1",
        "https://",
        "https:///v1",
        "https://gw.example:port/v1",
        "https://gw.example:99999/v1",
        "https://[::1",
        "https://gw.example\\@evil.example/v1",
        "https://gw.ex\nample/v1",
        "https://gw.ex\tample/v1",
        "https://gw.example/ v1",
        "https://gw\u0131.example/v1",
        "https://gw.example%2eevil/v1",
        "https://{region}.example/v1",
        "https://gw.example/{",
        "https://gw.example/" + "a" * 3000,
    ],
)
def test_a_base_url_that_is_none_or_not_safe_is_refused(problem, url: str):
    for fields in ({"baseUrl": url}, {"models": [{"id": "m1", "baseUrl": url}]}):
        found = problem(**fields)
        assert found.startswith("`baseUrl` ")
        assert SECRET not in found


@pytest.mark.parametrize(
    "url",
    [
        "https://gw.example",
        "https://gw.example:8443/a/b/v1/",
        "http://localhost:1234/v1",
        "http://127.0.0.1:1234",
        "http://[::1]:1234",
    ],
)
def test_plain_http_to_this_machine_and_https_are_taken(one: One, url: str):
    assert one(baseUrl=url).problems == ()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (
            "!op read x",
            (
                "has a command for a shell, and zot uses none | "
                'write {"command": ["op", "read", "x"]}'
            ),
        ),
        (
            "!pass show x | head -1",
            (
                "has a command for a shell, and zot uses none | "
                'write {"command": ["program", "argument"]}'
            ),
        ),
        (
            f"!echo {SECRET}",
            (
                "has a command for a shell, and zot uses none | "
                'write {"command": ["program", "argument"]}'
            ),
        ),
        (
            {"command": "op read x"},
            ('has a command that is no list | write {"command": ["op", "read", "x"]}'),
        ),
        (
            {"command": []},
            'has a command that is no list of texts | as in ["op", "read", "op://…"]',
        ),
        (
            {"command": ["op", 1]},
            ('has a command that is no list of texts | as in ["op", "read", "op://…"]'),
        ),
        ({"command": [""]}, 'has a command without a program | as in ["op", "read", "op://…"]'),
        (
            {"command": ["a\0b"]},
            ('has a command that is no list of texts | as in ["op", "read", "op://…"]'),
        ),
        ({"env": "A", "command": ["b"]}, "names a variable and a command | keep one of them"),
        ({"env": "A-B"}, 'names no environment variable | as in {"env": "MY_KEY"}'),
        ({"evn": "A"}, "is neither a variable nor a command | did you mean `env`?"),
        ("$A-B", 'begins with `$` and names no variable | as in {"env": "NAME"}'),
        ("${A", 'begins with `$` and names no variable | as in {"env": "NAME"}'),
        ("MY_COMPANY_API_KEY", 'looks like the name of a variable | write {"env": "NAME"}'),
        ("", "is empty | "),
        ("a b", "holds a character that no header can carry | "),
    ],
)
def test_a_key_that_cannot_be_found_or_sent_is_refused(problem, key, said: str):
    assert problem(apiKey=key) == f"`apiKey` {said}"


def test_no_message_and_no_repr_shows_a_key(one: One):
    layer = one(baseUrl=URL, apiKey=SECRET)
    assert SECRET not in repr(layer)
    broken = one(
        baseUrl="http://gw.example", apiKey=f"{SECRET} ", headers={"Authorization": SECRET}
    )
    assert SECRET not in repr([(str(e), e.hint) for e in broken.problems])
