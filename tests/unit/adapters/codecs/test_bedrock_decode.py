"""Answers of the bedrock-converse wire, oddity by oddity."""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.cases import Outcome, call_to, decoded
from tests.frames import begin, counts, delta, done, encoded, event, exception, frame, stop, stream
from zot.adapters.codecs.bedrock_converse import codec
from zot.domain.credential import Ambient, ApiKey, Origin, Place
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
from zot.domain.message import Message, Text
from zot.domain.reply import Reply, collect
from zot.domain.request import ChatRequest, ModelCall
from zot.domain.secret import Secret
from zot.domain.usage import Usage

EVENTS = "application/vnd.amazon.eventstream"
JSON = "application/json"
US = "https://bedrock-runtime.us-east-1.amazonaws.com"


def call(model: str = "anthropic.claude-sonnet-4-6", **request: Any) -> ModelCall:
    asked = ChatRequest((Message.user("hi"),), **request)
    return call_to("amazon-bedrock", "bedrock-converse", model, asked, base_url=US)


def outcome(*pieces: bytes, content_type: str = EVENTS, asked: ModelCall | None = None) -> Outcome:
    return decoded(codec.decoder(asked or call(), content_type), pieces)


def reply_to(*pieces: bytes, content_type: str = EVENTS) -> Reply:
    found = outcome(*pieces, content_type=content_type)
    assert found.error is None
    return collect(found.events)


def failed(*pieces: bytes, content_type: str = EVENTS) -> ZotError:
    error = outcome(*pieces, content_type=content_type).error
    assert error is not None
    return error


def document(*content: Any, **others: Any) -> bytes:
    message = {"role": "assistant", "content": list(content)}
    return json.dumps({"output": {"message": message}, "stopReason": "end_turn", **others}).encode()


# --- streams -------------------------------------------------------------------------------


def test_the_counts_come_after_the_reason_to_stop():
    counted = counts(3, 4, cacheReadInputTokens=5, cacheWriteInputTokens=6)
    reply = reply_to(stream(delta({"text": "a"}), done(), stop(), counted))
    assert reply.usage == Usage(3, 4, 5, 6)


def test_counts_that_come_early_are_kept():
    reply = reply_to(stream(delta({"text": "a"}), done(), counts(3, 4), stop()))
    assert (reply.usage, reply.stop_reason) == (Usage(3, 4), "stop")


@pytest.mark.parametrize("usage", [None, [], {}, {"inputTokens": "7", "outputTokens": True}])
def test_counts_that_are_none_are_not_known(usage):
    body = stream(delta({"text": "a"}), done(), stop(), ("metadata", {"usage": usage}))
    assert reply_to(body).usage == Usage()


def test_what_comes_after_the_end_is_not_read():
    body = stream(delta({"text": "a"}), done(), stop(), counts())
    assert reply_to(body + b"nonsense", b"more of it").text == "a"


def test_content_after_the_reason_to_stop_is_closed_all_the_same():
    tool = begin({"toolUse": {"toolUseId": "t", "name": "f"}}, 1)
    reply = reply_to(stream(delta({"text": "a"}), stop(), tool, counts()))
    assert [each.name for each in reply.tool_calls] == ["f"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("tool_use", "tool_calls"),
        ("malformed_model_output", "other"),
        ("malformed_tool_use", "other"),
        ("something_new", "other"),
    ],
)
def test_every_reason_to_stop_has_a_name(raw, reason):
    reply = reply_to(stream(delta({"text": "a"}), stop(raw), counts()))
    assert (reply.stop_reason, reply.raw_stop_reason) == (reason, raw)


def test_a_call_is_the_reason_even_where_another_is_given():
    tool = begin({"toolUse": {"toolUseId": "t", "name": "f"}})
    assert reply_to(stream(tool, done(), stop("end_turn"), counts())).stop_reason == "tool_calls"


def test_a_call_without_an_id_gets_one():
    tool = begin({"toolUse": {"name": "f"}})
    [found] = reply_to(stream(tool, done(), stop("tool_use"))).tool_calls
    assert found.id == "call_0"


def test_a_call_that_nobody_named_is_an_error():
    assert isinstance(failed(stream(delta({"toolUse": {"input": "{}"}}), stop())), StreamBroken)


