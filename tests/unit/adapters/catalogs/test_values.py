"""What each field of models.json takes, and which ids are refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from zot.domain.catalog import Catalog, Overlay
from zot.domain.error import ZotError

URL = "https://gw.example/v1"
Lay = Callable[[Any], Overlay]
One = Callable[..., Overlay]


JSON: dict[str, Any] = {
    "null": None,
    "true": True,
    "whole": 7,
    "fraction": 1.5,
    "text": "some text",
    "list": [1],
    "object": {"x": 1},
}
PROVIDER_TAKES = {
    "name": {"text"},
    "baseUrl": set(),
    "api": set(),
    "apiKey": set(),
    "auth": set(),
    "authHeader": {"true"},
    "headers": set(),
    "oauth": {"text"},
    "compat": set(),
    "quirks": set(),
    "discover": {"true"},
    "models": set(),
    "modelOverrides": set(),
}
MODEL_TAKES = {
    "id": set(),
    "name": {"text"},
    "wireId": set(),
    "type": set(),
    "api": set(),
    "baseUrl": set(),
    "reasoning": {"true"},
    "reasoningLevelMap": set(),
    "thinkingLevelMap": set(),
    "input": set(),
    "output": set(),
    "contextWindow": {"whole"},
    "maxTokens": {"whole"},
    "priceInput": {"whole", "fraction"},
    "priceOutput": {"whole", "fraction"},
    "priceCacheRead": {"whole", "fraction"},
    "priceCacheWrite": {"whole", "fraction"},
    "cost": set(),
    "headers": set(),
    "compat": set(),
    "quirks": set(),
    "samplingParams": {"object"},
}


@pytest.mark.parametrize("kind", JSON)
@pytest.mark.parametrize("field", PROVIDER_TAKES)
def test_a_field_of_a_provider_takes_its_type_alone(lay: Lay, field: str, kind: str):
    layer = lay(
        {"providers": {"acme": {"baseUrl": URL, field: JSON[kind]}, "good": {"baseUrl": URL}}}
    )
    good = kind in PROVIDER_TAKES[field]
    inside = (field, kind) in {("models", "list"), ("modelOverrides", "object")}
    assert ("acme" in layer.providers) is (good or inside)
    assert bool(layer.problems) is not good
    assert "good" in layer.providers
    for error in layer.problems:
        assert f"(/providers/acme/{field}" in error.where


@pytest.mark.parametrize("kind", JSON)
@pytest.mark.parametrize("field", MODEL_TAKES)
def test_a_field_of_a_model_takes_its_type_alone(lay: Lay, field: str, kind: str):
    prices = {"priceInput": 1, "priceOutput": 1} if field.startswith("price") else {}
    entry = {"id": "m1", **prices, field: JSON[kind]}
    layer = lay({"providers": {"good": {"baseUrl": URL, "models": [entry, {"id": "m2"}]}}})
    good = kind in MODEL_TAKES[field]
    assert ("m1" in layer.models["good"]) is good
    assert "m2" in layer.models["good"]
    for error in layer.problems:
        assert f"(/providers/good/models/0/{field}" in error.where
    assert bool(layer.problems) is not good


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"contextWindow": 1.5}, "`contextWindow` has to be a whole number, not 1.5 | "),
        ({"contextWindow": -1}, "`contextWindow` has to be at least 0, not -1 | "),
        ({"contextWindow": 10**10}, "`contextWindow` has to be at most 1e+09, not 10000000000 | "),
        ({"priceInput": -1, "priceOutput": 1}, "`priceInput` has to be at least 0, not -1 | "),
        ({"contextWindow": "1"}, "`contextWindow` has to be a whole number, not text | "),
        (
            {"input": ["txt"]},
            (
                "`input/0` has to be `text`, `image`, `pdf`, `audio` or `video`, not "
                "`txt` | did you mean `text`?"
            ),
        ),
        (
            {"type": "chatt"},
            (
                "`type` has to be `chat`, `classifier` or `image`, not `chatt` | "
                "did you mean `chat`?"
            ),
        ),
        ({"name": "a\nb"}, "`name` has to be one line of at most 256 printable characters | "),
        (
            {"wireId": "a b"},
            ("`wireId` holds U+0020 SPACE | an id has plain printable letters and no white space"),
        ),
        (
            {"cost": {"input": 1, "output": 1, "tiers": [{"input": 1, "output": 1}]}},
            "`cost/tiers/0/inputTokensAbove` is missing | ",
        ),
    ],
)
def test_a_model_says_what_is_wrong_and_what_was_meant(problem, fields, said: str):
    found = problem(models=[{"id": "m1", **fields}])
    assert found == said


def look_alikes() -> list[str]:
    swaps = {
        "a": "\u0430",
        "o": "\u043e",
        "e": "\u0435",
        "p": "\u0440",
        "c": "\u0441",
        "i": "\u0456",
    }
    names = ["openai", "anthropic", "google", "groq", "deepseek"]
    found = [name.replace(plain, odd) for name in names for plain, odd in swaps.items()]
    found += ["".join(chr(ord(c) + 0xFEE0) for c in name) for name in names]
    for mark in ("\u200b", "\u200d", "\u202e", "\u2060", "\ufeff", "\x00", "\u0301", "\xa0", " "):
        found += [mark + name for name in names] + [name + mark for name in names]
    found += [name.upper() for name in names] + [name.capitalize() for name in names]
    found += ["open\u200bai", "-openai", ".openai", "_openai", "a" * 65, "", "groq\n", "gr\u00f6q"]
    return sorted({name for name in found if name not in names})


@pytest.mark.parametrize("name", look_alikes(), ids=ascii)
def test_a_look_alike_is_refused_and_reaches_nobody(one: One, base: Catalog, name: str):
    layer = one(name, baseUrl=URL, apiKey={"env": "OPENAI_API_KEY"})
    assert layer.providers == {}
    assert layer.models == {}
    [error] = layer.problems
    odd = next((c for c in name if not "!" <= c <= "~"), None)
    if odd is not None:
        assert f"U+{ord(odd):04X}" in error.problem
    with pytest.raises(ZotError):
        base.overlay(layer).provider(name)
    for known in base.providers:
        assert base.overlay(layer).provider(known) is base.providers[known]


def test_there_are_more_than_a_hundred_look_alikes():
    assert len(look_alikes()) > 100
    assert any(unicodedata.normalize("NFKC", name) == "openai" for name in look_alikes())
