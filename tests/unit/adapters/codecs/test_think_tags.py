"""Thinking between tags, whatever the pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zot.adapters.codecs._think_tags import ThinkTags


def split(*pieces: str) -> tuple[str, str]:
    tags = ThinkTags()
    found = [piece for text in pieces for piece in tags.feed(text)]
    found += tags.close()
    assert all(text for _, text in found)
    said = {kind: "".join(text for k, text in found if k == kind) for kind in ("thinking", "text")}
    return said["thinking"], said["text"]


CASES = [
    ("hello", "", "hello"),
    ("<think>a</think>b", "a", "b"),
    ("\n <think>a</think>\n\nb", "a", "b"),
    ("<think>a</think> <think>b</think>c", "ab", "c"),
    ("b <think>a</think>", "", "b <think>a</think>"),
    ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
    ("<think>a </thin", "a </thin", ""),
    ("<think>1 < 2</think>yes", "1 < 2", "yes"),
    ("<thinking>", "", "<thinking>"),
    ("<thi", "", "<thi"),
    ("  hi", "", "  hi"),
    ("<think></think>b", "", "b"),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "thinking", "said"), CASES)
def test_only_tags_before_any_text_count(text: str, thinking: str, said: str) -> None:
    assert split(text) == (thinking, said)
    assert split(*text) == (thinking, said)


@given(st.text(alphabet="<>/thinkx \n", max_size=40), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_the_place_of_a_cut_does_not_matter(text: str, place: int) -> None:
    assert split(text[:place], text[place:]) == split(text)


def test_the_gap_after_thinking_is_remembered() -> None:
    tags = ThinkTags()
    tags.feed("<think>a</think>\n\nb")
    assert tags.gap == "\n\n"
