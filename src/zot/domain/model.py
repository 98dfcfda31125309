"""Models: what they take, what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Layer = Literal["builtin", "discovered", "user"]


@dataclass(frozen=True, slots=True)
class Tier:
    """Prices of a whole request once its prompt is longer than `above` tokens."""

    above: int
    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per 1,000,000 tokens; None means billed as plain input."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model of one provider; sizes are in tokens, None means not known.

    `wire` and `base_url` are set where this model departs from its provider. `wire_id` is
    the id that is really sent (an Azure deployment, an alias).
    """

    provider: str
    id: str
    name: str = ""
    context: int | None = None
    max_input: int | None = None
    max_output: int | None = None
    inputs: tuple[str, ...] = ("text",)
    reasoning: bool | None = None
    reasoning_styles: tuple[str, ...] = ()
    efforts: tuple[str, ...] = ()
    can_disable_reasoning: bool | None = None
    tools: bool | None = None
    structured: bool | None = None
    price: Price | None = None
    geo_multiplier: float | None = None
    status: str = "active"
    released: str | None = None
    cutoff: str | None = None
    retires: str | None = None
    wire: str | None = None
    base_url: str | None = None
    wire_id: str | None = None
    notes: str | None = None
    listed: bool = True
    layer: Layer = "builtin"
    headers: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def sent_id(self) -> str:
        """The id that goes on the wire."""
        return self.wire_id or self.id

    @property
    def ref(self) -> str:
        """How the model is written: `provider/model-id`."""
        return f"{self.provider}/{self.id}"