def test_blocks_may_come_at_the_same_time():
    body = stream(
        delta({"text": "a"}, 0),
        begin({"toolUse": {"toolUseId": "t", "name": "f"}}, 1),
        delta({"text": "b"}, 0),
        delta({"toolUse": {"input": "{}"}}, 1),
        delta({"text": "c"}, 0),
        done(1),
        stop("tool_use"),
    )
    reply = reply_to(body)
    assert reply.text == "abc"
    assert len(reply.parts) == 2


def test_a_block_that_changes_its_kind_becomes_two():
    thinking = delta({"reasoningContent": {"text": "hm"}})
    reply = reply_to(stream(thinking, delta({"text": "a"}), thinking, stop()))
    assert [type(part).__name__ for part in reply.parts] == ["Thinking", "Text", "Thinking"]


def test_a_start_without_content_is_no_block():
    reply = reply_to(stream(begin({}), delta({"text": "a"}), done(), stop()))
    assert reply.parts == (Text("a"),)


def test_a_signature_may_come_in_pieces():
    pieces = ({"text": "hm"}, {"signature": "c2"}, {"signature": "ln"})
    body = stream(*(delta({"reasoningContent": piece}) for piece in pieces), done(), stop())
    [part] = reply_to(body).parts
    assert part.state == {"signature": "c2ln"}


def test_encrypted_thinking_may_come_in_pieces():
    pieces = ("YQ==", "Yg==")
    body = stream(
        *(delta({"reasoningContent": {"redactedContent": piece}}) for piece in pieces), stop()
    )
    [part] = reply_to(body).parts
    assert part.state == {"redacted": "YWI="}


def test_an_event_that_nobody_knows_says_nothing():
    body = stream(("somethingNew", {"a": 1}), delta({"text": "a"}), stop())
    assert reply_to(body).text == "a"


def test_a_block_that_nobody_knows_goes_through():
    body = stream(
        begin({"image": {"format": "png"}}),
        delta({"image": {"source": {"bytes": "aGk="}}}),
        done(0),
        delta({"hologram": {"data": "a"}}, 1),
        delta({"hologram": {"data": "b", "of": 3}}, 1),
        done(1),
        delta({"text": "see"}, 2),
        stop(),
    )
    blocks = [part.state for part in reply_to(body).parts]
    assert blocks == [
        {"block": {"image": {"format": "png", "source": {"bytes": "aGk="}}}},
        {"block": {"hologram": {"data": "ab", "of": 3}}},
        None,
    ]


def test_a_call_that_the_provider_runs_is_none_of_ours():
    tool = {"toolUseId": "t", "name": "search", "type": "server_tool_use"}
    reply = reply_to(stream(begin({"toolUse": tool}), done(), delta({"text": "a"}, 1), stop()))
    assert (reply.tool_calls, reply.stop_reason) == ((), "stop")
    assert reply.parts[0].state == {"block": {"toolUse": {**tool, "input": {}}}}


def test_arguments_that_are_no_object_are_an_error_that_shows_them():
    tool = begin({"toolUse": {"toolUseId": "t", "name": "f"}})
    error = failed(stream(tool, delta({"toolUse": {"input": '["a"'}}), done(), stop("max_tokens")))
    assert isinstance(error, StreamBroken)
    assert error.facts == ('arguments: ["a"',)
    assert "--max-tokens" in error.hint
    assert not error.retryable


@pytest.mark.parametrize(
    ("name", "kind", "status", "retryable"),
    [
        ("internalServerException", ProviderFailed, 500, True),
        ("modelStreamErrorException", ProviderFailed, 424, True),
        ("serviceUnavailableException", Overloaded, 503, True),
        ("throttlingException", RateLimited, 429, True),
        ("validationException", RequestRejected, 400, False),
        ("modelTimeoutException", ProviderFailed, 408, True),
        ("somethingNewException", ProviderFailed, None, True),
    ],
)
@pytest.mark.parametrize("before", [(), (delta({"text": "a"}),)], ids=["first", "later"])
def test_an_exception_in_the_stream_has_its_kind(name, kind, status, retryable, before):
    found = outcome(stream(*before), exception(name, {"message": "Sorry."}))
    error = found.error
    assert error is not None
    assert type(error) is kind
    assert (error.status, error.code, error.retryable) == (status, name, retryable)
    assert "Sorry." in error.message
    assert len(found.events) == len(before)


