"""How each dialect of the openai-chat wire is asked to reason: the `thinking_format` table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from zot.domain.quirks import any_match
from zot.domain.request import ModelCall

Fields = dict[str, object]
Level = Literal["off", "minimal", "low", "medium", "high", "max"]

_WORDS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_USUAL = ("low", "medium", "high")
_WIDE = ("minimal", "low", "medium", "high", "xhigh")
_BUDGETS = {"off": 0, "minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "max": 32768}


def thinking(call: ModelCall) -> Fields:
    """Return the fields that ask for the reasoning of this call, or switch it off."""
    quirks = call.endpoint.quirks
    level = call.request.reasoning
    fields: Fields = {}
    if level is not None:
        fields = _FORMATS.get(quirks.thinking_format, _nothing)(call, level)
        if quirks.thinking_budget_field:
            fields[quirks.thinking_budget_field] = _BUDGETS[level]
    if quirks.reasoning_format and call.model.reasoning:
        fields["reasoning_format"] = quirks.reasoning_format
    if call.request.tools and any_match(quirks.tools_need_no_effort_models, call.model.sent_id):
        fields.pop("reasoning_effort", None)
        if "none" in call.model.efforts:
            fields["reasoning_effort"] = "none"
    return fields


def reasons(call: ModelCall) -> bool:
    """Tell whether the model will reason in this call, as far as the catalog knows."""
    return bool(call.model.reasoning) and call.request.reasoning != "off"


def takes_effort(call: ModelCall) -> bool:
    """Tell whether `reasoning_effort` may be sent for the model of this call."""
    quirks, model = call.endpoint.quirks, call.model
    if any_match(quirks.no_reasoning_effort_models, model.sent_id):
        return False
    if quirks.reasoning_effort == "listed":
        return any_match(quirks.reasoning_effort_models, model.sent_id)
    if quirks.reasoning_effort == "per-model":
        return bool(model.efforts) or not model.listed
    return bool(quirks.reasoning_effort) and model.reasoning is not False


def effort(call: ModelCall, level: Level, usual: tuple[str, ...] = _USUAL) -> str | None:
    """Return the word for a level: the nearest that is offered, ties up; None for none."""
    offered = call.model.efforts or call.endpoint.quirks.reasoning_efforts or usual
    if level == "off":
        return "none" if "none" in offered else None
    words = [word for word in _WORDS[1:] if word in offered]
    if not words:
        return "default" if "default" in offered else None
    rank = _WORDS.index(level)
    return min(words, key=lambda word: (abs(_WORDS.index(word) - rank), -_WORDS.index(word)))


def _effort_field(call: ModelCall, level: Level) -> Fields:
    word = effort(call, level) if takes_effort(call) else None
    return {} if word is None else {"reasoning_effort": word}


def _openai(call: ModelCall, level: Level) -> Fields:
    return _effort_field(call, level)


def _openrouter(call: ModelCall, level: Level) -> Fields:
    """https://openrouter.ai/docs/guides/best-practices/reasoning-tokens."""
    word = effort(call, level, _WIDE)
    return {"reasoning": {"enabled": level != "off"} if word is None else {"effort": word}}


def _together(call: ModelCall, level: Level) -> Fields:
    """https://docs.together.ai/docs/inference-parameters."""
    if level == "off":
        return {"reasoning": {"enabled": False}}
    return {"reasoning": {"enabled": True}, **_effort_field(call, level)}


def _deepseek(call: ModelCall, level: Level) -> Fields:
    """https://api-docs.deepseek.com/guides/thinking_mode."""
    if level == "off":
        return {"thinking": {"type": "disabled"}}
    return {"thinking": {"type": "enabled"}, **_effort_field(call, level)}


def _moonshot(call: ModelCall, level: Level) -> Fields:
    """https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model."""
    quirks, name = call.endpoint.quirks, call.model.sent_id
    fields: Fields = {}
    if any_match(quirks.thinking_field_models, name):
        if level != "off":
            fields["thinking"] = {"type": "enabled"}
            if any_match(quirks.thinking_keep_models, name):
                fields["thinking"] = {"type": "enabled", "keep": "all"}
        elif not any_match(quirks.thinking_on_only_models, name):
            fields["thinking"] = {"type": "disabled"}
    return fields if level == "off" else {**fields, **_effort_field(call, level)}


def _zai(call: ModelCall, level: Level) -> Fields:
    """https://docs.z.ai/guides/capabilities/thinking-mode."""
    quirks = call.endpoint.quirks
    if level == "off":
        fixed = any_match(quirks.thinking_on_only_models, call.model.sent_id)
        return {} if fixed else {"thinking": {"type": "disabled"}}
    switch: Fields = {"type": "enabled"}
    if quirks.keep_thinking:
        switch["clear_thinking"] = False
    return {"thinking": switch, **_effort_field(call, level)}


def _mistral(call: ModelCall, level: Level) -> Fields:
    """https://docs.mistral.ai/capabilities/reasoning."""
    if any_match(call.endpoint.quirks.prompt_mode_models, call.model.sent_id):
        return {} if level == "off" else {"prompt_mode": "reasoning"}
    return _effort_field(call, level)


def _qwen(_call: ModelCall, level: Level) -> Fields:
    return {"enable_thinking": level != "off"}


def _qwen_template(_call: ModelCall, level: Level) -> Fields:
    return {"chat_template_kwargs": {"enable_thinking": level != "off"}}


def _nothing(_call: ModelCall, _level: Level) -> Fields:
    return {}


_FORMATS: Mapping[str, Callable[[ModelCall, Level], Fields]] = {
    "openai": _openai,
    "groq": _openai,
    "openrouter": _openrouter,
    "together": _together,
    "deepseek": _deepseek,
    "moonshot": _moonshot,
    "zai": _zai,
    "mistral": _mistral,
    "qwen": _qwen,
    "qwen-chat-template": _qwen_template,
    "chat-template": _qwen_template,
    "none": _nothing,
}
