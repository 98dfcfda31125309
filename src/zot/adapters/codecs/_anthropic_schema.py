"""JSON Schemas as Anthropic's structured outputs compile them.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
"""

from __future__ import annotations

from collections.abc import Mapping

Schema = dict[str, object]
_NAMED = ("properties", "$defs", "definitions")
_LISTED = ("anyOf", "allOf")
_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
)
_OTHER = ("$schema", "$id", "contains", "patternProperties", "propertyNames")
_FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
)


def compiled(schema: Mapping[str, object]) -> Schema:
    """Return a schema that the grammar compiler takes.

    Objects allow no other properties. A bound that the grammar cannot hold is told to the
    model in the description instead; the answer may still break it.
    """
    result = {name: value for name, value in schema.items() if name not in _OTHER}
    if "oneOf" in result:
        result.setdefault("anyOf", result.pop("oneOf"))
    told = {name: result.pop(name) for name in _BOUNDS if name in result}
    least = result.get("minItems")
    if least is not None and least not in {0, 1}:
        told["minItems"] = result.pop("minItems")
    if "format" in result and result["format"] not in _FORMATS:
        told["format"] = result.pop("format")
    for name in _NAMED:
        if isinstance(inner := result.get(name), Mapping):
            result[name] = {key: _inner(value) for key, value in inner.items()}
    for name in _LISTED:
        if isinstance(branches := result.get(name), list):
            result[name] = [_inner(branch) for branch in branches]
    if "items" in result:
        result["items"] = _inner(result["items"])
    if result.get("type") == "object" or "properties" in result:
        result["additionalProperties"] = False
    if told:
        bounds = ", ".join(f"{name}: {value}" for name, value in told.items())
        before = f"{result['description']} " if result.get("description") else ""
        result["description"] = f"{before}({bounds})"
    return result


def as_object(schema: Mapping[str, object]) -> tuple[Schema, bool]:
    """Return the schema as that of a tool's arguments, and whether it had to be wrapped.

    Arguments are an object; anything else becomes its property `value`.
    """
    if schema.get("type") == "object":
        return dict(schema), False
    inner = dict(schema)
    wrapper: Schema = {"type": "object", "properties": {"value": inner}, "required": ["value"]}
    for name in ("$defs", "definitions"):
        if name in inner:
            wrapper[name] = inner.pop(name)
    return wrapper, True


def _inner(schema: object) -> object:
    return compiled(schema) if isinstance(schema, Mapping) else schema
