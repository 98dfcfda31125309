"""One real server, three protocols: chat completions, Responses and Anthropic Messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.llama_server import LlamaServer
from zot import AsyncZot, Message, Tool, ZotError
from zot.domain.error import CredentialRejected
from zot.domain.reply import Reply, collect

WIRES = {
    "openai-chat": "openai-chat",
    "openai-responses": "openai-responses",
    "anthropic-messages": "anthropic-messages",
}
WEATHER = Tool(
    "weather",
    "Look up the weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def home_for(folder: Any, wire: str, server: LlamaServer, key: str) -> Mapping[str, str]:
    """Write a models.json that knows the server under this wire, and return an environment."""
    provider = {
        "baseUrl": server.base_url,
        "api": WIRES[wire],
        "apiKey": {"env": "LLAMA_TEST_KEY"},
        "models": [{"id": server.model, "maxTokens": 64, "contextWindow": 8192}],
    }
    path = folder / "models.json"
    path.write_text(json.dumps({"providers": {"mine": provider}}))
    path.chmod(0o600)
    return {"HOME": str(folder), "ZOT_HOME": str(folder), "LLAMA_TEST_KEY": key}


def ask(environ: Mapping[str, str], prompt: Any, *, stream: bool, **options: Any) -> Reply:
    async def whole() -> Reply:
        async with AsyncZot(environ=environ) as zot:
            if not stream:
                return await zot.complete(prompt, **options)
            return collect([event async for event in zot.stream(prompt, **options)])

    return asyncio.run(whole())


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("wire", WIRES)
def test_text(tmp_path, llama_plain, wire, stream):
    environ = home_for(tmp_path, wire, llama_plain, llama_plain.key)
    model = f"mine/{llama_plain.model}"
    reply = ask(environ, "Say hello", stream=stream, model=model, max_tokens=16, temperature=0)
    assert len(reply.text.strip()) > 3
    assert reply.stop_reason in {"stop", "length"}
    assert reply.usage.output_tokens
    assert reply.credential.detail == "LLAMA_TEST_KEY"


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("wire", WIRES)
def test_a_tool_call_and_its_result(tmp_path, llama_tools, wire, stream):
    environ = home_for(tmp_path, wire, llama_tools, llama_tools.key)
    options = {"model": f"mine/{llama_tools.model}", "tools": [WEATHER], "max_tokens": 40}
    first = ask(environ, "What is the weather in Paris?", stream=stream, temperature=0, **options)
    assert first.stop_reason == "tool_calls"
    (call,) = first.tool_calls
    assert (call.name, dict(call.arguments)) == ("weather", {"city": "Paris"})
    turns = [
        Message.user("What is the weather in Paris?"),
        first.message,
        Message.tool_result(call.id, "sunny, 21 degrees"),
    ]
    second = ask(environ, turns, stream=stream, temperature=0, **options)
    assert second.text.strip()
    assert second.tool_calls == ()


@pytest.mark.parametrize("wire", WIRES)
def test_a_wrong_key_names_where_it_came_from(tmp_path, llama_plain, wire):
    environ = home_for(tmp_path, wire, llama_plain, "wrong")
    with pytest.raises(CredentialRejected) as caught:
        ask(environ, "hi", stream=True, model=f"mine/{llama_plain.model}")
    assert "LLAMA_TEST_KEY" in caught.value.message
    assert caught.value.status == 401


@pytest.mark.parametrize("wire", WIRES)
def test_a_conversation_that_is_too_long_is_a_typed_error(tmp_path, llama_plain, wire):
    environ = home_for(tmp_path, wire, llama_plain, llama_plain.key)
    with pytest.raises(ZotError) as caught:
        ask(environ, "word " * 20_000, stream=True, model=f"mine/{llama_plain.model}")
    assert caught.value.slug in {"context-too-long", "request-rejected"}


def test_a_conversation_goes_on_over_every_wire(tmp_path, llama_plain):
    turns = [Message.user("My name is Ada. Say hello.")]
    for number, wire in enumerate([*WIRES, *reversed(WIRES)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        environ = home_for(folder, wire, llama_plain, llama_plain.key)
        reply = ask(environ, turns, stream=True, model=f"mine/{llama_plain.model}", max_tokens=12)
        assert reply.text.strip()
        turns += [reply.message, Message.user("And again?")]
