"""Answers of the openai-responses wire, item by item."""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.cases import Outcome, decoded, plain_profile
from tests.grammar import check
from zot.adapters.codecs.openai_codex_responses import codec as codex
from zot.adapters.codecs.openai_responses import codec
from zot.domain.credential import NOWHERE, Keyless
from zot.domain.error import (
    ContentBlocked,
    ContextTooLong,
    ModelNotFound,
    Overloaded,
    ProviderFailed,
    QuotaSpent,
    RateLimited,
    RequestRejected,
    StreamBroken,
    ZotError,
)
from zot.domain.event import End, Notice, Start, TextDelta, ThinkingDelta, ToolCallDelta
from zot.domain.message import Message, Text, Thinking
from zot.domain.model import ModelSpec
from zot.domain.reply import Reply, collect
from zot.domain.request import ChatRequest, ModelCall
from zot.domain.usage import Usage

Json = dict[str, Any]


def call(**request: Any) -> ModelCall:
    profile = plain_profile("acme", "openai-responses")
    endpoint = profile.endpoints["openai-responses"]
    return ModelCall(
        profile,
        endpoint,
        "openai-responses",
        endpoint.base_url,
        ModelSpec("acme", "small"),
        ChatRequest((Message.user("hi"),), **request),
        Keyless(),
        NOWHERE,
    )


def stream(*events: Any) -> bytes:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in events]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def delta(kind: str, piece: Any, place: Any = 0) -> Json:
    return {"type": f"response.{kind}.delta", "output_index": place, "delta": piece}


def text(piece: Any, place: Any = 0) -> Json:
    return delta("output_text", piece, place)


def added(item: Any, place: Any = 0) -> Json:
    return {"type": "response.output_item.added", "output_index": place, "item": item}


def done(item: Any, place: Any = 0) -> Json:
    return {"type": "response.output_item.done", "output_index": place, "item": item}


def end(*output: Any, kind: str = "response.completed", **more: Any) -> Json:
    response = {"status": kind.rpartition(".")[2], "output": list(output), **more}
    return {"type": kind, "response": response}


def said(content: Any = "Hello", **more: Any) -> Json:
    parts = [{"type": "output_text", "text": content}] if isinstance(content, str) else content
    return {"type": "message", "role": "assistant", "content": parts, **more}


def function(arguments: Any = "{}", **more: Any) -> Json:
    return {
        "type": "function_call",
        "call_id": "c",
        "name": "f",
        "arguments": arguments,
        **more,
    }


def outcome(body: bytes, **request: Any) -> Outcome:
    return decoded(codec.decoder(call(**request), "text/event-stream"), [body])


def answer(*events: Any) -> Reply:
    return reply_of(stream(*events))


def reply_of(body: bytes) -> Reply:
    result = outcome(body)
    assert result.error is None
    check([Start("acme", "small"), *result.events])
    return collect(result.events)


def failure(*events: Any) -> ZotError:
    return failure_of(stream(*events))


def failure_of(body: bytes) -> ZotError:
    error = outcome(body).error
    assert error is not None
    return error


def calls(*events: Any) -> list[tuple[str, str, Any]]:
    return [(each.id, each.name, each.arguments) for each in answer(*events).tool_calls]


# --- text ----------------------------------------------------------------------------------


def test_text_is_given_as_it_comes() -> None:
    events = codec.decoder(call(), "").feed(stream(text("Hel"), text("lo")))
    assert list(events) == [TextDelta("Hel", 0), TextDelta("lo", 0)]


def test_an_item_need_neither_begin_nor_end() -> None:
    assert answer(text("Hello"), end()).text == "Hello"


def test_the_last_form_of_an_item_completes_it() -> None:
    assert answer(added(said([])), text("Hel"), done(said("Hello")), end()).text == "Hello"
    assert answer(done(said("Hello")), end()).text == "Hello"
    assert answer(text("Hel"), end(said("Hello"))).text == "Hello"
    assert answer(end(said("Hello"))).text == "Hello"


def test_what_has_been_said_is_not_taken_back() -> None:
    assert answer(text("Help"), done(said("Hello, you")), end()).text == "Help"


def test_no_item_counts_twice() -> None:
    whole = said("Hello", id="m")
    assert answer(text("Hello"), done(whole), end(whole)).text == "Hello"
    assert answer(done(whole, 3), end(whole)).text == "Hello"
    assert answer(done(said("a"), "x"), end(said("a"))).text == "a"


