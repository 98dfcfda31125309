"""A real llama.cpp server, through the command line and both Python faces."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.llama_server import LlamaServer
from zot import AsyncZot, Reply, Tool, Zot
from zot.domain.error import CredentialRejected
from zot.domain.model import ModelSpec

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
WEATHER = {
    "name": "weather",
    "description": "Look up the weather of a city.",
    "parameters": PARAMETERS,
}
PARIS = "What is the weather in Paris?"


def command(folder: Any, server: LlamaServer, *words: str, key: str | None = None) -> Any:
    """Run the installed command against a server."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ZOT_HOME": str(folder / "zot"),
        **surroundings(server, key),
    }
    line = [sys.executable, "-m", "zot", *words]
    return subprocess.run(
        line, env=environ, capture_output=True, text=True, timeout=120, input="", check=False
    )


def surroundings(server: LlamaServer, key: str | None = None) -> dict[str, str]:
    """Return the variables that lead to a server."""
    return {
        "LLAMA_API_KEY": server.key if key is None else key,
        "LLAMA_BASE_URL": server.base_url,
    }


def faces(server: LlamaServer, key: str | None = None) -> list[Callable[..., Reply]]:
    """Return `complete` of both faces, called alike."""
    environ = surroundings(server, key)

    def blocking(*words: Any, **options: Any) -> Reply:
        with Zot(environ=environ, home="/nonexistent") as zot:
            return zot.complete(*words, provider="llama.cpp", **options)

    def asynchronous(*words: Any, **options: Any) -> Reply:
        async def whole() -> Reply:
            async with AsyncZot(environ=environ, home="/nonexistent") as zot:
                return await zot.complete(*words, provider="llama.cpp", **options)

        return asyncio.run(whole())

    return [blocking, asynchronous]


def test_text_on_the_command_line(tmp_path, llama_plain):
    done = command(
        tmp_path, llama_plain, "-P", "llama.cpp", "-m", "smol", "--max-tokens", "16", "Say hello"
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip()) > 3


def test_a_tool_call_on_the_command_line(tmp_path, llama_tools):
    tools = json.dumps([WEATHER])
    options = ("--tools", tools, "--max-tokens", "40", "--temperature", "0", "--json")
    done = command(tmp_path, llama_tools, "-P", "llama.cpp", "-m", "smol", *options, PARIS)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    (call,) = [event for event in events if event["type"] == "tool_call"]
    assert (call["name"], call["arguments"]) == ("weather", {"city": "Paris"})
    assert events[-1]["stop_reason"] == "tool_calls"


def test_the_server_s_own_models_on_the_command_line(tmp_path, llama_plain):
    done = command(tmp_path, llama_plain, "models", "-P", "llama.cpp", "--live", "--json")
    assert done.returncode == 0, done.stderr
    (model,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (model["provider"], model["id"], model["source"]) == ("llama.cpp", "smol", "discovered")


def test_a_wrong_key_on_the_command_line(tmp_path, llama_plain):
    done = command(tmp_path, llama_plain, "-P", "llama.cpp", "-m", "smol", "hi", key="wrong")
    assert done.returncode == 4
    assert "error[credential-rejected]" in done.stderr
    assert "LLAMA_API_KEY" in done.stderr
    assert "wrong" not in done.stderr


@pytest.mark.parametrize("face", [0, 1], ids=["Zot", "AsyncZot"])
def test_text_and_tools_in_python(llama_plain, llama_tools, face):
    reply = faces(llama_plain)[face]("Say hello", model="smol", max_tokens=16)
    assert len(reply.text.strip()) > 3
    tool = Tool("weather", "Look up the weather of a city.", PARAMETERS)
    reply = faces(llama_tools)[face](
        PARIS, model="smol", tools=[tool], max_tokens=40, temperature=0
    )
    assert dict(reply.tool_calls[0].arguments) == {"city": "Paris"}


@pytest.mark.parametrize("face", [0, 1], ids=["Zot", "AsyncZot"])
def test_a_wrong_key_in_python(llama_plain, face):
    with pytest.raises(CredentialRejected) as caught:
        faces(llama_plain, "wrong")[face]("hi", model="smol")
    assert caught.value.status == 401


def test_the_server_s_own_models_in_python(llama_plain):
    environ = surroundings(llama_plain)

    async def whole() -> list[ModelSpec]:
        async with AsyncZot(environ=environ, home="/nonexistent") as zot:
            return await zot.served("llama.cpp")

    with Zot(environ=environ, home="/nonexistent") as zot:
        assert [spec.id for spec in zot.served("llama.cpp")] == ["smol"]
    assert [spec.id for spec in asyncio.run(whole())] == ["smol"]
