"""Answers of the openai-chat wire, quirk by quirk."""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.cases import Outcome, as_json, call_to, decoded, plain_profile
from tests.grammar import check
from zot.adapters.codecs.openai_chat import codec
from zot.domain.credential import NOWHERE, Keyless
from zot.domain.error import (
    ContentBlocked,
    CredentialRejected,
    Overloaded,
    ProviderError,
    ProviderFailed,
    QuotaSpent,
    RateLimited,
    RequestRejected,
    StreamBroken,
    ZotError,
)
from zot.domain.event import End, Notice, Start, TextDelta, ToolCallDelta
from zot.domain.message import Message
from zot.domain.model import ModelSpec
from zot.domain.quirks import Quirks
from zot.domain.reply import Reply, collect
from zot.domain.request import ChatRequest, ModelCall
from zot.domain.usage import Usage


def call(**quirks: Any) -> ModelCall:
    profile = plain_profile("acme", "openai-chat", Quirks(**quirks))
    request = ChatRequest((Message.user("hi"),))
    endpoint = profile.endpoints["openai-chat"]
    model = ModelSpec("acme", "small")
    return ModelCall(
        profile, endpoint, "openai-chat", endpoint.base_url, model, request, Keyless(), NOWHERE
    )


def chunk(delta: Any = None, finish: Any = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}


def stream(*chunks: Any, done: bool = True) -> bytes:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in chunks]
    return "".join(f"data: {text}\n\n" for text in [*texts, *["[DONE]"] * done]).encode()


def document(message: Any, finish: Any = "stop", **more: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return json.dumps({"choices": [choice], **more}).encode()


def outcome(body: bytes, *, size: int = 0, **quirks: Any) -> Outcome:
    pieces = [body[i : i + size] for i in range(0, len(body), size)] if size else [body]
    return decoded(codec.decoder(call(**quirks), "text/event-stream"), pieces)


def answer(*chunks: Any, **quirks: Any) -> Reply:
    return reply_of(stream(*chunks), **quirks)


def reply_of(body: bytes, **quirks: Any) -> Reply:
    result = outcome(body, **quirks)
    assert result.error is None
    check([Start("acme", "small"), *result.events])
    return collect(result.events)


def failure(body: bytes, **quirks: Any) -> ZotError:
    error = outcome(body, **quirks).error
    assert error is not None
    return error


def tool(index: Any = 0, call_id: Any = "c", name: Any = "f", args: Any = "{}") -> dict[str, Any]:
    piece = {"index": index, "id": call_id, "function": {"name": name, "arguments": args}}
    return {key: value for key, value in piece.items() if value is not None}


def calls(*chunks: Any) -> list[tuple[str, str, Any]]:
    reply = answer(*chunks, chunk(finish="tool_calls"))
    return [(each.id, each.name, each.arguments) for each in reply.tool_calls]


# --- text and thinking ---------------------------------------------------------------------


def test_text_is_given_as_it_comes() -> None:
    result = outcome(
        stream(chunk({"content": "a"}), chunk({"content": ""}), chunk({"content": "b"}, "stop"))
    )
    assert [e for e in result.events if isinstance(e, TextDelta)] == [
        TextDelta("a"),
        TextDelta("b"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "ab",
        ["a", "b"],
        [{"type": "text", "text": "ab"}],
        [
            {"type": "text", "text": "a"},
            {"type": "reference", "ids": [1]},
            {"type": "text", "text": "b"},
        ],
        [{"type": "output_text", "text": {"text": "ab"}}],
    ],
)
def test_content_may_be_text_or_typed_parts(content: Any) -> None:
    assert answer(chunk({"content": content}, "stop")).text == "ab"
    assert reply_of(document({"content": content})).text == "ab"


def test_content_may_be_an_object_in_place_of_its_json() -> None:
    assert reply_of(document({"content": {"a": "é"}})).text == '{"a": "é"}'


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_text": "hm"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]},
        {"reasoning": "hm", "reasoning_content": "hm"},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning_content": "", "reasoning": "hm"},
        {"reasoning_content": None, "reasoning": "hm", "content": None},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
        {"content": [{"type": "thinking", "thinking": "hm"}]},
    ],
)
def test_thinking_counts_once_in_every_spelling(delta: Any) -> None:
    reply = answer(chunk(delta), chunk({"content": "yes"}, "stop"))
    assert (reply.thinking, reply.text) == ("hm", "yes")