def test_items_that_share_an_id_are_items_of_a_document_all_the_same() -> None:
    assert answer(end(said("a", id=""), said("b", id=""))).text == "ab"


def test_what_the_stream_left_out_is_taken_from_the_end() -> None:
    assert answer(text("a"), done(said("a")), end(said("a"), said("b"))).text == "ab"


def test_an_item_that_begins_where_another_is_open_ends_it() -> None:
    events = [added(said([])), text("a"), added(function("")), done(function('{"x": 1}')), end()]
    reply = answer(*events)
    assert [type(part).__name__ for part in reply.parts] == ["Text", "ToolCall"]


def test_a_last_form_of_another_kind_is_another_item() -> None:
    assert answer(text("a"), done(function()), end()).tool_calls[0].name == "f"


def test_items_without_a_place_are_known_by_their_id() -> None:
    events = [text("a"), text("b"), done(said("abc", id="m"))]
    for each, name in zip(events, ("item_id", "item_id", ""), strict=True):
        del each["output_index"]
        each.update({name: "m"} if name else {})
    assert answer(*events, end()).text == "abc"


def test_pieces_of_another_kind_of_item_are_passed_over() -> None:
    reply = answer(added(said([])), delta("reasoning_text", "x"), text("a"), end())
    assert (reply.text, reply.thinking) == ("a", "")


def test_the_content_of_a_message_may_be_its_text() -> None:
    assert answer(end({"type": "message", "content": "Hello"})).text == "Hello"
    assert answer(end({"type": "message", "content": None})).parts == ()


def test_what_belongs_to_a_text_goes_back_with_it() -> None:
    cited = {"type": "url_citation", "url": "https://example.com/"}
    parts = [{"type": "output_text", "text": "a", "annotations": [cited]}]
    message = said(parts, id="msg_1", phase="commentary", status="completed", created_by=None)
    assert answer(end(message)).parts == (
        Text("a", {"id": "msg_1", "phase": "commentary", "annotations": [cited]}),
    )


def test_a_refusal_is_told_and_is_no_text() -> None:
    pieces = [delta("refusal", "I can"), delta("refusal", "not")]
    refused = said([{"type": "refusal", "refusal": "I cannot."}], id="m")
    for events in ([*pieces, end()], [*pieces, done(refused), end()], [end(refused)]):
        reply = answer(*events)
        assert (reply.text, reply.stop_reason) == ("", "refusal")
        assert reply.notices[0].startswith("the model refused: I cannot")


# --- thinking ------------------------------------------------------------------------------


def test_thinking_goes_back_as_the_item_that_it_came_as() -> None:
    item = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "Hm"}],
        "encrypted_content": "x",
        "content": None,
    }
    reply = answer(delta("reasoning_summary_text", "H"), done(item), end())
    kept = {name: value for name, value in item.items() if value is not None}
    assert reply.parts == (Thinking("Hm", {"item": kept}),)


def test_encrypted_thinking_alone_is_a_part() -> None:
    item = {"type": "reasoning", "summary": [], "encrypted_content": "x"}
    assert answer(end(item)).parts == (Thinking("", {"item": item}),)


def test_thoughts_are_shown_once() -> None:
    both = {"type": "reasoning", "summary": [{"text": "short"}], "content": [{"text": "long"}]}
    assert answer(end(both)).thinking == "short"
    pieces = [delta("reasoning_text", "lo"), delta("reasoning_summary_text", "short")]
    assert answer(*pieces, done(both), end()).thinking == "long"


def test_parts_of_a_summary_are_joined() -> None:
    parts = [{"text": "a"}, {"text": "b"}]
    assert answer(end({"type": "reasoning", "summary": parts})).thinking == "ab"


# --- tool calls ----------------------------------------------------------------------------


def test_a_call_is_told_as_it_comes() -> None:
    begun = added(function("", id="fc_1"))
    pieces = [delta("function_call_arguments", piece) for piece in ('{"x"', ": 1}")]
    events = outcome(stream(begun, *pieces, done(function('{"x": 1}', id="fc_1")), end())).events
    assert [each.type for each in events] == [
        "tool_call_start",
        "tool_call_delta",
        "tool_call_delta",
        "tool_call",
        "end",
    ]
    assert [each.json for each in events if isinstance(each, ToolCallDelta)] == ['{"x"', ": 1}"]


