"""No secret comes out of any command, whatever happens: canaries in every place."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration import groq
from tests.integration.command import run
from tests.replay import Answer, Replay
from zot import AsyncZot, ZotError
from zot.entrypoints.cli.main import main

FLAG, ENV, STORED, LITERAL, HEADER, PROXY = CANARIES = [
    f"sk-canary/{place}+4711" for place in ("flag", "env", "stored", "literal", "header", "proxy")
]
FORMS = [
    form
    for text in CANARIES
    for form in (text, b64encode(text.encode()).decode().rstrip("="), quote(text, safe=""))
]
FILES = {"auth.json", "models.json", "config.json"}


@dataclass
class Place:
    """Where the winning key stands, and how a question reaches the replay server with it."""

    options: list[str]
    environ: dict[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()


def at_groq(replay: Replay, *options: str) -> list[str]:
    return ["-P", "groq", "-m", groq.MODEL, "--base-url", replay.url, *options]


PLACES: dict[str, Callable[[Replay], Place]] = {
    "flag": lambda replay: Place(at_groq(replay, "--api-key", FLAG), {"GROQ_API_KEY": ENV}),
    "env": lambda replay: Place(at_groq(replay), {"GROQ_API_KEY": ENV}),
    "stored": lambda replay: Place(at_groq(replay)),
    "literal": lambda _replay: Place(["-P", "mine", "-m", "m"]),
}
ECHO = " ".join(CANARIES)
WORDS: list[list[str]] = [
    ["--dry-run", "hi"],
    ["--dry-run", "-vv", "--json", "hi"],
    ["models"],
    ["models", "--json"],
    ["--list-models", "-P", "mine"],
    ["providers"],
    ["providers", "--json"],
    ["auth", "status"],
    ["auth", "status", "--json"],
    ["auth", "explain", "groq"],
    ["auth", "explain", "groq", "--json"],
    ["auth", "explain", "mine"],
    ["auth", "explain", "mine", "--json"],
    ["--no-such-option", "hi"],
    ["auth", "explain", "nobody"],
    ["--base-url", f"https://u:{quote(FLAG, safe='')}@groq.example/v1", "hi"],
    ["--base-url", f"ftp://u:{FLAG}@groq.example/v1", "hi"],
    ["--base-url", f"https://groq.example/v1?key={FLAG}", "hi"],
    ["--temperature", "warm", "hi"],
]


def refusal(status: int) -> Answer:
    return groq.refusing(status, f"Incorrect API key provided: {ECHO}", f"code {ECHO}")


def cut_short(text: str) -> Answer:
    """Return a refusal so long that the key at its end is cut off."""
    return groq.refusing(400, "x" * (600 - len(text) // 2) + text, "x")


ANSWERS: dict[str, Answer] = {
    "answered": groq.saying("Hi"),
    "400": refusal(400),
    "401": refusal(401),
    "403": refusal(403),
    "404": refusal(404),
    "429": refusal(429),
    "500": refusal(500),
    "a page": Answer(502, (("content-type", "text/html"),), f"<title>{ECHO}</title>".encode()),
    "a redirect": Answer(302, (("location", f"https://evil.example/?k={quote(ENV)}"),)),
    "silence": groq.saying(delay=20),
    "no stream": Answer(body=f"data: {{{ECHO}\n\n".encode()),
    "an error in the stream": Answer(
        body=f'data: {{"error": {{"message": "{ECHO}"}}}}\n\n'.encode()
    ),
    "a reset": groq.saying("half", then="reset"),
    "an empty answer": Answer(),
    **{f"cut short ({text[10:14]})": cut_short(text) for text in CANARIES[:4]},
}


@pytest.fixture
def files(zot_home: Path, replay: Replay) -> Path:
    """Write a canary into every file."""
    mine = {
        "api": "openai-chat",
        "baseUrl": replay.url,
        "apiKey": LITERAL,
        "headers": {"x-gateway-token": HEADER},
        "models": [{"id": "m"}],
    }
    groq_too = {"headers": {"x-api-key": HEADER}}
    contents = {
        "auth.json": {"additional_api_key_creds": {"groq": {"api_key": STORED}}},
        "models.json": {"providers": {"mine": mine, "groq": groq_too}},
        "config.json": {"http_proxy": f"http://user:{quote(PROXY, safe='')}@127.0.0.1:9"},
    }
    for name, content in contents.items():
        (zot_home / name).write_text(json.dumps(content))
        (zot_home / name).chmod(0o600)
    return zot_home


@pytest.fixture(autouse=True)
def _nothing_to_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield


@pytest.fixture
def hear(
    files: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Callable[..., str]]:
    """Return a function that runs a command and gives back everything that it let out."""
    caplog.set_level(logging.DEBUG)

    def listen(words: list[str]) -> str:
        caplog.clear()
        status = main(words)
        out, err = capsys.readouterr()
        logged = "\n".join(f"{r.getMessage()} {r.args!r} {r.__dict__!r}" for r in caplog.records)
        assert status != 1, err
        return f"{out}\n{err}\n{logged}"

    yield listen
    written = {path for path in files.rglob("*") if path.is_file() and path.name not in FILES}
    assert [path for path in written if leaks(path.read_text(errors="replace"))] == []


def leaks(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


def prepare(monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name, value in place.environ.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("words", WORDS, ids=lambda words: " ".join(words)[:40])
def test_no_command_lets_one_out(monkeypatch, replay, hear, name, words):
    replay.say(groq.saying("Hi"))
    place = PLACES[name](replay)
    prepare(monkeypatch, place)
    options = [] if "--base-url" in words else place.options
    assert leaks(hear([*options, *words])) == []
    assert replay.questions == []


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_answer_lets_one_out(monkeypatch, replay, hear, name, answer):
    replay.say(answer)
    place = PLACES[name](replay)
    prepare(monkeypatch, place)
    once = ["--retries", "0", "--timeout", "0.3", "hi"]
    heard = hear([*place.options, "-vv", *once]) + hear([*place.options, "--json", *once])
    sent = dict(replay.questions[0].headers).values()
    mine = [text for text in CANARIES if any(text in value for value in sent)]
    assert mine, "the key was not even sent"
    assert leaks_of(heard, *mine) == []


def _forms(text: str) -> list[str]:
    at = CANARIES.index(text) * 3
    return FORMS[at : at + 3]


def leaks_of(text: str, *canaries: str) -> list[str]:
    """Return the forms of these canaries that are in a text; the server may know the others."""
    return [form for canary in canaries for form in _forms(canary) if form in text]


SPELLED = quote(PROXY, safe="")


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://user:{SPELLED}@127.0.0.1:9",
        f"https://user:{SPELLED}@127.0.0.1:9",
        f"socks5://user:{SPELLED}@127.0.0.1:9",
        f"ftp://user:{SPELLED}@127.0.0.1:9",
        f"user:{SPELLED}@127.0.0.1:9",
        f"http://user:{PROXY}@127.0.0.1:9",
        f"http://user:{SPELLED}@127.0.0.1:port",
    ],
)
@pytest.mark.parametrize("where", ["https_proxy", "ALL_PROXY", "config.json"])
def test_no_failing_proxy_lets_its_password_out(monkeypatch, files, hear, proxy, where):
    if where == "config.json":
        (files / where).write_text(json.dumps({"http_proxy": proxy}))
    else:
        monkeypatch.setenv(where, proxy)
    heard = hear(["-P", "groq", "--api-key", FLAG, "--retries", "0", "-vv", "hi"])
    assert "error[" in heard
    assert leaks(heard) == []


def test_only_the_key_of_the_call_is_sent(monkeypatch, replay, files):
    replay.say(groq.saying("Hi"))
    place = PLACES["flag"](replay)
    prepare(monkeypatch, place)
    assert main([*place.options, "-q", "hi"]) == 0
    sent = str(replay.questions[0].headers) + replay.questions[0].body.decode()
    assert [text for text in CANARIES if text in sent] == [FLAG, HEADER]


def test_a_failure_that_zot_did_not_foresee_shows_no_values(monkeypatch, capsys):
    def fail(*_arguments: object, **_keywords: object) -> None:
        raise RuntimeError(f"surprise {ENV}")

    monkeypatch.setattr("zot.app.selection.SelectionService.select", fail)
    assert main(["-vv", "-P", "groq", "hi"]) == 1
    out, err = capsys.readouterr()
    assert leaks(out + err) == []
    assert "error[unexpected]: RuntimeError" in err


def frames(error: ZotError) -> Iterator[str]:
    """Return zot's own part of a traceback, with the values of its variables."""
    assert error.__traceback__ is not None
    own = error.__traceback__.tb_next  # the first is the test itself
    told = traceback.TracebackException(type(error), error, own, capture_locals=True)
    return told.format()


