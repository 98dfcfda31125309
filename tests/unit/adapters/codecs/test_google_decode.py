"""Answers of the google wires, part by part."""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.cases import Outcome, as_json, call_to, decoded
from tests.grammar import check
from zot.adapters.codecs.google_generative import codec
from zot.domain.credential import OAuthToken
from zot.domain.error import (
    ContextTooLong,
    CredentialRejected,
    ModelNotFound,
    Overloaded,
    ProviderFailed,
    QuotaSpent,
    RateLimited,
    RequestRejected,
    StreamBroken,
    ZotError,
)
from zot.domain.event import End, Notice, Start, TextDelta, ThinkingDelta
from zot.domain.message import Message, Text, Thinking, Tool, ToolCall
from zot.domain.reply import Reply, collect
from zot.domain.request import ChatRequest, ModelCall
from zot.domain.usage import Usage

WIRE = "google-generative"


def call(model: str = "gemini-2.5-flash", **fields: Any) -> ModelCall:
    request = ChatRequest(fields.pop("messages", (Message.user("hi"),)), **fields)
    return call_to("google", WIRE, model, request)


def chunk(*parts: Any, finish: Any = None, usage: Any = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, **more}
    if parts:
        candidate["content"] = {"role": "model", "parts": list(parts)}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], **({"usageMetadata": usage} if usage else {})}


def said(text: Any, **more: Any) -> dict[str, Any]:
    return {"text": text, **more}


def calling(name: Any = "f", args: Any = None, **more: Any) -> dict[str, Any]:
    own = {"name": name, **({} if args is None else {"args": args})}
    return {"functionCall": {**own, **more}}


def stream(*chunks: Any) -> bytes:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in chunks]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def outcome(body: bytes, own: ModelCall | None = None) -> Outcome:
    return decoded(codec.decoder(own or call(), "text/event-stream"), [body])


def reply_of(body: bytes, own: ModelCall | None = None) -> Reply:
    result = outcome(body, own)
    assert result.error is None, result.error
    check([Start("google", "m"), *result.events])
    return collect(result.events)


def answer(*chunks: Any, own: ModelCall | None = None) -> Reply:
    return reply_of(stream(*chunks), own)


def failure(body: bytes) -> ZotError:
    error = outcome(body).error
    assert error is not None
    return error


# --- parts ---------------------------------------------------------------------------------


def test_text_is_given_as_it_comes() -> None:
    result = outcome(stream(chunk(said("a")), chunk(said("")), chunk(said("b"), finish="STOP")))
    assert result.events[:2] == [TextDelta("a"), TextDelta("b")]


def test_thoughts_are_thinking() -> None:
    result = outcome(
        stream(
            chunk(said("h", thought=True)),
            chunk(said("m", thought=True), said("a")),
            chunk(said("b", thought=False), finish="STOP"),
        )
    )
    assert result.events[:-1] == [
        ThinkingDelta("h", 0),
        ThinkingDelta("m", 0),
        TextDelta("a", 1),
        TextDelta("b", 1),
    ]


def test_a_signed_part_stays_a_part_of_its_own() -> None:
    parts = [
        said("a"),
        said("b", thoughtSignature="c2ln"),
        said("c"),
        said("", thoughtSignature="c2lnMg=="),
        said("h", thought=True, thoughtSignature="c2lnMw=="),
        {"thoughtSignature": "c2lnNA=="},
    ]
    reply = answer(chunk(*parts, finish="STOP"))
    assert reply.parts == (
        Text("a"),
        Text("b", {"signature": "c2ln"}),
        Text("c"),
        Text("", {"signature": "c2lnMg=="}),
        Thinking("h", {"signature": "c2lnMw=="}),
        Text("", {"signature": "c2lnNA=="}),
    )
    assert reply.text == "abc"


@pytest.mark.parametrize(
    "part",
    [
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH"}, "thoughtSignature": "c2ln"},
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}, "thought": True},
        {"text": "half", "somethingNew": {}},
    ],
)
def test_what_has_no_kind_goes_through_unseen(part: Any) -> None:
    reply = answer(chunk(said("a")), chunk(part), chunk(said("b"), finish="STOP"))
    assert reply.parts == (Text("a"), Text("", {"part": part}), Text("b"))
    assert reply.notices == ()


def test_a_picture_that_is_not_shown_is_told() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    reply = answer(chunk(picture, finish="STOP"))
    assert reply.parts == (Text("", {"part": picture}),)
    assert reply.notices == ("the answer holds a file of the type image/png, which is not shown",)


