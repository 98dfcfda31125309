"""The types of the public names; only mypy reads this file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import assert_type

from zot import AsyncZot, Document, Image, Message, Reply, Tool, Zot, ZotError
from zot.domain.event import (
    End,
    Notice,
    Start,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from zot.domain.message import ToolCall
from zot.domain.model import ModelSpec
from zot.domain.precedence import Resolution
from zot.domain.request import WireRequest

weather = Tool("weather", "The weather of a city", {"type": "object"})
conversation = [
    Message.system("be brief"),
    Message.user("what is this?", Image(b""), Document(b"", "application/pdf")),
    Message.assistant("a cat", ToolCall("c1", "weather", {})),
    Message.tool_result("c1", "rain", error=True),
]


async def asynchronous() -> None:
    async with AsyncZot(home="/tmp", environ={}, api_key="k", retries=0, timeout=1.5) as zot:
        assert_type(zot, AsyncZot)
        reply = await zot.complete("hi", model="groq/x", tools=[weather], reasoning="low")
        assert_type(reply, Reply)
        assert_type(reply.text, str)
        assert_type(reply.tool_calls, tuple[ToolCall, ...])
        assert_type(reply.usage.cost_usd, float | None)
        assert_type(reply.credential.origin.value, str)
        events = zot.stream(conversation, model="x", provider="groq", system="s", schema={})
        assert_type(events, AsyncGenerator[StreamEvent, None])
        async for event in events:
            assert_type(told(event), str)
        assert_type(await zot.prepare("hi"), WireRequest)
        assert_type(await zot.explain("groq"), Resolution)
        assert_type(zot.models(), list[ModelSpec])
        await zot.complete("hi", reasoning="hard")  # type: ignore[arg-type]
        await zot.complete("hi", colour="red")  # type: ignore[call-arg]
        await zot.complete(5)  # type: ignore[arg-type]
        AsyncZot("/tmp")  # type: ignore[call-arg]


def blocking() -> None:
    with Zot(base_url="https://h", insecure_http=False, notify=print) as zot:
        assert_type(zot, Zot)
        assert_type(zot.complete("hi", model="groq/x"), Reply)
        assert_type(zot.complete(Message.user("hi"), max_tokens=5, temperature=0.1), Reply)
        assert_type(zot.stream(conversation), Iterator[StreamEvent])
        assert_type(zot.prepare("hi"), WireRequest)
        assert_type(zot.explain("groq"), Resolution)
        assert_type(zot.models("groq"), list[ModelSpec])
        zot.complete("hi", max_tokens="5")  # type: ignore[arg-type]
        Zot(colour="red")  # type: ignore[call-arg]
        Zot(retries="2")  # type: ignore[arg-type]


def told(event: StreamEvent) -> str:
    """Return what an event says; mypy finds a kind of event that is left out."""
    match event:
        case Start(provider=provider):
            return provider
        case TextDelta(text=text) | ThinkingDelta(text=text) | Notice(text=text):
            return text
        case ToolCallStart(name=name):
            return name
        case ToolCallDelta(json=json):
            return json
        case ToolCallEnd(arguments=arguments):
            assert_type(arguments, Mapping[str, object])
            return str(arguments)
        case End(stop_reason=stop_reason):
            return stop_reason


def failing(error: ZotError) -> None:
    assert_type(error.slug, str)
    assert_type(error.hint, str)
    assert_type(error.exit_code, int)
    assert_type(error.status, int | None)
    assert_type(error.code, str | None)
    assert_type(error.request_id, str | None)
    assert_type(error.retry_after, float | None)
    assert_type(error.retryable, bool)
    assert_type(error.partial, Reply | None)