def test_blocks_are_numbered_as_they_begin() -> None:
    result = outcome(
        stream(
            chunk({"reasoning": "a"}),
            chunk({"content": "b"}),
            chunk({"reasoning": "c"}),
            chunk({"content": "d", "tool_calls": [tool()]}),
            chunk({"content": "e"}, "stop"),
        )
    )
    found = [
        (event.type, event.block)
        for event in result.events
        if not isinstance(event, End | Notice | Start)
    ]
    assert found == [
        ("thinking", 0),
        ("text", 1),
        ("thinking", 2),
        ("text", 3),
        ("tool_call_start", 4),
        ("tool_call_delta", 4),
        ("text", 5),
        ("tool_call", 4),
    ]


def test_pieces_of_reasoning_details_are_joined_for_the_way_back() -> None:
    reply = answer(
        chunk(
            {
                "reasoning_details": [
                    {"type": "reasoning.text", "index": 0, "text": "a", "signature": None}
                ]
            }
        ),
        chunk({"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "b"}]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "index": 0, "signature": "s"}]}),
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "x"}]}),
        chunk({"content": "yes"}, "stop"),
    )
    details = [
        {"type": "reasoning.text", "index": 0, "text": "ab", "signature": "s"},
        {"type": "reasoning.encrypted", "index": 1, "data": "x"},
    ]
    assert reply.parts[0].state == {"field": "reasoning_details", "reasoning_details": details}


def test_encrypted_thinking_alone_is_kept_before_the_text() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x"}]
    reply = reply_of(document({"content": "yes", "reasoning_details": details}))
    assert [part.state for part in reply.parts] == [{"reasoning_details": details}, None]


def test_tags_are_thinking_only_where_the_row_says_so() -> None:
    body = stream(chunk({"content": "<think>hm</think>yes"}, "stop"))
    assert reply_of(body).text == "<think>hm</think>yes"
    reply = reply_of(body, think_tags=True)
    assert (reply.thinking, reply.text) == ("hm", "yes")


def test_a_character_may_be_cut_into_two_surrogates() -> None:
    reply = answer(
        '{"choices":[{"delta":{"content":"a\\ud83d"}}]}', chunk({"content": "\ude00b"}, "stop")
    )
    assert reply.text == "a\U0001f600b"


def test_half_a_character_disappears() -> None:
    assert (
        answer(chunk({"content": "a\ud83d"}), chunk({"content": "b\ude00c"}, "stop")).text == "abc"
    )


def test_only_the_first_choice_counts() -> None:
    both = {
        "choices": [
            {"index": 1, "delta": {"content": "no"}},
            {"index": 0, "delta": {"content": "yes"}},
        ]
    }
    other = {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "length"}]}
    reply = answer(both, other, chunk(finish="stop"))
    assert (reply.text, reply.stop_reason) == ("yes", "stop")


def test_a_refusal_is_told_and_is_no_text() -> None:
    result = outcome(
        stream(chunk({"refusal": "I "}), chunk({"refusal": "won't"}), chunk({}, "stop"))
    )
    assert Notice("the model refused: I won't") in result.events
    reply = collect(result.events)
    assert (reply.text, reply.stop_reason) == ("", "refusal")


