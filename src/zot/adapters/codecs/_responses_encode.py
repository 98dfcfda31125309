"""A call as the request of the openai-responses wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from zot.adapters.codecs._headers import headers_for
from zot.adapters.codecs._json import dump
from zot.adapters.codecs._responses_dialect import Dialect
from zot.adapters.codecs._responses_input import conversation
from zot.adapters.codecs._responses_limits import limits
from zot.adapters.codecs._responses_tools import offered
from zot.adapters.codecs._schema import cleaned, is_closed
from zot.domain.endpoint import join, path_segment
from zot.domain.quirks import any_match
from zot.domain.request import ModelCall, WireRequest

Fields = dict[str, object]
ENCRYPTED = "reasoning.encrypted_content"
TAIL = "/responses"


def encode(call: ModelCall, dialect: Dialect) -> WireRequest:
    """Return the HTTP request of a call."""
    stream = call.stream or dialect.always_stream
    return WireRequest(
        "POST",
        _url(call),
        headers_for(call, stream=stream),
        dump(body(call, dialect)).encode(),
    )


def body(call: ModelCall, dialect: Dialect) -> Fields:
    """Return the JSON of the request; the stable part comes first, for prefix caches."""
    quirks, request = call.endpoint.quirks, call.request
    instructions, items = conversation(call, instructions=bool(dialect.instructions))
    tools, choice, _ = offered(call)
    fields: Fields = dict(dialect.fields)
    if quirks.model_in_body:
        fields["model"] = call.model.sent_id
    if dialect.instructions:
        fields["instructions"] = instructions or dialect.instructions
    if tools:
        fields.update(dialect.tool_fields)
        fields["tools"] = tools
        if choice is not None:
            fields["tool_choice"] = choice
    fields["input"] = items
    fields.update(limits(call)[0])
    fields["store"] = bool(quirks.store and quirks.send_store)  # left out, it means yes
    if call.model.reasoning and not fields["store"]:
        fields["include"] = [ENCRYPTED]
    if request.schema is not None:
        own = dialect.fields.get("text")
        layout = {"format": _format(call, request.schema)}
        fields["text"] = {**own, **layout} if isinstance(own, Mapping) else layout
    if dialect.cache_key and request.cache:
        fields["prompt_cache_key"] = _cache_key(fields, items)
    if call.stream or dialect.always_stream:
        fields["stream"] = True
    return {name: value for name, value in fields.items() if name not in quirks.never_send}


def dropped(call: ModelCall) -> tuple[str, ...]:
    """Return a line for everything that was asked and cannot be sent."""
    return (*limits(call)[1], *offered(call)[2])


def _url(call: ModelCall) -> str:
    """Return where the request goes; what of the path the base URL ends with counts once."""
    endpoint = call.endpoint
    path = endpoint.path
    if not call.stream and endpoint.path_non_stream:
        path = endpoint.path_non_stream
    base = call.base_url.rstrip("/")
    if not path:
        return base if base.endswith(TAIL) else join(base, TAIL)
    path = path.replace("{model}", path_segment(call.model.sent_id))
    segments = path.partition("?")[0].split("/")
    for count in range(len(segments), 1, -1):
        beginning = "/".join(segments[:count])
        if base.endswith(beginning):
            return base + path[len(beginning) :]
    return base + path


def _format(call: ModelCall, schema: Mapping[str, object]) -> Fields:
    """https://platform.openai.com/docs/guides/structured-outputs."""
    quirks = call.endpoint.quirks
    strict = is_closed(schema) and not any_match(quirks.no_strict_models, call.model.sent_id)
    rules = (*quirks.schema_rules, *(quirks.strict_schema_rules if strict else ()))
    rules = tuple(rule for rule in rules if rule != "root-object")
    title = re.sub(r"[^a-zA-Z0-9_-]", "_", str(schema.get("title") or ""))[:64]
    described: Fields = {"type": "json_schema", "name": title or "answer"}
    return {**described, "schema": cleaned(schema, rules), "strict": strict}


def _cache_key(fields: Fields, items: list[Fields]) -> str:
    """Return a name for the beginning of a conversation: the same for all of its requests.

    Of at most 64 characters: https://platform.openai.com/docs/guides/prompt-caching
    """
    beginning = [fields.get("model"), fields.get("instructions"), fields.get("tools"), items[:1]]
    return sha256(dump(beginning).encode()).hexdigest()[:32]
