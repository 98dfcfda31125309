"""The tiny built-in model answers for real, in this process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest

import zot
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.transports._weights import MODEL
from zot.adapters.transports.local import LocalTransport
from zot.domain.credential import Keyless, Origin, Place
from zot.domain.deadline import Deadlines
from zot.domain.error import ContextTooLong, ModelNotFound, RequestRejected, TimedOut
from zot.domain.event import End, Start, StreamEvent, TextDelta
from zot.domain.message import Message
from zot.domain.reply import Reply, collect
from zot.domain.request import ChatRequest, ModelCall

LONG = "Once upon a time there was a city by the sea. " * 300
"""About 3,500 tokens: half a minute of reading for one core."""
STORY = "Tell me a long story about a lighthouse."


@pytest.fixture(scope="module")
def folder(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cache")
    (place / MODEL.name).symlink_to(weights)
    return place


@pytest.fixture(scope="module")
def local(folder: Path) -> Iterator[LocalTransport]:
    transport = LocalTransport(folder, pytest.fail, environ={})
    yield transport
    asyncio.run(transport.aclose())


def call(*turns: str | Message, model: str = "smollm2-135m-instruct", **request: Any) -> ModelCall:
    route = shipped().route(model, "local")
    messages = tuple(Message.user(t) if isinstance(t, str) else t for t in turns)
    return ModelCall(
        profile=route.profile,
        endpoint=route.endpoint,
        wire=route.wire,
        base_url="local:",
        model=route.model,
        request=ChatRequest(messages, **request),
        credential=Keyless(),
        place=Place(Origin.NONE, ""),
    )


async def events(transport: LocalTransport, asked: ModelCall) -> list[StreamEvent]:
    async with aclosing(transport.stream(asked)) as stream:
        return [event async for event in stream]


def ask(transport: LocalTransport, *turns: str | Message, **request: Any) -> Reply:
    return collect(asyncio.run(events(transport, call(*turns, **request))))


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "zot-local"]


def wait_for_rest(seconds: float) -> bool:
    until = time.monotonic() + seconds
    while workers() and time.monotonic() < until:
        time.sleep(0.01)
    return not workers()


def test_it_answers_in_words(local):
    reply = ask(local, "Say hello and introduce yourself.")
    assert len(reply.text) >= 10
    assert all(sign.isprintable() or sign.isspace() for sign in reply.text)
    assert reply.provider == "local"


def test_the_stream_is_a_start_many_pieces_of_text_and_one_end(local):
    first, *middle, last = asyncio.run(events(local, call("Name three fruits.")))
    assert isinstance(first, Start)
    assert first.model == "smollm2-135m-instruct"
    assert len(middle) > 2
    assert all(isinstance(event, TextDelta) for event in middle)
    assert isinstance(last, End)


def test_the_end_counts_the_tokens(local):
    usage = ask(local, "Say hello.", max_tokens=5).usage
    assert usage.prompt_tokens > 5
    assert usage.input_tokens is not None
    assert usage.output_tokens == 5


def test_an_answer_cut_by_its_limit_says_so(local):
    assert ask(local, STORY, max_tokens=5).stop_reason == "length"


def test_an_answer_that_is_not_limited_ends_after_256_tokens(local):
    output = ask(local, STORY).usage.output_tokens
    assert output is not None
    assert output <= 256


def test_a_stop_word_ends_the_answer(local):
    reply = ask(local, "Count from one: one, two, three, four, five", stop=("three",))
    assert "three" not in reply.text


def test_the_system_prompt_and_earlier_turns_reach_the_model(local):
    alone = ask(local, "Who are you?", max_tokens=1).usage.prompt_tokens
    more = ask(
        local,
        Message.user("My name is Ada."),
        Message.assistant("Hello, Ada."),
        "Who are you?",
        system="You are a patient gardener who answers in short sentences.",
        max_tokens=1,
    ).usage.prompt_tokens
    assert more > alone + 10


def test_a_schema_is_kept_to(local):
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}, "people": {"type": "integer"}},
        "required": ["city", "people"],
        "additionalProperties": False,
    }
    answer = json.loads(ask(local, "Describe Paris.", schema=schema).text)
    assert isinstance(answer["city"], str)
    assert isinstance(answer["people"], int)
    assert set(answer) == {"city", "people"}


def test_a_schema_that_is_none_is_refused_as_the_request_it_is_part_of(local):
    with pytest.raises(RequestRejected, match="tiny built-in model"):
        ask(local, "Describe Paris.", schema={"type": "object", "properties": {"city": 5}})


def test_a_conversation_longer_than_the_window_is_refused_with_both_sizes(local):
    with pytest.raises(ContextTooLong, match=r"tiny built-in model: \d+ tokens, and 4096 fit"):
        ask(local, LONG * 2)


def test_another_model_is_not_known(local):
    with pytest.raises(ModelNotFound, match="some-other-model"):
        asyncio.run(events(local, call("Hi", model="some-other-model")))


def test_leaving_the_stream_stops_the_engine_within_a_second(local):
    async def leave() -> None:
        async with aclosing(local.stream(call(STORY, max_tokens=1024))) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break

    asyncio.run(leave())
    assert wait_for_rest(1.0)


@pytest.mark.parametrize("prompt", [STORY, LONG], ids=["while it writes", "while it reads"])
def test_cancelling_the_task_stops_the_engine_within_a_second(local, prompt):
    async def cancel() -> float:
        task = asyncio.ensure_future(events(local, call(prompt, max_tokens=1024)))
        await asyncio.sleep(0.7)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    assert asyncio.run(cancel()) < 0.2
    assert wait_for_rest(1.0)
    assert len(ask(local, "Say hello.").text) > 0


def test_an_answer_that_takes_too_long_is_stopped(folder):
    transport = LocalTransport(folder, pytest.fail, environ={}, deadlines=Deadlines(total=0.3))
    with pytest.raises(TimedOut, match=r"0\.3 s"):
        ask(transport, LONG)
    asyncio.run(transport.aclose())
    assert not workers()


def test_calls_at_the_same_time_each_get_their_own_answer(local):
    async def both() -> list[list[StreamEvent]]:
        asked = [call("Say hello.", max_tokens=6), call("Name a fruit.", max_tokens=9)]
        return await asyncio.gather(*(events(local, each) for each in asked))

    counts = [collect(each).usage.output_tokens or 0 for each in asyncio.run(both())]
    assert 0 < counts[0] <= 6
    assert 0 < counts[1] <= 9


def test_nobody_else_on_this_machine_may_use_the_engine(local):
    ask(local, "Say hello.", max_tokens=1)
    address = local._engine.listening_address
    assert address.startswith("http://127.0.0.1:")
    assert httpx.get(f"{address}/v1/models", trust_env=False).status_code == 401


def test_what_would_be_asked_is_shown_without_asking(tmp_path):
    transport = LocalTransport(tmp_path, pytest.fail, environ={})
    request = asyncio.run(transport.prepare(call("Say hello.", max_tokens=7)))
    body = json.loads(request.body)
    assert request.url == "local:smollm2-135m-instruct"
    assert body["messages"] == [{"role": "user", "content": "Say hello."}]
    assert body["max_tokens"] == 7
    assert not list(tmp_path.iterdir())


ROOT = Path(__file__).parent.parent.parent
SOURCE = Path(zot.__file__).parent.parent
QUIET = """
import asyncio, sys
from pathlib import Path
from tests.integration.test_local_model import STORY, LocalTransport, call

async def first_word():
    transport = LocalTransport(Path(sys.argv[1]), print, environ={})
    async for event in transport.stream(call(STORY, max_tokens=1024)):
        if event.type == "text":
            return

asyncio.run(first_word())
"""


def test_the_engine_prints_nothing_and_lets_the_program_end_in_the_middle_of_an_answer(folder):
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", QUIET, str(folder)],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (SOURCE, ROOT)))},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert time.monotonic() - began < 15
