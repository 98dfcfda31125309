"""The official `anthropic` package reads the same bytes in the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest

from tests.contract.cases import call_to, codec_of, decoded
from tests.contract.recordings import (
    ABSENT,
    ROOT,
    Recording,
    body_of,
    content_type_of,
    recordings,
)
from zot.domain.message import ToolCall
from zot.domain.reply import Reply, collect

anthropic = pytest.importorskip("anthropic")
httpx = pytest.importorskip("httpx2")

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

WIRE = "anthropic-messages"
SAMPLE = 8
"""One recording in so many is compared every time, always the same ones."""
ASKED: Mapping[str, Any] = {
    "model": "m",
    "max_tokens": 16,
    "messages": [{"role": "user", "content": "hi"}],
}


def _comparable(recording: Recording) -> bool:
    """Leave out what the SDK cannot read, and arguments that it completes by a guess."""
    read = str(recording.expected["oracle"]).startswith("anthropic")
    guessed = "bad-tool-json" in recording.features
    return recording.ok and read and not guessed


ALL = [each for each in recordings(WIRE, "vertex-anthropic") if _comparable(each)]
CHOSEN = [each for each in ALL if sha256(each.id.encode()).digest()[0] % SAMPLE == 0]


def test_the_sample_shows_every_kind_of_answer() -> None:
    shown = frozenset().union(*(each.features for each in CHOSEN))
    assert shown >= {"stream", "non-stream", "tool-call", "reasoning", "text", "multi-turn"}


@pytest.mark.parametrize("recording", [pytest.param(each, id=each.id) for each in CHOSEN])
def test_zot_and_the_sdk_agree(recording: Recording) -> None:
    _compare(recording)


@pytest.mark.long
@pytest.mark.parametrize("recording", [pytest.param(each, id=each.id) for each in ALL])
def test_zot_and_the_sdk_agree_on_everything(recording: Recording) -> None:
    _compare(recording)


def _compare(recording: Recording) -> None:
    exchange = recording.read()
    call = call_to("somebody", WIRE, "m", stream=exchange["streaming"])
    decoder = codec_of(WIRE).decoder(call, content_type_of(exchange))
    outcome = decoded(decoder, [body_of(exchange)])
    assert outcome.error is None
    assert _by_zot(collect(outcome.events)) == _by_the_sdk(exchange)


def _by_zot(reply: Reply) -> dict[str, Any]:
    signatures = [
        part.state[name]
        for part in reply.parts
        if part.state
        for name in ("signature", "redacted")
        if name in part.state
    ]
    opaque: list[Any] = [
        part.state["block"] for part in reply.parts if part.state and "block" in part.state
    ]
    return {
        "text": reply.text,
        "thinking": reply.thinking,
        "signatures": signatures,
        "calls": [
            (part.id, part.name, dict(part.arguments))
            for part in reply.parts
            if isinstance(part, ToolCall)
        ],
        "provider's own": [(block["type"], block.get("input")) for block in opaque],
        "stop": reply.raw_stop_reason,
        "usage": (
            reply.usage.input_tokens,
            reply.usage.output_tokens,
            reply.usage.cache_read_tokens,
            reply.usage.cache_write_tokens,
            reply.usage.reasoning_tokens,
        ),
    }


def _by_the_sdk(exchange: Mapping[str, Any]) -> dict[str, Any]:
    message = _message(exchange)
    of = {kind: [b for b in message.content if b.type == kind] for kind in ("text", "thinking")}
    known = {"text", "thinking", "redacted_thinking", "tool_use"}
    usage = message.usage
    details = usage.output_tokens_details
    return {
        "text": "".join(block.text for block in of["text"]),
        "thinking": "".join(block.thinking for block in of["thinking"]),
        "signatures": [
            signed
            for block in message.content
            if (signed := getattr(block, "signature", None) or getattr(block, "data", None))
        ],
        "calls": [
            (block.id, block.name, block.input)
            for block in message.content
            if block.type == "tool_use"
        ],
        "provider's own": [
            (block.type, _plain(getattr(block, "input", None)))
            for block in message.content
            if block.type not in known
        ],
        "stop": message.stop_reason,
        "usage": (
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_input_tokens,
            usage.cache_creation_input_tokens,
            details.thinking_tokens if details else None,
        ),
    }


def _message(exchange: Mapping[str, Any]) -> Any:
    def respond(_request: Any) -> Any:
        headers = {"content-type": content_type_of(exchange) or "application/json"}
        return httpx.Response(200, headers=headers, content=body_of(exchange))

    with httpx.Client(transport=httpx.MockTransport(respond)) as http:
        client = anthropic.Anthropic(
            api_key="nobody's", base_url="https://api.example.com", http_client=http
        )
        if not exchange["streaming"]:
            return client.messages.create(**ASKED)
        with client.messages.stream(**ASKED) as stream:
            return stream.get_final_message()


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=lambda each: each.to_dict()))
