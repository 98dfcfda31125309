"""Rows of data into values of the domain; the shipped table and a user's file share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from zot.domain.model import ModelSpec, Price, Tier
from zot.domain.provider import Endpoint, Listing, ModelWire, Probe, ProviderProfile, Setting
from zot.domain.quirks import Quirks

Row = Mapping[str, Any]
T = TypeVar("T")


def profile(provider: str, row: Row) -> ProviderProfile:
    """Make a profile of one row; raises `ValueError` for a key that no row has."""
    own = dict(row)
    wire = own["wire"]
    quirks = own.pop("quirks", {})
    endpoints = {
        name: _endpoint(value, quirks if name == wire else {})
        for name, value in own.pop("endpoints").items()
    }
    settings = {name: _value(Setting, value) for name, value in own.pop("settings", {}).items()}
    probe = own.pop("probe", None)
    listing = own.pop("list", None)
    models = tuple(ModelWire(*entry) for entry in own.pop("models", ()))
    return _value(
        ProviderProfile,
        {
            **own,
            "id": provider,
            "endpoints": endpoints,
            "settings": settings,
            "models": models,
            "probe": probe and _value(Probe, probe),
            "listing": listing and _value(Listing, listing),
        },
    )


def model(provider: str, row: Row) -> ModelSpec:
    """Make a model of one entry; what an entry leaves out about reasoning means no."""
    own = dict(row)
    price = own.pop("price", None)
    return _value(
        ModelSpec,
        {
            "name": own["id"],
            "reasoning": False,
            **own,
            "provider": provider,
            "price": price and _price(price),
        },
    )


def _price(row: Row) -> Price:
    tiers = tuple(_value(Tier, tier) for tier in row.get("tiers") or ())
    return Price(row["input"], row["output"], row.get("cache_read"), row.get("cache_write"), tiers)


def _endpoint(row: Row, quirks: Row) -> Endpoint:
    own = dict(row)
    return _value(Endpoint, {**own, "quirks": _value(Quirks, {**quirks, **own.get("quirks", {})})})


def _value(kind: type[T], row: Row) -> T:
    known = _FIELDS.setdefault(kind, {field.name for field in fields(kind)})  # type: ignore[arg-type]  # every kind here is a dataclass
    if unknown := row.keys() - known:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{name: _frozen(value) for name, value in row.items()})


_FIELDS: dict[type, set[str]] = {}


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
