from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.cases import call_to, codec_of, decoded
from zot.domain.credential import OAuthToken
from zot.domain.error import (
    ContextTooLong,
    CredentialRejected,
    Overloaded,
    ProviderFailed,
    RateLimited,
    RequestRejected,
    StreamBroken,
)
from zot.domain.event import Notice, Start, TextDelta
from zot.domain.message import Author, Document, Image, Message, Text, Thinking, Tool, ToolCall
from zot.domain.model import ModelSpec
from zot.domain.reply import collect
from zot.domain.request import ChatRequest, ModelCall
from zot.domain.secret import Secret

WIRE = "anthropic-messages"
CLOCK = Tool("clock", "", {"type": "object"})
ASK = (Message.user("hi"),)
PLAIN = ChatRequest(ASK)


def ask(
    request: ChatRequest = PLAIN,
    quirks: Mapping[str, Any] | None = None,
    provider: str = "somebody",
    **model: Any,
) -> ModelCall:
    call = call_to(provider, WIRE, "m", request)
    endpoint = replace(call.endpoint, quirks=replace(call.endpoint.quirks, **(quirks or {})))
    return replace(call, endpoint=endpoint, model=ModelSpec(provider, "m", **model))


def body(call: ModelCall) -> dict[str, Any]:
    encoded: dict[str, Any] = json.loads(codec_of(WIRE).encode(call).body)
    return encoded


def notices(call: ModelCall) -> list[str]:
    document = b'{"type":"message","content":[],"stop_reason":"end_turn"}'
    outcome = decoded(codec_of(WIRE).decoder(call, "application/json"), [document])
    return [event.text for event in outcome.events if isinstance(event, Notice)]


def thinking(call: ModelCall) -> Any:
    return body(call).get("thinking")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://a.example", "https://a.example/v1/messages"),
        ("https://a.example/v1/", "https://a.example/v1/messages"),
        ("https://a.example/anthropic", "https://a.example/anthropic/v1/messages"),
    ],
)
def test_the_version_is_written_once(base: str, url: str) -> None:
    assert codec_of(WIRE).encode(replace(ask(), base_url=base)).url == url


def test_max_tokens_is_always_sent() -> None:
    assert body(ask())["max_tokens"] == 8192
    assert body(ask(max_output=64000))["max_tokens"] == 64000
    assert body(ask(ChatRequest(ASK, max_tokens=5), max_output=64000))["max_tokens"] == 5


@pytest.mark.parametrize(
    ("model", "level", "expected"),
    [
        ({"reasoning_styles": ("adaptive",)}, "low", ("adaptive", "low")),
        ({"reasoning_styles": ("adaptive", "budget")}, "minimal", ("adaptive", "low")),
        (
            {"reasoning_styles": ("adaptive",), "efforts": ("low", "high", "xhigh")},
            "max",
            ("adaptive", "xhigh"),
        ),
        ({"reasoning_styles": ("budget",)}, "medium", (8192 - 1024, None)),
        ({"reasoning_styles": ("budget",), "max_output": 64000}, "max", (32768, None)),
        ({"reasoning_styles": ("effort",), "efforts": ("high",)}, "low", (2048, "high")),
        ({"reasoning_styles": ("adaptive",)}, "off", ("disabled", None)),
        ({"reasoning_styles": ("adaptive",)}, None, (None, None)),
    ],
)
def test_each_model_is_asked_to_think_in_its_own_way(
    model: Mapping[str, Any], level: Any, expected: tuple[Any, Any]
) -> None:
    sent = body(ask(ChatRequest(ASK, reasoning=level), **model))
    asked = sent.get("thinking", {})
    said = asked.get("budget_tokens") or asked.get("type")
    assert (said, sent.get("output_config", {}).get("effort")) == expected


def test_an_unlisted_model_is_new_where_claude_is_served() -> None:
    request = ChatRequest(ASK, reasoning="high")
    assert thinking(ask(request, listed=False))["type"] == "enabled"
    claude = ask(request, {"max_cache_breakpoints": 4}, listed=False)
    assert thinking(claude)["type"] == "adaptive"


def test_a_budget_leaves_room_or_is_left_out() -> None:
    tight = ask(ChatRequest(ASK, reasoning="high", max_tokens=1100), reasoning_styles=("budget",))
    assert thinking(tight)["budget_tokens"] == 1024
    none = ask(ChatRequest(ASK, reasoning="high", max_tokens=1024), reasoning_styles=("budget",))
    assert thinking(none) is None
    assert notices(none) == ["1024 tokens leave `m` no room to think; it will not"]


