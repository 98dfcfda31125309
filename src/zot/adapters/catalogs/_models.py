"""A model's entry of models.json as the fields that it sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zot.adapters.catalogs._compat import Switches, switches
from zot.adapters.catalogs._mistakes import Mistake
from zot.adapters.catalogs._positions import Path
from zot.adapters.catalogs.schema import CostTier, ModelOverride
from zot.domain.model import ModelSpec, Price, Tier
from zot.domain.provider import ProviderProfile

STYLES: Mapping[str, tuple[str, ...]] = {
    "openai-chat": ("effort",),
    "openai-responses": ("effort",),
    "anthropic-messages": ("budget",),
}
"""How a new model that reasons is asked to, wire by wire, where nothing else is said."""

_LEVELS = {"minimum": "minimal", "maximum": "xhigh"}
_DEFAULT_LEVELS = ("minimal", "low", "medium", "high")
_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_PRICES = ("price_input", "price_output", "price_cache_read", "price_cache_write")


@dataclass(frozen=True, slots=True)
class ModelChange:
    """The fields of `ModelSpec` that an entry sets, its wire, and its departures from it."""

    fields: Mapping[str, Any]
    wire: str
    quirks: Mapping[str, Any]
    ignored: tuple[str, ...]


class Refused(Exception):
    """An entry is a mistake, although each of its fields is sound."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.problem)
        self.mistake = mistake


def is_chat(entry: ModelOverride) -> bool:
    """Tell whether a model answers with text; zot asks no others."""
    return entry.type == "chat" and (not entry.output or "text" in entry.output)


def change(
    model_id: str,
    entry: ModelOverride,
    profile: ProviderProfile,
    below: ModelSpec | None,
    path: Path,
) -> ModelChange:
    """Return what an entry says; `below` is the same model in the layers below.

    Raises `Refused` for fields that do not go together.
    """
    given = entry.model_fields_set
    default = profile.wire_for(model_id)
    wire = entry.api or (below.wire if below else default.wire) or profile.wire
    set_here = switches(entry.compat, entry.quirks, (wire,))
    fields: dict[str, Any] = {}
    if below is None:
        fields["name"] = model_id
        if not entry.wire_id and default.strip_prefix:
            fields["wire_id"] = model_id.removeprefix(default.strip_prefix)
    if entry.api or (below is None and wire != profile.wire):
        fields["wire"] = wire
    said = {
        "name": entry.name,
        "wire_id": entry.wire_id,
        "base_url": entry.base_url,
        "context": entry.context_window,
        "max_output": entry.max_tokens,
        "inputs": tuple(entry.input),
        "headers": entry.headers,
    }
    fields |= {field: value for field, value in said.items() if value}
    if "reasoning" in given:
        fields["reasoning"] = entry.reasoning
    if (price := _price(entry, below, path)) is not None:
        fields["price"] = price
    fields |= _reasoning(entry, below, wire, set_here)
    unsent, not_sent_so = _levels(entry, below, path)
    fields |= unsent
    ignored = [*set_here.ignored, *not_sent_so]
    ignored += ["samplingParams"] if entry.sampling_params else []
    return ModelChange(fields, wire, set_here.of(wire), tuple(ignored))


def _reasoning(
    entry: ModelOverride, below: ModelSpec | None, wire: str, set_here: Switches
) -> dict[str, Any]:
    if set_here.adaptive:
        return {"reasoning_styles": ("adaptive",)}
    styles = below.reasoning_styles if below else ()
    if set_here.adaptive is False and "adaptive" in styles:
        return {"reasoning_styles": ("budget",)}
    if entry.reasoning and not styles:
        return {"reasoning_styles": STYLES.get(wire, ())}
    return {}


def _levels(
    entry: ModelOverride, below: ModelSpec | None, path: Path
) -> tuple[dict[str, Any], list[str]]:
    """Return the efforts that a level map offers, and the levels it wants sent otherwise."""
    given = entry.model_fields_set & {"reasoning_level_map", "thinking_level_map"}
    if len(given) > 1:
        raise Refused(
            Mistake(
                (*path, "thinkingLevelMap"),
                "`thinkingLevelMap` stands beside `reasoningLevelMap`",
                "keep one of them",
                name=True,
            )
        )
    if not given:
        return {}, []
    name = "reasoningLevelMap" if "reasoning_level_map" in given else "thinkingLevelMap"
    levels = {
        _LEVELS.get(level, level): word
        for level, word in (entry.reasoning_level_map or entry.thinking_level_map).items()
    }
    fields: dict[str, Any] = {}
    offered = set(below.efforts if below and below.efforts else _DEFAULT_LEVELS) - {"none"}
    ignored: list[str] = []
    for level, word in levels.items():
        if level == "off":
            fields["can_disable_reasoning"] = word is not None
            if word not in {None, "none"}:
                ignored.append(f"{name}/off")
            continue
        offered.discard(level)
        if word is None:
            continue
        if word in _ORDER:
            offered.add(word)
        if word != level:
            ignored.append(f"{name}/{level}")
    if fields.get("can_disable_reasoning", below is not None and "none" in below.efforts):
        offered.add("none")
    fields["efforts"] = tuple(word for word in _ORDER if word in offered)
    return fields, ignored


def _price(entry: ModelOverride, below: ModelSpec | None, path: Path) -> Price | None:
    """Return the price with what the entry leaves out taken from the layer below."""
    flat = entry.model_fields_set.intersection(_PRICES)
    if "cost" in entry.model_fields_set:
        if flat:
            raise Refused(
                Mistake(
                    (*path, "cost"), "`cost` stands beside `price…`", "keep one form", name=True
                )
            )
        given = {name: getattr(entry.cost, name) for name in entry.cost.model_fields_set}
        field = "cost"
    elif flat:
        given = {name.removeprefix("price_"): getattr(entry, name) for name in flat}
        field = ""
    else:
        return None
    rates: dict[str, Any] = dict.fromkeys(("input", "output", "cache_read", "cache_write"))
    rates["tiers"] = ()
    if below is not None and below.price is not None:
        rates |= {name: getattr(below.price, name) for name in rates}
        if "tiers" not in given and {"input", "output"} & given.keys():
            rates["tiers"] = ()
    if "tiers" in given:
        given["tiers"] = tuple(map(_tier, given["tiers"]))
    rates |= given
    for name in ("input", "output"):
        if rates[name] is None:
            missing = f"cost/{name}" if field else f"price{name.capitalize()}"
            at = (*path, field) if field else (*path, f"price{_first(flat)}")
            raise Refused(Mistake(at, f"`{missing}` is missing", "a price needs both directions"))
    return Price(**rates)


def _first(flat: set[str]) -> str:
    name = next(name for name in _PRICES if name in flat)
    return "".join(word.capitalize() for word in name.removeprefix("price_").split("_"))


def _tier(tier: CostTier) -> Tier:
    given = tier.model_fields_set
    return Tier(
        tier.input_tokens_above,
        tier.input,
        tier.output,
        tier.cache_read if "cache_read" in given else None,
        tier.cache_write if "cache_write" in given else None,
    )
