"""Every recorded answer means to zot what it meant to the provider's own SDK.

A wire is added by one line in `WIRES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.cases import Outcome, as_json, call_to, codec_of, decoded
from tests.contract.recordings import (
    ABSENT,
    ROOT,
    Recording,
    body_of,
    content_type_of,
    exceptions,
    pieces_of,
    recordings,
)
from tests.grammar import check
from zot.domain.error import (
    ContentBlocked,
    ContextTooLong,
    CredentialError,
    CredentialRejected,
    ModelNotFound,
    ProviderError,
    ProviderFailed,
    QuotaSpent,
    RateLimited,
    RequestRejected,
    StreamBroken,
    ZotError,
)
from zot.domain.event import Notice, Start
from zot.domain.reply import collect
from zot.domain.request import ModelCall

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

Usage = Mapping[str, int | None]
MOST_EXCEPTIONS = 0.01


def counted_inside(recording: Recording) -> Usage:
    """Take caches out of the input; reasoning stands beside the output in xAI's chat alone."""
    reported = recording.expected["usage"]
    read, written = reported.get("cache_read"), reported.get("cache_write")
    fresh, output = reported.get("input"), reported.get("output")
    if fresh is not None:
        fresh = max(0, fresh - (read or 0) - (written or 0))
    beside = recording.index["provider"] == "xai" and recording.wire == "openai-chat"
    if beside and output is not None:
        output += reported["reasoning"] or 0
    return _buckets(fresh, output, read, written, reported["reasoning"])


def thoughts_beside(recording: Recording) -> Usage:
    """Take the cache out of the input; thoughts stand beside the answer."""
    reported = recording.expected["usage"]
    read, thoughts = reported["cache_read"], reported["reasoning"]
    fresh, output = reported["input"], reported["output"]
    if fresh is not None:
        fresh = max(0, fresh - (read or 0))
    if output is not None or thoughts is not None:
        output = (output or 0) + (thoughts or 0)
    return _buckets(fresh, output, read, None, thoughts)


def counted_beside(recording: Recording) -> Usage:
    """Caches stand beside the input already, and reasoning inside the output."""
    reported: Usage = recording.expected["usage"]
    return reported


@dataclass(frozen=True)
class Wire:
    """A wire as the recordings call it, how it counts tokens, and zot's name where that differs.

    `made_id` is the id of a call that the provider gave none.
    """

    name: str
    usage: Callable[[Recording], Usage]
    own_name: str = ""
    made_id: str = "call_{number}"

    @property
    def spoken(self) -> str:
        """What zot calls the wire."""
        return self.own_name or self.name


WIRES = (
    Wire("openai-chat", counted_inside),
    Wire("anthropic-messages", counted_beside),
    Wire("vertex-anthropic", counted_beside, "anthropic-messages"),
    Wire("openai-responses", counted_inside),
    Wire("google-generative", thoughts_beside, made_id="{name}_{number}"),
    Wire("google-vertex", thoughts_beside, made_id="{name}_{number}"),
    Wire("bedrock-converse", counted_beside),
)
NAMED = {wire.name: wire for wire in WIRES}
ALL = recordings(*NAMED)
ANSWERS = [pytest.param(each, id=each.id) for each in ALL if each.ok]
REFUSALS = [pytest.param(each, id=each.id) for each in ALL if not each.ok]
STOPS = {
    "stop": "stop",
    "length": "length",
    "tool_use": "tool_calls",
    "filtered": "content_filter",
    "refusal": "refusal",
}
CLASSES: Mapping[int, tuple[type[ZotError], ...]] = {
    400: (RequestRejected, ContextTooLong, ContentBlocked, ModelNotFound, CredentialRejected),
    401: (CredentialRejected,),
    403: (CredentialRejected, ContentBlocked),
    404: (ModelNotFound,),
    422: (RequestRejected,),
    429: (RateLimited, QuotaSpent),
    500: (ProviderFailed,),
}


