"""What other clients asked of Claude, zot can ask too, and says it the same way.

Each recorded request that the conversation model can express is rebuilt and encoded for the
endpoint it went to. Not compared are optional fields and the many ways to write one thing:

- text as one string or as blocks, two turns of one role or one, the type `custom` of a tool,
- cache marks, which zot sets by itself,
- a tool choice that is the default, and `is_error` where it is false,
- a temperature of 1 beside thinking, which is the only one that is taken there,
- the effort that zot always says with adaptive thinking, and `display`, without which newer
  models do not show what they think.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.cases import call_to, codec_of
from tests.contract.recordings import ABSENT, ROOT, Recording, recordings
from zot.domain.message import (
    Author,
    Document,
    Image,
    Message,
    Part,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from zot.domain.model import ModelSpec
from zot.domain.request import ChatRequest, Effort, ModelCall

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

Body = Mapping[str, Any]
WIRE = "anthropic-messages"
ALL = recordings(WIRE, "vertex-anthropic")
LEAST_SHARE = 0.74
"""So many of the recorded requests can be expressed at least; the others use tools that the
provider runs, files it keeps, or knobs that zot does not have."""
LEVELS: Mapping[int, Effort] = {
    1024: "minimal",
    2048: "low",
    8192: "medium",
    16384: "high",
    32768: "max",
}
FIELDS = {
    *("model", "messages", "max_tokens", "system", "tools", "tool_choice", "temperature"),
    *("stream", "stop_sequences", "thinking", "output_config", "anthropic_version"),
}


class CannotSay(Exception):
    """The conversation model has no word for it."""


def rebuilt(recording: Recording, body: Body) -> ModelCall:
    """Return the call as zot would have been asked it."""
    if unknown := body.keys() - FIELDS:
        raise CannotSay(sorted(unknown))
    name = recording.index["model"]
    provider = recording.index["provider"]
    author = Author(provider, WIRE, name)
    thinking = body.get("thinking") or {}
    layout = (body.get("output_config") or {}).get("format") or {}
    request = ChatRequest(
        tuple(_message(each, author) for each in body["messages"]),
        system=_system(body.get("system")),
        tools=tuple(map(_tool, body.get("tools") or ())),
        tool_choice=_choice(body.get("tool_choice") or {}),
        reasoning=_level(body),
        max_tokens=body["max_tokens"],
        temperature=body.get("temperature"),
        schema=layout.get("schema"),
        stop=tuple(body.get("stop_sequences") or ()),
    )
    style = {"adaptive": "adaptive", "enabled": "budget"}.get(thinking.get("type", ""), "budget")
    call = call_to(provider, WIRE, name, request, stream=bool(body.get("stream")))
    model = ModelSpec(provider, name, reasoning_styles=(style,), efforts=_EFFORTS, structured=True)
    return replace(call, model=model)


def essence(body: Body) -> dict[str, Any]:
    """Return what matters of a request."""
    thinking = dict(body.get("thinking") or {})
    thinking.pop("display", None)
    choice = dict(body.get("tool_choice") or {})
    choice.pop("disable_parallel_tool_use", None)
    on = thinking.get("type") in {"adaptive", "enabled"}
    turns: list[tuple[str, list[Any]]] = []
    for turn in body["messages"]:
        if not turns or turns[-1][0] != turn["role"]:
            turns.append((turn["role"], []))
        turns[-1][1].extend(_blocks(turn["content"]))
    return {
        "model": body.get("model"),
        "version": body.get("anthropic_version"),
        "turns": turns,
        "system": _blocks(body.get("system") or ()),
        "tools": [_essential_tool(each) for each in body.get("tools") or ()],
        "choice": choice if choice.get("type") != "auto" else {},
        "thinking": thinking,
        "schema": ((body.get("output_config") or {}).get("format") or {}).get("schema"),
        "temperature": None if on else body.get("temperature"),
        "stop": body.get("stop_sequences") or [],
        "limit": body["max_tokens"],
        "stream": bool(body.get("stream")),
    }


_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def _level(body: Body) -> Effort | None:
    thinking = body.get("thinking") or {}
    effort = (body.get("output_config") or {}).get("effort")
    match thinking.get("type"):
        case None if effort is None:
            return None
        case "disabled":
            return "off"
        case "adaptive" if effort in {None, "low", "medium", "high", "max"}:
            level: Effort = effort or "high"
            return level
        case "enabled" if thinking.get("budget_tokens") in LEVELS:
            return LEVELS[thinking["budget_tokens"]]
    raise CannotSay(f"thinking {thinking} with effort {effort}")


def _system(system: Any) -> str | None:
    if not system:
        return None
    blocks = _blocks(system)
    if len(blocks) != 1:
        raise CannotSay("a system prompt of several blocks")
    return str(blocks[0]["text"])


def _choice(choice: Body) -> str | None:
    if choice.get("disable_parallel_tool_use"):
        raise CannotSay("disable_parallel_tool_use")
    kind = choice.get("type")
    return choice["name"] if kind == "tool" else {"any": "required"}.get(str(kind), kind)


def _tool(tool: Body) -> Tool:
    known = {"name", "description", "input_schema", "cache_control", "type"}
    if tool.get("type", "custom") != "custom" or tool.keys() - known:
        raise CannotSay(f"the tool {tool}")
    return Tool(tool["name"], tool.get("description") or "", tool["input_schema"])


def _message(turn: Body, author: Author) -> Message:
    if turn["role"] == "system":
        raise CannotSay("instructions inside: they go as text of the user, marked as such")
    content = turn["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return Message(turn["role"], tuple(map(_part, blocks)), author)


def _part(block: Body) -> Part:
    match block:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "thinking", "thinking": str(text), "signature": str(signature)}:
            return Thinking(text, {"signature": signature})
        case {"type": "redacted_thinking", "data": str(data)}:
            return Thinking("", {"redacted": data})
        case {"type": "tool_use", "id": str(call_id), "name": str(name), "input": dict(given)}:
            return ToolCall(call_id, name, given)
        case {"type": "tool_result", "tool_use_id": str(call_id)} if "name" not in block:
            content = block.get("content") or []
            inner = [{"type": "text", "text": content}] if isinstance(content, str) else content
            parts = tuple(p for p in map(_part, inner) if isinstance(p, Text | Image))
            return ToolResult(call_id, parts, bool(block.get("is_error")))
        case {"type": "image", "source": dict(source)}:
            return _image(source)
        case {"type": "document", "source": dict(source)} if "citations" not in block:
            return _document(source, block.get("title") or "")
    raise CannotSay(f"a block of type {block['type']}")


def _image(source: Body) -> Image:
    if source["type"] == "url":
        return Image(url=source["url"])
    if source["type"] != "base64":
        raise CannotSay(f"a picture of type {source['type']}")
    # what was taken out of a recording is no base64, and goes through as a URL
    return Image(url=f"data:{source['media_type']};base64,{source['data']}")


def _document(source: Body, name: str) -> Document:
    if source["type"] == "text":
        return Document(source["data"].encode(), source["media_type"], name)
    try:
        return Document(b64decode(source.get("data", "?"), validate=True), "application/pdf", name)
    except NotBase64:
        raise CannotSay(f"a document of type {source['type']}, or its bytes are gone") from None


def _blocks(content: Any) -> list[dict[str, Any]]:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    kept = []
    for block in blocks:
        essential = {name: value for name, value in block.items() if name != "cache_control"}
        if block["type"] == "text" and not block["text"].strip():
            continue
        if block["type"] == "tool_result":
            essential["content"] = _blocks(block.get("content") or [])
            if not essential.get("is_error"):
                essential.pop("is_error", None)
        kept.append(essential)
    return kept


def _essential_tool(tool: Body) -> dict[str, Any]:
    schema = {"type": "object", **tool["input_schema"]}
    return {"name": tool["name"], "description": tool.get("description") or "", "schema": schema}


def _expressible() -> Iterable[tuple[Recording, Body, ModelCall]]:
    for recording in ALL:
        body = recording.read()["request_body"]
        if not recording.ok or not isinstance(body, dict):
            continue
        try:
            yield recording, body, rebuilt(recording, body)
        except CannotSay:
            continue


EXPRESSIBLE = list(_expressible())


@pytest.mark.parametrize(
    ("recording", "body", "call"), [pytest.param(r, b, c, id=r.id) for r, b, c in EXPRESSIBLE]
)
def test_a_recorded_request_is_asked_the_same_way(
    recording: Recording, body: Body, call: ModelCall
) -> None:
    request = codec_of(WIRE).encode(call)
    assert essence(json.loads(request.body)) == essence(body)
    path = recording.read()["endpoint"]["path"]
    assert path.rsplit("/", 1)[-1] == request.url.rsplit("/", 1)[-1]


def test_most_requests_can_be_expressed() -> None:
    asked = [each for each in ALL if each.ok and each.read()["request_body"]]
    assert len(EXPRESSIBLE) >= LEAST_SHARE * len(asked)
