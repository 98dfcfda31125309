"""How a model of the anthropic-messages wire is asked to think.

https://platform.claude.com/docs/en/build-with-claude/thinking,
https://platform.claude.com/docs/en/build-with-claude/effort
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from zot.adapters.codecs._anthropic_turns import adapted
from zot.domain.message import Thinking
from zot.domain.model import ModelSpec
from zot.domain.request import Effort, ModelCall

BUDGETS: Mapping[Effort, int] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "max": 32768,
}
LEAST_BUDGET = 1024
ANSWER = 1024
"""Tokens that are kept for the answer if they can be: a budget counts towards `max_tokens`."""
_WORDS = ("minimal", "low", "medium", "high", "xhigh", "max")
_USUAL = ("low", "medium", "high")

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Thought:
    """The fields `thinking` and `output_config.effort`; None leaves the model's own default."""

    thinking: Fields | None = None
    effort: str | None = None

    @property
    def is_on(self) -> bool:
        """Whether thinking was asked for."""
        return self.thinking is not None and self.thinking["type"] != "disabled"


def thought(call: ModelCall, max_tokens: int, notices: list[str], *, forced: bool) -> Thought:
    """Decide how the model thinks; `forced` says that it has to call a tool.

    Forcing a tool and thinking exclude each other, and what was said about tools counts.
    """
    model, level = call.model, call.request.reasoning
    style = _style(call)
    if forced and level not in {None, "off"}:
        notices.append(f"`{model.id}` cannot think and be made to call a tool; it will not think")
        level = None
    if forced and style == "adaptive":
        return Thought(_off())  # some think unless told otherwise
    if level is None:
        return Thought()
    if level == "off":
        return Thought(_off())
    if style == "adaptive":
        return Thought({"type": "adaptive", "display": "summarized"}, _word(model, level))
    budget = max(LEAST_BUDGET, min(BUDGETS[level], max_tokens - ANSWER))
    if budget >= max_tokens:
        notices.append(f"{max_tokens} tokens leave `{model.id}` no room to think; it will not")
        return Thought()
    if style == "budget" and _in_the_middle(call):
        notices.append(f"`{model.id}` cannot begin to think between a tool call and its answer")
        return Thought()
    effort = _word(model, level) if style == "effort" else None
    return Thought({"type": "enabled", "budget_tokens": budget}, effort)


def can_stop(model: ModelSpec) -> bool:
    """Tell whether this model can be kept from thinking."""
    return model.can_disable_reasoning is not False or "adaptive" not in model.reasoning_styles


def _off() -> Fields:
    return {"type": "disabled"}


def _style(call: ModelCall) -> str:
    """Return `adaptive`, `budget` or `effort`, whichever the model is meant to be asked with.

    A model that nobody has listed is taken for a new Claude where the endpoint serves them.
    """
    styles = call.model.reasoning_styles
    for style in ("adaptive", "budget", "effort"):
        if style in styles:
            return style
    newest = not call.model.listed and call.endpoint.quirks.max_cache_breakpoints is not None
    return "adaptive" if newest else "budget"


def _word(model: ModelSpec, level: Effort) -> str | None:
    """Return the word for a level: the nearest that is offered, ties up."""
    offered = [word for word in _WORDS if word in (model.efforts or _USUAL)]
    if not offered:
        return None
    rank = _WORDS.index(level)
    return min(offered, key=lambda word: (abs(_WORDS.index(word) - rank), -_WORDS.index(word)))


def _in_the_middle(call: ModelCall) -> bool:
    """Tell whether tools are being run for a turn that did not begin with its own thinking.

    Such a turn, of another model or of one that did not think, cannot go on with a budget:
    https://platform.claude.com/docs/en/build-with-claude/extended-thinking#extended-thinking-with-tool-use
    """
    messages = adapted(call)
    sides = [list(run) for _, run in groupby(messages, lambda each: each.role == "assistant")]
    if len(sides) < 2 or sides[-1][0].role != "tool":
        return False
    first = sides[-2][0].parts[0]
    return not (isinstance(first, Thinking) and first.state)
