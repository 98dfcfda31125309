"""The official `openai` package reads the same bytes of the openai-responses wire as zot does."""

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
    exceptions,
    recordings,
)
from zot.domain.reply import collect

openai = pytest.importorskip("openai")
httpx = pytest.importorskip("httpx")

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

WIRE = "openai-responses"
ONE_IN = 8
"""One recording in so many is always compared, and always the same ones."""
EXCEPTIONS = {each["id"] for each in exceptions()}


def _comparable(recording: Recording) -> bool:
    """Tell whether zot gives a whole answer: bad arguments, for one, it does not let through."""
    whole = recording.expected["error"] is None and recording.expected["stop_class"] is not None
    bad = any(isinstance(call["arguments"], str) for call in recording.expected["tool_calls"])
    return recording.ok and whole and not bad and recording.id not in EXCEPTIONS


def _marks(recording: Recording) -> Any:
    lucky = sha256(recording.id.encode()).digest()[0] % ONE_IN == 0
    return () if lucky else pytest.mark.long


CHOSEN = [
    pytest.param(each, id=each.id, marks=_marks(each))
    for each in recordings(WIRE)
    if _comparable(each)
]


@pytest.mark.parametrize("recording", CHOSEN)
def test_zot_and_the_sdk_agree(recording: Recording) -> None:
    exchange = recording.read()
    text, thinking, calls, status = _by_the_sdk(exchange)
    call = call_to("somebody", WIRE, "m", stream=exchange["streaming"])
    decoder = codec_of(WIRE).decoder(call, content_type_of(exchange))
    outcome = decoded(decoder, [body_of(exchange)])
    assert outcome.error is None
    reply = collect(outcome.events)
    assert reply.text == text
    assert reply.thinking == thinking
    assert reply.raw_stop_reason == status
    assert [(c.id, c.name, dict(c.arguments)) for c in reply.tool_calls] == calls


def _by_the_sdk(
    exchange: Mapping[str, Any],
) -> tuple[str, str, list[tuple[str, str, Any]], str]:
    def respond(_request: Any) -> Any:
        headers = {"content-type": content_type_of(exchange) or "application/json"}
        return httpx.Response(200, headers=headers, content=body_of(exchange))

    with httpx.Client(transport=httpx.MockTransport(respond)) as http:
        client = openai.OpenAI(
            api_key="nobody's", base_url="https://api.example.com/v1", http_client=http
        )
        if not exchange["streaming"]:
            response = client.responses.create(model="m", input="hi")
            return _read(response, response.output)
        with client.responses.create(model="m", input="hi", stream=True) as stream:
            return _folded(stream)


def _folded(stream: Any) -> tuple[str, str, list[tuple[str, str, Any]], str]:
    """Take the items as they are done: the back end of Codex leaves them out at the end."""
    items: list[Any] = []
    last: Any = None
    for event in stream:
        if event.type == "response.output_item.done":
            items.append(event.item)
        elif event.type in {"response.completed", "response.incomplete"}:
            last = event.response
    assert last is not None
    return _read(last, last.output or items)


def _read(response: Any, output: Any) -> tuple[str, str, list[tuple[str, str, Any]], str]:
    text, thinking = "", ""
    calls: list[tuple[str, str, Any]] = []
    for item in output:
        if item.type == "message":
            text += "".join(p.text for p in item.content or () if p.type == "output_text")
        elif item.type == "reasoning":
            shown = item.summary or item.content or ()
            thinking += "".join(part.text for part in shown)
        elif item.type == "function_call":
            calls.append((item.call_id, item.name, json.loads(item.arguments or "{}")))
    why = response.incomplete_details
    status = f"{response.status}:{why.reason}" if why and why.reason else response.status
    return text, thinking, calls, status
