"""Length, temperature and reasoning, as an endpoint of the openai-responses wire takes them."""

from __future__ import annotations

from zot.adapters.codecs._openai_chat_thinking import effort, reasons, takes_effort
from zot.domain.quirks import any_match
from zot.domain.request import ModelCall

LEAST_TOKENS = 16
"""Fewer are refused: "Expected a value >= 16"."""

_LEAST_TEMPERATURE = 0.01
_USUAL_MAX_TOKENS = 4096

Fields = dict[str, object]


def limits(call: ModelCall) -> tuple[Fields, tuple[str, ...]]:
    """Return the fields, and a line for each wish that cannot be sent as it stands."""
    fields: Fields = {}
    notices: list[str] = []
    _max_tokens(call, fields, notices)
    _temperature(call, fields, notices)
    _reasoning(call, fields, notices)
    if call.request.stop:  # the wire has no field for them
        notices.append(f"`{call.model.id}` takes no stop sequences here; they are left out")
    return fields, tuple(notices)


def _max_tokens(call: ModelCall, fields: Fields, notices: list[str]) -> None:
    quirks = call.endpoint.quirks
    wanted = call.request.max_tokens
    if quirks.max_tokens_field == "none":
        if wanted is not None:
            notices.append(f"`{call.profile.id}` takes no limit; {wanted} tokens is left out")
        return
    if wanted is None and quirks.max_tokens_required:
        wanted = call.model.max_output or _USUAL_MAX_TOKENS
    if wanted is not None:
        fields["max_output_tokens"] = max(wanted, quirks.min_max_tokens or 0, LEAST_TOKENS)


def _temperature(call: ModelCall, fields: Fields, notices: list[str]) -> None:
    """Models of OpenAI that reason take none: https://platform.openai.com/docs/guides/reasoning."""
    quirks, name = call.endpoint.quirks, call.model.sent_id
    wanted = call.request.temperature
    if wanted is None:
        return
    fixed = quirks.fixed_sampling == "reasoning" and reasons(call)
    if fixed or any_match(quirks.fixed_sampling_models, name) or "temperature" in quirks.never_send:
        notices.append(f"`{call.model.id}` sets its own temperature; {wanted:g} is left out")
        return
    sent = wanted
    if quirks.temperature_above is not None and sent <= quirks.temperature_above:
        sent = quirks.temperature_above + _LEAST_TEMPERATURE
    if quirks.temperature_max is not None:
        sent = min(sent, quirks.temperature_max)
    if sent != wanted:
        notices.append(f"`{call.profile.id}` takes no temperature of {wanted:g}; using {sent:g}")
    fields["temperature"] = sent


def _reasoning(call: ModelCall, fields: Fields, notices: list[str]) -> None:
    """https://platform.openai.com/docs/guides/reasoning#reasoning-summaries."""
    level = call.request.reasoning
    if level is None:
        return
    if not takes_effort(call):
        if level != "off":
            notices.append(f"`{call.model.id}` takes no reasoning level; {level} is left out")
        return
    word = effort(call, level)
    if word == "none":
        fields["reasoning"] = {"effort": word}
    elif word is not None:
        fields["reasoning"] = {"effort": word, "summary": "auto"}
