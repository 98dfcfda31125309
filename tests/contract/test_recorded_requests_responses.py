"""What other clients asked of the openai-responses wire, zot can ask too, in the same way.

Each recorded request that the conversation model can express is rebuilt and encoded for a
plain endpoint; roles, content, tools and limits have to be the same. Not compared are
optional fields and the many ways to write one thing:

- text in one string or in parts, the role `developer` or `system`, and `instructions`, which
  zot writes as the first item: xAI once refused the field,
- items of reasoning and ids of items, which go back to their author only,
- `detail` of a picture, which zot leaves to the provider,
- a limit below 16 tokens, which is refused,
- the ids of calls, only which result belongs to which call: one that is longer than 64
  characters or comes twice, as Amazon Bedrock gives them, zot replaces,
- `strict`, `store` and `include`, which zot always says for itself, and a tool choice that
  is the default.
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
from zot.domain.message import Document, Image, Message, Part, Text, Tool, ToolCall, ToolResult
from zot.domain.request import ChatRequest

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

WIRE = "openai-responses"
ALL = recordings(WIRE)
LEAST_SHARE = 0.85
"""So many of the recorded requests can be expressed at least."""
LEAST_TOKENS = 16
ELSEWHERE = ("previous_response_id", "prompt", "background", "conversation")
"""What a request refers to, and the provider keeps: zot keeps everything itself."""


class CannotSay(Exception):
    """The conversation model has no word for it."""


def rebuilt(body: Mapping[str, Any]) -> ChatRequest:
    """Return the request as zot would have been asked it."""
    if any(body.get(name) for name in ELSEWHERE):
        raise CannotSay("what the provider keeps")
    tools = tuple(_tool(each) for each in body.get("tools") or ())
    wanted = body.get("tool_choice")
    if isinstance(wanted, dict):
        wanted = wanted.get("name") if wanted.get("type") == "function" else "?"
    if wanted not in {None, "auto", "none", "required", *(tool.name for tool in tools)}:
        raise CannotSay("tool_choice")
    layout = (body.get("text") or {}).get("format") or {}
    if layout.get("type", "text") not in {"text", "json_schema"}:
        raise CannotSay("text.format")
    return ChatRequest(
        tuple(_messages(body["input"])),
        system=body.get("instructions"),
        tools=tools,
        tool_choice=wanted,
        max_tokens=body.get("max_output_tokens"),
        temperature=body.get("temperature"),
        schema=layout.get("schema"),
    )


def essence(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what matters of a request."""
    said = body["input"]
    items = [{"role": "user", "content": said}] if isinstance(said, str) else said
    if told := body.get("instructions"):
        items = [{"role": "system", "content": told}, *items]
    layout = (body.get("text") or {}).get("format") or {}
    limit = body.get("max_output_tokens")
    calls: list[str] = []
    return {
        "model": body.get("model"),
        "items": [each for item in items if (each := _essential(item, calls)) is not None],
        "tools": [_essential_tool(each) for each in body.get("tools") or ()],
        "tool_choice": (body.get("tool_choice") or "auto") if body.get("tools") else None,
        "limit": limit and max(LEAST_TOKENS, limit),
        "temperature": body.get("temperature"),
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


def _messages(said: Any) -> Iterable[Message]:
    """Yield the turns; what a model says between two of the others is one."""
    answer: list[Part] = []
    for item in [{"role": "user", "content": said}] if isinstance(said, str) else said:
        kind, role = item.get("type", "message"), item.get("role")
        if kind == "reasoning":
            continue
        if kind == "function_call":
            answer.append(_call(item))
        elif kind == "message" and role == "assistant":
            answer.extend(_parts(item["content"]))
        else:
            if answer:
                yield Message("assistant", tuple(answer))
                answer = []
            yield _turn(kind, role, item)
    if answer:
        yield Message("assistant", tuple(answer))


def _turn(kind: str, role: Any, item: Mapping[str, Any]) -> Message:
    if kind == "function_call_output":
        output = tuple(_parts(item["output"]))
        if any(isinstance(part, Document) for part in output):
            raise CannotSay("a file that a tool came to")
        content = tuple(part for part in output if isinstance(part, Text | Image))
        return Message("tool", (ToolResult(item["call_id"], content),))
    if kind != "message":
        raise CannotSay(kind)
    if role in {"system", "developer"}:
        return Message("system", tuple(_parts(item["content"])))
    if role != "user":
        raise CannotSay(f"role {role}")
    return Message("user", tuple(_parts(item["content"])))


def _parts(content: Any) -> Iterable[Part]:
    for part in [content] if isinstance(content, str) else content:
        if isinstance(part, str):
            yield Text(part)
        elif part["type"] in {"input_text", "output_text"}:
            yield Text(part["text"])
        elif part["type"] == "input_image" and part.get("image_url"):
            yield _image(part["image_url"])
        elif part["type"] == "input_file" and part.get("file_data"):
            yield _document(part)
        else:
            raise CannotSay(part["type"])


def _image(url: str) -> Image:
    kind, _, payload = url.removeprefix("data:").partition(";base64,")
    try:
        return Image(b64decode(payload, validate=True), kind) if payload else Image(url=url)
    except NotBase64:
        return Image(url=url)  # the picture was taken out of the recording


def _document(part: Mapping[str, Any]) -> Document:
    kind, _, payload = part["file_data"].removeprefix("data:").partition(";base64,")
    if kind.startswith("text/"):
        raise CannotSay("a text as a file")  # zot sends it as the text it is
    try:
        return Document(b64decode(payload, validate=True), kind, part.get("filename") or "")
    except NotBase64:
        raise CannotSay("a file that was taken out of the recording") from None


def _call(item: Mapping[str, Any]) -> ToolCall:
    try:
        arguments = json.loads(item.get("arguments") or "{}")
    except ValueError:
        raise CannotSay("arguments") from None
    if not isinstance(arguments, dict):
        raise CannotSay("arguments")
    return ToolCall(item["call_id"], item["name"], arguments)


def _tool(data: Mapping[str, Any]) -> Tool:
    if data.get("type") != "function" or data.get("defer_loading"):
        raise CannotSay("a tool of the provider")
    return Tool(data["name"], data.get("description") or "", data.get("parameters") or {})


def _essential(item: Mapping[str, Any], calls: list[str]) -> dict[str, Any] | None:
    """Return what matters of an item; `calls` are the ids of the calls so far."""
    kind = item.get("type", "message")
    if kind == "reasoning":
        return None
    if kind == "function_call":
        calls.append(item["call_id"])
        arguments = json.loads(item.get("arguments") or "{}")
        return {"calls": item["name"], "arguments": arguments}
    content = item["output"] if kind == "function_call_output" else item["content"]
    parts = [{"text": content}] if isinstance(content, str) else content
    said = "\n\n".join(text for part in parts if (text := part.get("text") or "").strip())
    images = [part["image_url"] for part in parts if part.get("image_url")]
    files = [part["file_data"] for part in parts if part.get("file_data")]
    if kind == "function_call_output":
        answered = len(calls) - calls[::-1].index(item["call_id"])
        return {"answers": answered, "text": said or "(empty)", "images": images}
    if not (said or images or files):
        return None
    role = "system" if item["role"] == "developer" else item["role"]
    return {"role": role, "text": said, "images": images, "files": files}


def _essential_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": tool["name"],
        "description": tool.get("description") or "",
        "parameters": tool.get("parameters") or {"type": "object", "properties": {}},
    }


EXPRESSIBLE = list(_expressible())


@pytest.mark.parametrize(
    ("body", "request_"), [pytest.param(b, r, id=each.id) for each, b, r in EXPRESSIBLE]
)
def test_a_recorded_request_is_asked_the_same_way(
    body: Mapping[str, Any], request_: ChatRequest
) -> None:
    call = call_to("somebody", WIRE, body["model"], request_, stream=bool(body.get("stream")))
    assert essence(json.loads(codec_of(WIRE).encode(call).body)) == essence(body)


def test_most_requests_can_be_expressed() -> None:
    asked = [each for each in ALL if each.ok and each.read()["request_body"]]
    assert len(EXPRESSIBLE) >= LEAST_SHARE * len(asked)