def test_sources_are_kept_with_the_last_text() -> None:
    reply = answer(
        chunk(said("a"), groundingMetadata={"webSearchQueries": ["x"]}),
        chunk(calling(), groundingMetadata={"webSearchQueries": ["y"]}, finish="STOP"),
    )
    assert reply.parts[0] == Text("a", {"groundingMetadata": {"webSearchQueries": ["y"]}})


def test_sources_without_any_text_are_kept_too() -> None:
    reply = answer(chunk(finish="STOP", citationMetadata={"citations": []}))
    assert reply.parts == (Text("", {"citationMetadata": {"citations": []}}),)


def test_only_the_first_candidate_counts() -> None:
    second = {"index": 1, "content": {"parts": [said("no")]}, "finishReason": "SAFETY"}
    both = {"candidates": [second, chunk(said("yes"), finish="STOP")["candidates"][0]]}
    assert answer(both).text == "yes"
    assert answer({"candidates": [second]}, both).stop_reason == "stop"


def test_a_character_may_be_cut_into_two_surrogates() -> None:
    halves = [chunk(said("\ud83d")), chunk(said("\ude00b"))]
    assert answer(chunk(said("a")), *halves, chunk(finish="STOP")).text == "a\U0001f600b"
    assert answer(*halves, chunk(finish="STOP")).text == "\U0001f600b"


def test_half_a_character_is_no_part() -> None:
    reply = answer(
        chunk(said("h", thought=True), said("\ud83d"), said("m\ud83d", thought=True)),
        chunk(calling("f\ud83d", id="\ud83d"), said("", thoughtSignature="c2ln\ud83d")),
        chunk(finish="STOP"),
    )
    assert reply.parts == (
        Thinking("h"),
        Thinking("m"),
        ToolCall("f_0", "f", {}),
        Text("", {"signature": "c2ln"}),
    )


# --- calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [None, {}])
def test_no_arguments_are_an_empty_object(args: Any) -> None:
    call_part = calling("f", args)
    if args is None:
        call_part["functionCall"]["args"] = None
    assert answer(chunk(call_part, finish="STOP")).tool_calls == (ToolCall("f_0", "f", {}),)


def test_a_missing_id_is_made_up_of_the_name_and_a_number() -> None:
    earlier = (
        Message.user("go"),
        Message.assistant(ToolCall("f_0", "f", {})),
        Message.tool_result("f_0", "done"),
    )
    reply = answer(
        chunk(calling("f"), calling("g", {"x": "é"}), calling("f"), finish="STOP"),
        own=call(messages=earlier),
    )
    assert [each.id for each in reply.tool_calls] == ["f_1", "g_2", "f_3"]


def test_an_id_that_was_given_goes_back_with_the_call() -> None:
    reply = answer(
        chunk(
            {**calling("f", id="a"), "thoughtSignature": "c2ln"},
            calling("f", id="f_2"),
            calling("f"),
            finish="STOP",
        )
    )
    assert reply.tool_calls == (
        ToolCall("a", "f", {}, {"signature": "c2ln", "id": "a"}),
        ToolCall("f_2", "f", {}, {"id": "f_2"}),
        ToolCall("f_2_", "f", {}),
    )


@pytest.mark.parametrize("args", ["{}", [1], 1, True, {"x": float("nan")}])
def test_arguments_that_are_no_object_end_the_answer_and_are_shown(args: Any) -> None:
    result = outcome(stream(chunk(said("a")), chunk(calling("f", args), finish="STOP")))
    assert isinstance(result.error, StreamBroken)
    assert result.error.facts[0].startswith("arguments: ")
    assert not result.error.retryable
    assert collect(result.events).text == "a"


@pytest.mark.parametrize("name", ["", None, 1])
def test_a_call_needs_a_name(name: Any) -> None:
    assert isinstance(failure(stream(chunk(calling(name), finish="STOP"))), StreamBroken)


def test_surrogates_in_arguments_are_mended() -> None:
    reply = answer(chunk(calling("f", {"x": "\ud83d", "y": "\U0001f600"}), finish="STOP"))
    assert reply.tool_calls[0].arguments == {"x": "", "y": "\U0001f600"}


