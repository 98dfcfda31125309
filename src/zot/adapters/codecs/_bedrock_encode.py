"""A call as the request of the bedrock-converse wire.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from dataclasses import dataclass

from zot.adapters.codecs._bedrock_family import takes_cache_marks
from zot.adapters.codecs._bedrock_thinking import sets_limits, thinking
from zot.adapters.codecs._bedrock_tools import PLACEHOLDER, Offer, offer, specs
from zot.adapters.codecs._bedrock_turns import conversation, has_tools, mark_for_cache
from zot.adapters.codecs._headers import headers_for
from zot.adapters.codecs._json import dump
from zot.domain.endpoint import path_segment
from zot.domain.request import ModelCall, WireRequest

PATH = "/model/{model}/converse-stream"
PATH_NON_STREAM = "/model/{model}/converse"
CONTENT_TYPE = "application/vnd.amazon.eventstream"
USUAL_MAX_TOKENS = 8192
LEAST_TEMPERATURE = 0.01
_MOST_TEMPERATURE = 1.0

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """Every choice about a request; `notices` say what was asked and cannot be sent."""

    offer: Offer
    inference: Fields
    additional: Fields
    notices: tuple[str, ...]


def encode(call: ModelCall) -> WireRequest:
    """Return the HTTP request of a call."""
    headers = headers_for(call, stream=False)
    if call.stream:
        headers["accept"] = CONTENT_TYPE
    return WireRequest("POST", _url(call), headers, dump(body(call)).encode())


def body(call: ModelCall) -> Fields:
    """Return the JSON of the request; the stable part comes first."""
    quirks, request = call.endpoint.quirks, call.request
    planned = plan(call)
    system, turns = conversation(call)
    if planned.offer.instruction:
        system.append({"text": planned.offer.instruction})
    tools = specs(call, planned.offer.tools)
    if not tools and has_tools(turns):
        tools = specs(call, [PLACEHOLDER])
    if request.cache and quirks.max_cache_breakpoints and takes_cache_marks(call.model):
        mark_for_cache(system, tools, turns, quirks.max_cache_breakpoints)
    choice = {"toolChoice": planned.offer.choice} if planned.offer.choice else {}
    fields: Fields = {
        "toolConfig": {"tools": tools, **choice} if tools else None,
        "system": system,
        "messages": turns,
        "inferenceConfig": planned.inference,
        "outputConfig": planned.offer.format,
        "additionalModelRequestFields": planned.additional,
    }
    return {
        name: value
        for name, value in fields.items()
        if value not in (None, [], {}) and name not in quirks.never_send
    }


def plan(call: ModelCall) -> Plan:
    """Decide how a request is written on this wire."""
    notices: list[str] = []
    offered = offer(call, notices)
    max_tokens = _max_tokens(call)
    additional = thinking(call, max_tokens, notices, forced=offered.is_forced)
    inference: Fields = {
        "maxTokens": max_tokens,
        "temperature": _temperature(call, additional, notices),
        # blank ones are refused
        "stopSequences": [text for text in call.request.stop if text.strip()],
    }
    if sets_limits(additional):
        if call.request.max_tokens is not None:
            notices.append(f"`{call.model.id}` thinking so hard takes no limit; it is left out")
        del inference["maxTokens"]
    inference = {name: value for name, value in inference.items() if value not in (None, [])}
    return Plan(offered, inference, additional, tuple(notices))


def _url(call: ModelCall) -> str:
    """Return where the request goes; the id, or an ARN, is one segment of the path."""
    endpoint = call.endpoint
    path = endpoint.path or PATH
    if not call.stream:
        path = endpoint.path_non_stream or endpoint.path or PATH_NON_STREAM
    return call.base_url.rstrip("/") + path.replace("{model}", path_segment(call.model.sent_id))


def _max_tokens(call: ModelCall) -> int:
    """Return the limit, which is always sent: the defaults are small, or unknown.

    Where the person set none, half of the window is left to the prompt: some models refuse
    a limit that does not fit beside it.
    """
    model = call.model
    usual = model.max_output or USUAL_MAX_TOKENS
    if model.context:
        usual = max(1, min(usual, model.context // 2))
    return max(call.request.max_tokens or usual, call.endpoint.quirks.min_max_tokens or 0)


def _temperature(call: ModelCall, additional: Fields, notices: list[str]) -> float | None:
    """Return the temperature, unless the way to think leaves none."""
    model, quirks, wanted = call.model, call.endpoint.quirks, call.request.temperature
    if wanted is None or "temperature" in quirks.never_send:
        return None
    styles = model.reasoning_styles
    told = additional.get("thinking")
    on = isinstance(told, dict) and told["type"] != "disabled"
    only_adaptive = "adaptive" in styles and "budget" not in styles
    if on or only_adaptive or sets_limits(additional):
        # https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
        if wanted != 1:
            notices.append(f"`{model.id}` sets its own temperature; {wanted:g} is left out")
        return None
    sent = min(wanted, quirks.temperature_max or _MOST_TEMPERATURE)
    if quirks.temperature_above is not None and sent <= quirks.temperature_above:
        sent = quirks.temperature_above + LEAST_TEMPERATURE
    if sent != wanted:
        notices.append(f"`{call.profile.id}` takes no temperature of {wanted:g}; using {sent:g}")
    return sent
