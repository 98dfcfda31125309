"""How long to wait before trying again."""

from __future__ import annotations

import pytest

from zot.domain.error import Overloaded, RateLimited, TlsFailed, Unreachable, UsageError, ZotError
from zot.domain.retry import LONGEST_ASKED, delay


def failure(retryable: bool = True, after: float | None = None) -> ZotError:
    error = Overloaded("busy")
    error.retryable, error.retry_after = retryable, after
    return error


@pytest.mark.parametrize(
    ("attempt", "most"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 8.0), (60, 8.0)]
)
def test_the_wait_is_full_jitter_under_a_growing_step(attempt, most):
    assert delay(failure(), attempt, lambda: 1.0) == most
    assert delay(failure(), attempt, lambda: 0.0) == 0.0
    assert delay(failure(), attempt, lambda: 0.5) == most / 2


def test_what_the_provider_asked_for_is_honoured_without_jitter():
    assert delay(failure(after=12.0), 1, lambda: 0.0) == 12.0
    assert delay(failure(after=0.0), 3, lambda: 1.0) == 0.0
    assert delay(failure(after=LONGEST_ASKED), 1, lambda: 1.0) == LONGEST_ASKED


def test_a_longer_wait_is_the_users_to_decide():
    assert delay(failure(after=LONGEST_ASKED + 1), 1, lambda: 1.0) is None


def test_what_cannot_get_better_is_not_tried_again():
    assert delay(failure(retryable=False), 1, lambda: 1.0) is None
    assert delay(failure(retryable=False, after=1.0), 1, lambda: 1.0) is None
    assert delay(UsageError("no"), 1, lambda: 1.0) is None
    assert delay(TlsFailed("no"), 1, lambda: 1.0) is None


def test_a_network_failure_is_tried_again_and_a_refusal_only_when_it_says_so():
    assert delay(Unreachable("no"), 1, lambda: 0.0) == 0.0
    assert delay(RateLimited("no"), 1, lambda: 0.0) is None