@pytest.mark.parametrize(
    ("schema", "args", "text"),
    [
        ({"type": "object"}, {"city": "Rome"}, '{"city":"Rome"}'),
        ({"type": "array"}, {"value": [1]}, "[1]"),
        ({"type": "array"}, {"other": 1}, '{"other":1}'),
    ],
)
def test_the_call_that_stands_for_the_answer_is_text(schema: Any, args: Any, text: str) -> None:
    own = call(schema=schema, tools=(Tool("f", "", {}),))
    reply = answer(chunk(calling("answer", args), finish="STOP"), own=own)
    assert (reply.text, reply.tool_calls, reply.stop_reason) == (text, (), "stop")


# --- ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("STOP", "stop"),
        ("stop", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("MODEL_ARMOR", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
        ("IMAGE_PROHIBITED_CONTENT", "content_filter"),
        ("IMAGE_RECITATION", "content_filter"),
        ("LANGUAGE", "other"),
        ("OTHER", "other"),
        ("MALFORMED_FUNCTION_CALL", "other"),
        ("UNEXPECTED_TOOL_CALL", "other"),
        ("NO_IMAGE", "other"),
        ("SOMETHING_NEW", "other"),
        (7, "other"),
    ],
)
def test_every_finish_reason_has_a_meaning(raw: Any, reason: str) -> None:
    reply = answer(chunk(said("a")), chunk(finish=raw))
    assert (reply.stop_reason, reply.raw_stop_reason) == (reason, str(raw))


@pytest.mark.parametrize(
    ("raw", "reason"), [("STOP", "tool_calls"), ("MAX_TOKENS", "length"), ("OTHER", "other")]
)
def test_a_stop_with_calls_means_calls(raw: str, reason: str) -> None:
    assert answer(chunk(calling(), finish=raw)).stop_reason == reason


def test_why_an_answer_ended_badly_is_told() -> None:
    reply = answer(chunk(finish="OTHER", finishMessage="nobody knows"))
    assert reply.notices == ("the answer ended with OTHER: nobody knows",)
    assert answer(chunk(said("a"), finish="STOP", finishMessage="fine")).notices == ()


def test_a_prompt_may_be_blocked() -> None:
    feedback = {"blockReason": "SAFETY"}
    reply = answer({"promptFeedback": feedback})
    assert (reply.stop_reason, reply.raw_stop_reason) == ("content_filter", "BLOCKED:SAFETY")
    assert reply.notices == ()


def test_feedback_without_a_reason_blocks_nothing() -> None:
    reply = answer({"promptFeedback": {"safetyRatings": []}, **chunk(said("a"), finish="STOP")})
    assert reply.stop_reason == "stop"


def test_the_end_comes_when_no_more_bytes_do() -> None:
    decoder = codec.decoder(call(), "")
    first = decoder.feed(stream(chunk(said("a"), finish="STOP")))
    assert first == [TextDelta("a")]
    more = decoder.feed(stream({"usageMetadata": {"promptTokenCount": 3}}, "[DONE]"))
    assert list(more) == []
    assert list(decoder.close()) == [End("stop", "STOP", Usage(3))]
    assert list(decoder.close()) == []
    assert list(decoder.feed(b"\xff")) == []


def test_an_end_without_a_reason_is_a_broken_stream() -> None:
    result = outcome(stream(chunk(said("a"))))
    assert isinstance(result.error, StreamBroken)
    assert collect(result.events).text == "a"
    assert isinstance(failure(stream("[DONE]")), StreamBroken)


def test_one_document_needs_no_reason() -> None:
    reply = reply_of(json.dumps(chunk(said("a"))).encode())
    assert (reply.text, reply.stop_reason, reply.raw_stop_reason) == ("a", "other", None)
    called = reply_of(json.dumps(chunk(calling())).encode())
    assert called.stop_reason == "tool_calls"


# --- arrays --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "[{0},{1}]",
        "[{0}\n,\r\n{1}\n]\n",
        " \n[ {0} {1}",  # nobody needs the last bracket
        "\ufeff[{0},{1}] and more",
    ],
)
def test_an_array_of_chunks_is_a_stream(body: str) -> None:
    first, last = chunk(said('é"]}\\')), chunk(calling("f", {"x": [{"y": "[{"}]}), finish="STOP")
    whole = body.replace("{0}", json.dumps(first, indent=1)).replace("{1}", json.dumps(last))
    data = whole.encode()
    expected = as_json(outcome(data))
    reply = reply_of(data)
    assert (reply.text, reply.stop_reason) == ('é"]}\\', "tool_calls")
    assert reply.tool_calls[0].arguments == {"x": [{"y": "[{"}]}
    for at in range(len(data)):
        decoder = codec.decoder(call(), "application/json")
        assert as_json(decoded(decoder, [data[:at], b"", data[at:]])) == expected


