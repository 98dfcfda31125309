"""What other clients asked of Amazon Bedrock, zot can ask too, and says it the same way.

Each recorded request that the conversation model can express is rebuilt and encoded for the
endpoint it went to, its path included. Not compared are optional fields and the many ways to
write one thing:

- two turns of one role or one, and texts that are empty,
- cache points, which zot sets by itself,
- a tool choice that is the default, and a `status` of success,
- a limit, which zot always sets, where the other client set none,
- a temperature of 1 beside thinking, which is the only one that is taken there,
- the effort that zot always says with adaptive thinking,
- how the name of a document is written where two would have the same.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

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
WIRE = "bedrock-converse"
PROVIDER = "amazon-bedrock"
ALL = recordings(WIRE)
LEAST_SHARE = 0.7
"""So many of the recorded requests can be expressed at least; the others use `topP`, guardrails,
videos, search results, tools that the provider runs, or knobs that zot does not have."""
LEVELS: Mapping[int, Effort] = {1024: "minimal", 2048: "low", 8192: "medium", 16384: "high"}
FIELDS = {
    *("messages", "system", "toolConfig", "inferenceConfig", "outputConfig"),
    *("additionalModelRequestFields",),
}
TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "html": "text/html",
    "md": "text/markdown",
    "txt": "text/plain",
}
CACHE = "cachePoint"


class CannotSay(Exception):
    """The conversation model has no word for it."""


def rebuilt(recording: Recording, exchange: Mapping[str, Any]) -> ModelCall:
    """Return the call as zot would have been asked it."""
    body: Body = exchange["request_body"]
    _only(body, FIELDS)
    limits = body.get("inferenceConfig") or {}
    _only(limits, {"maxTokens", "temperature", "stopSequences"})
    name = unquote(exchange["endpoint"]["path"].split("/")[-2])
    layout = ((body.get("outputConfig") or {}).get("textFormat") or {}).get("structure") or {}
    schema = json.loads(layout["jsonSchema"]["schema"]) if layout else None
    level, style = _reasoning(body.get("additionalModelRequestFields") or {})
    tools = body.get("toolConfig") or {}
    request = ChatRequest(
        tuple(_message(each, Author(PROVIDER, WIRE, name)) for each in body["messages"]),
        system=_system(body),
        tools=tuple(map(_tool, tools.get("tools") or ())),
        tool_choice=_choice(tools.get("toolChoice") or {}),
        reasoning=level,
        max_tokens=limits.get("maxTokens"),
        temperature=limits.get("temperature"),
        schema=schema,
        stop=tuple(limits.get("stopSequences") or ()),
    )
    call = call_to(PROVIDER, WIRE, name, request, stream=recording.index["streaming"])
    model = ModelSpec(PROVIDER, name, reasoning_styles=style, structured=schema is not None)
    return replace(call, model=model)


def _only(fields: Mapping[str, Any], known: set[str]) -> None:
    if unknown := fields.keys() - known:
        raise CannotSay(sorted(unknown))


def _reasoning(fields: Body) -> tuple[Effort | None, tuple[str, ...]]:
    _only(fields, {"thinking", "reasoning_config"})
    thinking, config = fields.get("thinking"), fields.get("reasoning_config")
    if config == "high":
        return "high", ()
    if thinking and thinking["type"] == "adaptive":
        return "medium", ("adaptive",)
    if config or (thinking and thinking["budget_tokens"] not in LEVELS):
        raise CannotSay("how the model thinks")
    return (LEVELS[thinking["budget_tokens"]], ("budget",)) if thinking else (None, ())


def _system(body: Body) -> str | None:
    texts = [block["text"] for block in body.get("system") or () if CACHE not in block]
    if len(texts) > 1:
        raise CannotSay("a system prompt in pieces")
    return texts[0] if texts else None


def _choice(choice: Body) -> str | None:
    if "tool" in choice:
        return str(choice["tool"]["name"])
    return "required" if "any" in choice else None


def _tool(tool: Body) -> Tool:
    spec = tool.get("toolSpec")
    if spec is None:
        raise CannotSay("a tool that the provider runs")
    return Tool(spec["name"], spec.get("description") or "", spec["inputSchema"]["json"])


def _message(turn: Body, author: Author) -> Message:
    parts = [part for block in turn["content"] if (part := _part(block)) is not None]
    if turn["role"] == "assistant":
        return Message("assistant", tuple(parts), author)
    role: Any = "tool" if any(isinstance(part, ToolResult) for part in parts) else "user"
    if role == "tool" and not all(isinstance(part, ToolResult) for part in parts):
        raise CannotSay("results and more in one turn")  # zot would be given two messages
    return Message(role, tuple(parts))


def _part(block: Body) -> Part | None:
    [(kind, content)] = block.items()
    match kind:
        case "text":
            return Text(content)
        case "image":
            return Image(_bytes(content["source"]), f"image/{content['format']}")
        case "document":
            _only(content, {"format", "name", "source"})
            kind = TYPES[content["format"]]
            return Document(_bytes(content["source"]), kind, content["name"])
        case "toolUse":
            return ToolCall(content["toolUseId"], content["name"], content["input"])
        case "toolResult":
            pieces = tuple(map(_part, content["content"]))
            plain = tuple(piece for piece in pieces if isinstance(piece, Text | Image))
            if len(plain) < len(pieces):
                raise CannotSay("a result of another kind")
            return ToolResult(content["toolUseId"], plain, content.get("status") == "error")
        case "reasoningContent":
            return _thinking(content)
        case "citationsContent":
            text = "".join(piece["text"] for piece in content["content"])
            return Text(text, {"citations": content["citations"]})
        case "cachePoint":
            return None
    raise CannotSay(kind)


def _thinking(content: Body) -> Thinking:
    if "redactedContent" in content:
        return Thinking("", {"redacted": content["redactedContent"]})
    thought = content["reasoningText"]
    return Thinking(thought["text"], {"signature": thought["signature"]})


def _bytes(source: Body) -> bytes:
    try:
        return b64decode(source["bytes"], validate=True)
    except NotBase64:
        return b"taken out of the recording"
    except KeyError:
        raise CannotSay("what lies in S3") from None


# --- what matters --------------------------------------------------------------------------


def essence(body: Body, *, limited: bool) -> dict[str, Any]:
    """Return what matters of a request; the limit where somebody set it."""
    limits = body.get("inferenceConfig") or {}
    additional = dict(body.get("additionalModelRequestFields") or {})
    additional.pop("output_config", None)
    tools = body.get("toolConfig") or {}
    choice = tools.get("toolChoice") or {"auto": {}}
    return {
        "system": [block for block in body.get("system") or () if CACHE not in block],
        "messages": _turns(body["messages"]),
        "tools": [_spec(t["toolSpec"]) for t in tools.get("tools") or () if CACHE not in t],
        "choice": None if "auto" in choice else choice,
        "limit": limits.get("maxTokens") if limited else None,
        "temperature": None if "thinking" in additional else limits.get("temperature"),
        "stop": limits.get("stopSequences") or [],
        "additional": additional,
        "schema": _schema(body),
    }


def _spec(spec: Body) -> dict[str, Any]:
    parameters = {"properties": {}, **spec["inputSchema"]["json"]}
    return {"name": spec["name"], "said": spec.get("description") or "", "takes": parameters}


def _schema(body: Body) -> Any:
    layout = (body.get("outputConfig") or {}).get("textFormat")
    return json.loads(layout["structure"]["jsonSchema"]["schema"]) if layout else None


def _turns(turns: Iterable[Body]) -> list[tuple[str, list[Any]]]:
    joined: list[tuple[str, list[Any]]] = []
    for turn in turns:
        blocks = [each for block in turn["content"] if (each := _block(block)) is not None]
        if joined and joined[-1][0] == turn["role"]:
            joined[-1][1].extend(blocks)
        elif blocks:
            joined.append((turn["role"], blocks))
    return joined


def _block(block: Body) -> Any:
    [(kind, content)] = block.items()
    if kind == CACHE or (kind == "text" and not content.strip()):
        return None
    if kind == "image":
        return kind, content["format"], _bytes(content["source"])
    if kind == "document":
        name = content["name"].replace("_", "-").partition(" (")[0]
        return kind, content["format"], name, _bytes(content["source"])
    if kind == "toolResult":
        pieces = [_block(piece) for piece in content["content"]]
        return kind, content["toolUseId"], pieces, content.get("status", "success")
    return kind, content


def _expressible() -> Iterable[tuple[Recording, Mapping[str, Any], ModelCall]]:
    for recording in ALL:
        exchange = recording.read()
        if not recording.ok or not isinstance(exchange["request_body"], dict):
            continue
        try:
            yield recording, exchange, rebuilt(recording, exchange)
        except CannotSay:
            continue


EXPRESSIBLE = list(_expressible())


@pytest.mark.parametrize(
    ("exchange", "call"), [pytest.param(x, c, id=each.id) for each, x, c in EXPRESSIBLE]
)
def test_a_recorded_request_is_asked_the_same_way(
    exchange: Mapping[str, Any], call: ModelCall
) -> None:
    body = exchange["request_body"]
    request = codec_of(WIRE).encode(call)
    limited = call.request.max_tokens is not None
    assert essence(json.loads(request.body), limited=limited) == essence(body, limited=limited)
    asked = unquote(exchange["endpoint"]["path"].removeprefix("/bedrock"))
    path = urlsplit(request.url).path
    assert unquote(path) == asked
    assert path.count("/") == 3


def test_most_requests_can_be_expressed() -> None:
    asked = [each for each in ALL if each.ok and each.read()["request_body"]]
    assert len(EXPRESSIBLE) >= LEAST_SHARE * len(asked)
