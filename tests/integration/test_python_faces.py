"""Both Python faces, over a real connection."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests import grammar
from tests.integration import groq
from tests.replay import Answer, Replay
from zot import AsyncZot, Message, Reply, Tool, Zot, ZotError
from zot.domain.credential import Origin
from zot.domain.error import StreamBroken, UsageError
from zot.domain.event import End, StreamEvent, TextDelta
from zot.domain.request import WireRequest

MODEL = f"groq/{groq.MODEL}"
KEY = "sk-canary-4711"
TOOL = Tool(**groq.TOOL)  # type: ignore[arg-type]  # a plain dictionary


def asked(replay: Replay, **more: Any) -> dict[str, Any]:
    return {"environ": {}, "home": "/nowhere", "base_url": replay.url, "api_key": KEY, **more}


class Both:
    """One face under the same words as the other."""

    def __init__(self, kind: type[AsyncZot | Zot], **arguments: Any) -> None:
        self.kind = kind
        self.arguments = arguments

    def complete(self, prompt: Any, **options: Any) -> Reply:
        if self.kind is Zot:
            with Zot(**self.arguments) as zot:
                return zot.complete(prompt, **options)
        return asyncio.run(self._complete(prompt, options))

    def stream(self, prompt: Any, **options: Any) -> list[StreamEvent]:
        if self.kind is Zot:
            with Zot(**self.arguments) as zot:
                return list(zot.stream(prompt, **options))
        return asyncio.run(self._stream(prompt, options))

    def prepare(self, prompt: Any, **options: Any) -> WireRequest:
        if self.kind is Zot:
            with Zot(**self.arguments) as zot:
                return zot.prepare(prompt, **options)
        return asyncio.run(self._prepare(prompt, options))

    async def _complete(self, prompt: Any, options: Any) -> Reply:
        async with AsyncZot(**self.arguments) as zot:
            return await zot.complete(prompt, **options)

    async def _stream(self, prompt: Any, options: Any) -> list[StreamEvent]:
        async with AsyncZot(**self.arguments) as zot, aclosing(zot.stream(prompt, **options)) as it:
            return [event async for event in it]

    async def _prepare(self, prompt: Any, options: Any) -> WireRequest:
        async with AsyncZot(**self.arguments) as zot:
            return await zot.prepare(prompt, **options)


@pytest.fixture(params=[AsyncZot, Zot], ids=["async", "blocking"])
def zot(request: pytest.FixtureRequest, replay: Replay) -> Both:
    return Both(request.param, **asked(replay))


def test_a_question_comes_back_as_a_reply(replay, zot):
    replay.say(groq.saying("Hi", " there"))
    reply = zot.complete("hi", model=MODEL)
    assert (reply.text, reply.stop_reason, reply.raw_stop_reason) == ("Hi there", "stop", "stop")
    assert (reply.provider, reply.model) == ("groq", groq.MODEL)
    assert reply.usage.cost_usd == pytest.approx(groq.COST)
    assert (reply.credential.origin, reply.credential.detail) == (Origin.FLAG, "api_key=")
    assert replay.questions[0].header("authorization") == f"Bearer {KEY}"


def test_a_stream_follows_the_grammar_and_its_events_have_types(replay, zot):
    replay.say(groq.calling(city="Oslo"))
    events = zot.stream([Message.user("weather?")], model=MODEL, tools=[TOOL])
    grammar.check(events)
    assert [event.type for event in events] == [
        "start",
        "notice",
        "tool_call_start",
        "tool_call_delta",
        "tool_call_delta",
        "tool_call",
        "end",
    ]


def test_a_conversation_with_a_tool_goes_on(replay, zot):
    replay.say(groq.calling(city="Oslo"), groq.saying("Rain."))
    question = Message.user("weather?")
    reply = zot.complete([question], model=MODEL, tools=[TOOL])
    [call] = reply.tool_calls
    result = Message.tool_result(call.id, "rain")
    last = zot.complete([question, reply.message, result], model=MODEL, tools=[TOOL])
    assert last.text == "Rain."
    sent = replay.questions[1].json["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == call.id


def test_preparing_shows_what_would_be_sent_and_sends_nothing(replay, zot):
    request = zot.prepare("hi", model=MODEL)
    assert (request.method, request.url) == ("POST", f"{replay.url}/chat/completions")
    assert request.headers["authorization"] == "Bearer ***(flag: api_key=)***"
    assert b'"hi"' in request.body
    assert replay.connections == 0


def test_an_error_is_raised_with_what_the_provider_said(replay, zot):
    replay.say(groq.BAD_KEY)
    with pytest.raises(ZotError) as raised:
        zot.complete("hi", model=MODEL)
    error = raised.value
    assert (error.slug, error.exit_code, error.status) == ("credential-rejected", 4, 401)
    assert (error.code, error.retryable, error.partial) == ("invalid_api_key", False, None)
    assert KEY not in f"{error!r} {error.__dict__}"


def test_a_stream_that_breaks_off_is_raised_with_its_beginning(replay, zot):
    body = groq.stream("half an", " answer")
    cut = body[: body.index(b" answer")]
    replay.say(Answer(headers=groq.HEADERS, body=cut, then="close"))
    with pytest.raises(StreamBroken) as raised:
        zot.stream("hi", model=MODEL)
    assert raised.value.partial is not None
    assert raised.value.partial.text == "half an"


def test_a_question_without_a_message_or_with_an_unknown_word_is_refused(zot):
    for prompt, options in [([], {}), ("hi", {"colour": "red"}), ("hi", {"reasoning": "hard"})]:
        with pytest.raises(UsageError):
            zot.complete(prompt, model=MODEL, **options)


class Untouchable(Mapping[str, str]):
    """An environment that must not be read, but by the interpreter itself."""

    def __getitem__(self, name: str) -> str:
        if name.startswith("PYTHON"):
            raise KeyError(name)
        raise AssertionError(f"{name} was read")

    def __iter__(self) -> Any:
        raise AssertionError("it was read")

    __len__ = __iter__


def test_the_process_environment_is_not_read_where_one_is_given(replay, monkeypatch):
    replay.say(groq.saying("Hi"))
    environ = {"GROQ_API_KEY": KEY, "HOME": "/nowhere"}
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", Untouchable())
        arguments = {"environ": environ, "base_url": replay.url}
        for kind in (AsyncZot, Zot):
            reply = Both(kind, **arguments).complete("hi", model=MODEL)
            assert reply.credential.detail == "GROQ_API_KEY"
        with Zot(**arguments) as zot:
            assert zot.explain("groq").place.detail == "GROQ_API_KEY"
            assert len(zot.models("groq")) > 3


@pytest.mark.parametrize("kind", [AsyncZot, Zot])
def test_constructing_does_no_input_or_output(kind, monkeypatch, tmp_path):
    home = tmp_path / "home"
    before = threading.active_count()
    with monkeypatch.context() as patch:
        for name in ("open", "stat", "mkdir", "listdir", "scandir"):
            patch.setattr(
                os, name, lambda *_a, name=name, **_k: pytest.fail(f"os.{name} was called")
            )
        patch.setattr("builtins.open", lambda *_a, **_k: pytest.fail("a file was opened"))
        kind(home=home, environ={}, api_key=KEY)
        kind(home=home)
    assert not home.exists()
    assert threading.active_count() == before


def test_the_explanation_is_the_trace_of_the_policy(zot_home: Path):
    with Zot(environ={"ZOT_HOME": str(zot_home), "KIMI_API_KEY": KEY}) as zot:
        resolution = zot.explain("kimi")
        assert asyncio.run(_explained(zot_home)) == resolution
    assert [look.place.detail for look in resolution.looks] == ["api_key=", "KIMI_API_KEY"]
    assert resolution.place.origin is Origin.ENV
    assert KEY not in repr(resolution)


async def _explained(home: Path) -> Any:
    async with AsyncZot(environ={"ZOT_HOME": str(home), "KIMI_API_KEY": KEY}) as zot:
        return await zot.explain("kimi")


def test_the_catalog_is_listed_whole_or_by_provider_or_alias():
    zot = AsyncZot(environ={}, home="/nowhere")
    every = zot.models()
    assert {spec.provider for spec in zot.models("groq")} == {"groq"}
    assert zot.models("bedrock") == zot.models("amazon-bedrock")
    assert len(every) > 500
    with pytest.raises(ZotError, match="no provider named"):
        zot.models("grok")


def test_one_object_serves_many_questions_over_one_connection(replay):
    replay.say(groq.saying("Hi"))
    with Zot(**asked(replay)) as zot:
        for _ in range(5):
            assert zot.complete("hi", model=MODEL).text == "Hi"
    assert (len(replay.questions), replay.connections) == (5, 1)


def test_it_may_be_closed_and_used_again(replay):
    replay.say(groq.saying("Hi"))
    zot = Zot(**asked(replay))
    for _ in range(3):
        assert zot.complete("hi", model=MODEL).text == "Hi"
        zot.close()
        zot.close()


def test_whoever_gave_the_http_client_keeps_it(replay):
    import httpx

    async def run() -> bool:
        async with httpx.AsyncClient(trust_env=False) as client:
            async with AsyncZot(**asked(replay, http_client=client)) as zot:
                await zot.complete("hi", model=MODEL)
            return client.is_closed

    replay.say(groq.saying("Hi"))
    assert asyncio.run(run()) is False


def test_many_questions_at_once_do_not_mix(replay):
    replay.say(groq.saying("Hi", delay=0.05))

    async def run() -> list[Reply]:
        async with AsyncZot(**asked(replay)) as zot:
            return await asyncio.gather(*(zot.complete(str(n), model=MODEL) for n in range(30)))

    assert [reply.text for reply in asyncio.run(run())] == ["Hi"] * 30
    sent = sorted(int(question.json["messages"][0]["content"]) for question in replay.questions)
    assert sent == list(range(30))


def test_the_last_event_is_the_end_and_text_may_be_empty(replay, zot):
    replay.say(groq.saying(""))
    events = zot.stream("hi", model=MODEL)
    assert isinstance(events[-1], End)
    assert not any(isinstance(event, TextDelta) and event.text for event in events)
