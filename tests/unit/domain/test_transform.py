from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from tests.conversations import PNG, WIRES, author_of, conversation
from zot.domain.message import (
    Author,
    Image,
    Message,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from zot.domain.transform import BEGINNING, NO_RESULT, UNSEEN, Rules, adapt, same_author

PLAIN = r"^[a-zA-Z0-9_-]{1,64}$"
RULES = {
    "openai-chat": Rules(tool_id_max=40, result_images=False, foreign_thinking=False),
    "openai-responses": Rules(tool_id=PLAIN, unsigned_thinking=False),
    "anthropic-messages": Rules(tool_id=PLAIN, system_inside=False, user_first=True),
    "google-generative": Rules(system_inside=False, user_first=True, unsigned_thinking=True),
    "bedrock-converse": Rules(
        tool_id=PLAIN, images=False, system_inside=False, user_first=True, foreign_thinking=False
    ),
    "mistral": Rules(tool_id="^[a-zA-Z0-9]{9}$"),
}
PAIRS = [pytest.param(a, b, id=f"{a}-to-{b}") for a, b in product(WIRES, RULES)]
ME = Author("acme", "anthropic-messages", "m")
OTHER = Author("acme", "anthropic-messages", "n")
PLAINLY = Rules()


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_what_comes_out_can_be_taken(before: str, after: str) -> None:
    for seed in range(150):
        messages = conversation(Random(seed), before, after if after in WIRES else before)
        _check(messages, author_of(after), RULES[after])


@pytest.mark.long
@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_what_comes_out_can_be_taken_every_time(before: str, after: str) -> None:
    for seed in range(3000):
        messages = conversation(Random(seed), before, after if after in WIRES else before)
        _check(messages, author_of(after), RULES[after])


def _check(messages: Sequence[Message], target: Author, rules: Rules) -> None:
    out = adapt(messages, target, rules)
    assert out
    assert adapt(out, target, rules) == out, "a second time changes something"
    _check_calls(out, rules)
    for position, message in enumerate(out):
        assert message.parts
        for part in _all(message.parts):
            _check_part(part, message, rules, own=same_author(message.author, target))
        if message.role == "system" and not rules.system_inside:
            assert all(each.role == "system" for each in out[:position])
    first = next(each for each in out if each.role != "system")
    assert first.role != "assistant" or not rules.user_first
    _check_nothing_is_lost(messages, out, target)
    for cut in range(len(messages)):
        ids = _ids(adapt(messages[:cut], target, rules))
        assert _ids(out)[: len(ids)] == ids, "an id changes as the conversation goes on"


def _check_calls(out: Sequence[Message], rules: Rules) -> None:
    ids = _ids(out)
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(rules.tool_id or ".+", each) for each in ids)
    assert all(len(each) <= (rules.tool_id_max or 1000) for each in ids)
    for position, message in enumerate(out):
        called = [part.id for part in message.parts if isinstance(part, ToolCall)]
        results = [part.call_id for part in message.parts if isinstance(part, ToolResult)]
        if called:
            assert message.role == "assistant"
            after = out[position + 1]
            assert after.role == "tool"
            assert [part.call_id for part in _results(after)] == called
        if results:
            assert any(isinstance(part, ToolCall) for part in out[position - 1].parts)


def _check_part(part: Part, message: Message, rules: Rules, *, own: bool) -> None:
    match part:
        case Text(text, state):
            assert text.encode().strip() or state
            assert state is None or own
        case Thinking(text, state):
            assert own
            assert state or (rules.unsigned_thinking and text.strip())
        case Image():
            assert rules.images
            assert message.role != "assistant"
            assert message.role != "tool" or rules.result_images
        case ToolCall(state=state):
            assert state is None or own


def _check_nothing_is_lost(
    messages: Sequence[Message], out: Sequence[Message], target: Author
) -> None:
    given = [p for m in messages for p in m.parts if m.role == "assistant"]
    calls = [(part.name, part.arguments) for part in given if isinstance(part, ToolCall)]
    kept = [part for message in out for part in message.parts if isinstance(part, ToolCall)]
    assert [(part.name, part.arguments) for part in kept] == calls
    own = [
        part
        for message in messages
        if message.role == "assistant" and same_author(message.author, target)
        for part in message.parts
        if isinstance(part, Thinking) and part.state
    ]
    thoughts = [part for m in out for part in m.parts if isinstance(part, Thinking) and part.state]
    assert thoughts == own


