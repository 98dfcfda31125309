"""How each dialect is asked to reason: one line for each case."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.cases import plain_profile
from zot.adapters.codecs._openai_chat_limits import limits
from zot.adapters.codecs._openai_chat_thinking import thinking
from zot.domain.credential import NOWHERE, Keyless
from zot.domain.message import Message, Tool
from zot.domain.model import ModelSpec
from zot.domain.quirks import Quirks
from zot.domain.request import ChatRequest, ModelCall


def call(
    level: Any,
    quirks: Quirks,
    efforts: tuple[str, ...] = (),
    model: str = "m",
    *,
    tools: bool = False,
) -> ModelCall:
    profile = plain_profile("acme", "openai-chat", quirks)
    offered = (Tool("f", "", {"type": "object"}),) if tools else ()
    spec = ModelSpec("acme", model, reasoning=True, efforts=efforts)
    request = ChatRequest((Message.user("hi"),), tools=offered, reasoning=level)
    endpoint = profile.endpoints["openai-chat"]
    return ModelCall(
        profile, endpoint, "openai-chat", endpoint.base_url, spec, request, Keyless(), NOWHERE
    )


OPENAI = Quirks(thinking_format="openai", reasoning_effort=True)
PER_MODEL = Quirks(thinking_format="openai", reasoning_effort="per-model")
OPENROUTER = Quirks(thinking_format="openrouter")
TOGETHER = Quirks(thinking_format="together", reasoning_effort="per-model")
DEEPSEEK = Quirks(
    thinking_format="deepseek", reasoning_effort=True, reasoning_efforts=("low", "high", "max")
)
XIAOMI = Quirks(thinking_format="deepseek")
MOONSHOT = Quirks(
    thinking_format="moonshot",
    reasoning_effort="listed",
    reasoning_efforts=("low", "high", "max"),
    reasoning_effort_models=("k3*",),
    thinking_field_models=("k2*",),
    thinking_on_only_models=("k2.7*",),
    thinking_keep_models=("k2.6*", "k2.7*"),
)
ZAI = Quirks(
    thinking_format="zai",
    reasoning_effort="listed",
    reasoning_efforts=("low", "high", "max"),
    reasoning_effort_models=("glm-5*",),
    thinking_on_only_models=("glm-5.3*",),
    keep_thinking=True,
)
MISTRAL = Quirks(
    thinking_format="mistral",
    reasoning_effort="per-model",
    prompt_mode_models=("magistral*",),
)
GROQ = Quirks(thinking_format="groq", reasoning_effort="per-model", reasoning_format="parsed")
ON, OFF = {"type": "enabled"}, {"type": "disabled"}
PARSED = {"reasoning_format": "parsed"}


@pytest.mark.parametrize(
    ("level", "quirks", "efforts", "model", "fields"),
    [
        (None, OPENAI, (), "m", {}),
        ("low", OPENAI, (), "m", {"reasoning_effort": "low"}),
        ("minimal", OPENAI, (), "m", {"reasoning_effort": "low"}),
        ("max", OPENAI, (), "m", {"reasoning_effort": "high"}),
        ("minimal", OPENAI, ("minimal", "low"), "m", {"reasoning_effort": "minimal"}),
        ("max", OPENAI, ("low", "xhigh"), "m", {"reasoning_effort": "xhigh"}),
        ("medium", OPENAI, ("low", "high"), "m", {"reasoning_effort": "high"}),
        ("off", OPENAI, ("none", "low"), "m", {"reasoning_effort": "none"}),
        ("off", OPENAI, ("low", "high"), "m", {}),
        ("low", PER_MODEL, (), "m", {}),
        ("low", PER_MODEL, ("low",), "m", {"reasoning_effort": "low"}),
        ("low", OPENROUTER, (), "m", {"reasoning": {"effort": "low"}}),
        ("max", OPENROUTER, (), "m", {"reasoning": {"effort": "xhigh"}}),
        ("off", OPENROUTER, (), "m", {"reasoning": {"enabled": False}}),
        ("off", OPENROUTER, ("none", "low"), "m", {"reasoning": {"effort": "none"}}),
        ("low", TOGETHER, (), "m", {"reasoning": {"enabled": True}}),
        (
            "low",
            TOGETHER,
            ("low",),
            "m",
            {"reasoning": {"enabled": True}, "reasoning_effort": "low"},
        ),
        ("off", TOGETHER, ("low",), "m", {"reasoning": {"enabled": False}}),
        ("medium", DEEPSEEK, (), "m", {"thinking": ON, "reasoning_effort": "high"}),
        ("max", DEEPSEEK, (), "m", {"thinking": ON, "reasoning_effort": "max"}),
        ("off", DEEPSEEK, (), "m", {"thinking": OFF}),
        ("high", XIAOMI, (), "m", {"thinking": ON}),
        ("high", MOONSHOT, (), "k2.5", {"thinking": ON}),
        ("high", MOONSHOT, (), "k2.6", {"thinking": {**ON, "keep": "all"}}),
        ("off", MOONSHOT, (), "k2.6", {"thinking": OFF}),
        ("off", MOONSHOT, (), "k2.7-code", {}),
        ("minimal", MOONSHOT, (), "k3", {"reasoning_effort": "low"}),
        ("off", MOONSHOT, (), "k3", {}),
        ("high", ZAI, (), "glm-4.5", {"thinking": {**ON, "clear_thinking": False}}),
        (
            "high",
            ZAI,
            (),
            "glm-5.2",
            {"thinking": {**ON, "clear_thinking": False}, "reasoning_effort": "high"},
        ),
        ("off", ZAI, (), "glm-5.2", {"thinking": OFF}),
        ("off", ZAI, (), "glm-5.3", {}),
        ("low", MISTRAL, ("none", "high"), "m", {"reasoning_effort": "high"}),
        ("off", MISTRAL, ("none", "high"), "m", {"reasoning_effort": "none"}),
        ("low", MISTRAL, (), "m", {}),
        ("low", MISTRAL, (), "magistral-1", {"prompt_mode": "reasoning"}),
        ("off", MISTRAL, (), "magistral-1", {}),
        (None, GROQ, (), "m", PARSED),
        ("low", GROQ, ("low",), "m", {"reasoning_effort": "low", **PARSED}),
        ("low", GROQ, ("none", "default"), "m", {"reasoning_effort": "default", **PARSED}),
        ("off", GROQ, ("none", "default"), "m", {"reasoning_effort": "none", **PARSED}),
        ("low", Quirks(thinking_format="qwen"), (), "m", {"enable_thinking": True}),
        (
            "off",
            Quirks(thinking_format="qwen-chat-template"),
            (),
            "m",
            {"chat_template_kwargs": {"enable_thinking": False}},
        ),
        ("low", Quirks(), (), "m", {}),
        ("low", Quirks(thinking_format="unheard-of"), (), "m", {}),
        ("low", Quirks(thinking_budget_field="budget"), (), "m", {"budget": 2048}),
        ("off", Quirks(thinking_budget_field="budget"), (), "m", {"budget": 0}),
    ],
)
def test_a_level_becomes_the_fields_of_the_dialect(
    level: Any, quirks: Quirks, efforts: tuple[str, ...], model: str, fields: dict[str, Any]
) -> None:
    assert thinking(call(level, quirks, efforts, model)) == fields


@pytest.mark.parametrize(
    ("efforts", "fields"),
    [(("none", "low"), {"reasoning_effort": "none"}), (("low", "high"), {})],
)
def test_some_models_take_tools_only_without_reasoning(
    efforts: tuple[str, ...], fields: dict[str, Any]
) -> None:
    quirks = Quirks(
        thinking_format="openai", reasoning_effort=True, tools_need_no_effort_models=("m",)
    )
    for level in (None, "high"):
        made = call(level, quirks, efforts, tools=True)
        assert thinking(made) == fields
        assert len(limits(made)[1]) == (level is not None)
    assert thinking(call("high", quirks, efforts)) != fields


def test_models_that_refuse_the_field_do_not_get_it() -> None:
    quirks = Quirks(
        thinking_format="openai", reasoning_effort=True, no_reasoning_effort_models=("m",)
    )
    assert thinking(call("high", quirks, ("high",))) == {}
    assert len(limits(call("high", quirks, ("high",)))[1]) == 1


def test_a_level_that_nobody_would_hear_is_told() -> None:
    assert len(limits(call("high", Quirks()))[1]) == 1
    assert limits(call("off", Quirks()))[1] == ()
