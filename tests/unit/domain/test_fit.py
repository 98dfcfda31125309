"""What a model cannot take is dropped, and said."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zot.domain.fit import fit, nearest_effort
from zot.domain.message import Document, Image, Message, Text, Tool
from zot.domain.model import ModelSpec
from zot.domain.request import EFFORTS, ChatRequest, Effort

TOOL = Tool("weather", "", {"type": "object"})
PNG = b"\x89PNG\r\n\x1a\n"


def model(**fields: object) -> ModelSpec:
    return ModelSpec("acme", "small", **fields)  # type: ignore[arg-type]  # one field each


def asked(*content: str | Text | Image | Document, **fields: object) -> ChatRequest:
    return ChatRequest((Message.user(*content),), **fields)  # type: ignore[arg-type]  # as above


def test_a_request_that_fits_is_returned_as_it_is():
    request = asked("hi", tools=(TOOL,), max_tokens=5, temperature=0.5, reasoning="high")
    full = model(tools=True, reasoning=True, max_output=10, inputs=("text", "image", "pdf"))
    assert fit(request, full) == (request, ())


def test_tools_are_dropped_where_the_catalog_is_sure():
    request, notices = fit(asked("hi", tools=(TOOL,), tool_choice="required"), model(tools=False))
    assert (request.tools, request.tool_choice) == ((), None)
    assert notices == ("`small` takes no tools; they are left out",)


def test_what_the_catalog_does_not_know_is_sent():
    request = asked("hi", tools=(TOOL,), reasoning="high", schema={}, max_tokens=10**9)
    assert fit(request, model()) == (request, ())


def test_too_many_tokens_become_as_many_as_there_may_be():
    request, notices = fit(asked("hi", max_tokens=1000), model(max_output=100))
    assert request.max_tokens == 100
    assert notices == ("`small` answers at most 100 tokens; asking for that",)


def test_a_schema_is_sent_with_a_warning_where_it_is_not_promised():
    request, notices = fit(asked("hi", schema={"type": "object"}), model(structured=False))
    assert request.schema == {"type": "object"}
    assert len(notices) == 1


@pytest.mark.parametrize(
    ("wanted", "fields", "sent", "said"),
    [
        ("high", {"reasoning": False}, None, True),
        ("off", {"reasoning": False}, None, False),
        ("off", {"reasoning": True, "can_disable_reasoning": False}, None, True),
        ("off", {"reasoning": True, "can_disable_reasoning": True}, "off", False),
        ("high", {"reasoning": True, "reasoning_styles": ("fixed",)}, None, True),
        ("high", {"reasoning": True, "efforts": ("low", "high")}, "high", False),
        ("medium", {"reasoning": True, "efforts": ("low", "high")}, "high", True),
        ("minimal", {"reasoning": True, "efforts": ("low", "high")}, "low", True),
        ("max", {"reasoning": True, "efforts": ("low", "medium")}, "medium", True),
        ("off", {"reasoning": True, "efforts": ("low",)}, "off", False),
        ("high", {"reasoning": True, "efforts": ("odd", "words")}, "high", False),
    ],
)
def test_a_reasoning_level_is_kept_moved_or_dropped_and_a_change_is_said(
    wanted, fields, sent, said
):
    request, notices = fit(asked("hi", reasoning=wanted), model(**fields))
    assert (request.reasoning, bool(notices)) == (sent, said)


@given(
    level=st.sampled_from(EFFORTS),
    offered=st.lists(st.sampled_from(EFFORTS), min_size=1, unique=True),
)
def test_the_nearest_level_is_nearest_and_ties_go_up(level, offered):
    rank = get_args(Effort).index
    chosen = nearest_effort(level, offered)
    distance = abs(rank(chosen) - rank(level))
    assert all(abs(rank(other) - rank(level)) >= distance for other in offered)
    ties = [other for other in offered if abs(rank(other) - rank(level)) == distance]
    assert chosen == max(ties, key=rank)


def test_pictures_and_files_become_words_where_they_cannot_be_read():
    pdf = Document(b"%PDF-", "application/pdf", "plan.pdf")
    request, notices = fit(asked(Image(PNG), "what is it?", pdf), model())
    assert [part.text for part in request.messages[0].parts if isinstance(part, Text)] == [
        "[an image that this model cannot see]",
        "what is it?",
        "[a document that this model cannot read: plan.pdf]",
    ]
    assert notices == (
        "`small` cannot see documents; they are left out",
        "`small` cannot see images; they are left out",
    )


def test_a_picture_inside_the_result_of_a_tool_is_seen_to_as_well():
    request = ChatRequest((Message.tool_result("c1", Image(PNG)),))
    fitted, notices = fit(request, model())
    [result] = fitted.messages[0].parts
    assert result.content == (Text("[an image that this model cannot see]"),)  # type: ignore[union-attr]  # it is a result
    assert len(notices) == 1


def test_a_model_that_sees_gets_the_picture():
    request = asked(Image(PNG))
    assert fit(request, model(inputs=("text", "image"))) == (request, ())


def test_a_model_that_is_not_listed_gets_everything():
    request = asked(Image(PNG), Document(b"%PDF-", "application/pdf"))
    assert fit(request, model(listed=False)) == (request, ())
