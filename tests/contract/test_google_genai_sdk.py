"""The official `google-genai` package reads the same bytes in the same way."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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
from tests.replay import Answer, Replay
from zot.domain.message import State
from zot.domain.reply import Reply, collect

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

pytest.importorskip("google.genai")

ONE_IN = 10
"""So few are asked without `long`, and always the same ones."""


def _comparable(recording: Recording) -> bool:
    """Leave out what the SDK cannot read: it only knows arrays as events."""
    return recording.ok and str(recording.expected["oracle"]).startswith("google-genai")


def _sample(recording: Recording) -> bool:
    return sha256(recording.id.encode()).digest()[0] % ONE_IN == 0


COMPARABLE = [r for r in recordings("google-generative", "google-vertex") if _comparable(r)]


@dataclass
class Folded:
    """What the SDK makes of an answer."""

    text: str = ""
    thinking: str = ""
    calls: list[tuple[str, Any, str]] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    finish: str | None = None
    counts: dict[str, int] = field(default_factory=dict)


class Sdk:
    """The SDK and the server that it asks; a client takes long to make, so one is enough."""

    def __init__(self, server: Replay) -> None:
        self._server = server
        self._client: Any = None

    def read(self, exchange: Mapping[str, Any]) -> list[Any]:
        """Return the answers that the SDK reads."""
        headers = (("content-type", content_type_of(exchange) or "application/json"),)
        self._server.say(Answer(200, headers, body_of(exchange), length=True))
        self._client = self._client or self._made()
        asked: Any = {"model": "m", "contents": "hi"}
        if exchange["streaming"]:
            return list(self._client.models.generate_content_stream(**asked))
        return [self._client.models.generate_content(**asked)]

    def _made(self) -> Any:
        from google import genai
        from google.genai import types

        options = types.HttpOptions(base_url=f"http://{self._server.host}", api_version="v1beta")
        return genai.Client(api_key="nobody's", vertexai=False, http_options=options)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


@pytest.fixture(scope="module")
def sdk() -> Iterator[Sdk]:
    with Replay() as server:
        sdk = Sdk(server)
        yield sdk
        sdk.close()


@pytest.mark.parametrize("recording", [pytest.param(r, id=r.id) for r in COMPARABLE if _sample(r)])
def test_zot_and_the_sdk_agree(recording: Recording, sdk: Sdk) -> None:
    _compare(recording, sdk)


@pytest.mark.long
@pytest.mark.parametrize("recording", [pytest.param(r, id=r.id) for r in COMPARABLE])
def test_zot_and_the_sdk_agree_on_every_answer(recording: Recording, sdk: Sdk) -> None:
    _compare(recording, sdk)


def _compare(recording: Recording, sdk: Sdk) -> None:
    exchange = recording.read()
    told = _folded(sdk.read(exchange))
    call = call_to("somebody", recording.wire, "m", stream=exchange["streaming"])
    decoder = codec_of(recording.wire).decoder(call, content_type_of(exchange))
    outcome = decoded(decoder, [body_of(exchange)])
    assert outcome.error is None
    reply = collect(outcome.events)
    assert reply.text == told.text
    assert reply.thinking == told.thinking
    assert [(c.name, dict(c.arguments)) for c in reply.tool_calls] == [c[:2] for c in told.calls]
    given = [(c.state or {}).get("id", "") for c in reply.tool_calls]
    assert given == [c[2] for c in told.calls]
    assert _signatures(reply) == told.signatures
    assert reply.raw_stop_reason == told.finish
    thoughts, output = told.counts.get("thoughts"), told.counts.get("output")
    assert reply.usage.reasoning_tokens == thoughts
    if output is not None or thoughts is not None:
        assert reply.usage.output_tokens == (output or 0) + (thoughts or 0)
    assert reply.usage.cache_read_tokens == told.counts.get("cached")
    if reply.usage.input_tokens is not None:
        assert reply.usage.prompt_tokens == told.counts["prompt"]


def _signatures(reply: Reply) -> list[str]:
    """Return the signatures of an answer, in the alphabet that the SDK writes."""
    found = []
    for part in reply.parts:
        state: State = part.state or {}
        raw = state.get("part")
        signature = raw.get("thoughtSignature") if isinstance(raw, dict) else state.get("signature")
        if isinstance(signature, str):
            found.append(base64.b64encode(_bytes(signature)).decode())
    return found


def _bytes(signature: str) -> bytes:
    plain = signature.replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4))


def _folded(chunks: Iterable[Any]) -> Folded:
    told = Folded()
    for chunk in chunks:
        _count(told, chunk.usage_metadata)
        feedback = chunk.prompt_feedback
        if feedback is not None and feedback.block_reason:
            told.finish = f"BLOCKED:{feedback.block_reason.value}"
        for candidate in (chunk.candidates or [])[:1]:
            if candidate.finish_reason:
                told.finish = candidate.finish_reason.value
            for part in (candidate.content and candidate.content.parts) or []:
                _add(told, part)
    return told


def _add(told: Folded, part: Any) -> None:
    if part.thought_signature:
        told.signatures.append(base64.b64encode(part.thought_signature).decode())
    if part.function_call:
        call = part.function_call
        told.calls.append((call.name, call.args or {}, call.id or ""))
    elif part.text is not None and part.thought:
        told.thinking += part.text
    elif part.text is not None:
        told.text += part.text


def _count(told: Folded, usage: Any) -> None:
    if usage is None:
        return
    counts = {
        "prompt": usage.prompt_token_count,
        "output": usage.candidates_token_count,
        "cached": usage.cached_content_token_count,
        "thoughts": usage.thoughts_token_count,
    }
    told.counts.update({name: count for name, count in counts.items() if count is not None})