def test_the_last_form_of_the_arguments_counts() -> None:
    piece = delta("function_call_arguments", '{"x": 1}')
    assert calls(added(function("")), piece, done(function('{"x": 2}')), end()) == [
        ("c", "f", {"x": 2})
    ]
    assert calls(added(function("")), piece, done(function("")), end()) == [("c", "f", {"x": 1})]
    assert calls(added(function("")), piece, end()) == [("c", "f", {"x": 1})]


@pytest.mark.parametrize("arguments", ["", " ", "null", None, "{}", {}])
def test_no_arguments_are_an_empty_object(arguments: Any) -> None:
    assert calls(end(function(arguments))) == [("c", "f", {})]


def test_arguments_may_be_an_object() -> None:
    assert calls(end(function({"x": 1}))) == [("c", "f", {"x": 1})]


def test_a_name_may_come_late() -> None:
    piece = delta("function_call_arguments", '{"x": 1}')
    assert calls(piece, done(function('{"x": 1}')), end()) == [("c", "f", {"x": 1})]


def test_a_missing_id_is_made_up_and_always_the_same() -> None:
    first, second = function(call_id=None, id="fc_1"), function(call_id="")
    assert calls(end(first, second)) == [("fc_1", "f", {}), ("call_1", "f", {})]


def test_what_a_call_has_to_bring_back_is_kept() -> None:
    item = function(id="fc_1", namespace="crm", status="completed", caller=None)
    assert answer(end(item)).tool_calls[0].state == {"id": "fc_1", "namespace": "crm"}
    assert answer(end(function())).tool_calls[0].state is None


def test_a_custom_tool_is_called_with_an_object_or_not_at_all() -> None:
    custom = {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": '{"x": 1}'}
    found = answer(delta("custom_tool_call_input", '{"x'), done(custom), end()).tool_calls[0]
    assert (found.arguments, found.state) == ({"x": 1}, {"type": "custom_tool_call"})
    error = failure(end({**custom, "input": "SELECT 1"}))
    assert isinstance(error, StreamBroken)
    assert error.facts == ("arguments: SELECT 1",)


@pytest.mark.parametrize("arguments", ["{", "[]", "1", '{"x": NaN}'])
def test_arguments_that_are_no_object_end_the_stream_and_are_shown(arguments: str) -> None:
    result = outcome(stream(done(said("a")), done(function(arguments), 1), end()))
    assert collect(result.events).text == "a"
    assert isinstance(result.error, StreamBroken)
    assert result.error.facts == (f"arguments: {arguments}",)
    assert not result.error.retryable


def test_arguments_cut_off_by_the_limit_say_so() -> None:
    details = {"reason": "max_output_tokens"}
    cut = end(function('{"x'), kind="response.incomplete", incomplete_details=details)
    assert "--max-tokens" in failure(cut).hint


def test_a_call_without_a_name_ends_the_stream() -> None:
    assert "no name" in failure(end(function(name=None))).message


# --- other items ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["web_search_call", "code_interpreter_call", "image_generation_call", "new_thing"]
)
def test_what_zot_has_no_part_for_goes_through(kind: str) -> None:
    item = {"type": kind, "id": "x_1", "result": None}
    noise = {"type": f"response.{kind}.in_progress", "output_index": 0, "delta": 1}
    reply = answer(added(item), noise, done(item), text("a", 1), end())
    assert reply.parts == (Text("", {"item": item}), Text("a"))


# --- the end -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "reason", "raw"),
    [
        (end(), "stop", "completed"),
        (end(function()), "tool_calls", "completed"),
        (end(kind="response.done", status="completed"), "stop", "completed"),
        (end(kind="response.done", status=None), "stop", "completed"),
        (end(kind="response.done", status="cancelled"), "other", "cancelled"),
        (end(kind="response.incomplete"), "other", "incomplete"),
        *(
            (
                end(function(), kind="response.incomplete", incomplete_details={"reason": why}),
                reason,
                f"incomplete:{why}",
            )
            for why, reason in [
                ("max_output_tokens", "length"),
                ("content_filter", "content_filter"),
                ("max_tool_calls", "other"),
            ]
        ),
    ],
)
def test_every_end_has_a_meaning(event: Json, reason: str, raw: str) -> None:
    reply = answer(event)
    assert (reply.stop_reason, reply.raw_stop_reason) == (reason, raw)


