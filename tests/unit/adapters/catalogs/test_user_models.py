"""Models in models.json, in both forms that people write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zot.domain.catalog import Overlay
from zot.domain.model import Price, Tier

URL = "https://gw.example/v1"
One = Callable[..., Overlay]


ZOT_FORM = {
    "id": "m1",
    "name": "Model 1",
    "type": "chat",
    "wireId": "deployment-7",
    "reasoning": True,
    "contextWindow": 128000,
    "maxTokens": 16384,
    "input": ["text", "image"],
    "output": ["text"],
    "priceInput": 1.0,
    "priceOutput": 2,
    "priceCacheRead": 0.1,
    "priceCacheWrite": 1.25,
    "baseUrl": "",
    "api": "",
}
PI_FORM = {
    **{k: v for k, v in ZOT_FORM.items() if not k.startswith("price")},
    "cost": {"input": 1, "output": 2, "cacheRead": 0.1, "cacheWrite": 1.25},
}


@pytest.mark.parametrize("form", [ZOT_FORM, PI_FORM])
def test_both_forms_of_a_model_say_the_same(route, form):
    model = route("acme/m1", baseUrl=URL, models=[form]).model
    assert (model.name, model.sent_id, model.layer) == ("Model 1", "deployment-7", "user")
    assert (model.context, model.max_output) == (128000, 16384)
    assert (model.inputs, model.reasoning) == (("text", "image"), True)
    assert model.price == Price(1.0, 2, 0.1, 1.25)


def test_a_model_needs_only_an_id_and_the_rest_is_not_known(route):
    model = route("acme/m1", baseUrl=URL, models=[{"id": "m1"}]).model
    assert (model.name, model.sent_id) == ("m1", "m1")
    assert (model.context, model.max_output, model.price, model.reasoning) == (None,) * 4


def test_a_size_of_zero_means_not_known(route):
    model = route("acme/m1", baseUrl=URL, models=[{"id": "m1", "contextWindow": 0}]).model
    assert model.context is None


def test_prices_may_have_tiers(route):
    tier = {"inputTokensAbove": 1000, "input": 3, "output": 4, "cacheRead": 1}
    cost = {"input": 1, "output": 2, "tiers": [tier]}
    model = route("acme/m1", baseUrl=URL, models=[{"id": "m1", "cost": cost}]).model
    assert model.price == Price(1, 2, tiers=(Tier(1000, 3, 4, 1, None),))


def test_a_model_that_answers_with_no_text_is_left_out_and_named(one: One):
    models = [{"id": "m1", "type": "image"}, {"id": "m2", "output": ["image"]}, {"id": "m3"}]
    layer = one(baseUrl=URL, models=models)
    assert list(layer.models["acme"]) == ["m3"]
    assert len(layer.notices) == 2


@pytest.mark.parametrize("name", ["reasoningLevelMap", "thinkingLevelMap"])
def test_a_level_map_says_which_levels_a_model_has(route, name: str):
    levels = {"minimal": None, "maximum": "xhigh", "off": None}
    model = route("acme/m1", baseUrl=URL, models=[{"id": "m1", "reasoning": True, name: levels}])
    assert model.model.efforts == ("low", "medium", "high", "xhigh")
    assert model.model.can_disable_reasoning is False


def test_headers_of_a_model_go_with_those_of_its_provider(route):
    models = [{"id": "m1", "headers": {"X-Model": "b"}}]
    found = route("acme/m1", baseUrl=URL, headers={"X-Team": "a"}, models=models)
    assert found.profile.headers == {"X-Team": "a", "X-Model": "b"}


def test_switches_of_a_model_win_over_those_of_its_provider(route):
    fields = {
        "baseUrl": URL,
        "compat": {"supportsStore": True, "maxTokensField": "max_completion_tokens"},
        "quirks": {"seed_field": "random_seed"},
        "models": [{"id": "m1", "compat": {"supportsStore": False}, "quirks": {"betas": True}}],
    }
    quirks = route("acme/m1", **fields).endpoint.quirks
    assert (quirks.store, quirks.max_tokens_field) == (False, "max_completion_tokens")
    assert (quirks.seed_field, quirks.betas) == ("random_seed", True)
    assert route("acme/other", **fields).endpoint.quirks.store is True


@pytest.mark.parametrize(
    ("switch", "value", "quirk", "meaning"),
    [
        ("supportsStore", True, "store", True),
        ("supportsDeveloperRole", True, "developer_role", True),
        ("supportsReasoningEffort", False, "reasoning_effort", False),
        ("supportsUsageInStreaming", False, "stream_usage", False),
        ("maxTokensField", "max_completion_tokens", "max_tokens_field", "max_completion_tokens"),
        ("requiresThinkingAsText", True, "reasoning_replay", "tags"),
        ("requiresReasoningContentOnAssistantMessages", True, "reasoning_required_on_replay", True),
        ("thinkingFormat", "zai", "thinking_format", "zai"),
        ("thinkingFormat", "qwen", "thinking_format", "none"),
        ("thinkingTokenBudgetField", "budget", "thinking_budget_field", "budget"),
        ("cacheControlFormat", "anthropic", "cache_control_models", ("*",)),
        ("supportsStrictMode", True, "strict_tools", True),
    ],
)
def test_a_switch_means_a_departure_of_the_chat_wire(profile, switch, value, quirk, meaning):
    quirks = profile(compat={switch: value}).endpoints["openai-chat"].quirks
    assert getattr(quirks, quirk) == meaning


@pytest.mark.parametrize(
    ("switch", "value", "quirk", "meaning"),
    [
        ("supportsStrictTools", True, "strict_tools", True),
        ("allowEmptySignature", True, "unsigned_thinking", True),
        ("supportsTemperature", False, "fixed_sampling_models", ("*",)),
    ],
)
def test_a_switch_means_a_departure_of_the_messages_wire(profile, switch, value, quirk, meaning):
    made = profile(api="anthropic", compat={switch: value})
    assert getattr(made.endpoints["anthropic-messages"].quirks, quirk) == meaning


def test_adaptive_thinking_is_a_trait_of_the_model(route):
    models = [
        {"id": "m1", "compat": {"forceAdaptiveThinking": True}},
        {"id": "m2", "reasoning": True},
    ]
    fields = {"baseUrl": URL, "api": "anthropic", "models": models}
    assert route("acme/m1", **fields).model.reasoning_styles == ("adaptive",)
    assert route("acme/m2", **fields).model.reasoning_styles == ("budget",)


def test_a_switch_that_zot_has_no_use_for_is_named(one: One, file: Path):
    layer = one(baseUrl=URL, compat={"zaiToolStream": True}, oauth="radius")
    assert layer.problems == ()
    assert layer.notices == (
        f"{file}, key /providers/acme/compat/zaiToolStream: zot has no use for it",
        f"{file}, key /providers/acme/oauth: zot has no use for it",
    )