def test_a_message_in_place_of_a_delta_is_taken() -> None:
    reply = answer({"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]})
    assert reply.text == "yes"


# --- tool calls ----------------------------------------------------------------------------


def test_pieces_are_merged_by_index() -> None:
    pieces = [
        chunk({"tool_calls": [tool(0, "a", "f", '{"x"')]}),
        chunk({"tool_calls": [tool(1, "b", "g", "")]}),
        chunk({"tool_calls": [tool(0, None, None, ": 1}"), tool(1, None, None, '{"y": 2}')]}),
    ]
    assert calls(*pieces) == [("a", "f", {"x": 1}), ("b", "g", {"y": 2})]


def test_pieces_without_index_are_merged_by_id() -> None:
    pieces = [
        chunk({"tool_calls": [tool(None, "a", "f", '{"x"'), tool(None, "b", "g", '{"y"')]}),
        chunk({"tool_calls": [tool(None, "a", None, ": 1}"), tool(None, "b", None, ": 2}")]}),
    ]
    assert calls(*pieces) == [("a", "f", {"x": 1}), ("b", "g", {"y": 2})]


def test_a_piece_with_neither_belongs_to_the_last_call() -> None:
    pieces = [
        chunk({"tool_calls": [tool(None, "a", "f", "{")]}),
        chunk({"tool_calls": [tool(None, None, None, "}")]}),
    ]
    assert calls(*pieces) == [("a", "f", {})]


def test_calls_of_one_index_with_other_ids_are_other_calls() -> None:
    pieces = [
        chunk({"tool_calls": [tool(0, "a", "f", '{"x": 1}')]}),
        chunk({"tool_calls": [tool(0, "b", "f", '{"x": 2}')]}),
    ]
    assert calls(*pieces) == [("a", "f", {"x": 1}), ("b", "f", {"x": 2})]


def test_an_id_and_a_name_that_are_repeated_count_once() -> None:
    pieces = [chunk({"tool_calls": [tool(0, "a", "f", piece)]}) for piece in ('{"x"', ": 1}")]
    assert calls(*pieces) == [("a", "f", {"x": 1})]


def test_an_id_that_comes_late_is_taken() -> None:
    pieces = [
        chunk({"tool_calls": [tool(0, None, "f", '{"x"')]}),
        chunk({"tool_calls": [tool(0, "a", None, ": 1}")]}),
    ]
    assert calls(*pieces) == [("a", "f", {"x": 1})]


@pytest.mark.parametrize("missing", [None, "", "null"])
def test_a_missing_id_is_made_up_and_always_the_same(missing: Any) -> None:
    pieces = chunk(
        {
            "tool_calls": [
                tool(None, missing, "f"),
                tool(None, "call_0", "g"),
                tool(None, missing, "h"),
            ]
        }
    )
    assert [each[0] for each in calls(pieces)] == ["call_1", "call_0", "call_2"]


@pytest.mark.parametrize("arguments", ["", None, "null", "{}", " ", {}, " {} "])
def test_no_arguments_are_an_empty_object(arguments: Any) -> None:
    piece = tool(args=arguments)
    if arguments is None:
        piece["function"] = {"name": "f"}
    assert calls(chunk({"tool_calls": [piece]})) == [("c", "f", {})]


def test_arguments_may_be_an_object() -> None:
    assert calls(chunk({"tool_calls": [tool(args={"x": "é"})]})) == [("c", "f", {"x": "é"})]


def test_tool_calls_may_be_one_object() -> None:
    assert calls(chunk({"tool_calls": tool(args='{"x": 1}')})) == [("c", "f", {"x": 1})]


def test_the_old_function_call_is_a_tool_call() -> None:
    pieces = [
        chunk({"function_call": {"name": "f", "arguments": ""}}),
        chunk({"function_call": {"arguments": '{"x": 1}'}}),
    ]
    reply = answer(*pieces, chunk(finish="function_call"))
    assert [(c.id, c.name, c.arguments) for c in reply.tool_calls] == [("call_0", "f", {"x": 1})]
    assert reply.stop_reason == "tool_calls"


def test_an_empty_function_call_is_none() -> None:
    empty = {
        "content": "a",
        "function_call": {"name": "", "arguments": ""},
        "tool_calls": None,
        "refusal": "",
    }
    reply = reply_of(document(empty))
    assert (reply.tool_calls, reply.stop_reason) == ((), "stop")


def test_what_a_call_has_to_bring_back_is_kept() -> None:
    extra = {"google": {"thought_signature": "s"}}
    reply = answer(
        chunk({"tool_calls": [{**tool(), "extra_content": extra}]}), chunk(finish="stop")
    )
    assert reply.tool_calls[0].state == {"extra_content": extra}


@pytest.mark.parametrize(
    "arguments", ['{"x": ', "[1]", "1", '"{}"', "{}{}", "call me", '{"x": NaN}', [1], "[" * 100_000]
)
@pytest.mark.parametrize("finish", ["tool_calls", "length"])
def test_arguments_that_are_no_object_end_the_stream_and_are_shown(
    arguments: Any, finish: str
) -> None:
    result = outcome(
        stream(
            chunk({"content": "a"}),
            chunk({"tool_calls": [tool(args=arguments)]}),
            chunk({}, finish),
        )
    )
    assert isinstance(result.error, StreamBroken)
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    assert result.error.facts[0].startswith(f"arguments: {raw[:1000]}")
    assert ("limit" in result.error.message) == (finish == "length")
    assert not result.error.retryable
    assert collect(result.events).text == "a"


def test_a_document_with_bad_arguments_keeps_what_came_before() -> None:
    body = document({"content": "a", "tool_calls": [tool(args="{")]}, "length")
    error = codec_error(body)
    assert error.partial is not None
    assert (error.partial.text, error.partial.provider) == ("a", "acme")


def codec_error(body: bytes) -> ZotError:
    decoder = codec.decoder(call(), "application/json")
    assert list(decoder.feed(body)) == []
    with pytest.raises(ZotError) as raised:
        decoder.close()
    return raised.value


def test_a_call_without_a_name_ends_the_stream() -> None:
    assert isinstance(failure(stream(chunk({"tool_calls": [tool(name="")]}, "stop"))), StreamBroken)


def test_surrogates_in_arguments_are_mended() -> None:
    result = outcome(
        stream(
            chunk({"tool_calls": [tool(args='{"x": "\ud83d')]}),
            chunk(
                {"tool_calls": [tool(call_id=None, name=None, args='\ude00", "y": "\\ud83d"}')]},
                "stop",
            ),
        )
    )
    assert collect(result.events).tool_calls[0].arguments == {"x": "\U0001f600", "y": ""}
    for event in result.events:
        if isinstance(event, ToolCallDelta):
            event.json.encode()


# --- ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("end", "stop"),
        ("STOP", "stop"),
        ("eos", "stop"),
        ("length", "length"),
        ("model_length", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
        ("sensitive", "content_filter"),
        ("refusal", "refusal"),
        ("something_new", "other"),
        (7, "other"),
    ],
)
def test_every_finish_reason_has_a_meaning(raw: Any, reason: str) -> None:
    reply = answer(chunk({"content": "a"}), chunk({}, raw))
    assert (reply.stop_reason, reply.raw_stop_reason) == (reason, str(raw))


def test_a_stop_with_tool_calls_means_tool_calls() -> None:
    reply = answer(chunk({"tool_calls": [tool()]}), chunk({}, "stop"))
    assert (reply.stop_reason, reply.raw_stop_reason) == ("tool_calls", "stop")


@pytest.mark.parametrize("raw", ["error", "network_error", "insufficient_system_resource"])
def test_an_answer_may_end_in_a_failure(raw: str) -> None:
    assert isinstance(failure(stream(chunk({"content": "a"}), chunk({}, raw))), ProviderFailed)


def test_a_finish_reason_is_enough_without_the_done_marker() -> None:
    result = outcome(stream(chunk({"content": "a"}, "stop"), done=False))
    assert isinstance(result.events[-1], End)


def test_the_done_marker_is_enough_without_a_finish_reason() -> None:
    reply = answer(chunk({"content": "a"}))
    assert (reply.stop_reason, reply.raw_stop_reason) == ("other", None)


def test_an_end_without_either_is_a_broken_stream() -> None:
    result = outcome(stream(chunk({"content": "a"}), done=False))
    assert isinstance(result.error, StreamBroken)
    assert collect(result.events).text == "a"


def test_the_end_comes_with_the_done_marker_and_nothing_after_it_counts() -> None:
    decoder = codec.decoder(call(), "")
    events = decoder.feed(stream(chunk({"content": "a"}, "stop")))
    assert isinstance(events[-1], End)
    assert list(decoder.feed(stream(chunk({"content": "b"}), "[DONE]", "no json"))) == []
    assert list(decoder.feed(b"\xff\xff")) == []
    assert list(decoder.close()) == []


def test_what_follows_the_done_marker_in_the_same_bytes_does_not_count() -> None:
    assert (
        reply_of(stream(chunk({"content": "a"}, "stop")) + stream("no json", "[DONE]")).text == "a"
    )


@pytest.mark.parametrize("done", ["[DONE]", " [DONE] "])
def test_a_usage_may_come_between_the_finish_reason_and_the_end(done: str) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
    reply = reply_of(stream(chunk({"content": "a"}, "stop"), usage, done, done=False))
    assert reply.usage == Usage(3, 2)


# --- usage ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        ({}, Usage()),
        ({"prompt_tokens": 10}, Usage(10)),
        ({"completion_tokens": 0, "prompt_tokens": None}, Usage(None, 0)),
        ({"prompt_tokens": 10, "completion_tokens": 5}, Usage(10, 5)),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(6, None, 4)),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 0}}, Usage(10, None, 0)),
        ({"prompt_tokens": 10, "prompt_tokens_details": None}, Usage(10)),
        ({"prompt_tokens": 10, "prompt_cache_hit_tokens": 4}, Usage(6, None, 4)),
        ({"prompt_tokens": 10, "cached_tokens": 4}, Usage(6, None, 4)),
        ({"prompt_tokens": 10, "num_cached_tokens": 4}, Usage(6, None, 4)),
        ({"prompt_tokens": 10, "cache_read_input_tokens": 4}, Usage(6, None, 4)),
        ({"prompt_tokens": 10, "cache_read_input_tokens": 0}, Usage(10)),
        (
            {
                "prompt_tokens": 10,
                "prompt_tokens_details": {"cached_tokens": 4},
                "cached_tokens": 9,
            },
            Usage(6, None, 4),
        ),
        (
            {
                "prompt_tokens": 10,
                "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 5},
            },
            Usage(1, None, 4, 5),
        ),
        ({"prompt_tokens": 10, "cache_creation_input_tokens": 3}, Usage(7, None, None, 3)),
        (
            {"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 161}},
            Usage(0, None, 161),
        ),
        (
            {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 6}},
            Usage(None, 9, reasoning_tokens=6),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 9,
                "total_tokens": 19,
                "completion_tokens_details": {"reasoning_tokens": 6},
            },
            Usage(10, 9, reasoning_tokens=6),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 9,
                "total_tokens": 25,
                "completion_tokens_details": {"reasoning_tokens": 6},
            },
            Usage(10, 15, reasoning_tokens=6),
        ),
        (
            {"completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 6}},
            Usage(None, 8, reasoning_tokens=6),
        ),
        ({"completion_tokens": 9, "reasoning_tokens": 6}, Usage(None, 9, reasoning_tokens=6)),
        ({"prompt_tokens": "10", "completion_tokens": True, "total_tokens": -1}, Usage()),
        ({"prompt_tokens": 10.0, "completion_tokens": -4}, Usage(10)),
    ],
)
def test_counts_fall_into_buckets_that_do_not_overlap(reported: Any, usage: Usage) -> None:
    assert answer(chunk({"content": "a"}, "stop", usage=reported)).usage == usage


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk({}, "stop"), {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}],
        [chunk({}, "stop"), {"usage": {"prompt_tokens": 3, "completion_tokens": 2}}],
        [chunk({}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 2})],
        [chunk({}, "stop", x_groq={"usage": {"prompt_tokens": 3, "completion_tokens": 2}})],
        [
            {
                "choices": [
                    {
                        "delta": {},
                        "finish_reason": "stop",
                        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
                    }
                ]
            }
        ],
        [
            chunk({}, usage={"prompt_tokens": 3, "completion_tokens": None}),
            chunk({}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 1}),
            chunk({}, None, usage={"completion_tokens": 2}),
            chunk({}, None, usage=None),
        ],
    ],
)
def test_counts_are_found_wherever_they_hide(chunks: list[Any]) -> None:
    assert answer(chunk({"content": "a"}), *chunks).usage == Usage(3, 2)