@pytest.mark.parametrize("answer", ["answered", "401", "500", "a reset", "silence"])
def test_python_shows_none_in_reprs_and_tracebacks(replay, files, answer):
    replay.say(ANSWERS[answer])
    shown: list[str] = []

    async def ask() -> None:
        arguments: dict[str, Any] = {"home": files, "base_url": replay.url, "retries": 0}
        async with AsyncZot(**arguments, environ={"GROQ_API_KEY": ENV}, timeout=0.5) as zot:
            parts = [zot, zot.container, zot._settings, await zot.prepare("hi", provider="groq")]
            parts += [await zot.explain("groq"), await zot.explain("mine"), zot.models("mine")]
            parts += [zot.container.catalog().providers["mine"], zot.container.sources()]
            shown.extend(map(repr, parts))
            shown.append(repr(parts[3].headers))  # type: ignore[attr-defined]  # a request
            try:
                async with aclosing(zot.stream("hi", provider="groq")) as events:
                    shown.extend([repr(event) async for event in events])
                shown.append(repr(await zot.complete("hi", provider="groq")))
            except ZotError as error:
                shown.extend([repr(error), repr(vars(error)), *frames(error)])

    asyncio.run(ask())
    assert leaks_of("\n".join(shown), ENV, HEADER) == []
    assert len(shown) > 10


@pytest.mark.parametrize("words", [["--help"], ["auth", "--help"], ["models", "--help"]])
def test_no_help_page_lets_one_out(replay, files, words):
    done = run(*at_groq(replay, "--api-key", FLAG), *words, env={"GROQ_API_KEY": ENV})
    assert (done.code, leaks(done.out + done.err)) == (0, [])


def test_the_installed_command_lets_none_out_either(replay, files):
    replay.say(ANSWERS["401"])
    done = run(*at_groq(replay), "-vv", "hi", env={"GROQ_API_KEY": ENV, "no_proxy": "127.0.0.1"})
    assert done.code == 4
    assert leaks_of(done.out + done.err, ENV, HEADER) == []
