"""A call as the request of the anthropic-messages wire."""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs._anthropic_plan import plan, tool_fields
from zot.adapters.codecs._anthropic_turns import conversation, mark_for_cache
from zot.adapters.codecs._json import dump
from zot.domain.endpoint import path_segment
from zot.domain.message import Image, ToolResult
from zot.domain.request import ModelCall, WireRequest

Fields = dict[str, object]


def encode(call: ModelCall) -> WireRequest:
    """Return the HTTP request of a call."""
    return WireRequest("POST", _url(call), _headers(call), dump(body(call)).encode())


def body(call: ModelCall) -> Fields:
    """Return the JSON of the request; the stable part comes first."""
    quirks, request = call.endpoint.quirks, call.request
    planned = plan(call)
    system, turns = conversation(call)
    tools = [tool_fields(tool) for tool in planned.tools]
    if request.cache and quirks.max_cache_breakpoints:
        mark_for_cache(system, tools, turns, quirks.max_cache_breakpoints)
    settings = {"effort": planned.thought.effort, "format": planned.format}
    fields: Fields = {
        "anthropic_version": quirks.body_version,
        "model": call.model.sent_id if quirks.model_in_body else None,
        "max_tokens": planned.max_tokens,
        "tools": tools,
        "tool_choice": planned.tool_choice,
        "system": system,
        "messages": turns,
        "thinking": planned.thought.thinking,
        "output_config": {name: value for name, value in settings.items() if value},
        "temperature": planned.temperature,
        "stop_sequences": list(planned.stop),
        "stream": call.stream or None,
    }
    return {
        name: value
        for name, value in fields.items()
        if value not in (None, "", [], {}) and name not in quirks.never_send
    }


def _url(call: ModelCall) -> str:
    """Return where the request goes; `https://host` and `https://host/v1` mean the same."""
    endpoint = call.endpoint
    path = endpoint.path
    if not call.stream and endpoint.path_non_stream:
        path = endpoint.path_non_stream
    base = call.base_url.rstrip("/")
    if not path:
        return base.removesuffix("/v1") + "/v1/messages"
    # Vertex writes the version of a model after an `@`, which a path may hold as it is
    return base + path.replace("{model}", path_segment(call.model.sent_id).replace("%40", "@"))


def _headers(call: ModelCall) -> Mapping[str, str]:
    quirks = call.endpoint.quirks
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if call.stream else "application/json",
    }
    if quirks.initiator_header:
        last = call.request.messages[-1].role if call.request.messages else "user"
        headers[quirks.initiator_header.lower()] = "user" if last == "user" else "agent"
    if quirks.vision_header and _has_images(call):
        headers[quirks.vision_header.lower()] = "true"
    return headers


def _has_images(call: ModelCall) -> bool:
    parts = [part for message in call.request.messages for part in message.parts]
    inner = [piece for part in parts if isinstance(part, ToolResult) for piece in part.content]
    return any(isinstance(part, Image) for part in (*parts, *inner))