# --- failures inside -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"error": {"message": "no", "type": "server_error"}}, ProviderFailed),
        ({"error": "overloaded"}, Overloaded),
        ({"error": {"message": "slow down", "code": 429}}, RateLimited),
        ({"error": {"message": "pay", "code": 402}}, QuotaSpent),
        ({"error": {"message": "no", "code": "content_filter", "status": 400}}, ContentBlocked),
        ({"error": {"message": "no", "status_code": 400}}, RequestRejected),
        (chunk({}, "error", error={"message": "no", "code": 502}), ProviderFailed),
        (
            {"choices": [{"error": {"message": "no", "code": 503}, "finish_reason": "error"}]},
            Overloaded,
        ),
        ({"object": "error", "message": "no", "code": 500}, ProviderFailed),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "no"}}, Overloaded),
        ({"detail": "no"}, ProviderFailed),
        ({"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, RateLimited),
        (
            {"choices": None, "base_resp": {"status_code": 1004, "status_msg": "no"}},
            CredentialRejected,
        ),
        ({"base_resp": {"status_code": 1008, "status_msg": "no"}}, QuotaSpent),
        ({"base_resp": {"status_code": 1027, "status_msg": "no"}}, ContentBlocked),
        ({"base_resp": {"status_code": 9999, "status_msg": "no"}}, ProviderFailed),
    ],
)
def test_an_error_may_come_with_status_200(said: Any, kind: type[ZotError]) -> None:
    assert type(failure(json.dumps(said).encode())) is kind
    result = outcome(stream(chunk({"content": "a"}), said))
    assert type(result.error) is kind
    assert collect(result.events).text == "a"