@pytest.mark.parametrize(("status", "reason"), [("queued", "other"), (None, "stop")])
def test_a_document_may_be_of_any_status(status: Any, reason: str) -> None:
    reply = reply_of(json.dumps({"status": status, "output": [said()]}).encode())
    assert (reply.text, reply.stop_reason, reply.raw_stop_reason) == ("Hello", reason, status)


def test_what_follows_the_end_does_not_count() -> None:
    body = stream(text("a"), end(), text("b"), "[DONE]")
    assert reply_of(body).text == "a"
    decoder = codec.decoder(call(), "")
    assert isinstance(decoder.feed(body)[-1], End)
    assert not decoder.feed(b"data: {")
    assert not decoder.close()


@pytest.mark.parametrize("tail", [b"", stream("[DONE]"), stream(" "), b": ping\n\n"])
def test_an_end_without_a_last_event_is_a_broken_stream(tail: bytes) -> None:
    error = failure_of(stream(text("a")) + tail)
    assert isinstance(error, StreamBroken)
    assert error.retryable


def test_what_was_left_out_of_the_request_is_told_first() -> None:
    events = codec.decoder(call(stop=("x",)), "").feed(stream(text("a")))
    assert isinstance(events[0], Notice)
    assert isinstance(events[1], TextDelta)


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        (None, Usage()),
        ([], Usage()),
        ({}, Usage()),
        ({"input_tokens": 9, "output_tokens": 4}, Usage(9, 4)),
        (
            {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}},
            Usage(5, None, 4),
        ),
        (
            {
                "input_tokens": 9,
                "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
                "output_tokens": 8,
                "output_tokens_details": {"reasoning_tokens": 6},
                "total_tokens": 17,
            },
            Usage(2, 8, 4, 3, 6),
        ),
        (
            {
                "input_tokens": 9,
                "output_tokens": 2,
                "output_tokens_details": {"reasoning_tokens": 6},
                "total_tokens": 17,
            },
            Usage(9, 8, None, None, 6),
        ),
        ({"input_tokens": -1, "output_tokens": True, "total_tokens": "x"}, Usage()),
    ],
)
def test_counts_fall_into_buckets_that_do_not_overlap(reported: Any, usage: Usage) -> None:
    assert answer(end(usage=reported)).usage == usage


# --- errors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind", "retryable"),
    [
        ({"code": "rate_limit_exceeded", "message": "slow"}, RateLimited, True),
        ({"code": "server_error", "message": "oops"}, ProviderFailed, True),
        ({"code": "insufficient_quota", "message": "spent"}, QuotaSpent, False),
        ({"code": "context_length_exceeded", "message": "long"}, ContextTooLong, False),
        ({"code": "invalid_prompt", "message": "no"}, RequestRejected, False),
        ({"code": "invalid_image_format", "message": "no"}, RequestRejected, False),
        ({"code": "image_content_policy_violation", "message": "no"}, ContentBlocked, False),
        ({"code": "model_not_found", "message": "no"}, ModelNotFound, False),
        ({"code": "overloaded", "message": "busy"}, Overloaded, True),
    ],
)
def test_an_error_may_come_in_three_ways(said: Json, kind: type[ZotError], retryable: bool) -> None:
    top = {"type": "error", **said}
    below = {"type": "error", "error": {"type": "some_error", **said}}
    failed = end(kind="response.failed", error=said)
    document = json.dumps({"status": "failed", "output": [], "error": said}).encode()
    bodies = [stream(top), stream(below), stream(failed), document]
    for body in bodies:
        error = failure_of(body)
        assert isinstance(error, kind)
        assert error.code == said["code"]
        assert said["message"] in error.message
        assert error.retryable is retryable


@pytest.mark.parametrize(
    "body",
    [
        b'event: error\ndata: {"message": "oops"}\n\n',
        b'data: {"error": {"message": "oops"}}\n\n',
        b'{"error": {"message": "oops"}}',
        b'{"type": "error", "message": "oops"}',
        b'{"error": "oops", "output": null}',
        b'["oops"]',
    ],
)
def test_an_error_is_found_in_other_shapes(body: bytes) -> None:
    error = failure_of(body)
    assert isinstance(error, ProviderFailed)
    assert "oops" in error.message


