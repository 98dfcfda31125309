"""However an answer of the openai-responses wire is cut or spoiled, it ends in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.cases import FIXTURES, Case, Outcome, as_json, call_to, codec_of, decoded
from tests.grammar import check
from zot.domain.error import CredentialError, ProviderError, StreamBroken
from zot.domain.event import Start

WIRES = ("openai-responses", "openai-codex-responses")
CASES = [Case(wire, path.parent) for wire in WIRES for path in FIXTURES.glob(f"{wire}/*/call.json")]
BODIES = sorted(case.response for case in CASES)
SLOWEST = 1.0  # seconds
MOST_GROWTH = 50 * 1024 * 1024
ODD: list[Any] = [
    None, True, 0, -1, 2**70, 1.5, "", "x", "\ud83d", [], {}, [{}], {"type": "message"},
    "response.completed", "message", "function_call", "reasoning", "x" * 10_000,
]  # fmt: skip


def outcome(pieces: list[bytes], wire: str = WIRES[0]) -> Outcome:
    decoder = codec_of(wire).decoder(call_to("somebody", wire, "m"), "text/event-stream")
    result = decoded(decoder, pieces)
    check([Start("somebody", "m"), *result.events], whole=result.error is None)
    return result


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_every_beginning_is_a_typed_error_or_a_whole_answer(case: Case, step: int) -> None:
    body = case.response
    full = as_json(outcome([body]))
    for length in range(0, len(body), step):
        result = outcome([body[:length]])
        if result.error is None:
            assert as_json(result) == full
            continue
        assert isinstance(result.error, StreamBroken | ProviderError)
        shown = as_json(result)[:-1]
        assert shown == full[: len(shown)]


@pytest.mark.parametrize("count", [20, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_the_pieces_do_not_matter(case: Case, count: int) -> None:
    body = case.response
    expected = as_json(outcome([body]))
    random = Random(case.name)
    for _ in range(count):
        ends = sorted(random.choices(range(len(body)), k=random.randint(1, 40)))
        pieces = [body[a:b] for a, b in zip([0, *ends], [*ends, len(body)], strict=True)]
        assert as_json(outcome(pieces)) == expected


@pytest.mark.parametrize("count", [2000, pytest.param(20_000, marks=pytest.mark.long)])
def test_a_spoiled_answer_ends_in_a_typed_error_or_not_at_all(count: int) -> None:
    resource = pytest.importorskip("resource")
    random = Random(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(count):
        body = spoiled(random.choice(BODIES), random)
        began = perf_counter()
        result = outcome([body])
        assert perf_counter() - began < SLOWEST
        if result.error is not None:
            assert isinstance(result.error, StreamBroken | ProviderError | CredentialError)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) * 1024 < MOST_GROWTH


def spoiled(body: bytes, random: Random) -> bytes:
    """Return an answer with something wrong in an event, in their order, or in the bytes."""
    events = list(_events(body))
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(events))
        match random.randrange(6):
            case 0:
                events[place] = _changed(events[place], random)
            case 1:
                events.insert(random.randrange(len(events) + 1), events[place])
            case 2 if len(events) > 1:
                del events[place]
            case 3:
                random.shuffle(events)
            case 4:
                events.insert(place, random.choice(ODD))
            case _:
                events[place] = _changed(_changed(events[place], random), random)
    if len(events) == 1 and random.random() < 0.5:
        spoilt = json.dumps(events[0]).encode()
    else:
        spoilt = "".join(f"data: {json.dumps(each)}\n\n" for each in events).encode()
    if random.random() < 0.2:
        place = random.randrange(len(spoilt))
        spoilt = spoilt[:place] + random.randbytes(random.randint(0, 4)) + spoilt[place + 1 :]
    return spoilt[: random.randrange(len(spoilt))] if random.random() < 0.1 else spoilt


def _events(body: bytes) -> Iterator[Any]:
    if body.lstrip().startswith(b"{"):
        yield json.loads(body)
        return
    for line in body.splitlines():
        if line.startswith(b"data: {"):
            try:
                yield json.loads(line[6:])
            except ValueError:
                yield line[6:].decode()


def _changed(value: Any, random: Random) -> Any:
    """Return the value with one thing inside it, anywhere, made odd, taken out or repeated."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(list(value))
        rest = {each: inner for each, inner in value.items() if each != name}
        chance = random.random()
        if chance < 0.15:
            return rest
        if chance < 0.25:
            return {**rest, random.choice(list(value)): value[name]}
        return {**value, name: _changed(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        if random.random() < 0.2:
            return [*value, value[place]]
        return [*value[:place], _changed(value[place], random), *value[place + 1 :]]
    return random.choice(ODD)


names = st.sampled_from(
    ["type", "item", "output_index", "item_id", "delta", "response", "output", "status", "error",
     "content", "summary", "text", "refusal", "annotations", "arguments", "input", "name",
     "call_id", "id", "usage", "incomplete_details", "reason", "code", "message"]
)  # fmt: skip
kinds = st.sampled_from(
    ["response.output_text.delta", "response.reasoning_text.delta", "response.refusal.delta",
     "response.function_call_arguments.delta", "response.output_item.added",
     "response.output_item.done", "response.completed", "response.failed", "error", "message",
     "reasoning", "function_call", "custom_tool_call", "output_text"]
)  # fmt: skip
leaves = (
    st.none() | st.booleans() | st.integers(-2, 600) | st.text(max_size=6) | st.floats() | kinds
)
values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6),
    max_leaves=20,
)


@given(st.lists(values, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_nothing_but_zots_own_errors_ever_escapes(found: list[Any]) -> None:
    outcome(["".join(f"data: {json.dumps(each)}\n\n" for each in found).encode()])
    outcome([json.dumps(found[0]).encode()])