def test_an_error_may_be_an_event_of_that_name() -> None:
    error = failure(b'event: error\ndata: {"message": "no"}\n\n')
    assert isinstance(error, ProviderError)
    assert "no" in error.message


def test_an_error_is_raised_at_once_or_else_by_the_next_call() -> None:
    bad = stream({"error": "no"}, done=False)
    with pytest.raises(ProviderFailed):
        codec.decoder(call(), "").feed(bad)
    decoder = codec.decoder(call(), "")
    assert len(decoder.feed(stream(chunk({"content": "a"}), done=False) + bad)) == 1
    with pytest.raises(ProviderFailed):
        decoder.feed(b"")
    with pytest.raises(ProviderFailed):
        decoder.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"<html>",
        b"{",
        b"[]",
        b"[1, 2]",
        b"null",
        b"{}",
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": {}}',
        b'{"choices": [1]}',
        b'{"choices": [{"message": 1}]}',
        b'{"choices": [{"message": {"content": 1}}]}',
        b'{"choices": [{"message": {"content": [1]}}]}',
        b'{"choices": [{"message": {"tool_calls": [1]}}]}',
        b'{"choices": [{"index": {}}]}',
        b"data: {\n\ndata: [DONE]\n\n",
        b"data: 1\n\ndata: [DONE]\n\n",
        b'data: "x"\n\ndata: [DONE]\n\n',
        b"data: \xff\xff\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        b'data: {"choices": [{"delta": []}]}\n\n',
        b'data: {"choices": "x"}\n\n',
    ],
)
def test_whatever_is_no_answer_is_a_broken_stream(body: bytes) -> None:
    assert isinstance(failure(body), StreamBroken)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 600) | st.text(max_size=6) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "message",
                    "content",
                    "reasoning",
                    "reasoning_details",
                    "tool_calls",
                    "function_call",
                    "function",
                    "arguments",
                    "name",
                    "id",
                    "index",
                    "type",
                    "text",
                    "thinking",
                    "finish_reason",
                    "usage",
                    "x_groq",
                    "error",
                    "base_resp",
                    "status_code",
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
    for body in (stream(*values), json.dumps(values[0]).encode()):
        result = outcome(body, think_tags=True)
        check([Start("acme", "small"), *result.events], whole=result.error is None)


