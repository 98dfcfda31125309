"""JSON Schemas as a vendor takes them: named rules, applied all the way down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

Schema = dict[str, object]
_NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems", "items")
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains")


def cleaned(schema: Mapping[str, object], rules: Iterable[str]) -> Mapping[str, object]:
    """Return the schema after the rules that `schema_rules` names."""
    names = tuple(rules)
    if not names:
        return schema
    changes = [_EVERYWHERE[name] for name in names if name in _EVERYWHERE]
    result = _walk(schema, changes)
    for name in names:
        if name in _AT_ROOT:
            _AT_ROOT[name](result)
    return result


def is_closed(schema: object) -> bool:
    """Tell whether a schema is of the kind that strict answers need.

    Every object names all its properties as required and allows no others
    (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
    """
    if isinstance(schema, list):
        return all(map(is_closed, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, Mapping):
        named = set(properties) if isinstance(properties, Mapping) else set()
        required = schema.get("required") or []
        if schema.get("additionalProperties") is not False or not isinstance(required, list):
            return False
        if named != set(map(str, required)):
            return False
    for name in _NAMED:
        if isinstance(inner := schema.get(name), Mapping) and not all(
            map(is_closed, inner.values())
        ):
            return False
    return all(is_closed(schema.get(name)) for name in (*_LISTED, *_SINGLE))


def _walk(schema: Mapping[str, object], changes: list[Callable[[Schema], None]]) -> Schema:
    result = dict(schema)
    for name, value in result.items():
        if name in _NAMED and isinstance(value, Mapping):
            result[name] = {key: _inner(inner, changes) for key, inner in value.items()}
        elif name in _LISTED and isinstance(value, list):
            result[name] = [_inner(inner, changes) for inner in value]
        elif name in _SINGLE:
            result[name] = _inner(value, changes)
    for change in changes:
        change(result)
    return result


def _inner(value: object, changes: list[Callable[[Schema], None]]) -> object:
    return _walk(value, changes) if isinstance(value, Mapping) else value


def _root_object(schema: Schema) -> None:
    if schema.get("type") != "object":
        schema["type"] = "object"
    schema.setdefault("properties", {})


def _drop_schema_keyword(schema: Schema) -> None:
    schema.pop("$schema", None)


def _tuple_prefix_items(schema: Schema) -> None:
    if isinstance(items := schema.get("items"), list):
        schema["prefixItems"] = items
        del schema["items"]


def _type_into_any_of(schema: Schema) -> None:
    branches = schema.get("anyOf")
    if "type" in schema and isinstance(branches, list):
        kind = schema.pop("type")
        schema["anyOf"] = [
            {"type": kind, **branch}
            if isinstance(branch, Mapping) and "type" not in branch and "$ref" not in branch
            else branch
            for branch in branches
        ]


def _drop_additional_false(schema: Schema) -> None:
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]


def _dropping(*names: str) -> Callable[[Schema], None]:
    def drop(schema: Schema) -> None:
        for name in names:
            schema.pop(name, None)

    return drop


_EVERYWHERE: Mapping[str, Callable[[Schema], None]] = {
    "drop-schema-keyword": _drop_schema_keyword,
    "tuple-prefix-items": _tuple_prefix_items,
    "type-into-any-of": _type_into_any_of,
    "drop-additional-properties-false": _drop_additional_false,
    "drop-number-bounds": _dropping(
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"
    ),
    "drop-length-bounds": _dropping("minLength", "maxLength", "minItems", "maxItems"),
}
_AT_ROOT: Mapping[str, Callable[[Schema], None]] = {"root-object": _root_object}
