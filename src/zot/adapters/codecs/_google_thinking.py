"""How a model of the google wires is asked to think.

https://ai.google.dev/gemini-api/docs/thinking
"""

from __future__ import annotations

from zot.adapters.codecs._google_family import style_of
from zot.domain.model import ModelSpec
from zot.domain.request import Effort, ModelCall

ANSWER = 1024
"""Tokens that are kept for the answer: a budget counts towards `maxOutputTokens`."""
_WORDS = ("minimal", "low", "medium", "high", "xhigh", "max")
_FLASH = ("minimal", "low", "medium", "high")
_PRO = ("low", "high")

Fields = dict[str, object]
Budgets = dict[Effort, int]

_PRO_BUDGETS: Budgets = {  # cannot stop
    "off": 128,
    "minimal": 128,
    "low": 2048,
    "medium": 8192,
    "high": 32768,
    "max": 32768,
}
_FLASH_BUDGETS: Budgets = {
    "off": 0,
    "minimal": 128,
    "low": 2048,
    "medium": 8192,
    "high": 24576,
    "max": 24576,
}
_LITE_BUDGETS: Budgets = {**_FLASH_BUDGETS, "minimal": 512}


def thinking(call: ModelCall, notices: list[str]) -> Fields | None:
    """Return the `thinkingConfig`; None leaves the model's own default."""
    model, level = call.model, call.request.reasoning
    if level is None:
        return None
    style = style_of(model)
    if style == "none":
        if level != "off":
            notices.append(f"`{model.id}` takes no reasoning level; {level} is left out")
        return None
    if style == "budget":
        return _budget(call, level, notices)
    if style == "toggle":  # https://ai.google.dev/gemma/docs/core/gemma_on_gemini_api
        return _shown(level, {"thinkingLevel": "MINIMAL" if level == "off" else "HIGH"})
    if level == "off":
        notices.append(_cannot_stop(model))
    return _shown(level, {"thinkingLevel": _word(model, level).upper()})


def _shown(level: Effort, fields: Fields) -> Fields:
    return fields if level == "off" else {"includeThoughts": True, **fields}


def _budget(call: ModelCall, level: Effort, notices: list[str]) -> Fields:
    name = call.model.sent_id
    budgets = _FLASH_BUDGETS
    if "pro" in name.split("-"):
        budgets = _PRO_BUDGETS
    elif "lite" in name:
        budgets = _LITE_BUDGETS
    budget = budgets[level]
    if level == "off":
        if budget:
            notices.append(_cannot_stop(call.model))
    elif limit := call.request.max_tokens:
        budget = max(budgets["minimal"], min(budget, limit - ANSWER))
    return _shown(level, {"thinkingBudget": budget})


def _cannot_stop(model: ModelSpec) -> str:
    return f"`{model.id}` cannot stop reasoning; it reasons as little as it can"


def _word(model: ModelSpec, level: Effort) -> str:
    """Return the word for a level: the nearest that is offered, ties up."""
    usual = _PRO if "pro" in model.sent_id.split("-") else _FLASH
    offered = [word for word in _WORDS if word in model.efforts] or list(usual)
    if level == "off":
        return offered[0]
    rank = _WORDS.index(level)
    return min(offered, key=lambda word: (abs(_WORDS.index(word) - rank), -_WORDS.index(word)))
