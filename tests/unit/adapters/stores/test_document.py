"""The JSON reader takes what is JSON, and says where anything else goes wrong."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zot.adapters.stores._document import (
    DEEPEST,
    MOST_VALUES,
    Malformed,
    Node,
    parse,
    position,
    sound_members,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS.filter(lambda value: value not in {float("inf"), float("-inf")}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(st.text(), VALUES, max_size=5)


def value(text: str, node: Node) -> Any:
    match node.kind:
        case "object":
            return {member.name: value(text, member.value) for member in node.members}
        case "array":
            return [value(text, item) for item in node.items]
        case "string":
            return node.string
        case _:
            return json.loads(text[node.start : node.end])


@given(DOCUMENTS, st.sampled_from([None, 0, 3, "\t"]), st.booleans())
def test_it_reads_what_the_standard_library_writes(document, indent, ascii_only):
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    assert value(text, parse(text)) == document


@given(DOCUMENTS)
def test_every_value_stands_where_the_node_says(document):
    text = json.dumps(document, ensure_ascii=False)
    for member in parse(text).members:
        raw = text[member.value.start : member.value.end]
        assert json.loads(raw) == document[member.name]


@given(st.text(alphabet='{}[]",:truefalsn0123456789.eE+-\\ \n\tu/*N', max_size=40))
def test_it_takes_no_text_that_the_standard_library_refuses(text):
    try:
        parse(text)
    except Malformed:
        return
    json.loads(text)


BROKEN = [
    ("", 1, 1, "ends too early"),
    (" \n ", 2, 2, "ends too early"),
    ("{", 1, 2, "double quotes"),
    ('{"a"', 1, 5, "colon"),
    ('{"a": ', 1, 7, "ends too early"),
    ('{"a": 1', 1, 8, "ends too early"),
    ('{"a": 1,\n}', 2, 1, "a comma before `}`"),
    ('{"a": [1,\n]}', 2, 1, "a comma before `]`"),
    ('{"a": 1} x', 1, 10, "more text"),
    ('{"a": 1}{', 1, 9, "more text"),
    ('{\n  "a": NaN}', 2, 8, "NaN"),
    ('{"a": -Infinity}', 1, 7, "NaN and Infinity"),
    ('{"a": 01}', 1, 8, "a comma or `}`"),
    ('{"a": .5}', 1, 7, "a value"),
    ('{"a": tru}', 1, 7, "a value"),
    ('{"a": nullx}', 1, 7, "a value"),
    ("{'a': 1}", 1, 2, "double quotes"),
    ("{a: 1}", 1, 2, "double quotes"),
    ('{"a": "open', 1, 7, "does not end"),
    ('{"a": "tab\there"}', 1, 7, "does not end"),
    ('{"a": "\\x"}', 1, 7, "bad escape"),
    ('{"a": "\\u12"}', 1, 7, "bad escape"),
    ('{"a": 1 /* why */}', 1, 9, "a comma or `}`"),
    ('{"a": // why\n1}', 1, 7, "comments"),
    ('{"a": 1,\n "a": 2}', 2, 2, "twice (first in line 1)"),
    ('{"b": {"a": 1,\n "\\u0061": 2}}', 2, 2, "twice"),
    ("[1]", 1, 1, "object"),
    ("null", 1, 1, "object"),
    ("\ufeff{}", 1, 1, "a value"),
    ('{"a": 1}\0', 1, 9, "more text"),
]


@pytest.mark.parametrize(("text", "line", "column", "problem"), BROKEN)
def test_it_says_what_is_wrong_and_where(text, line, column, problem):
    with pytest.raises(Malformed, match=re.escape(problem)) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_depth_is_bounded():
    deepest = DEEPEST - 1
    parse('{"a":' + "[" * deepest + "]" * deepest + "}")
    with pytest.raises(Malformed, match="nested deeper"):
        parse('{"a":' + "[" * 5_000_000)


def test_the_count_of_values_is_bounded():
    started = time.perf_counter()
    with pytest.raises(Malformed, match="more than"):
        parse('{"a":[' + "1," * MOST_VALUES + "1]}")
    assert time.perf_counter() - started < 10


def test_line_and_column_count_from_one():
    assert [position("ab\nc", at) for at in range(5)] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]


@pytest.mark.parametrize(
    ("text", "saved"),
    [
        ('{"a": {"x": 1}, "b": [2], "c": {"y"', ["a", "b"]),
        ('{"a": 1 "b": 2}', ["a"]),
        ('{"a": 1, "a": 2, "b": NaN}', ["a"]),
        ('{"a"', []),
        ("", []),
        ("<html>", []),
        ("[1, 2]", []),
    ],
)
def test_what_stands_before_the_fault_can_be_saved(text, saved):
    assert list(sound_members(text)) == saved


def test_what_stands_before_the_fault_inside_a_member_can_be_saved():
    text = '{"a": 1, "more": {"b": "x", "c": "y'
    assert sound_members(text, within="more") == {"b": '"x"'}
    assert sound_members(text, within="none") == {}