def test_too_many_tokens_at_once_is_no_long_conversation():
    said = {"message": "Too many tokens, please wait before trying again."}
    assert isinstance(failed(exception("throttlingException", said)), RateLimited)


def test_a_conversation_that_is_too_long_is_called_so():
    said = {"message": "Input is too long for requested model."}
    assert isinstance(failed(exception("validationException", said)), ContextTooLong)


@pytest.mark.parametrize("payload", [b"", b"nonsense", b"[]", b"7", b'{"message": null}'])
def test_an_exception_need_not_say_why(payload):
    error = failed(exception("internalServerException", payload))
    assert isinstance(error, ProviderFailed)


def test_an_error_that_is_no_exception_is_understood():
    names = {":message-type": "error", ":error-code": "Gone", ":error-message": "All is lost."}
    error = failed(frame(encoded(names)))
    assert (type(error), error.code) == (ProviderFailed, "Gone")
    assert "All is lost." in error.message


@pytest.mark.parametrize(
    "body",
    [
        event("contentBlockDelta", b"nonsense"),
        event("contentBlockDelta", 7),
        event("contentBlockDelta", {"delta": {"text": "a"}}),
        event("contentBlockDelta", {"contentBlockIndex": 0}),
        event("contentBlockDelta", {"contentBlockIndex": [], "delta": {"text": "a"}}),
        event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": None}}),
        event("contentBlockDelta", {"contentBlockIndex": 0, "delta": "a"}),
        event(*delta({"reasoningContent": {"redactedContent": "no base64"}})),
        event("messageStop", {}),
        frame(encoded({":message-type": "other"})),
        frame(b""),
    ],
)
def test_an_event_of_another_form_is_an_error(body):
    assert isinstance(failed(body), StreamBroken)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "before it began"),
        (stream(delta({"text": "a"}), done()), "before its end"),
        (stream(delta({"text": "a"}), stop(), counts())[:-1], "within a frame"),
        (b'data: {"text": "a"}\n\n', "checksum"),
        (b"<html>Sign in</html>", "checksum"),
        (b"x", "within a frame"),
    ],
)
def test_a_stream_without_an_end_is_an_error(body, said):
    error = failed(body)
    assert isinstance(error, StreamBroken)
    assert said in error.message


def test_what_came_before_a_damaged_frame_is_not_lost():
    good = stream(delta({"text": "a"}), delta({"text": "b"}))
    bad = bytearray(event(*delta({"text": "c"})))
    bad[-1] ^= 1
    whole = outcome(good + bytes(bad))
    assert collect(whole.events).text == "ab"
    assert isinstance(whole.error, StreamBroken)


# --- documents -----------------------------------------------------------------------------


def test_a_document_is_read_whole():
    body = document(
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "YQ=="}},
        {"text": "a"},
        {"citationsContent": {"content": [{"text": "b"}, {"text": "c"}], "citations": [{"n": 1}]}},
        {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}},
        {"hologram": {"data": "x"}},
        usage={"inputTokens": 1, "outputTokens": 2},
    )
    reply = reply_to(body, content_type=JSON)
    assert (reply.text, reply.thinking, reply.usage) == ("abc", "hm", Usage(1, 2))
    assert [part.state for part in reply.parts] == [
        {"signature": "c2ln"},
        {"redacted": "YQ=="},
        None,
        {"citations": [{"n": 1}]},
        None,
        {"block": {"hologram": {"data": "x"}}},
    ]
    assert [(c.id, c.name, c.arguments) for c in reply.tool_calls] == [("t", "f", {"a": 1})]


def test_thinking_without_a_signature_has_no_state():
    thought = {"reasoningContent": {"reasoningText": {"text": "hm", "signature": None}}}
    [part] = reply_to(document(thought), content_type=JSON).parts
    assert part.state is None


@pytest.mark.parametrize("content_type", [EVENTS, JSON, ""])
def test_the_bytes_decide_what_an_answer_is(content_type):
    assert reply_to(document({"text": "a"}), content_type=content_type).text == "a"
    body = stream(delta({"text": "a"}), stop())
    assert reply_to(body, content_type=content_type).text == "a"


def test_an_indented_document_is_one():
    assert reply_to(b"\n  " + document({"text": "a"}), content_type=JSON).text == "a"


