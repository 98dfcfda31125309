"""How models of the bedrock-converse wire are asked to think, family by family."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.cases import call_to
from zot.adapters.codecs._bedrock_encode import plan
from zot.adapters.codecs.bedrock_converse import codec
from zot.domain.message import Message, Tool
from zot.domain.model import ModelSpec
from zot.domain.request import ChatRequest, ModelCall

WIRE = "bedrock-converse"
OPUS = "anthropic.claude-opus-4-8"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA_2 = "amazon.nova-2-lite-v1:0"
GPT = "openai.gpt-5.6-sol"
OSS = "openai.gpt-oss-120b-1:0"
QWEN = "qwen.qwen3-32b-v1:0"
CLOCK = Tool("clock", "", {})
US = "https://bedrock-runtime.us-east-1.amazonaws.com"
GOV = "https://bedrock-runtime.us-gov-west-1.amazonaws.com"
SUMMARIZED = {"type": "adaptive", "display": "summarized"}


def call(model: str | ModelSpec, base_url: str = US, **request: Any) -> ModelCall:
    name = model if isinstance(model, str) else model.id
    asked = ChatRequest((Message.user("hi"),), **request)
    made = call_to("amazon-bedrock", WIRE, name, asked, base_url=base_url)
    return made if isinstance(model, str) else replace(made, model=model)


def asked_of(model: str | ModelSpec, reasoning: Any = None, **options: Any) -> Any:
    body = json.loads(codec.encode(call(model, reasoning=reasoning, **options)).body)
    return body.get("additionalModelRequestFields")


def prefixed(prefix: str, model: str) -> ModelSpec:
    listed = call(model).model
    return replace(listed, wire_id=f"{prefix}.{model}")


@pytest.mark.parametrize(
    ("model", "level", "fields"),
    [
        (OPUS, None, None),
        (OPUS, "off", {"thinking": {"type": "disabled"}}),
        (OPUS, "low", {"thinking": SUMMARIZED, "output_config": {"effort": "low"}}),
        (OPUS, "max", {"thinking": SUMMARIZED, "output_config": {"effort": "max"}}),
        (HAIKU, None, None),
        (HAIKU, "off", None),
        (HAIKU, "medium", {"thinking": {"type": "enabled", "budget_tokens": 8192}}),
        (NOVA_2, None, None),
        (NOVA_2, "off", {"reasoningConfig": {"type": "disabled"}}),
        (NOVA_2, "low", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
        (NOVA_2, "max", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
        (GPT, "off", {"reasoning": {"effort": "none"}}),
        (GPT, "high", {"reasoning": {"effort": "high"}}),
        (GPT, "minimal", {"reasoning": {"effort": "low"}}),
        (OSS, "off", None),
        (OSS, "max", {"reasoning_effort": "high"}),
        ("moonshotai.kimi-k3.1", "low", {"reasoning_effort": "low"}),
        (QWEN, "off", None),
        (QWEN, "minimal", {"reasoning_config": "low"}),
        (QWEN, "medium", {"reasoning_config": "high"}),
        ("xai.grok-4.6", "off", None),
        ("xai.grok-4.6", "high", None),
    ],
)
def test_every_family_has_its_own_words(model, level, fields):
    assert asked_of(model, level) == fields


def test_a_level_that_nobody_can_be_told_is_said():
    notices = plan(call("xai.grok-4.6", reasoning="high")).notices
    assert notices == ("`xai.grok-4.6` takes no reasoning level here; high is left out",)


def test_the_family_is_seen_through_a_profile():
    fields = asked_of(prefixed("global", NOVA_2), "low")
    assert fields == {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}
    assert asked_of(prefixed("us", OPUS), "low")["thinking"] == SUMMARIZED


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "enabled"),
        ("eu.anthropic.claude-sonnet-4-20250514-v1:0", "enabled"),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "enabled"),
        ("us.anthropic.claude-sonnet-4-6", "adaptive"),
        ("global.anthropic.claude-opus-7", "adaptive"),
    ],
)
def test_of_a_model_that_is_not_listed_the_id_tells(model, kind):
    assert asked_of(model, "low")["thinking"]["type"] == kind


def test_an_arn_is_of_the_family_of_its_own_id():
    arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
    model = ModelSpec("amazon-bedrock", OPUS, wire_id=arn, reasoning_styles=("adaptive",))
    assert asked_of(model, "low")["thinking"] == SUMMARIZED


def test_a_style_is_enough_where_the_id_says_nothing():
    model = ModelSpec("amazon-bedrock", "mine", reasoning_styles=("budget",))
    assert asked_of(model, "low") == {"thinking": {"type": "enabled", "budget_tokens": 2048}}


@pytest.mark.parametrize(
    ("model", "base_url"), [(OPUS, GOV), (prefixed("us-gov", OPUS), "https://proxy.example.com")]
)
def test_government_regions_refuse_display(model, base_url):
    fields = asked_of(model, "low", base_url=base_url)
    assert fields["thinking"] == {"type": "adaptive"}


def test_a_forced_tool_and_thinking_exclude_each_other():
    forced: dict[str, Any] = {"tools": (CLOCK,), "tool_choice": "required"}
    assert asked_of(HAIKU, "low", **forced) is None
    assert "cannot think and be made" in plan(call(HAIKU, reasoning="low", **forced)).notices[0]
    assert asked_of("anthropic.claude-sonnet-5", **forced) == {"thinking": {"type": "disabled"}}
    assert asked_of("us.anthropic.claude-3-haiku-20240307-v1:0", **forced) is None


def test_a_budget_leaves_room_for_the_answer():
    fields = asked_of(HAIKU, "max", max_tokens=4000)
    assert fields == {"thinking": {"type": "enabled", "budget_tokens": 2976}}
    assert asked_of(HAIKU, "max", max_tokens=1000) is None


@pytest.mark.parametrize(
    ("model", "level", "sent"),
    [(OPUS, "low", None), (OPUS, None, None), (HAIKU, "low", None), (HAIKU, None, 0.5)],
)
def test_a_temperature_and_thinking_exclude_each_other(model, level, sent):
    planned = plan(call(model, reasoning=level, temperature=0.5))
    assert planned.inference.get("temperature") == sent
    assert bool(planned.notices) is (sent is None)


def test_nova_thinking_hard_takes_neither_limit_nor_temperature():
    planned = plan(call(NOVA_2, reasoning="high", temperature=0.5, max_tokens=100))
    assert planned.inference == {}
    assert len(planned.notices) == 2
    planned = plan(call(NOVA_2, reasoning="medium", temperature=0.5, max_tokens=100))
    assert planned.inference == {"maxTokens": 100, "temperature": 0.5}
