"""The official `openai` package reads the same bytes in the same way."""

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
from zot.domain.reply import collect

openai = pytest.importorskip("openai")
httpx = pytest.importorskip("httpx")

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

pytestmark = pytest.mark.long

ONE_IN = 2
"""Every recording would do; so many are enough and always the same ones."""


def _chosen(recording: Recording) -> bool:
    comparable = str(recording.expected["oracle"]).startswith("openai")
    whole = recording.expected["error"] is None and recording.expected["stop_class"] is not None
    cut = any(isinstance(call["arguments"], str) for call in recording.expected["tool_calls"])
    lucky = sha256(recording.id.encode()).digest()[0] % ONE_IN == 0
    return recording.ok and comparable and whole and not cut and lucky


CHOSEN = [pytest.param(each, id=each.id) for each in recordings("openai-chat") if _chosen(each)]


@pytest.mark.parametrize("recording", CHOSEN)
def test_zot_and_the_sdk_agree(recording: Recording) -> None:
    exchange = recording.read()
    text, calls, finish = _by_the_sdk(exchange)
    call = call_to("somebody", "openai-chat", "m", stream=exchange["streaming"])
    decoder = codec_of("openai-chat").decoder(call, content_type_of(exchange))
    outcome = decoded(decoder, [body_of(exchange)])
    assert outcome.error is None
    reply = collect(outcome.events)
    assert reply.text == text
    assert reply.raw_stop_reason == finish
    assert [(each.name, dict(each.arguments)) for each in reply.tool_calls] == calls


def _by_the_sdk(exchange: Mapping[str, Any]) -> tuple[str, list[tuple[str, Any]], str | None]:
    def respond(_request: Any) -> Any:
        headers = {"content-type": content_type_of(exchange) or "application/json"}
        return httpx.Response(200, headers=headers, content=body_of(exchange))

    with httpx.Client(transport=httpx.MockTransport(respond)) as http:
        client = openai.OpenAI(
            api_key="nobody's", base_url="https://api.example.com/v1", http_client=http
        )
        asked: Any = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        if not exchange["streaming"]:
            choice = client.chat.completions.create(**asked).choices[0]
            return _whole(choice)
        with client.chat.completions.create(**asked, stream=True) as stream:
            return _folded(stream)


def _whole(choice: Any) -> tuple[str, list[tuple[str, Any]], str | None]:
    message = choice.message
    if message is None:  # the filter took it
        return "", [], choice.finish_reason
    content = message.content or ""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    functions = [call.function for call in message.tool_calls or ()]
    if message.function_call is not None and message.function_call.name:
        functions.append(message.function_call)
    calls = [(each.name, _arguments(each.arguments)) for each in functions]
    return text, calls, choice.finish_reason or None


def _folded(stream: Any) -> tuple[str, list[tuple[str, Any]], str | None]:
    text, finish = "", None
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for chunk in stream:
        for choice in chunk.choices or ():
            if choice.index:
                continue
            finish = choice.finish_reason or finish
            text += choice.delta.content or ""
            for call in choice.delta.tool_calls or ():
                names.setdefault(call.index, "")
                names[call.index] = names[call.index] or call.function.name or ""
                piece = call.function.arguments or ""
                arguments[call.index] = arguments.get(call.index, "") + piece
    return text, [(name, _arguments(arguments[i])) for i, name in names.items()], finish


def _arguments(text: Any) -> Any:
    if not isinstance(text, str):
        return text or {}
    return (json.loads(text) if text.strip() else {}) or {}
