"""Tools and the choice among them, as an endpoint of the openai-responses wire takes them."""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs import _openai_chat_tools
from zot.adapters.codecs._schema import cleaned, is_closed
from zot.domain.quirks import any_match
from zot.domain.request import ModelCall

Fields = dict[str, object]
_EMPTY: Mapping[str, object] = {"type": "object", "properties": {}}
_NAMES = frozenset(("properties", "$defs", "definitions"))
_TAKEN = _NAMES | {
    # https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "description",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maxItems",
    "maximum",
    "minItems",
    "minimum",
    "multipleOf",
    "pattern",
    "required",
    "title",
    "type",
}


def offered(call: ModelCall) -> tuple[list[Fields], object, tuple[str, ...]]:
    """Return the tools, the `tool_choice` (None to leave it out) and what had to give way.

    They are those of the openai-chat wire with one level less, and `strict` has to be said:
    left out, it means yes (https://platform.openai.com/docs/guides/function-calling#strict-mode).
    """
    items, choice, notices = _openai_chat_tools.offered(call)
    if isinstance(choice, dict):
        choice = _flat(choice)
    return [_tool(call, _flat(item)) for item in items], choice, notices


def _tool(call: ModelCall, tool: Fields) -> Fields:
    quirks = call.endpoint.quirks
    parameters = tool["parameters"]
    if not isinstance(parameters, Mapping) or not parameters:
        parameters = _EMPTY
    strict = (
        bool(quirks.strict_tools)
        and not any_match(quirks.no_strict_models, call.model.sent_id)
        and is_closed(parameters)
        and _compiles(parameters)
    )
    if strict:
        parameters = cleaned(parameters, quirks.strict_schema_rules)
    return {**tool, "parameters": parameters, "strict": strict}


def _flat(item: Mapping[str, object]) -> Fields:
    inner = item["function"]
    return {"type": item["type"], **(inner if isinstance(inner, dict) else {})}


def _compiles(schema: object) -> bool:
    """Tell whether a schema has only what strict tools take; another one would be refused."""
    if isinstance(schema, list):
        return all(map(_compiles, schema))
    if not isinstance(schema, Mapping):
        return True
    if not schema.keys() <= _TAKEN:
        return False
    named = [schema[name] for name in _NAMES & schema.keys()]
    if not all(isinstance(each, Mapping) and all(map(_compiles, each.values())) for each in named):
        return False
    return all(_compiles(schema.get(name)) for name in ("anyOf", "items", "additionalProperties"))