def test_a_forced_tool_wins_over_thinking_where_it_can() -> None:
    forced = ChatRequest(ASK, tools=(CLOCK,), tool_choice="required", reasoning="high")
    sent = body(ask(forced, reasoning_styles=("budget",)))
    assert sent["tool_choice"] == {"type": "any"}
    assert "thinking" not in sent
    sent = body(ask(forced, reasoning_styles=("adaptive",)))
    assert sent["thinking"] == {"type": "disabled"}
    always = ask(forced, reasoning_styles=("adaptive",), can_disable_reasoning=False)
    assert body(always)["tool_choice"] == {"type": "auto"}
    assert body(always)["thinking"]["type"] == "adaptive"
    assert notices(always) == ["`m` thinks before it calls a tool; none can be forced"]


def test_a_turn_under_way_without_thinking_goes_on_without() -> None:
    call = ToolCall("a", "clock", {})
    other = Message.assistant(call, author=Author("groq", "openai-chat", "x"))
    own = Message.assistant(
        Thinking("hm", {"signature": "x"}), call, author=Author("somebody", WIRE, "m")
    )
    result = Message.tool_result("a", "noon")
    for answer, thinks in ((other, False), (own, True)):
        request = ChatRequest((*ASK, answer, result), tools=(CLOCK,), reasoning="high")
        assert (thinking(ask(request, reasoning_styles=("budget",))) is not None) is thinks
        done = replace(request, messages=(*request.messages, Message.assistant("so"), *ASK))
        assert thinking(ask(done, reasoning_styles=("budget",))) is not None


def test_a_temperature_is_sent_only_where_it_is_taken() -> None:
    warm = ChatRequest(ASK, temperature=0.5)
    assert body(ask(warm))["temperature"] == 0.5
    assert "temperature" not in body(ask(warm, reasoning_styles=("adaptive",)))
    both = ask(warm, reasoning_styles=("adaptive", "budget"))
    assert body(both)["temperature"] == 0.5
    hot = ask(ChatRequest(ASK, temperature=1.7))
    assert body(hot)["temperature"] == 1
    assert notices(hot) == ["`somebody` takes no temperature of 1.7; using 1"]


def test_cache_marks_are_as_many_as_are_taken_and_can_be_switched_off() -> None:
    request = ChatRequest(ASK, system="s", tools=(CLOCK,))

    def marks(call: ModelCall) -> list[str]:
        sent = body(call)
        blocks = {
            "tools": sent["tools"][-1],
            "system": sent["system"][-1],
            "messages": sent["messages"][-1]["content"][-1],
        }
        return [name for name, block in blocks.items() if "cache_control" in block]

    assert marks(ask(request)) == []
    assert marks(ask(request, {"max_cache_breakpoints": 4})) == ["tools", "system", "messages"]
    assert marks(ask(request, {"max_cache_breakpoints": 1})) == ["messages"]
    assert marks(ask(replace(request, cache=False), {"max_cache_breakpoints": 4})) == []


def test_a_tool_is_chosen_as_far_as_the_endpoint_goes() -> None:
    other = Tool("other", "", {})
    named = ChatRequest(ASK, tools=(CLOCK, other), tool_choice="clock")
    assert body(ask(named))["tool_choice"] == {"type": "tool", "name": "clock"}
    some = body(ask(named, {"tool_choice": ("auto", "required")}))
    assert some["tool_choice"] == {"type": "any"}
    assert [tool["name"] for tool in some["tools"]] == ["clock"]
    nothing = replace(named, tool_choice="none")
    assert body(ask(nothing))["tool_choice"] == {"type": "none"}
    assert "tools" not in body(ask(nothing, {"tool_choice": ("auto",)}))


def test_the_tool_for_an_answer_takes_no_name_that_is_taken() -> None:
    own = Tool("answer", "", {"type": "object"})
    schema = {"type": "object", "properties": {}}
    sent = body(ask(ChatRequest(ASK, tools=(own,), schema=schema)))
    assert [tool["name"] for tool in sent["tools"]] == ["answer", "answer_"]
    only = body(ask(ChatRequest(ASK, tools=(own,), tool_choice="none", schema=schema)))
    assert only["tool_choice"] == {"type": "tool", "name": "answer"}


