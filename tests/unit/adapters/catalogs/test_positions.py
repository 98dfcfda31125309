"""The JSON reader that knows where each value stands."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zot.adapters.catalogs import _positions
from zot.adapters.catalogs._positions import Document, Lines, parse, pointer
from zot.adapters.catalogs._syntax import NotJson, code_points, shown

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(0, 10**30) | st.floats(0.5, 1e300) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=30,
)
SPACES = st.sampled_from(["", " ", "\n", "\t\r\n  "])


def every_path(value: Any, path: tuple[str | int, ...] = ()):
    yield path, value
    inner: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for step, below in inner:
        yield from every_path(below, (*path, step))


@given(VALUES, st.sampled_from([None, 1, "\t"]), SPACES)
def test_it_reads_what_the_standard_library_writes(value: Any, indent: Any, space: str):
    document = parse(space + json.dumps(value, indent=indent) + space)
    assert document.value == value
    assert document.faults == ()


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_every_value_stands_where_it_says(value: Any, indent: Any, ascii_only: bool):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = parse(text)
    decoder = json.JSONDecoder()
    for path, below in every_path(value):
        found, _ = decoder.raw_decode(text, document.find(path))
        assert found == below
        if path and isinstance(path[-1], str):
            name, _ = decoder.raw_decode(text, document.find(path, name=True))
            assert name == path[-1]


@given(st.text(st.sampled_from("ab\n"), max_size=30), st.lists(st.integers(0, 30)))
def test_places_are_right_in_whatever_order_they_are_asked_for(text: str, offsets: list[int]):
    lines = Lines(text)
    for at in (min(offset, len(text)) for offset in offsets):
        before = text[:at].split("\n")
        assert lines.place(at) == f"{len(before)}:{len(before[-1]) + 1}"


def test_a_path_that_ends_early_is_found_as_far_as_it_goes():
    document = parse('{"a": [1]}')
    assert document.find(("a", 7, "b")) == 6
    assert document.find(("a", "x")) == 6
    assert document.find(("b",)) == 0


def test_a_pointer_escapes_what_it_has_to():
    assert pointer(("a/b", 0, "~", "\x1b")) == "/a~1b/0/~0/\\x1b"


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", "1:1", "the file is empty"),
        (" \n ", "2:2", "the file is empty"),
        ("{", "1:2", "the file ends too early"),
        ('{"a"', "1:5", "the file ends too early"),
        ('{"a": ', "1:7", "the file ends too early"),
        ("[1, ", "1:5", "the file ends too early"),
        ('"abc', "1:1", "a text without a closing quote"),
        ('"a\nb"', "1:3", "a line break, or another control character, in a text"),
        ('"\\x"', "1:2", "no such escape in a text"),
        ('"\\u12"', "1:3", "no such escape in a text"),
        ("[1,]", "1:3", "a comma with nothing between it and `]`"),
        ('{"a": 1,\n}', "1:8", "a comma with nothing between it and `}`"),
        ("[,1]", "1:2", "a value is missing before `,`"),
        ('{"a": }', "1:7", "a value is missing before `}`"),
        ("[1 2]", "1:4", "a comma is missing before this"),
        ('{"a": 1 "b": 2}', "1:9", "a comma is missing before this"),
        ('{"a" 1}', "1:6", "expected a colon, not `1`"),
        ('{"a" = 1}', "1:6", "expected a colon, not `=`"),
        ("{1: 2}", "1:2", "expected a name in double quotes, not `1`"),
        ("{a: 1}", "1:2", "the name `a` has no quotes"),
        ("{'a': 1}", "1:2", "text stands in double quotes, not in `'`"),
        ("[\u201ca\u201d]", "1:2", "text stands in double quotes, not in `\u201c`"),
        ("// x\n1", "1:1", "JSON has no comments"),
        ("/* x */ 1", "1:1", "JSON has no comments"),
        ("# x\n1", "1:1", "JSON has no comments"),
        ("[1 // x\n]", "1:4", "JSON has no comments"),
        ("[1, /* x */ 2]", "1:5", "JSON has no comments"),
        ('{ // x\n"a": 1}', "1:3", "JSON has no comments"),
        ("1 // x", "1:3", "JSON has no comments"),
        ("True", "1:1", "`True` is no JSON value"),
        ("undefined", "1:1", "`undefined` is no JSON value"),
        ("nullx", "1:1", "`nullx` is no JSON value"),
        ("01", "1:1", "`01…` is no number"),
        ("1.", "1:1", "`1.…` is no number"),
        ("0x10", "1:1", "`0x…` is no number"),
        (".5", "1:1", "a number begins with a digit or a minus sign"),
        ("+5", "1:1", "a number begins with a digit or a minus sign"),
        ("-", "1:1", "expected a value, not `-`"),
        ("1 2", "1:3", "expected the end of the file, not `2`"),
        ("{} {}", "1:4", "expected the end of the file, not `{`"),
        ("[1}", "1:3", "expected a comma or `]`, not `}`"),
        ("\x1b[0m", "1:1", "expected a value, not `\\x1b`"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(text: str, place: str, problem: str):
    with pytest.raises(NotJson) as caught:
        parse(text)
    assert Lines(text).place(caught.value.at) == place
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[1, 2,]", "remove it"),
        ("// x", "remove the comment"),
        ("[None]", "did you mean `null`?"),
        ("{a: 1}", 'write "a"'),
        ("['a']", 'use "'),
        ("[abc]", "text stands in double quotes"),
    ],
)
def test_what_is_no_json_has_a_hint_and_is_never_guessed(text: str, hint: str):
    with pytest.raises(NotJson) as caught:
        parse(text)
    assert caught.value.hint == hint


def faults(document: Document) -> list[tuple[str, str, str]]:
    return [(pointer(f.path), document.place(f.at), f.problem) for f in document.faults]


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("NaN", "`NaN` is no number"),
        ("Infinity", "`Infinity` is no number"),
        ("-Infinity", "`-Infinity` is no number"),
        ("1e999", "`1e999` is too large for a number"),
        ("-1e999", "`-1e999` is too large for a number"),
        ("9" * 5000, "a number of 5000 characters"),
        ("0." + "0" * 5000, "a number of 5002 characters"),
        ("-0", "`-0` is no number that zot takes"),
        ("-0.0", "`-0.0` is no number that zot takes"),
    ],
)
def test_an_unsound_number_is_a_fault_of_its_value_alone(number: str, problem: str):
    document = parse(f'{{"a": 1,\n "b": [{number}], "c": 3}}')
    assert faults(document) == [("/b/0", "2:8", problem)]
    assert (document.value["a"], document.value["c"]) == (1, 3)


@pytest.mark.parametrize("depth", range(20))
def test_a_name_that_stands_twice_is_a_fault_at_every_level(depth: int):
    document = parse('{"a":\n' * depth + '{"x": 1,\n "y": 2,\n "x": 3}' + "}" * depth)
    problem = f"`x` stands twice: on line {depth + 1} and on line {depth + 3}"
    assert faults(document) == [("/a" * depth + "/x", f"{depth + 3}:2", problem)]


def test_names_are_compared_after_their_escapes():
    assert len(parse(r'{"a": 1, "\u0061": 2}').faults) == 1


@pytest.mark.parametrize("text", [r'{"a": "\ud800"}', r'{"a": "x\udc00y"}', r'{"\ud800": 1}'])
def test_half_of_a_surrogate_pair_is_a_fault(text: str):
    assert [problem for *_, problem in faults(parse(text))] == [
        "half of a surrogate pair in a text"
    ]


def test_a_whole_surrogate_pair_is_a_character():
    document = parse(r'"\ud83d\ude00"')
    assert (document.value, document.faults) == ("\U0001f600", ())


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_depth_is_bounded(opening: str, levels: int):
    with pytest.raises(NotJson, match="nested deeper than 32 levels"):
        parse(opening * levels)


def test_a_depth_within_the_bound_is_read():
    assert parse("[" * 32 + "]" * 32).faults == ()


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_positions, "MOST_VALUES", 10)
    assert len(parse("[1,2,3,4,5,6,7,8,9]").value) == 9
    with pytest.raises(NotJson, match="more than 10 values"):
        parse("[1,2,3,4,5,6,7,8,9,0]")


def test_the_number_of_faults_is_bounded():
    assert len(parse("[" + ",".join(["NaN"] * 1000) + "]").faults) == 1000
    with pytest.raises(NotJson, match="more than 1000 mistakes"):
        parse("[" + ",".join(["NaN"] * 1001) + "]")


@given(st.text(string.printable + "\u043e\u202e\x00\ud800", max_size=100))
def test_what_is_shown_can_be_printed(text: str):
    assert shown(text).isprintable()
    assert len(shown(text)) <= 61 * len("\\U0010ffff")


def test_code_points_name_what_is_not_plain():
    assert code_points("a\u043e b") == "U+043E CYRILLIC SMALL LETTER O, U+0020 SPACE"
    assert code_points("\x00") == "U+0000 without a name"
    assert code_points("plain-1") == ""


@given(st.text(st.sampled_from("{}[]\",:0.-eENaIu\\/#\n 'truflsnd\u00e9"), max_size=40))
def test_no_text_gets_anything_but_an_answer_or_not_json(text: str):
    try:
        ours: Any = parse(text)
    except NotJson:
        with pytest.raises(ValueError):
            json.loads(text)
    else:
        if not ours.faults:
            assert ours.value == json.loads(text)