def test_a_failure_without_a_word_is_one() -> None:
    assert isinstance(failure(end(kind="response.failed")), ProviderFailed)


def test_an_error_is_raised_at_once_or_else_by_the_next_call() -> None:
    bad = stream({"type": "error", "message": "oops"})
    with pytest.raises(ProviderFailed):
        codec.decoder(call(), "").feed(bad)
    decoder = codec.decoder(call(), "")
    assert len(decoder.feed(stream(text("a")) + bad)) == 1
    for again in (lambda: decoder.feed(b""), decoder.close):
        with pytest.raises(ProviderFailed):
            again()


def test_a_document_with_a_fault_keeps_what_came_before() -> None:
    document = {"status": "completed", "output": [said("a"), function("{")]}
    error = failure_of(json.dumps(document).encode())
    assert error.partial is not None
    assert error.partial.text == "a"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"<html>",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"output": null}',
        b'{"output": {}}',
        b'{"output": [1]}',
        b'{"output": [{}]}',
        b'{"output": [{"type": 1}]}',
        b'{"output": [{"type": "message", "content": [{"text": 1}]}]}',
        b'{"output": [{"type": "function_call", "name": 1}]}',
        b'{"output": [], "status": 1}',
        b"data: {\n\n",
        b"data: 1\n\n",
        b'data: "x"\n\n',
        b"data: \xff\xff\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        b'data: {"type": []}\n\n',
        b'data: {"type": "response.completed"}\n\n',
        b'data: {"type": "response.completed", "response": 1}\n\n',
        b'data: {"type": "response.output_text.delta"}\n\n',
        b'data: {"type": "response.output_text.delta", "delta": 1}\n\n',
        b'data: {"type": "response.output_text.delta", "delta": "a", "output_index": []}\n\n',
        b'data: {"type": "response.output_item.added", "item": []}\n\n',
        b'data: {"type": "response.output_item.done", "item": {}}\n\n',
    ],
)
def test_whatever_is_no_answer_is_a_broken_stream(body: bytes) -> None:
    assert isinstance(failure_of(body), StreamBroken)


# --- refusals with a status ----------------------------------------------------------------


def test_a_refusal_with_a_status_is_one_of_zots_errors() -> None:
    body = b'{"error": {"message": "gone", "code": "model_not_found"}}'
    error = codec.error(call(), 404, {"X-Request-Id": "r"}, body)
    assert isinstance(error, ModelNotFound)
    assert (error.status, error.code, error.request_id) == (404, "model_not_found", "r")


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ({"resets_in_seconds": 3 * 86400 - 5}, "3 days"),
        ({"resets_in_seconds": 7500}, "2 h 5 min"),
        ({"resets_in_seconds": 30}, "1 min"),
    ],
)
def test_a_limit_of_the_plan_says_when_it_ends(said: Json, span: str) -> None:
    limit = {"type": "usage_limit_reached", "message": "spent", "plan_type": "plus", **said}
    error = codex.error(call(), 429, {}, json.dumps({"error": limit}).encode())
    assert isinstance(error, QuotaSpent)
    assert not error.retryable
    assert error.hint == f"the limit of the plan ends in {span}"
    assert error.retry_after == said["resets_in_seconds"]


def test_the_end_of_a_limit_may_be_a_moment() -> None:
    limit = {"type": "rate_limit_exceeded", "message": "slow", "resets_at": 4_000_000_000}
    error = codex.error(call(), 429, {}, json.dumps({"error": limit}).encode())
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert error.retry_after > 86400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"error": "x"}',
        b'{"error": {"resets_at": "x"}}',
        b'{"error": {}}',
        b'{"error": {"resets_in_seconds": NaN}}',
    ],
)
def test_a_limit_may_say_nothing_of_its_end(body: bytes) -> None:
    error = codex.error(call(), 429, {"retry-after": "7"}, body)
    assert error.retry_after == 7.0


def test_codex_reads_the_same_answers() -> None:
    events = decoded(
        codex.decoder(call(), ""), [stream(delta("reasoning_text", "a"), end())]
    ).events
    assert isinstance(events[0], ThinkingDelta)
