"""No bytes, however wrong, make the codec do anything but say so."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import cache
from random import Random

import pytest

from tests.contract.cases import Case, Outcome, as_json, cases, codec_of, decoded
from tests.contract.mutations import mutated
from tests.grammar import check
from zot.domain.error import ProviderError, StreamBroken
from zot.domain.event import Start, StreamEvent
from zot.domain.reply import collect
from zot.domain.request import ModelCall

WIRE = "anthropic-messages"
CASES = [case for case in cases() if case.wire == WIRE]
PARAMETERS = [pytest.param(case, id=case.folder.name) for case in CASES]
LONGEST = 1.0
"""Seconds that one answer may take."""
PROVIDER = {kind.slug for kind in ProviderError.__subclasses__()} | {"credential-rejected"}
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


@pytest.mark.long
@pytest.mark.parametrize("case", PARAMETERS)
def test_a_thousand_random_cuts_never_matter(case: Case) -> None:
    body = case.response
    whole = as_json(_decode(case, [body]))
    for seed in range(1000):
        assert as_json(_decode(case, _cut(body, Random(seed)))) == whole


def test_wrong_answers_are_errors() -> None:
    _fuzz(2_000)


@pytest.mark.long
def test_wrong_answers_are_errors_every_time() -> None:
    _fuzz(20_000)


def test_memory_is_bounded() -> None:
    """An answer without an end is given up; what was said is not kept a second time."""
    case = CASES[0]
    piece = b'data: {"type":"ping","padding":"' + b"x" * 65_000 + b'"}\n\n'
    outcome = _decode(case, (piece for _ in range(2000)))
    assert isinstance(outcome.error, StreamBroken)
    assert not outcome.error.retryable
    line = _decode(case, (b"x" * 65_536 for _ in range(200)))
    assert isinstance(line.error, StreamBroken)


def _fuzz(count: int) -> None:
    before = _memory()
    for seed in range(count):
        random = Random(seed)
        case = CASES[seed % len(CASES)]
        body = mutated(case.response, random)
        begun = time.perf_counter()
        outcome = _decode(case, _cut(body, random))
        assert time.perf_counter() - begun < LONGEST, f"seed {seed} is slow"
        if outcome.error is not None:
            assert outcome.error.slug in {"stream-broken", *PROVIDER}, f"seed {seed}"
        _check(case, outcome)
    assert _memory() - before < MOST_MEMORY


@cache
def _call(name: str) -> ModelCall:
    return next(case.call for case in CASES if case.name == name)


def _decode(case: Case, pieces: Iterable[bytes]) -> Outcome:
    content_type = "application/json" if case.response.startswith(b"{") else "text/event-stream"
    return decoded(codec_of(WIRE).decoder(_call(case.name), content_type), pieces)


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