@pytest.mark.parametrize("recording", ANSWERS)
def test_an_answer_means_what_the_sdk_says(recording: Recording) -> None:
    exchange = recording.read()
    outcome = _decode(recording, exchange, [body_of(exchange)])
    expected = recording.expected
    reply = collect(outcome.events)
    assert reply.thinking == expected["reasoning_text"]
    if outcome.error is not None:
        assert expected["text"].startswith(reply.text)
        _check_failure(recording, exchange, outcome.error)
        return
    assert expected["error"] is None
    assert reply.text == expected["text"]
    calls = [(call.id, call.name, dict(call.arguments)) for call in reply.tool_calls]
    assert calls == _calls(expected, NAMED[recording.wire].made_id)
    assert reply.stop_reason == _stop(expected)
    assert reply.raw_stop_reason == (expected["finish_reason"] or None)
    usage = reply.usage
    assert NAMED[recording.wire].usage(recording) == _buckets(
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
    )
    if refused := expected.get("refusal"):
        assert any(isinstance(e, Notice) and refused in e.text for e in outcome.events)
    check([Start("somebody", "something"), *outcome.events])


@pytest.mark.parametrize("recording", ANSWERS)
def test_the_network_may_cut_an_answer_anywhere(recording: Recording) -> None:
    exchange = recording.read()
    whole = _decode(recording, exchange, [body_of(exchange)])
    assert as_json(_decode(recording, exchange, pieces_of(exchange, recording.id))) == as_json(
        whole
    )


@pytest.mark.parametrize("recording", REFUSALS)
def test_a_refusal_is_understood(recording: Recording) -> None:
    exchange = recording.read()
    status = exchange["response_status"]
    error = codec_of(NAMED[recording.wire].spoken).error(
        _call(recording), status, exchange["response_headers"], body_of(exchange)
    )
    assert isinstance(error, CLASSES[status])
    assert error.status == status
    if "context-overflow" in recording.features:
        assert isinstance(error, ContextTooLong)
    said = (recording.expected["error"] or {}).get("message") or ""
    if not said.startswith("Error code: "):  # the SDK found no message
        assert " ".join(said.split())[:500] in error.message


def test_exceptions_are_few_and_shown_by_the_bytes() -> None:
    known = {each.id: each for each in ALL}
    assert len(exceptions()) <= MOST_EXCEPTIONS * len(ALL)
    for each in exceptions():
        assert each["reason"]
        assert each["bytes"].encode() in body_of(known[each["id"]].read())


def _call(recording: Recording) -> ModelCall:
    return call_to(
        recording.index["provider"],
        NAMED[recording.wire].spoken,
        recording.index["model"] or "unnamed",
        stream=recording.index["streaming"],
    )


def _decode(recording: Recording, exchange: Mapping[str, Any], pieces: list[bytes]) -> Outcome:
    codec = codec_of(NAMED[recording.wire].spoken)
    decoder = codec.decoder(_call(recording), content_type_of(exchange))
    return decoded(decoder, pieces)


def _check_failure(recording: Recording, exchange: Mapping[str, Any], error: ZotError) -> None:
    """Allow a failure only for what is one: an error said, bad arguments, no proper end."""
    expected = recording.expected
    raw = [c["arguments"] for c in expected["tool_calls"] if isinstance(c["arguments"], str)]
    if said := expected["error"]:
        assert isinstance(error, ProviderError | CredentialError)
        assert said["message"] in error.message
    elif raw:
        assert isinstance(error, StreamBroken)
        assert any(text in fact for text in raw for fact in error.facts)
    else:
        assert isinstance(error, StreamBroken)
        assert expected["finish_reason"] is None
        assert exchange["streaming"]
        assert b"[DONE]" not in body_of(exchange)


def _calls(expected: Mapping[str, Any], made_id: str) -> list[tuple[str, str, object]]:
    return [
        (
            call["id"] or made_id.format(name=call["name"], number=number),
            call["name"],
            call["arguments"] or {},
        )
        for number, call in enumerate(expected["tool_calls"])
    ]


def _stop(expected: Mapping[str, Any]) -> str:
    if expected["stop_class"] is None:
        return "tool_calls" if expected["tool_calls"] else "other"
    if expected.get("refusal") and expected["stop_class"] == "stop":
        return "refusal"
    return STOPS.get(expected["stop_class"], "other")


def _buckets(
    fresh: int | None,
    output: int | None,
    read: int | None,
    written: int | None,
    reasoning: int | None,
) -> Usage:
    return {
        "input": fresh,
        "output": output,
        "cache_read": read,
        "cache_write": written,
        "reasoning": reasoning,
    }
