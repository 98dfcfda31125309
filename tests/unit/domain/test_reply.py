"""Events, folded into a reply."""

from __future__ import annotations

import pytest

from tests import grammar
from tests.grammar import NotGrammatical
from zot.domain.credential import Origin, Place
from zot.domain.event import (
    End,
    Notice,
    Start,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from zot.domain.message import Author, Text, Thinking, ToolCall
from zot.domain.reply import Reply, collect
from zot.domain.usage import Usage

START = Start("acme", "small", "req-1", Place(Origin.ENV, "ACME_API_KEY"), "openai-chat")
END = End("tool_calls", "tool_use", Usage(3, 4))
STREAM: list[StreamEvent] = [
    START,
    Notice("careful"),
    ThinkingDelta("let ", 0),
    ThinkingDelta("me see", 0, {"signature": "abc"}),
    TextDelta("hel", 1),
    ToolCallStart(2, "c1", "weather"),
    ToolCallDelta(2, '{"ci'),
    TextDelta("lo", 1),
    ToolCallDelta(2, 'ty":"Oslo"}'),
    ToolCallEnd(2, "c1", "weather", {"city": "Oslo"}),
    END,
]


def test_a_stream_becomes_the_parts_of_one_reply():
    reply = collect(STREAM)
    assert reply.parts == (
        Thinking("let me see", {"signature": "abc"}),
        Text("hello"),
        ToolCall("c1", "weather", {"city": "Oslo"}),
    )
    assert (reply.provider, reply.model, reply.request_id) == ("acme", "small", "req-1")
    assert (reply.stop_reason, reply.raw_stop_reason) == ("tool_calls", "tool_use")
    assert (reply.usage, reply.notices) == (Usage(3, 4), ("careful",))
    assert reply.credential == START.credential


def test_the_parts_can_be_had_one_kind_at_a_time():
    reply = collect(STREAM)
    assert (reply.text, reply.thinking) == ("hello", "let me see")
    assert [call.name for call in reply.tool_calls] == ["weather"]


def test_parts_stand_in_the_order_in_which_their_blocks_began():
    reply = collect([START, TextDelta("b", 1), TextDelta("a", 0), END])
    assert reply.text == "ab"


def test_a_stream_that_broke_off_keeps_what_had_arrived():
    reply = collect(STREAM[:7])
    assert (reply.text, reply.thinking) == ("hel", "let me see")
    assert (reply.tool_calls, reply.stop_reason, reply.usage) == ((), None, Usage())


def test_no_events_are_an_empty_reply():
    assert collect([]) == Reply()


def test_state_without_text_is_kept_too():
    assert collect([ThinkingDelta("", 0, {"id": "x"})]).parts == (Thinking("", {"id": "x"}),)


def test_the_reply_can_be_sent_back_and_says_who_wrote_it():
    message = collect(STREAM).message
    assert (message.role, message.text) == ("assistant", "hello")
    assert message.author == Author("acme", "openai-chat", "small")


def test_the_grammar_accepts_a_whole_stream_and_its_beginnings():
    grammar.check(STREAM)
    for length in range(len(STREAM)):
        grammar.check(STREAM[:length], whole=False)


@pytest.mark.parametrize(
    "broken",
    [
        [],
        [START],
        [START, START, END],
        [TextDelta("x"), END],
        [START, END, END],
        [START, END, Notice("late")],
        [START, TextDelta("x", 0), ThinkingDelta("y", 0), END],
        [START, TextDelta("x", 1), END],
        [START, ToolCallStart(0, "c", "n"), END],
        [START, ToolCallDelta(0, "{}"), END],
        [START, ToolCallStart(0, "c", "n"), ToolCallEnd(0, "c", "other", {}), END],
        [START, ToolCallEnd(0, "c", "n", {}), END],
    ],
)
def test_the_grammar_refuses_what_is_no_stream(broken):
    with pytest.raises(NotGrammatical):
        grammar.check(broken)
