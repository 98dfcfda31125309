"""However an answer of the bedrock-converse wire is cut or spoiled, it ends in order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import cache
from random import Random
from struct import unpack_from

import pytest

from tests.contract.cases import Case, Outcome, as_json, cases, codec_of, decoded
from tests.contract.mutations import mutated
from tests.frames import encoded, event, frame
from tests.grammar import check
from zot.domain.error import CredentialError, ProviderError, StreamBroken
from zot.domain.event import Start, StreamEvent
from zot.domain.reply import collect
from zot.domain.request import ModelCall

WIRE = "bedrock-converse"
CASES = [case for case in cases() if case.wire == WIRE]
PARAMETERS = [pytest.param(case, id=case.folder.name) for case in CASES]
STREAMS = [case for case in CASES if not case.response.startswith(b"{")]
LONGEST = 1.0
"""Seconds that one answer may take."""
MOST_MEMORY = 50 * 1024 * 1024
NAMES = (
    *("messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop"),
    *("messageStop", "metadata", "somethingNew", "throttlingException", ""),
)


def test_there_are_cases() -> None:
    assert len(STREAMS) >= 20


@pytest.mark.parametrize("case", PARAMETERS)
def test_every_truncation_is_an_error_that_keeps_what_came(case: Case) -> None:
    body = case.response
    whole = as_json(_decode(case, [body]))
    for length in range(len(body)):
        outcome = _decode(case, [body[:length]])
        said = as_json(outcome)
        _check(case, outcome)
        if outcome.error is None:  # the reason to stop was there, and the counts are missing
            assert said[:-1] == whole[: len(said) - 1]
            assert {**whole[-1], "usage": {}} == said[-1]
            continue
        assert isinstance(outcome.error, ProviderError | StreamBroken)
        assert said[:-1] == whole[: len(said) - 1]


@pytest.mark.parametrize("count", [10, pytest.param(1000, marks=pytest.mark.long)])
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
        body = spoiled(case.response, random)
        begun = time.perf_counter()
        outcome = _decode(case, _cut(body, random))
        assert time.perf_counter() - begun < LONGEST, f"seed {seed} is slow"
        kinds = StreamBroken | ProviderError | CredentialError
        assert outcome.error is None or isinstance(outcome.error, kinds), f"seed {seed}"
        _check(case, outcome)
    assert _memory() - before < MOST_MEMORY


@pytest.mark.parametrize("case", STREAMS, ids=lambda case: case.folder.name)
def test_no_damaged_frame_is_read(case: Case) -> None:
    """One flipped bit: what comes is the beginning of what would have come, and an error."""
    body = case.response
    whole = as_json(_decode(case, [body]))
    for seed in range(40):
        place = Random(seed).randrange(8 * len(body))
        changed = bytearray(body)
        changed[place // 8] ^= 1 << place % 8
        outcome = _decode(case, [bytes(changed)])
        said = as_json(outcome)
        assert outcome.error is not None or said == whole  # nobody reads on after the end
        assert said[:-1] == whole[: len(said) - 1]


@pytest.mark.parametrize(
    "piece",
    [
        event("somethingNew", {"p": "x" * 65_000}),
        frame(encoded({":message-type": "event", ":event-type": "x" * 60_000})),
        b"{" + b" " * 65_000,
        b'{"a": "' + b"x" * 65_000,
        b"x" * 65_000,
    ],
)
def test_an_answer_without_an_end_is_given_up(piece: bytes) -> None:
    before = _memory()
    outcome = _decode(CASES[0], (piece for _ in range(2000)))
    assert isinstance(outcome.error, StreamBroken)
    assert _memory() - before < 3 * MOST_MEMORY


def spoiled(body: bytes, random: Random) -> bytes:
    """Return an answer with something wrong in it; most frames still fit their checksums."""
    if body.startswith(b"{"):
        return mutated(body, random)
    frames = list(_frames(body))
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(frames))
        headers, payload = frames[at]
        match random.randrange(8):
            case 0 | 1 | 2:
                frames[at] = (headers, mutated(payload, random))
            case 3:
                frames[at] = (_renamed(random), payload)
            case 4:
                frames.insert(at, frames[random.randrange(len(frames))])
            case 5:
                frames.insert(random.randrange(len(frames)), frames.pop(at))
            case 6 if len(frames) > 1:
                del frames[at]
            case _:
                frames[at] = (mutated(headers, random)[:100_000], payload)
    body = b"".join(frame(headers, payload[:1_000_000]) for headers, payload in frames)
    return mutated(body, random) if random.random() < 0.2 else body


def _renamed(random: Random) -> bytes:
    kind = random.choice(("event", "event", "exception", "error", "other"))
    names = {
        ":message-type": kind,
        random.choice((":event-type", ":exception-type", ":error-code")): random.choice(NAMES),
    }
    return encoded(names)


def _frames(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Cut an answer into frames; one that is cut off or damaged is taken as it stands."""
    while len(body) >= 16:
        total, length = unpack_from(">II", body)
        yield body[12 : 12 + length], body[12 + length : total - 4]
        body = body[total:]


@cache
def _call(name: str) -> ModelCall:
    return next(case.call for case in CASES if case.name == name)


def _decode(case: Case, pieces: Iterable[bytes]) -> Outcome:
    content_type = "application/vnd.amazon.eventstream"
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
