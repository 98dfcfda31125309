"""Which family a model of the google wires is of, and what that means for a request."""

from __future__ import annotations

import re
from typing import Literal

from zot.domain.model import ModelSpec

Style = Literal["level", "budget", "toggle", "none"]

_GENERATION = re.compile(r"gemini-(?:[a-z]+-)*(\d+(?:\.\d+)?)")
_LATEST = re.compile(r"gemini-(?:[a-z]+-)*latest")
_NEW = 3.0
_THINKS = 2.5


def is_new(model: ModelSpec) -> bool:
    """Tell whether this is Gemini 3 or newer.

    Those want the signature of a function call back, see pictures in a function's response
    and follow a schema while they have tools (https://ai.google.dev/gemini-api/docs/gemini-3).
    """
    if model.reasoning_styles:
        return "effort" in model.reasoning_styles
    return _generation(model) >= _NEW


def style_of(model: ModelSpec) -> Style:
    """Return how a model is asked to think: https://ai.google.dev/gemini-api/docs/thinking.

    The catalog knows; of what it does not list, the id tells the generation.
    """
    styles = model.reasoning_styles
    if "effort" in styles:
        return "level"
    if "budget" in styles:
        return "budget"
    if "toggle" in styles:
        return "toggle"
    if styles or _generation(model) < _THINKS:
        return "none"
    return "level" if _generation(model) >= _NEW else "budget"


def _generation(model: ModelSpec) -> float:
    """Return the number in the id of a Gemini, 0 for any other model."""
    if found := _GENERATION.search(model.sent_id):
        return float(found[1])
    return _NEW if _LATEST.search(model.sent_id) else 0.0
