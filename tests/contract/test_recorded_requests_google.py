"""What other clients asked of Gemini, zot can ask too, and says it the same way.

Each recorded request that the conversation model can express is rebuilt and encoded for the
endpoint it went to. Not compared are optional fields and the many ways to write one thing:

- names in camel case or with underscores, two turns of one role or one, the role `function`,
- `parameters` with the types in capitals or `parametersJsonSchema`, and so for `responseSchema`,
- the name of the field that a function's response stands in: zot says `output` or `error`,
- a mode that is the default, the case of a thinking level, `includeThoughts`, which zot always
  asks for with a level, and an empty system instruction,
- signatures that recorders have put out of shape, and the stand-in for them,
- knobs that zot does not have (`topP`, `topK`, `seed`, `safetySettings`, labels) and those
  that say what is so anyway (one candidate, plain text).
"""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
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
    State,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from zot.domain.request import EFFORTS, ChatRequest, Effort, ModelCall

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

Body = Mapping[str, Any]
ALL = recordings("google-generative", "google-vertex")
LEAST_SHARE = 0.62
"""So many of the recorded requests can be expressed at least; the others use tools that the
provider runs, files that were cut out or that it keeps, or budgets of any number."""
FIELDS = {
    *("contents", "systemInstruction", "tools", "toolConfig", "generationConfig"),
    *("safetySettings", "labels", "model"),
}
SETTINGS = {
    *("maxOutputTokens", "temperature", "stopSequences", "responseMimeType", "responseSchema"),
    *("responseJsonSchema", "thinkingConfig", "topP", "topK", "seed"),
    *("candidateCount", "responseModalities"),
}
BUDGETS: Mapping[int, Effort] = {0: "off", 128: "minimal", 2048: "low", 8192: "medium"}
OPAQUE = {"args", "response", "parameters", "parametersJsonSchema", "responseJsonSchema"}
OPAQUE |= {"responseSchema", "parameters_json_schema", "response_json_schema", "response_schema"}
BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


class CannotSay(Exception):
    """The conversation model has no word for it."""


def camel(value: Any) -> Any:
    """Return a body with every name of the protocol in camel case, and without nulls."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    named = {re.sub(r"_([a-z])", lambda m: m[1].upper(), key): key for key in value}
    return {
        name: value[key] if key in OPAQUE else camel(value[key])
        for name, key in named.items()
        if value[key] is not None
    }


def rebuilt(recording: Recording, body: Body) -> ModelCall:
    """Return the call as zot would have been asked it."""
    if unknown := body.keys() - FIELDS:
        raise CannotSay(sorted(unknown))
    config = body.get("generationConfig") or {}
    if unknown := config.keys() - SETTINGS:
        raise CannotSay(sorted(unknown))
    if config.get("candidateCount", 1) != 1 or config.get("responseModalities", ["TEXT"]) != [
        "TEXT"
    ]:
        raise CannotSay("several candidates, or other than text")
    name, provider, wire = (recording.index[key] for key in ("model", "provider", "wire"))
    system = _system(body)
    tools = tuple(map(_tool, _declared(body)))
    request = ChatRequest(
        tuple(_Turns(Author(provider, wire, name)).messages(body["contents"])),
        system=system[0]["text"] if system else None,
        tools=tools,
        tool_choice=_choice(body, tools),
        reasoning=_level(config.get("thinkingConfig") or {}, name),
        max_tokens=config.get("maxOutputTokens"),
        temperature=config.get("temperature"),
        schema=_schema(config),
        stop=tuple(config.get("stopSequences") or ()),
    )
    streaming = "stream" in recording.read()["endpoint"]["path"]
    return call_to(provider, wire, name, request, stream=streaming)


def essence(body: Body) -> dict[str, Any]:
    """Return what matters of a request."""
    config = body.get("generationConfig") or {}
    turns: list[tuple[str, list[Any]]] = []
    for turn in body["contents"]:
        role = "model" if turn.get("role") == "model" else "user"
        if not turns or turns[-1][0] != role:
            turns.append((role, []))
        turns[-1][1].extend(each for p in _parts(turn) if (each := _essential(p)) is not None)
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    thinking = dict(config.get("thinkingConfig") or {})
    thinking.pop("includeThoughts", None)
    return {
        "turns": [turn for turn in turns if turn[1]],
        "system": _system(body),
        "tools": [_essential_tool(each) for each in _declared(body)],
        "calling": {} if calling.get("mode", "AUTO") == "AUTO" else calling,
        "limit": config.get("maxOutputTokens"),
        "temperature": config.get("temperature"),
        "stop": config.get("stopSequences") or [],
        "schema": _schema(config),
        "thinking": {key: str(value).upper() for key, value in thinking.items()},
    }


def _parts(turn: Body) -> list[dict[str, Any]]:
    parts = turn.get("parts") or []
    return [parts] if isinstance(parts, dict) else parts


def _system(body: Body) -> list[dict[str, Any]]:
    parts = _parts(body.get("systemInstruction") or {})
    texts = [{"text": part["text"]} for part in parts if (part.get("text") or "").strip()]
    if len(texts) > 1:
        raise CannotSay("a system instruction of several parts")
    return texts


def _declared(body: Body) -> list[Body]:
    declared: list[Body] = []
    for tool in body.get("tools") or ():
        if tool.keys() != {"functionDeclarations"}:
            raise CannotSay(f"the tool {sorted(tool)}")
        declared.extend(tool["functionDeclarations"])
    return declared


def _tool(declared: Body) -> Tool:
    return Tool(declared["name"], declared.get("description") or "", _parameters(declared))


def _parameters(declared: Body) -> dict[str, Any]:
    given = declared.get("parametersJsonSchema") or declared.get("parameters") or {}
    plain: dict[str, Any] = _plain(given)
    return plain


def _plain(schema: Any) -> Any:
    """Return a schema with its types in small letters."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.lower() if key == "type" and isinstance(value, str) else _plain(value)
        for key, value in schema.items()
    }


