"""Rules for schemas, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from zot.adapters.codecs._schema import cleaned, is_closed

S: Any = {"type": "string"}


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("root-object", {}, {"type": "object", "properties": {}}),
        ("root-object", {"properties": {"a": S}}, {"type": "object", "properties": {"a": S}}),
        ("drop-schema-keyword", {"$schema": "x", "type": "object"}, {"type": "object"}),
        (
            "tuple-prefix-items",
            {"properties": {"a": {"type": "array", "items": [S]}}},
            {"properties": {"a": {"type": "array", "prefixItems": [S]}}},
        ),
        (
            "type-into-any-of",
            {"type": "object", "anyOf": [{"required": ["a"]}, {"$ref": "#/x"}]},
            {"anyOf": [{"type": "object", "required": ["a"]}, {"$ref": "#/x"}]},
        ),
        (
            "drop-additional-properties-false",
            {"additionalProperties": False, "items": {"additionalProperties": False}},
            {"items": {}},
        ),
        (
            "drop-additional-properties-false",
            {"additionalProperties": S},
            {"additionalProperties": S},
        ),
        (
            "drop-number-bounds",
            {"anyOf": [{"type": "number", "minimum": 1, "exclusiveMaximum": 2}]},
            {"anyOf": [{"type": "number"}]},
        ),
        ("drop-length-bounds", {"$defs": {"a": {"maxLength": 3}}}, {"$defs": {"a": {}}}),
    ],
)
def test_a_rule_changes_what_it_says(rule: str, before: Any, after: Any) -> None:
    assert cleaned(before, [rule]) == after


def test_a_property_may_be_called_like_a_keyword() -> None:
    schema = {"type": "object", "properties": {"$schema": S, "minimum": S}}
    assert cleaned(schema, ["drop-schema-keyword", "drop-number-bounds"]) == schema


def test_the_schema_of_the_user_is_left_alone() -> None:
    schema: Any = {"$schema": "x", "properties": {"a": {"minimum": 1}}}
    cleaned(schema, ["drop-schema-keyword", "drop-number-bounds", "root-object"])
    assert schema == {"$schema": "x", "properties": {"a": {"minimum": 1}}}


CLOSED: Any = {
    "type": "object",
    "properties": {"a": S},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        (CLOSED, True),
        ({**CLOSED, "required": []}, False),
        ({**CLOSED, "additionalProperties": True}, False),
        ({"type": "object", "additionalProperties": False}, True),
        ({"type": "array", "items": CLOSED}, True),
        ({"type": "array", "items": {"type": "object"}}, False),
        ({"anyOf": [S, {"type": "object"}]}, False),
        ({"$defs": {"x": {"type": "object"}}}, False),
        (S, True),
    ],
)
def test_only_closed_schemas_are_strict(schema: Any, closed: bool) -> None:
    assert is_closed(schema) is closed
