"""However an answer of the google wires is cut or spoiled, it ends in order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import cache
from random import Random

import pytest

from tests.contract.cases import Case, Outcome, as_json, cases, codec_of, decoded
from tests.contract.mutations import mutated
from tests.grammar import check
from zot.domain.error import CredentialError, ProviderError, StreamBroken
from zot.domain.event import Start, StreamEvent
from zot.domain.reply import collect
from zot.domain.request import ModelCall

CASES = [case for case in cases() if case.wire in {"google-generative", "google-vertex"}]
PARAMETERS = [pytest.param(case, id=case.name) for case in CASES]
LONGEST = 1.0
"""Seconds that one answer may take."""
MOST_MEMORY = 50 * 1024 * 1024


def test_there_are_cases() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize("case", PARAMETERS)
def test_every_truncation_is_an_error_that_keeps_what_came(case: Case) -> None:
    body = case.response
    whole = as_json(_decode(case, [body]))
    for length in range(len(body)):
        outcome = _decode(case, [body[:length]])
        said = as_json(outcome)
        if outcome.error is None:
            assert said == whole  # only what nobody reads is missing
            continue
        assert isinstance(outcome.error, ProviderError | StreamBroken)
        assert said[:-1] == whole[: len(said) - 1]
        _check(case, outcome)


@pytest.mark.parametrize("count", [20, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("case", PARAMETERS)
def test_random_cuts_never_matter(case: Case, count: int) -> None:
    body = case.response
    whole = as_json(_decode(case, [body]))
    for seed in range(count):
        assert as_json(_decode(case, _cut(body, Random(seed)))) == whole


@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_wrong_answers_are_errors(count: int) -> None:
    before = _memory()
    for seed in range(count):
        random = Random(seed)
        case = CASES[seed % len(CASES)]
        body = mutated(case.response, random)
        begun = time.perf_counter()
        outcome = _decode(case, _cut(body, random))
        assert time.perf_counter() - begun < LONGEST, f"seed {seed} is slow"
        kinds = StreamBroken | ProviderError | CredentialError
        assert outcome.error is None or isinstance(outcome.error, kinds), f"seed {seed}"
        _check(case, outcome)
    assert _memory() - before < MOST_MEMORY


@pytest.mark.parametrize("begin", [b"", b"[", b"[ {", b'[{"a": "', b"data: ", b" "])
def test_an_answer_without_an_end_is_given_up(begin: bytes) -> None:
    piece = begin + b'x"' * 32_768
    outcome = _decode(CASES[0], (begin, *(piece for _ in range(2000))))
    assert isinstance(outcome.error, StreamBroken)


def test_an_array_without_an_end_is_given_up() -> None:
    chunk = b'{"candidates": []' + b" " * 60_000 + b"},"
    outcome = _decode(CASES[0], (b"[", *(chunk for _ in range(2000))))
    assert isinstance(outcome.error, StreamBroken)
    assert not outcome.error.retryable


@cache
def _call(name: str) -> ModelCall:
    return next(case.call for case in CASES if case.name == name)


def _decode(case: Case, pieces: Iterable[bytes]) -> Outcome:
    content_type = case.json("meta.json")["content_type"]
    return decoded(codec_of(case.wire).decoder(_call(case.name), content_type), pieces)


def _check(case: Case, outcome: Outcome) -> None:
    call = _call(case.name)
    start: list[StreamEvent] = [Start(call.profile.id, call.model.id)]
    check([*start, *outcome.events], whole=outcome.error is None)
    reply = collect([*start, *outcome.events])
    assert (reply.stop_reason is None) == (outcome.error is not None)


def _cut(body: bytes, random: Random) -> Iterator[bytes]:
    while body:
        size = random.choice((1, 3, 17, 200, 5000))
        yield body[:size]
        body = body[size:]


def _memory() -> int:
    """Return how much memory this process holds, or 0 where that cannot be told."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (a path of the kernel)
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0