def test_an_error_in_place_of_an_answer_is_one():
    error = failed(b'{"message": "Not today."}', content_type=JSON)
    assert isinstance(error, ProviderFailed)
    assert "Not today." in error.message


@pytest.mark.parametrize("body", [b"{}", b"[]", b"[1]", b'{"output": 7}', b'{"output": {'])
def test_a_document_without_an_answer_is_an_error(body):
    assert isinstance(failed(body, content_type=JSON), StreamBroken)


def test_a_document_keeps_what_stood_before_its_fault():
    error = failed(document({"text": "a"}, {"text": 7}), content_type=JSON)
    assert error.partial is not None
    assert error.partial.text == "a"


# --- refusals ------------------------------------------------------------------------------


def refusal(
    status: int, message: str, kind: str = "", *, asked: ModelCall | None = None
) -> ZotError:
    headers = {
        "x-amzn-ErrorType": f"{kind}:http://internal.amazon.com/coral/",
        "x-amzn-RequestId": "r",
    }
    body = json.dumps({"message": message}).encode()
    return codec.error(asked or call(), status, headers if kind else {}, body)


@pytest.mark.parametrize(
    ("status", "name", "kind", "retryable"),
    [
        (400, "ValidationException", RequestRejected, False),
        (400, "ServiceQuotaExceededException", QuotaSpent, False),
        (403, "AccessDeniedException", CredentialRejected, False),
        (404, "ResourceNotFoundException", ModelNotFound, False),
        (408, "ModelTimeoutException", ProviderFailed, True),
        (424, "ModelErrorException", ProviderFailed, True),
        (429, "ThrottlingException", RateLimited, True),
        (429, "ModelNotReadyException", RateLimited, True),
        (500, "InternalServerException", ProviderFailed, True),
        (503, "ServiceUnavailableException", Overloaded, True),
    ],
)
def test_a_refusal_has_its_kind(status, name, kind, retryable):
    error = refusal(status, "Sorry.", name)
    assert type(error) is kind
    assert (error.status, error.code, error.retryable) == (status, name, retryable)
    assert error.request_id == "r"
    assert "Sorry." in error.message


def test_the_kind_may_stand_in_the_body():
    body = b'{"__type": "com.amazon.coral.service#ThrottlingException", "message": "Slow down."}'
    assert codec.error(call(), 400, {}, body).code == "ThrottlingException"


def test_a_model_that_does_not_exist_is_called_so():
    error = refusal(400, "The provided model identifier is invalid.", "ValidationException")
    assert isinstance(error, ModelNotFound)
    assert error.code == "ValidationException"


def test_a_model_that_needs_a_profile_says_how_to_name_one():
    said = "Invocation of model ID x with on-demand throughput isn\u2019t supported."
    assert "us.anthropic.claude-sonnet-4-6" in refusal(400, said, "ValidationException").hint


def test_a_key_of_another_region_is_suspected():
    asked = replace(
        call(),
        credential=ApiKey(Secret("k")),
        place=Place(Origin.ENV, "AWS_BEARER_TOKEN_BEDROCK"),
    )
    error = refusal(403, "Authentication failed.", "AccessDeniedException", asked=asked)
    assert "only good in the region where it was made (this went to us-east-1)" in error.hint
    assert "AWS_REGION" in error.hint
    assert "unset AWS_BEARER_TOKEN_BEDROCK" in error.hint


def test_a_region_is_named_only_where_the_url_shows_one():
    asked = replace(call(), credential=ApiKey(Secret("k")), base_url="https://proxy.example.com")
    assert "this went to" not in refusal(403, "No.", asked=asked).hint


def test_a_login_that_has_run_out_is_renewed():
    asked = replace(call(), credential=Ambient("aws"))
    error = refusal(403, "The security token is expired", "ExpiredTokenException", asked=asked)
    assert "aws sso login" in error.hint


def test_an_identity_that_may_not_is_told():
    asked = replace(call(), credential=Ambient("aws"))
    error = refusal(403, "You may not.", "AccessDeniedException", asked=asked)
    assert "may not use the model" in error.hint
    other = refusal(403, "Who are you?", "UnrecognizedClientException", asked=asked)
    assert other.hint == "`zot auth explain amazon-bedrock` shows where it came from"