def _essential_tool(declared: Body) -> dict[str, Any]:
    return {
        "name": declared["name"],
        "description": declared.get("description") or "",
        "schema": _parameters(declared),
    }


def _choice(body: Body, tools: tuple[Tool, ...]) -> str | None:
    config = body.get("toolConfig") or {}
    if config.keys() - {"functionCallingConfig"}:
        raise CannotSay(sorted(config))
    calling = config.get("functionCallingConfig") or {}
    allowed = calling.get("allowedFunctionNames") or []
    match calling.get("mode", "AUTO"):
        case "AUTO":
            return None
        case "NONE":
            return "none"
        case "ANY" if not allowed:
            return "required"
        case "ANY" if len(allowed) == 1:
            return str(allowed[0])
    raise CannotSay(f"the mode {calling}")


def _schema(config: Body) -> Any:
    if config.get("responseMimeType", "text/plain") == "text/plain":
        return None
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    if schema is None:
        raise CannotSay("JSON of any form")
    return _plain(schema)


def _level(thinking: Body, model: str) -> Effort | None:
    if not thinking:
        return None
    word, budget = (
        str(thinking.get("thinkingLevel", "")).lower(),
        thinking.get("thinkingBudget", -1),
    )
    for level in EFFORTS:
        if level == word:
            return level
    if budget in BUDGETS and "gemini-2.5" in model:  # older ones do not think
        return BUDGETS[budget]
    raise CannotSay(f"thinking {thinking}")


