"""A call as the request of the openai-chat wire."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zot.adapters.codecs._json import dump
from zot.adapters.codecs._openai_chat_limits import limits
from zot.adapters.codecs._openai_chat_messages import MARK, mark_for_cache, messages
from zot.adapters.codecs._openai_chat_thinking import thinking
from zot.adapters.codecs._openai_chat_tools import offered
from zot.adapters.codecs._schema import cleaned, is_closed
from zot.domain.endpoint import join
from zot.domain.message import Image, ToolResult
from zot.domain.quirks import any_match
from zot.domain.request import ModelCall, WireRequest

Body = dict[str, object]
TAIL = "/chat/completions"


def encode(call: ModelCall) -> WireRequest:
    """Return the HTTP request of a call."""
    return WireRequest("POST", _url(call), _headers(call), dump(body(call)).encode())


def body(call: ModelCall) -> Body:
    """Return the JSON of the request; the stable part comes first, for prefix caches."""
    quirks = call.endpoint.quirks
    items = messages(call)
    tools, choice, _ = offered(call)
    if any_match(quirks.cache_control_models, call.model.sent_id):
        most = quirks.max_cache_breakpoints or 4
        if tools and most:
            tools[-1]["cache_control"] = MARK
            most -= 1
        mark_for_cache(items, most)
    fields: Body = {}
    if quirks.model_in_body:
        fields["model"] = call.model.sent_id
    if tools:
        fields["tools"] = tools
        if choice is not None:
            fields["tool_choice"] = choice
    fields["messages"] = items
    fields.update(limits(call)[0])
    fields.update(thinking(call))
    if call.request.schema is not None:
        fields["response_format"] = _format(call, call.request.schema)
    if quirks.store and quirks.send_store is not None:
        fields["store"] = quirks.send_store
    if call.stream:
        fields["stream"] = True
        if quirks.stream_usage:
            fields["stream_options"] = {"include_usage": True}
    return {name: value for name, value in fields.items() if name not in quirks.never_send}


def dropped(call: ModelCall) -> tuple[str, ...]:
    """Return a line for everything that was asked and cannot be sent."""
    return (*limits(call)[1], *offered(call)[2])


def _url(call: ModelCall) -> str:
    endpoint = call.endpoint
    path = endpoint.path
    if not call.stream and endpoint.path_non_stream:
        path = endpoint.path_non_stream
    return call.base_url.rstrip("/") + path if path else join(call.base_url, TAIL)


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


def _format(call: ModelCall, schema: Mapping[str, object]) -> Body:
    """https://platform.openai.com/docs/guides/structured-outputs."""
    quirks = call.endpoint.quirks
    strict = is_closed(schema) and not any_match(quirks.no_strict_models, call.model.sent_id)
    rules = (*quirks.schema_rules, *(quirks.strict_schema_rules if strict else ()))
    rules = tuple(rule for rule in rules if rule != "root-object")
    title = re.sub(r"[^a-zA-Z0-9_-]", "_", str(schema.get("title") or ""))[:64]
    described: Body = {"name": title or "answer", "schema": cleaned(schema, rules)}
    if strict:
        described["strict"] = True
    return {"type": "json_schema", "json_schema": described}
