"""What an answer costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zot.domain.model import Price, Tier
from zot.domain.usage import Usage, priced

USAGE = Usage(input_tokens=1_000_000, output_tokens=100_000)
PRICE = Price(2.0, 10.0)


def test_input_and_output_are_billed_at_their_prices():
    assert priced(USAGE, PRICE).cost_usd == 3.0


def test_no_price_means_no_cost_not_zero():
    assert priced(USAGE, None).cost_usd is None


def test_a_price_of_zero_is_a_cost_of_zero():
    assert priced(USAGE, Price(0, 0)).cost_usd == 0.0


@pytest.mark.parametrize("missing", ["input_tokens", "output_tokens"])
def test_without_the_counts_there_is_no_cost(missing):
    assert priced(replace(USAGE, **{missing: None}), PRICE).cost_usd is None


def test_cached_tokens_have_prices_of_their_own():
    usage = replace(USAGE, cache_read_tokens=500_000, cache_write_tokens=200_000)
    assert priced(usage, Price(2.0, 10.0, 0.2, 2.5)).cost_usd == 3.0 + 0.1 + 0.5


def test_cached_tokens_without_a_price_are_billed_as_plain_input():
    usage = replace(USAGE, cache_read_tokens=500_000, cache_write_tokens=500_000)
    assert priced(usage, PRICE).cost_usd == 5.0


def test_a_cached_token_that_is_free_is_free():
    usage = replace(USAGE, cache_read_tokens=500_000)
    assert priced(usage, Price(2.0, 10.0, 0.0)).cost_usd == 3.0


def test_reasoning_is_a_part_of_the_output_and_not_billed_twice():
    assert priced(replace(USAGE, reasoning_tokens=90_000), PRICE).cost_usd == 3.0


TIERED = Price(1.0, 1.0, tiers=(Tier(200_000, 2.0, 3.0), Tier(500_000, 4.0, 5.0)))


@pytest.mark.parametrize(
    ("prompt", "cost"),
    [(100_000, 0.1), (200_000, 0.2), (200_001, 0.400002), (500_000, 1.0), (600_000, 2.4)],
)
def test_above_a_tier_the_whole_request_is_billed_at_the_tier(prompt, cost):
    assert priced(Usage(prompt, 0), TIERED).cost_usd == pytest.approx(cost)


def test_the_tier_counts_the_cached_part_of_the_prompt_too():
    usage = Usage(100_000, 0, cache_read_tokens=150_000, cache_write_tokens=0)
    assert priced(usage, TIERED).cost_usd == pytest.approx(0.5)


def test_pricing_changes_nothing_but_the_cost():
    assert replace(priced(USAGE, PRICE), cost_usd=None) == USAGE


COUNTS = st.one_of(st.none(), st.integers(0, 10**9))
RATES = st.floats(0, 1000, allow_nan=False)


@given(counts=st.tuples(*[COUNTS] * 5), rates=st.tuples(RATES, RATES))
def test_a_cost_is_never_negative_and_only_there_when_it_is_known(counts, rates):
    cost = priced(Usage(*counts), Price(*rates)).cost_usd
    assert (cost is None) == (counts[0] is None or counts[1] is None)
    assert cost is None or cost >= 0
