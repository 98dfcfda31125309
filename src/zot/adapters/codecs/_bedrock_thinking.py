"""How a model of the bedrock-converse wire is asked to think: each family in its own words.

All of it goes into `additionalModelRequestFields`.
"""

from __future__ import annotations

from dataclasses import replace

from zot.adapters.codecs._anthropic_thinking import thought
from zot.adapters.codecs._bedrock_family import (
    CLAUDE,
    GPT,
    GPT_OSS,
    KIMI,
    NOVA,
    QWEN,
    THINKS_BY_BUDGET,
    is_in_gov,
    is_of,
)
from zot.domain.fit import nearest_effort
from zot.domain.request import EFFORTS, Effort, ModelCall

_USUAL: list[Effort] = ["low", "medium", "high"]

Fields = dict[str, object]


def thinking(call: ModelCall, max_tokens: int, notices: list[str], *, forced: bool) -> Fields:
    """Return the fields for the model's family; `forced` says that it has to call a tool."""
    model, level = call.model, call.request.reasoning
    if is_of(model, CLAUDE) or {"adaptive", "budget"} & set(model.reasoning_styles):
        return _claude(call, max_tokens, notices, forced=forced)
    if level is None:
        return {}
    if is_of(model, NOVA):
        return {"reasoningConfig": _nova(call)}
    if is_of(model, GPT) and not is_of(model, GPT_OSS):
        # as observed, AWS does not say: https://github.com/anomalyco/opencode/pull/48195
        return {"reasoning": {"effort": _word(call) or "none"}}
    if level == "off":
        return {}
    if is_of(model, (*GPT_OSS, *KIMI)):
        # https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
        return {"reasoning_effort": _word(call)}
    if is_of(model, QWEN):  # "high" as recorded, "low" by analogy
        return {"reasoning_config": "low" if level in {"minimal", "low"} else "high"}
    notices.append(f"`{model.id}` takes no reasoning level here; {level} is left out")
    return {}


def sets_limits(fields: Fields) -> bool:
    """Tell whether thinking so takes neither a limit nor a temperature.

    https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
    """
    config = fields.get("reasoningConfig")
    return isinstance(config, dict) and config.get("maxReasoningEffort") == "high"


def _claude(call: ModelCall, max_tokens: int, notices: list[str], *, forced: bool) -> Fields:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html.

    Only models that think unless told otherwise are told not to; the older ones do not know
    the word. GovCloud refuses `display`. Of a model that is not listed, as with most ids of
    profiles, the id tells whether it is one of the older.
    """
    model = call.model
    if not model.reasoning_styles and is_of(model, THINKS_BY_BUDGET):
        call = replace(call, model=replace(model, reasoning_styles=("budget",)))
    asked = thought(call, max_tokens, notices, forced=forced)
    if asked.thinking is None or (not asked.is_on and "adaptive" not in model.reasoning_styles):
        return {}
    told = dict(asked.thinking)
    if is_in_gov(model, call.base_url):
        told.pop("display", None)
    fields: Fields = {"thinking": told}
    if asked.effort:
        fields["output_config"] = {"effort": asked.effort}
    return fields


def _nova(call: ModelCall) -> Fields:
    """https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html."""
    word = _word(call)
    return {"type": "enabled", "maxReasoningEffort": word} if word else {"type": "disabled"}


def _word(call: ModelCall) -> str | None:
    """Return the word for the level, None for off."""
    level = call.request.reasoning
    if level is None or level == "off":
        return None
    offered = [word for word in EFFORTS if word in call.model.efforts]
    return nearest_effort(level, offered or _USUAL)
