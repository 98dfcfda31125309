"""What other clients asked, zot can ask too, and says it the same way.

Each recorded request that the conversation model can express is rebuilt and encoded for a
plain endpoint; roles, content, tools and limits have to be the same. Not compared are
optional fields and the many ways to write one thing:

- text in one string or in parts, and the role `developer` or `system`,
- fields of reasoning, which go back to their author only,
- the name of the field for the limit, and a tool choice that is the default,
- `strict`, which zot adds to a schema where it can be kept.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.contract.cases import call_to, codec_of
from tests.contract.recordings import ABSENT, ROOT, Recording, recordings
from zot.domain.message import Image, Message, Part, Text, Tool, ToolCall, ToolResult
from zot.domain.request import ChatRequest

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

ALL = recordings("openai-chat")
LEAST_SHARE = 0.9
"""So many of the recorded requests can be expressed at least."""


class CannotSay(Exception):
    """The conversation model has no word for it."""


def rebuilt(body: Mapping[str, Any]) -> ChatRequest:
    """Return the request as zot would have been asked it."""
    messages = [_message(each) for each in body["messages"]]
    tools = tuple(_tool(each) for each in body.get("tools") or ())
    wanted = body.get("tool_choice")
    if isinstance(wanted, dict):
        wanted = wanted["function"]["name"] if wanted.get("type") == "function" else "?"
    if wanted not in {None, "auto", "none", "required", *(tool.name for tool in tools)}:
        raise CannotSay("tool_choice")
    layout = body.get("response_format") or {}
    if layout.get("type", "text") not in {"text", "json_schema"}:
        raise CannotSay("response_format")
    stop = body.get("stop") or ()
    return ChatRequest(
        tuple(messages),
        tools=tools,
        tool_choice=wanted,
        max_tokens=body.get("max_tokens", body.get("max_completion_tokens")),
        temperature=body.get("temperature"),
        schema=layout["json_schema"]["schema"] if "json_schema" in layout else None,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
    )


def essence(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what matters of a request."""
    layout = (body.get("response_format") or {}).get("json_schema") or {}
    wanted = body.get("tool_choice") if body.get("tools") else None
    stop = body.get("stop") or []
    return {
        "model": body.get("model"),
        "messages": [each for m in body["messages"] if (each := _essential(m)) is not None],
        "tools": [_essential_tool(each) for each in body.get("tools") or ()],
        "tool_choice": wanted,
        "limit": body.get("max_tokens", body.get("max_completion_tokens")),
        "temperature": body.get("temperature"),
        "stop": [stop] if isinstance(stop, str) else stop,
        "schema": layout.get("schema"),
        "stream": bool(body.get("stream")),
    }


def _expressible() -> Iterable[tuple[Recording, Mapping[str, Any], ChatRequest]]:
    for recording in ALL:
        body = recording.read()["request_body"]
        if not recording.ok or not isinstance(body, dict) or not body.get("model"):
            continue
        try:
            yield recording, body, rebuilt(body)
        except CannotSay:
            continue


def _message(data: Mapping[str, Any]) -> Message:
    role, content = data.get("role"), data.get("content")
    parts: list[Part] = [Text(content)] if isinstance(content, str) else []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str) or part.get("type", "text") == "text":
            parts.append(Text(part if isinstance(part, str) else part["text"]))
        elif part["type"] == "image_url" and role == "user":
            parts.append(_image(part["image_url"]))
        elif part["type"] != "thinking":
            raise CannotSay(part["type"])
    if role in {"system", "developer"}:
        return Message("system", tuple(parts))
    if role == "tool":
        if not data.get("tool_call_id"):
            raise CannotSay("a result of no call")
        texts = tuple(part for part in parts if isinstance(part, Text))
        return Message("tool", (ToolResult(data["tool_call_id"], texts),))
    if role == "assistant":
        calls = [_call(each) for each in data.get("tool_calls") or ()]
        return Message("assistant", (*parts, *calls))
    if role != "user":
        raise CannotSay(f"role {role}")
    return Message("user", tuple(parts))


def _call(data: Mapping[str, Any]) -> ToolCall:
    function = data.get("function")
    if not isinstance(function, dict):
        raise CannotSay("custom tool call")
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except (ValueError, TypeError):
        raise CannotSay("arguments") from None
    if not isinstance(arguments, dict):
        raise CannotSay("arguments")
    return ToolCall(data.get("id") or "", function["name"], arguments)


def _image(data: Any) -> Image:
    url = data if isinstance(data, str) else data["url"]
    if not url.startswith("data:"):
        return Image(url=url)
    kind, _, payload = url.removeprefix("data:").partition(";base64,")
    try:
        return Image(b64decode(payload, validate=True), kind)
    except NotBase64:
        return Image(url=url)  # the picture was taken out of the recording


def _tool(data: Mapping[str, Any]) -> Tool:
    function = data.get("function")
    if not isinstance(function, dict):
        raise CannotSay("custom tool")
    return Tool(
        function["name"], function.get("description") or "", function.get("parameters") or {}
    )


def _essential(message: Mapping[str, Any]) -> dict[str, Any] | None:
    role = "system" if message["role"] == "developer" else message["role"]
    content = message.get("content")
    parts = [content] if isinstance(content, str) else content or []
    texts = [part if isinstance(part, str) else part.get("text") or "" for part in parts]
    images = [
        part["image_url"]["url"] if isinstance(part["image_url"], dict) else part["image_url"]
        for part in parts
        if isinstance(part, dict) and part.get("type") == "image_url"
    ]
    calls = [
        (c["id"], c["function"]["name"], json.loads(c["function"].get("arguments") or "{}"))
        for c in message.get("tool_calls") or ()
    ]
    said = "\n\n".join(text for text in texts if text.strip())
    if role != "tool" and not (said or images or calls):
        return None
    return {
        "role": role,
        "text": said,
        "images": images,
        "calls": calls,
        "answers": message.get("tool_call_id"),
    }


def _essential_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    return {
        "name": function["name"],
        "description": function.get("description") or "",
        "parameters": function.get("parameters") or {},
    }


EXPRESSIBLE = list(_expressible())


@pytest.mark.parametrize(
    ("body", "request_"), [pytest.param(b, r, id=each.id) for each, b, r in EXPRESSIBLE]
)
def test_a_recorded_request_is_asked_the_same_way(
    body: Mapping[str, Any], request_: ChatRequest
) -> None:
    call = call_to(
        "somebody", "openai-chat", body["model"], request_, stream=bool(body.get("stream"))
    )
    assert essence(json.loads(codec_of("openai-chat").encode(call).body)) == essence(body)


def test_most_requests_can_be_expressed() -> None:
    asked = [each for each in ALL if each.ok and each.read()["request_body"]]
    assert len(EXPRESSIBLE) >= LEAST_SHARE * len(asked)
