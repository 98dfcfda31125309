"""Length, temperature and stop words, as an endpoint of the openai-chat wire takes them."""

from __future__ import annotations

from zot.adapters.codecs._openai_chat_thinking import reasons, takes_effort
from zot.domain.quirks import any_match
from zot.domain.request import ModelCall

LEAST_TEMPERATURE = 0.01
USUAL_MAX_TOKENS = 4096

Fields = dict[str, object]


def limits(call: ModelCall) -> tuple[Fields, tuple[str, ...]]:
    """Return the fields, and a line for each wish that cannot be sent as it stands."""
    fields: Fields = {}
    notices: list[str] = []
    _max_tokens(call, fields)
    _temperature(call, fields, notices)
    _stop(call, fields, notices)
    _reasoning(call, notices)
    return fields, tuple(notices)


def _max_tokens(call: ModelCall, fields: Fields) -> None:
    quirks = call.endpoint.quirks
    wanted = call.request.max_tokens
    if wanted is None and quirks.max_tokens_required:
        wanted = call.model.max_output or USUAL_MAX_TOKENS
    if wanted is not None and quirks.max_tokens_field != "none":
        fields[quirks.max_tokens_field] = max(wanted, quirks.min_max_tokens or 0)


def _temperature(call: ModelCall, fields: Fields, notices: list[str]) -> None:
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
        sent = quirks.temperature_above + LEAST_TEMPERATURE
    if quirks.temperature_max is not None:
        sent = min(sent, quirks.temperature_max)
    if sent != wanted:
        notices.append(f"`{call.profile.id}` takes no temperature of {wanted:g}; using {sent:g}")
    fields["temperature"] = sent


def _stop(call: ModelCall, fields: Fields, notices: list[str]) -> None:
    if not call.request.stop:
        return
    quirks = call.endpoint.quirks
    if "stop" in quirks.never_send or ("stop" in quirks.reasoning_drops and reasons(call)):
        notices.append(f"`{call.model.id}` takes no stop sequences; they are left out")
    else:
        fields["stop"] = list(call.request.stop)


def _reasoning(call: ModelCall, notices: list[str]) -> None:
    quirks, level = call.endpoint.quirks, call.request.reasoning
    if level is None or level == "off":
        return
    name = call.model.sent_id
    if call.request.tools and any_match(quirks.tools_need_no_effort_models, name):
        notices.append(f"`{call.model.id}` takes no reasoning level together with tools here")
    elif quirks.thinking_format == "none" and not quirks.thinking_budget_field:
        notices.append(f"`{call.profile.id}` takes no reasoning level here; {level} is left out")
    elif quirks.thinking_format in {"openai", "groq"} and not takes_effort(call):
        notices.append(f"`{call.model.id}` takes no reasoning level; {level} is left out")
