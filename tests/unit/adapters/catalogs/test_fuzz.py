"""Whatever stands in models.json: no exception, bounded time, and the shipped models stay."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zot.adapters.catalogs._compat import Compat
from zot.adapters.catalogs._mistakes import fields_of
from zot.adapters.catalogs.schema import ModelEntry, ProviderEntry
from zot.adapters.catalogs.user import overlay
from zot.domain.catalog import Catalog, Overlay
from zot.domain.error import ConfigError

Lay = Callable[[Any], Overlay]

GOOD = json.dumps(
    {
        "providers": {
            "my-gw": {
                "baseUrl": "https://gw.example/v1",
                "api": "anthropic",
                "apiKey": {"command": ["op", "read", "op://team/gw"]},
                "headers": {"X-Team": "blue"},
                "compat": {"supportsStrictTools": True},
                "models": [
                    {"id": "m1", "contextWindow": 128000, "input": ["text", "image"]},
                    {"id": "m2", "cost": {"input": 1.5, "output": 2, "tiers": []}},
                ],
            },
            "openai": {
                "modelOverrides": {"gpt-6-luna": {"maxTokens": 9, "priceInput": 0.5}},
                "models": [{"id": "new", "reasoningLevelMap": {"high": "max", "off": None}}],
            },
        }
    },
    indent=1,
)
PIECES = [
    *'{}[]",:\\0-.\n \t\x00\x1b\u00e9\u043e\U0001f600',
    "NaN",
    "1e999",
    "null",
    "true",
    "//",
    "/*",
    r"\ud800",
    r"\u0000",
    '"id"',
    '"openai"',
    '"providers"',
    "[" * 40,
    "9" * 50,
]
NAMES = sorted({*fields_of(ProviderEntry), *fields_of(ModelEntry), *fields_of(Compat)})
KEYS = st.sampled_from([*NAMES, "env", "command", "openai", "groq", "x"]) | st.text(max_size=5)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["https://gw.example/v1", "openai", "none", "$KEY", "!x y", "text", "max"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


def mutated(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(text) + 1)
        end = min(len(text), at + dice.choice([0, 0, 1, 3, 20]))
        new = dice.choice([*PIECES, "", "", text[at : at + 30]])
        text = text[:at] + new + text[end:]
    return text


def sound(layer: Overlay, base: Catalog) -> None:
    known = base.overlay(layer)
    assert all(isinstance(error, ConfigError) for error in layer.problems)
    for error in (*layer.problems, *layer.broken.values()):
        assert str(error).isprintable()
        assert error.hint.isprintable()
    if layer.problems == ():
        assert not layer.broken
    for name, profile in base.providers.items():
        if name not in layer.broken and name not in layer.providers:
            assert known.provider(name) is profile
    for name, profile in layer.providers.items():
        urls = {endpoint.base_url for endpoint in profile.endpoints.values()}
        if name not in base.providers:
            assert profile.custom
            assert urls
            assert all(url.startswith(("https://", "http://")) for url in urls)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=VALUES)
def test_any_value_as_an_entry_is_read_or_reported(value: Any, lay: Lay, base: Catalog):
    sound(
        lay({"providers": {"acme": value, "openai": value, "good": {"baseUrl": "https://x"}}}), base
    )


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=VALUES | st.fixed_dictionaries({"providers": VALUES}))
def test_any_value_as_the_file_is_read_or_reported(value: Any, lay: Lay, base: Catalog):
    sound(lay(json.dumps(value)), base)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_read_or_reported(data: bytes, lay: Lay, base: Catalog):
    sound(lay(data), base)


def hammer(file: Path, base: Catalog, seed: int, count: int) -> None:
    dice = random.Random(seed)
    for _ in range(count):
        text = mutated(GOOD, dice)
        file.write_text(text, encoding="utf-8")
        began = time.perf_counter()
        layer = overlay(file, base)
        assert time.perf_counter() - began < 0.2, text
        sound(layer, base)


def test_a_file_that_was_damaged_anywhere_is_read_or_reported(file: Path, base: Catalog):
    hammer(file, base, seed=1, count=1_000)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_file_that_was_damaged_anywhere_ten_thousand_times(file: Path, base: Catalog, seed: int):
    hammer(file, base, seed=seed, count=10_000)


def test_the_file_that_is_damaged_is_sound(lay: Lay):
    layer = lay(GOOD)
    assert layer.problems == ()
    assert set(layer.providers) == {"my-gw", "openai"}
