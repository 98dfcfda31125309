"""What an answer used, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zot.domain.model import Price

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer in disjoint buckets; None means not reported.

    `input_tokens` counts only what was neither read from nor written to a cache;
    `reasoning_tokens` is a part of `output_tokens`. `cost_usd` is in US dollars.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None

    @property
    def prompt_tokens(self) -> int:
        """All tokens of the prompt, cached or not."""
        return (
            (self.input_tokens or 0)
            + (self.cache_read_tokens or 0)
            + (self.cache_write_tokens or 0)
        )


def priced(usage: Usage, price: Price | None) -> Usage:
    """Return the usage with its cost, None where the price or the counts are not known.

    Above a tier's threshold the whole request is billed at the tier. A cache bucket
    without a price of its own is billed as plain input.
    """
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return usage
    rate: Price = price
    for tier in price.tiers:
        if usage.prompt_tokens > tier.above:
            rate = Price(tier.input, tier.output, tier.cache_read, tier.cache_write)
    read = rate.input if rate.cache_read is None else rate.cache_read
    write = rate.input if rate.cache_write is None else rate.cache_write
    cost = (
        usage.input_tokens * rate.input
        + usage.output_tokens * rate.output
        + (usage.cache_read_tokens or 0) * read
        + (usage.cache_write_tokens or 0) * write
    ) / MILLION
    return replace(usage, cost_usd=round(cost, 10))
