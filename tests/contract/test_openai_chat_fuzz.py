"""However an answer of the openai-chat wire is cut or spoiled, it ends in order."""

from __future__ import annotations

import json
from random import Random
from time import perf_counter

import pytest

from tests.contract.cases import FIXTURES, Case, Outcome, as_json, call_to, codec_of, decoded
from tests.contract.mutations import mutated
from tests.grammar import check
from zot.domain.error import CredentialError, ProviderError, StreamBroken
from zot.domain.event import Start, TextDelta

WIRE = "openai-chat"
CASES = [Case(WIRE, path.parent) for path in sorted(FIXTURES.glob(f"{WIRE}/*/call.json"))]
BODIES = sorted(case.response for case in CASES)
TYPED = StreamBroken | ProviderError | CredentialError
SLOWEST = 1.0  # seconds
MOST_GROWTH = 50 << 20


def outcome(pieces: list[bytes]) -> Outcome:
    decoder = codec_of(WIRE).decoder(call_to("somebody", WIRE, "m"), "text/event-stream")
    result = decoded(decoder, pieces)
    check([Start("somebody", "m"), *result.events], whole=result.error is None)
    return result


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_beginning_is_a_typed_error_or_a_whole_answer(case: Case, step: int) -> None:
    full = as_json(outcome([case.response]))
    for length in range(0, len(case.response), step):
        result = outcome([case.response[:length]])
        if result.error is not None:
            assert isinstance(result.error, TYPED)
            shown = as_json(result)[:-1]
            assert shown == full[: len(shown)]


@pytest.mark.parametrize("count", [20, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
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
        body = mutated(random.choice(BODIES), random)
        began = perf_counter()
        result = outcome([body])
        assert perf_counter() - began < SLOWEST
        if result.error is not None:
            assert isinstance(result.error, TYPED)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) * 1024 < MOST_GROWTH


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_text_comes_out_as_it_went_in_even_where_a_pair_is_cut(count: int) -> None:
    random = Random(count)
    signs = 'ab \n\t"\\/é€\u2028\u2029\x85\U0001f600\U00010348中\u0301'
    for _ in range(count):
        text = "".join(random.choices(signs, k=random.randint(1, 40)))
        data = text.encode("utf-16-be")
        halves = [
            data[n : n + 2].decode("utf-16-be", "surrogatepass") for n in range(0, len(data), 2)
        ]
        size = random.randint(1, 4)
        deltas = ["".join(halves[n : n + size]) for n in range(0, len(halves), size)]
        chunks = [{"choices": [{"index": 0, "delta": {"content": d}}]} for d in deltas]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode()
        cut = random.randrange(len(body))
        result = outcome([body[:cut], body[cut:], b"data: [DONE]\n\n"])
        assert result.error is None
        said = "".join(event.text for event in result.events if isinstance(event, TextDelta))
        assert said == text
