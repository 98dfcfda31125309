"""What every wire must do with every fixture folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import pytest

from tests.contract.cases import Case, as_json, cases, codec_of
from tests.grammar import check
from zot.domain.event import Start, StreamEvent, TextDelta, ThinkingDelta, ToolCallDelta

CASES = [pytest.param(case, id=case.name) for case in cases()]
EVERY_CUT = 4096
"""Up to so many bytes an answer is cut at every place; a longer one at some of them."""


@pytest.mark.parametrize("case", CASES)
def test_a_call_is_encoded_as_expected(case: Case) -> None:
    expected = case.json("request.json")
    request = codec_of(case.wire).encode(case.call)
    assert request.method == expected["method"]
    assert request.url == expected["url"]
    assert expected["headers"].items() <= request.headers.items()
    assert json.loads(request.body) == expected["body"]


@pytest.mark.parametrize("case", CASES)
def test_an_answer_is_decoded_as_expected(case: Case) -> None:
    assert as_json(case.decode([case.response])) == case.json("events.json")


@pytest.mark.parametrize("case", CASES)
def test_chunking_never_matters(case: Case) -> None:
    body = case.response
    expected = as_json(case.decode([body]))
    for pieces in cuttings(body):
        assert as_json(case.decode(pieces)) == expected


@pytest.mark.parametrize("case", CASES)
def test_the_event_grammar_holds(case: Case) -> None:
    outcome = case.decode([case.response])
    start: list[StreamEvent] = [Start(case.call.profile.id, case.call.model.id)]
    check([*start, *outcome.events], whole=outcome.error is None)
    for event in outcome.events:
        match event:
            case TextDelta(text, state=None) | ThinkingDelta(text, state=None):
                assert text
            case ToolCallDelta(json=piece):
                assert piece


def cuttings(body: bytes) -> Iterator[list[bytes]]:
    """Yield ways to cut an answer: single bytes, every two halves, at random."""
    yield [body[i : i + 1] for i in range(len(body))]
    random = Random(len(body))
    places = range(1, len(body))
    halves = places if len(body) <= EVERY_CUT else random.sample(places, 200)
    for place in halves:
        yield [body[:place], b"", body[place:]]
    for _ in range(20):
        ends = sorted(random.sample(places, min(len(places), random.randint(2, 12))))
        yield [body[a:b] for a, b in zip([0, *ends], [*ends, len(body)], strict=True)]
