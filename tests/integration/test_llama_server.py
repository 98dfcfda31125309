"""The peer that other tests rely on does what they rely on."""

from __future__ import annotations

from typing import Any

import httpx

from tests.integration.llama_server import LlamaServer

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def answer(server: LlamaServer, text: str, **request: Any) -> Any:
    response = httpx.post(
        f"{server.base_url}/v1/chat/completions",
        headers={"authorization": f"Bearer {server.key}"},
        json={
            "model": server.model,
            "messages": [{"role": "user", "content": text}],
            "max_tokens": 40,
            **request,
        },
        timeout=60,
        trust_env=False,
    )
    response.raise_for_status()
    return response.json()["choices"][0]["message"]


def test_the_plain_server_answers_in_words(llama_plain):
    assert len(answer(llama_plain, "Say hello.")["content"]) >= 5


def test_the_server_refuses_a_wrong_key(llama_plain):
    response = httpx.get(f"{llama_plain.base_url}/v1/models", trust_env=False)
    assert response.status_code == 401


def test_the_tools_server_calls_the_tool_with_the_city_of_the_question(llama_tools):
    message = answer(llama_tools, "What is the weather in Paris?", tools=[TOOL])
    function = message["tool_calls"][0]["function"]
    assert function["name"] == "get_weather"
    assert "Paris" in function["arguments"]


def test_the_reasoning_server_thinks_before_it_answers(llama_reasoning):
    message = answer(llama_reasoning, "What is a cat?")
    assert message["reasoning_content"]
    assert message["content"]