def test_chunks_of_an_array_are_given_as_they_come() -> None:
    decoder = codec.decoder(call(), "application/json")
    assert list(decoder.feed(b"[" + json.dumps(chunk(said("a"))).encode())) == [TextDelta("a")]
    with pytest.raises(StreamBroken):
        decoder.close()


@pytest.mark.parametrize("bad", ["7", '"x"', "[]", "}", "null", "{" + '"a":[' * 1001])
def test_a_fault_in_an_array_does_not_take_what_came_before(bad: str) -> None:
    result = outcome(("[" + json.dumps(chunk(said("a"))) + "," + bad).encode())
    assert isinstance(result.error, StreamBroken)
    assert collect(result.events).text == "a"
    assert isinstance(failure(("[" + bad).encode()), StreamBroken)


def test_an_array_may_hold_an_error() -> None:
    body = [{"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}]
    assert isinstance(failure(json.dumps(body).encode()), RateLimited)


# --- usage ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        ({}, Usage()),
        ({"trafficType": "ON_DEMAND"}, Usage()),
        ({"promptTokenCount": 10}, Usage(10)),
        ({"promptTokenCount": 10, "candidatesTokenCount": 5}, Usage(10, 5)),
        ({"promptTokenCount": 10, "cachedContentTokenCount": 4}, Usage(6, None, 4)),
        ({"promptTokenCount": 3, "cachedContentTokenCount": 4}, Usage(0, None, 4)),
        (
            {"candidatesTokenCount": 5, "thoughtsTokenCount": 7},
            Usage(None, 12, reasoning_tokens=7),
        ),
        ({"thoughtsTokenCount": 7}, Usage(None, 7, reasoning_tokens=7)),
        ({"promptTokenCount": 10, "toolUsePromptTokenCount": 90}, Usage(10)),
        ({"promptTokenCount": "10", "candidatesTokenCount": True}, Usage()),
        ({"promptTokenCount": 10.0, "candidatesTokenCount": -1}, Usage(10)),
    ],
)
def test_counts_fall_into_buckets_that_do_not_overlap(reported: Any, usage: Usage) -> None:
    assert answer(chunk(said("a"), finish="STOP", usage=reported)).usage == usage


def test_a_later_count_replaces_an_earlier_one() -> None:
    reply = answer(
        chunk(said("a"), usage={"promptTokenCount": 3, "candidatesTokenCount": 1}),
        chunk(said("b"), usage={"candidatesTokenCount": 2, "promptTokenCount": None}),
        chunk(finish="STOP", usage={"thoughtsTokenCount": 4}),
    )
    assert reply.usage == Usage(3, 6, reasoning_tokens=4)


# --- failures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said_", "kind"),
    [
        ({"code": 503, "message": "busy", "status": "UNAVAILABLE"}, Overloaded),
        ({"code": 500, "message": "no", "status": "INTERNAL"}, ProviderFailed),
        ({"code": 429, "message": "no", "status": "RESOURCE_EXHAUSTED"}, RateLimited),
        ({"code": 400, "message": "API key not valid.", "status": "X"}, CredentialRejected),
        ({"message": "something"}, ProviderFailed),
        ("something", ProviderFailed),
    ],
)
def test_an_error_may_come_with_status_200(said_: Any, kind: type[ZotError]) -> None:
    document = {"error": said_}
    assert type(failure(json.dumps(document).encode())) is kind
    assert type(failure(json.dumps([document]).encode())) is kind
    for event in (document, [document]):
        result = outcome(stream(chunk(said("a")), event))
        assert type(result.error) is kind
        assert collect(result.events).text == "a"


def test_an_error_may_be_an_event_of_that_name() -> None:
    error = failure(b'event: error\ndata: {"code": 503, "message": "busy"}\n\n')
    assert isinstance(error, Overloaded)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"<html>",
        b"{",
        b"[",
        b"[]",
        b"[{}]",
        b"null",
        b'"text"',
        b"{}",
        b'{"candidates": []}',
        b'{"candidates": {}}',
        b'{"candidates": [1]}',
        b'{"candidates": [{"content": 1}]}',
        b'{"candidates": [{"content": {"parts": {}}}]}',
        b'{"candidates": [{"content": {"parts": [1]}}]}',
        b'{"candidates": [{"content": {"parts": [{"text": 1}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": 1}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"functionCall": 1}]}}]}',
        b'{"candidates": [{"index": {}}]}',
        b"data: {\n\n",
        b"data: 1\n\n",
        b"data: [1]\n\n",
        b"data: \xff\xff\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
    ],
)
@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json"])
def test_whatever_is_no_answer_is_a_broken_stream(body: bytes, content_type: str) -> None:
    assert isinstance(decoded(codec.decoder(call(), content_type), [body]).error, ZotError)
    if not body.startswith((b'"', b"<")):  # text alone may be a refusal
        error = decoded(codec.decoder(call(), content_type), [body]).error
        assert isinstance(error, StreamBroken)