WHOLE = stream(
    chunk({"role": "assistant", "content": ""}),
    chunk({"reasoning": "h\u00e9"}),
    chunk({"content": "\U0001f600"}),
    chunk({"tool_calls": [tool(0, "a", "f", '{"x"')]}),
    chunk({"tool_calls": [tool(0, None, None, ": 1}")]}),
    chunk({}, "tool_calls"),
    {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
)


@given(st.lists(st.integers(0, 80), max_size=40))
@settings(max_examples=100, deadline=None)
def test_the_pieces_do_not_matter(sizes: list[int]) -> None:
    pieces, body = [], WHOLE
    for size in sizes:
        pieces.append(body[:size])
        body = body[size:]
    assert decoded(codec.decoder(call(), ""), [*pieces, body]) == outcome(WHOLE)


def test_every_truncation_is_a_broken_stream_or_a_whole_answer() -> None:
    full = as_json(outcome(WHOLE))[:-1]
    for length in range(len(WHOLE)):
        result = outcome(WHOLE[:length])
        if result.error is None:
            assert as_json(result)[:-1] == full
        else:
            assert isinstance(result.error, StreamBroken)
            shown = as_json(result)[:-1]
            assert shown == full[: len(shown)]


def test_what_was_left_out_of_the_request_is_told_first() -> None:
    own = call_to("minimax", "openai-chat", "m", ChatRequest((Message.user("hi"),), temperature=0))
    events = codec.decoder(own, "").feed(stream(chunk({"content": "a"}, "stop")))
    assert isinstance(events[0], Notice)
    assert isinstance(events[1], TextDelta)


def test_a_refusal_with_a_status_is_one_of_zots_errors() -> None:
    body = b'{"error": {"message": "slow down", "code": "rate_limit"}}'
    error = codec.error(call(), 429, {"Retry-After": "7", "X-Request-Id": "r"}, body)
    assert isinstance(error, RateLimited)
    assert (error.status, error.code, error.request_id) == (429, "rate_limit", "r")
    assert (error.retry_after, error.retryable) == (7.0, True)