def test_what_cannot_be_sent_is_said_before_it_is_sent() -> None:
    for part in (Image(b"BM", "image/bmp"), Document(b"PK", "application/zip")):
        with pytest.raises(RequestRejected, match="cannot be sent here"):
            body(ask(ChatRequest((Message.user(part),))))


def test_a_model_that_reads_pictures_gets_them_although_the_row_says_no() -> None:
    request = ChatRequest((Message.user(Image(url="https://example.com/a.png")),))
    blind = body(ask(request, {"images": "no"}))
    assert blind["messages"][0]["content"][0]["type"] == "text"
    seeing = body(ask(request, {"images": "no"}, inputs=("text", "image")))
    assert seeing["messages"][0]["content"][0]["type"] == "image"


def test_an_answer_that_begins_with_white_space_alone_is_still_one() -> None:
    pieces = (b" ", b"\n", b'{"type":"message","content":[{"type":"text","text":"x"}],', b"}")
    outcome = decoded(codec_of(WIRE).decoder(ask(), "application/json"), pieces)
    assert isinstance(outcome.error, StreamBroken)


@pytest.mark.parametrize(
    ("kind", "message", "expected", "retryable"),
    [
        ("overloaded_error", "Overloaded", Overloaded, True),
        ("rate_limit_error", "slow down", RateLimited, True),
        ("api_error", "internal", ProviderFailed, True),
        ("invalid_request_error", "no such field", RequestRejected, False),
        ("invalid_request_error", "prompt is too long: 9 > 8", ContextTooLong, False),
        ("authentication_error", "invalid x-api-key", CredentialRejected, False),
        ("something_new", "odd", ProviderFailed, True),
    ],
)
def test_an_error_inside_a_stream_is_understood(
    kind: str, message: str, expected: type[Exception], retryable: bool
) -> None:
    error = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    stream = b"event: error\ndata: " + json.dumps(error).encode() + b"\n\n"
    outcome = decoded(codec_of(WIRE).decoder(ask(), "text/event-stream"), [stream])
    assert type(outcome.error) is expected
    assert outcome.error is not None
    assert (outcome.error.retryable, outcome.error.request_id) == (retryable, "req_1")
    document = decoded(
        codec_of(WIRE).decoder(ask(), "application/json"), [json.dumps(error).encode()]
    )
    assert type(document.error) is expected


def test_a_refusal_of_a_subscription_says_what_it_may_mean() -> None:
    said = b'{"type":"error","error":{"type":"rate_limit_error","message":"Error"}}'
    call = ask(quirks={"betas": True})
    login = replace(call, credential=OAuthToken(Secret("sk-ant-oat01")))
    codec = codec_of(WIRE)
    assert "third-party" in codec.error(login, 429, {}, said).hint
    assert "third-party" in codec.error(login, 403, {}, b"").hint
    assert "third-party" not in codec.error(login, 429, {"retry-after": "7"}, said).hint
    assert "third-party" not in codec.error(call, 429, {}, said).hint


def test_deltas_without_a_start_begin_a_block() -> None:
    stream = b"".join(
        b"data: " + json.dumps(event).encode() + b"\n\n"
        for event in (
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": "x"},
            },
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            {"type": "message_stop"},
        )
    )
    outcome = decoded(codec_of(WIRE).decoder(ask(), "text/event-stream"), [stream])
    assert outcome.error is None
    assert outcome.events[0] == TextDelta("x", 0)


def test_a_reply_can_be_sent_back_as_it_came() -> None:
    """What a model of this wire said comes out as the same blocks."""
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "thinking", "thinking": "", "signature": "bm9uZQ=="},
        {"type": "redacted_thinking", "data": "ZW5j"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"q": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "text", "text": "so", "citations": [{"type": "page_location"}]},
        {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "clock",
            "input": {"at": "x"},
            "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_2"},
        },
    ]
    document = {"type": "message", "content": blocks, "stop_reason": "tool_use"}
    call = ask(ChatRequest(ASK, tools=(CLOCK,)))
    outcome = decoded(
        codec_of(WIRE).decoder(call, "application/json"), [json.dumps(document).encode()]
    )
    reply = collect([Start("somebody", "m", wire=WIRE), *outcome.events])
    again = ask(ChatRequest((*ASK, reply.message, Message.tool_result("toolu_1", "noon"))))
    assert body(again)["messages"][1]["content"] == blocks
    other = replace(again, model=ModelSpec("somebody", "n"))
    kinds = [block["type"] for block in body(other)["messages"][1]["content"]]
    assert kinds == ["text", "text", "tool_use"]
    assert Text("so") not in reply.parts