def _all(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        if isinstance(part, ToolResult):
            yield from part.content


def _ids(messages: Sequence[Message]) -> list[str]:
    return [part.id for m in messages for part in m.parts if isinstance(part, ToolCall)]


def _results(message: Message) -> list[ToolResult]:
    return [part for part in message.parts if isinstance(part, ToolResult)]


def test_thinking_goes_back_to_its_author_alone() -> None:
    thought = Thinking("hm", {"signature": "x"})
    hidden = Thinking("", {"redacted": "y"})
    said = Message("assistant", (thought, hidden, Text("yes", {"id": 1})), ME)
    question = Message.user("q")
    assert adapt((question, said), ME, PLAINLY)[1] == said
    assert adapt((question, said), OTHER, PLAINLY)[1].parts == (Text("hm\n\n"), Text("yes"))
    silent = replace(PLAINLY, foreign_thinking=False)
    assert adapt((question, said), OTHER, silent)[1].parts == (Text("yes"),)
    nobody = replace(said, author=None)
    assert adapt((question, nobody), ME, PLAINLY)[1].parts == (Text("hm\n\n"), Text("yes"))


def test_thinking_without_a_signature_is_kept_where_that_is_allowed() -> None:
    said = Message("assistant", (Thinking("hm"), Text("yes")), ME)
    lax = replace(PLAINLY, unsigned_thinking=True)
    assert adapt((Message.user("q"), said), ME, lax)[1] == said
    assert adapt((Message.user("q"), said), ME, PLAINLY)[1].parts == (Text("hm\n\n"), Text("yes"))


def test_an_author_without_a_wire_is_the_same_on_any() -> None:
    assert same_author(replace(ME, wire=""), ME)
    assert not same_author(replace(ME, wire="openai-chat"), ME)
    assert not same_author(None, ME)


def test_results_move_to_their_calls_and_orphans_are_repaired() -> None:
    calls = (ToolCall("a", "x", {}), ToolCall("b", "y", {}), ToolCall("c", "z", {}))
    out = adapt(
        (
            Message.user("q"),
            Message("assistant", calls),
            Message.user("wait"),
            Message.tool_result("b", "B", error=True),
            Message.tool_result("nobody", "N"),
            Message.tool_result("a", "A"),
            Message.tool_result("a", "again"),
        ),
        ME,
        PLAINLY,
    )
    assert [message.role for message in out] == ["user", "assistant", "tool", "user"]
    assert out[2].parts == (
        ToolResult("a", (Text("A"),)),
        ToolResult("b", (Text("B"),), error=True),
        ToolResult("c", (Text(NO_RESULT),), error=True),
    )


def test_an_id_that_comes_again_is_told_apart() -> None:
    turn = Message("assistant", (ToolCall("call_0", "x", {}),))
    results = (Message.tool_result("call_0", "one"), Message.tool_result("call_0", "two"))
    out = adapt((turn, results[0], turn, results[1]), ME, PLAINLY)
    (one,), (two,) = (_results(message) for message in out if message.role == "tool")
    assert (one.call_id, one.content) == ("call_0", (Text("one"),))
    assert two.call_id != "call_0"
    assert two.content == (Text("two"),)
    assert _ids(out) == [one.call_id, two.call_id]


def test_ids_that_would_come_to_be_the_same_do_not() -> None:
    calls = tuple(ToolCall(each, "x", {}) for each in ("a b", "a_b", "a.b", "a" * 70, "a" * 71))
    ids = _ids(adapt((Message("assistant", calls),), ME, RULES["anthropic-messages"]))
    assert ids[0] == "a_b"
    assert len(set(ids)) == len(ids)
    short = _ids(adapt((Message("assistant", calls),), ME, RULES["mistral"]))
    assert all(re.fullmatch("[a-z0-9]{9}", each) for each in short)


def test_an_id_that_the_model_itself_gave_out_is_kept() -> None:
    turn = Message("assistant", (ToolCall("resp:1", "x", {}),), ME)
    rules = RULES["anthropic-messages"]
    assert _ids(adapt((turn,), ME, rules)) == ["resp:1"]
    assert _ids(adapt((turn,), OTHER, rules)) == ["resp_1"]
    twice = _ids(adapt((turn, turn), ME, rules))
    assert twice == ["resp:1", "resp_1"]


def test_a_pattern_that_leaves_too_few_ids_is_no_endless_loop() -> None:
    calls = tuple(ToolCall(f"call_{n}", "x", {}) for n in range(40))
    ids = _ids(adapt((Message("assistant", calls),), ME, Rules(tool_id="[a-z0-9]")))
    assert len(set(ids)) == 40


def test_pictures_become_a_notice_where_nobody_sees_them() -> None:
    blind = replace(PLAINLY, images=False)
    out = adapt((Message.user("see", PNG, PNG, "and", PNG),), ME, blind)
    assert out[0].parts == (Text("see"), Text(UNSEEN), Text("and"), Text(UNSEEN))


def test_pictures_of_a_result_follow_it_where_it_cannot_hold_them() -> None:
    turn = Message("assistant", (ToolCall("a", "x", {}),))
    result = Message.tool_result("a", (Text("here"), PNG))
    out = adapt((turn, result), ME, replace(PLAINLY, result_images=False))
    assert out[1].parts == (ToolResult("a", (Text("here"), Text("[the picture follows]"))),)
    assert out[2] == Message("user", (PNG,))


def test_instructions_inside_a_conversation_are_marked_where_there_is_no_role_for_them() -> None:
    said = (Message.system("first"), Message.user("q"), Message.system("then"))
    assert adapt(said, ME, PLAINLY) == said
    marked = adapt(said, ME, replace(PLAINLY, system_inside=False))
    assert marked[0] == said[0]
    assert marked[2] == Message.user("<system>\nthen\n</system>")


def test_a_conversation_always_has_a_turn_and_may_need_the_user_to_begin() -> None:
    assert adapt((), ME, PLAINLY) == (Message.user(BEGINNING),)
    assert adapt((Message.user("  "),), ME, PLAINLY) == (Message.user(BEGINNING),)
    answer = Message.assistant("hello")
    assert adapt((answer,), ME, PLAINLY) == (answer,)
    first = adapt((Message.system("s"), answer), ME, replace(PLAINLY, user_first=True))
    assert [message.role for message in first] == ["system", "user", "assistant"]