def refusal(status: int, document: Any, own: ModelCall | None = None) -> ZotError:
    return codec.error(own or call(), status, {}, json.dumps(document).encode())


def exhausted(quota: str, delay: str | None = "48.9s") -> dict[str, Any]:
    details: list[Any] = [
        {"@type": "t/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}
    ]
    if delay:
        details.append({"@type": "t/google.rpc.RetryInfo", "retryDelay": delay})
    message = "You exceeded your current quota, please check your plan and billing details."
    error = {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}
    return {"error": error}


def test_a_quota_that_waiting_helps_with_is_a_rate() -> None:
    error = refusal(429, [exhausted("TokensPerMinute")])
    assert isinstance(error, RateLimited)
    assert (error.status, error.code, error.retry_after) == (429, "RESOURCE_EXHAUSTED", 48.9)
    assert error.retryable
    assert "exceeded your current quota" in error.message
    assert str(error) == error.message


@pytest.mark.parametrize("document", [exhausted("RequestsPerDay"), exhausted("X", None)])
def test_a_quota_that_is_spent_is_spent(document: Any) -> None:
    error = refusal(429, document)
    assert isinstance(error, QuotaSpent)
    assert not error.retryable


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "API key not valid. Please pass a valid API key.", CredentialRejected),
        (400, "The input token count (2) exceeds the maximum number of tokens", ContextTooLong),
        (400, "Please use a valid role: user, model.", RequestRejected),
        (403, "Permission denied", CredentialRejected),
        (404, "models/x is not found for API version v1beta", ModelNotFound),
        (503, "The model is overloaded.", Overloaded),
        (500, "Internal error", ProviderFailed),
    ],
)
def test_a_refusal_is_one_of_zots_errors(status: int, message: str, kind: type[ZotError]) -> None:
    document = {"error": {"code": status, "message": message, "status": "WORD"}}
    error = refusal(status, document)
    assert type(error) is kind
    assert (error.status, error.code) == (status, "WORD")
    assert message in error.message


def test_whatever_is_refused_with_is_read() -> None:
    own = replace(call(), credential=OAuthToken(access=None))  # type: ignore[arg-type]
    for body in (b"", b"<title>Error 404</title>", b"[]", b"\xff", b"[" * 5000):
        assert codec.error(own, 404, {}, body).status == 404


# --- anything ------------------------------------------------------------------------------

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 600) | st.text(max_size=6) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("candidates", "content", "parts", "text", "thought", "thoughtSignature"),
                    *("functionCall", "name", "args", "id", "finishReason", "index", "error"),
                    *("promptFeedback", "blockReason", "usageMetadata", "promptTokenCount"),
                    *("inlineData", "mimeType", "groundingMetadata", "finishMessage"),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.lists(json_values, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_nothing_but_zots_own_errors_ever_escapes(values: list[Any]) -> None:
    for body in (stream(*values), json.dumps(values[0]).encode(), json.dumps(values).encode()):
        result = outcome(body)
        check([Start("google", "m"), *result.events], whole=result.error is None)


@given(
    st.recursive(st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
@settings(max_examples=200, deadline=None)
def test_an_array_is_cut_where_its_objects_end(value: Any) -> None:
    parts = [chunk(calling("f", {"x": value})) for _ in range(2)]
    body = json.dumps([*parts, chunk(finish="STOP")], ensure_ascii=False).encode()
    events = decoded(codec.decoder(call(), ""), [bytes([byte]) for byte in body])
    assert events.error is None
    assert [each.arguments for each in collect(events.events).tool_calls] == [{"x": value}] * 2


def test_what_was_left_out_of_the_request_is_told_first() -> None:
    own = call(temperature=3.0)
    events = codec.decoder(own, "").feed(stream(chunk(said("a"))))
    assert isinstance(events[0], Notice)
    assert isinstance(events[1], TextDelta)