class _Turns:
    """Read the turns; a response belongs to the first call of its name that lacks one."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._waiting: list[ToolCall] = []
        self._calls = 0

    def messages(self, contents: Iterable[Body]) -> Iterable[Message]:
        first = True
        for turn in contents:
            role = turn.get("role") or "user"
            if role not in {"user", "model", "function"} or (first and role == "model"):
                raise CannotSay(f"a turn of {role}")
            first = False
            parts = [self._part(part) for part in _parts(turn) if part]
            results = tuple(part for part in parts if isinstance(part, ToolResult))
            others = tuple(part for part in parts if not isinstance(part, ToolResult))
            if role == "model":
                yield Message("assistant", others, self._author)
                continue
            if self._waiting or (results and parts[: len(results)] != list(results)):
                raise CannotSay("calls without results, or results behind something else")
            if results:
                yield Message("tool", results)
            if others:
                yield Message("user", others)

    def _part(self, part: Body) -> Part:
        match part:
            case {"functionCall": dict(call)}:
                return self._call(call, part)
            case {"functionResponse": dict(response)}:
                return self._result(response)
            case {"text": str(text), "thought": True}:
                return Thinking(text, _state(part))
            case {"text": str(text)}:
                return Text(text, _state(part))
            case {"inlineData": dict(data)}:
                return _file(data)
            case {"fileData": dict(data)} if data.get("mimeType", "").startswith("image/"):
                return Image(url=data["fileUri"], media_type=data["mimeType"])
        raise CannotSay(f"a part of {sorted(part)}")

    def _call(self, call: Body, part: Body) -> ToolCall:
        state = dict(_state(part) or {})
        if call.get("id"):
            state["id"] = call["id"]
        self._calls += 1
        made = ToolCall(f"call_{self._calls}", call["name"], call.get("args") or {}, state or None)
        self._waiting.append(made)
        return made

    def _result(self, response: Body) -> ToolResult:
        if response.get("parts"):
            raise CannotSay("files in a response")
        if not self._waiting or self._waiting[0].name != response["name"]:
            raise CannotSay("results out of order")
        call = self._waiting.pop(0)
        error = response["response"].keys() == {"error"}
        return ToolResult(call.id, (Text(_response(response)),), error)


def _response(response: Body) -> str:
    given = response["response"]
    value = next(iter(given.values())) if len(given) == 1 else given
    text = value if isinstance(value, str) else json.dumps(value)
    if not text.strip():
        raise CannotSay("an empty result")
    return text


def _state(part: Body) -> State | None:
    signature = part.get("thoughtSignature")
    return {"signature": signature} if signature else None


def _file(data: Body) -> Part:
    kind, payload = data["mimeType"], data["data"]
    if kind.startswith("image/"):
        # what was taken out of a recording is no base64, and goes through as a URL
        return Image(url=f"data:{kind};base64,{payload}")
    try:
        return Document(b64decode(payload, validate=True), kind)
    except NotBase64:
        raise CannotSay(f"a file of type {kind} whose bytes are gone") from None


def _essential(part: Body) -> dict[str, Any] | None:
    essential = {key: value for key, value in part.items() if value not in (None, False)}
    signature = essential.pop("thoughtSignature", "")
    if signature and len(signature) % 4 == 0 and BASE64.fullmatch(signature):
        essential["thoughtSignature"] = signature
    if response := essential.get("functionResponse"):
        error = response["response"].keys() == {"error"}
        essential["functionResponse"] = (response["name"], _response(response), error)
    if call := essential.get("functionCall"):
        essential["functionCall"] = {"args": {}, **call}
    if not part.get("text", "?").strip() and essential.keys() <= {"text", "thought"}:
        return None
    return essential


def _expressible() -> Iterable[tuple[Recording, Body, ModelCall]]:
    for recording in ALL:
        body = recording.read()["request_body"]
        if not recording.ok or not isinstance(body, dict):
            continue
        try:
            yield recording, camel(body), rebuilt(recording, camel(body))
        except CannotSay:
            continue


EXPRESSIBLE = list(_expressible())


@pytest.mark.parametrize(
    ("recording", "body", "call"), [pytest.param(r, b, c, id=r.id) for r, b, c in EXPRESSIBLE]
)
def test_a_recorded_request_is_asked_the_same_way(
    recording: Recording, body: Body, call: ModelCall
) -> None:
    request = codec_of(call.wire).encode(call)
    assert essence(json.loads(request.body)) == essence(body)
    path = recording.read()["endpoint"]["path"]
    assert request.url.partition("?")[0].endswith(path[path.index("/models/") :])


def test_most_requests_can_be_expressed() -> None:
    asked = [each for each in ALL if each.ok and each.read()["request_body"]]
    assert len(EXPRESSIBLE) >= LEAST_SHARE * len(asked)
