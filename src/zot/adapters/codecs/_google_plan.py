"""What of a request the google wires carry, and what has to give way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zot.adapters.codecs._anthropic_schema import as_object
from zot.adapters.codecs._google_family import is_new
from zot.adapters.codecs._google_thinking import thinking
from zot.adapters.codecs._schema import cleaned
from zot.domain.message import Tool
from zot.domain.request import ModelCall

LEAST_TEMPERATURE = 0.01
MOST_TEMPERATURE = 2.0  # https://ai.google.dev/api/generate-content#generationconfig
MOST_STOPS = 5  # the same page

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class AnswerTool:
    """A function whose arguments are the answer; `wrapped` where the answer is no object."""

    name: str
    wrapped: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Every choice about a request; `notices` say what was asked and cannot be sent."""

    tools: tuple[Tool, ...]
    calling: Fields | None
    config: Fields
    answer_tool: AnswerTool | None
    notices: tuple[str, ...]


def plan(call: ModelCall) -> Plan:
    """Decide how a request is written on this wire."""
    notices: list[str] = []
    tools, calling = _chosen(call, notices)
    schema, answer_tool = call.request.schema, None
    if schema is not None and tools and not is_new(call.model):
        # refused together: https://ai.google.dev/gemini-api/docs/structured-output
        if calling is not None and calling["mode"] == "NONE":
            tools, calling = (), None
        elif calling is not None and "allowedFunctionNames" in calling:
            notices.append(f"`{call.model.id}` has to call a tool; the schema is left out")
            schema = None
        else:
            tool, answer_tool = _answer_tool(schema, tools)
            tools, calling, schema = (*tools, tool), {"mode": "ANY"}, None
    config: Fields = {
        "maxOutputTokens": _max_tokens(call),
        "temperature": _temperature(call, notices),
        "stopSequences": _stops(call, notices),
        **(_format(call, schema) if schema is not None else {}),
        "thinkingConfig": thinking(call, notices),
    }
    never = call.endpoint.quirks.never_send
    config = {k: v for k, v in config.items() if v not in (None, []) and k not in never}
    return Plan(tools, calling, config, answer_tool, tuple(notices))


def declared(call: ModelCall, tools: Sequence[Tool]) -> list[Fields]:
    """Return functions as the wire declares them.

    https://ai.google.dev/api/caching#FunctionDeclaration
    """
    rules = call.endpoint.quirks.schema_rules
    return [
        {
            "name": tool.name,
            **({"description": tool.description} if tool.description else {}),
            **(
                {"parametersJsonSchema": cleaned(tool.parameters, rules)} if tool.parameters else {}
            ),
        }
        for tool in tools
    ]


def _chosen(call: ModelCall, notices: list[str]) -> tuple[tuple[Tool, ...], Fields | None]:
    """Return the functions to offer and how they may be called, as the endpoint takes it.

    https://ai.google.dev/gemini-api/docs/function-calling#function_calling_modes
    """
    tools, wanted = call.request.tools, call.request.tool_choice
    takes = call.endpoint.quirks.tool_choice
    if not tools or wanted is None or wanted == "auto":
        return tools, None
    if wanted == "none":
        return (tools, {"mode": "NONE"}) if "none" in takes else ((), None)
    if wanted != "required":
        if "function" in takes:
            return tools, {"mode": "ANY", "allowedFunctionNames": [wanted]}
        tools = tuple(tool for tool in tools if tool.name == wanted) or tools
    if "required" in takes:
        return tools, {"mode": "ANY"}
    notices.append(f"`{call.profile.id}` cannot be made to call a tool; the model decides")
    return tools, None


def _answer_tool(schema: Mapping[str, object], others: Sequence[Tool]) -> tuple[Tool, AnswerTool]:
    taken = {tool.name for tool in others}
    name = "answer"
    while name in taken:
        name += "_"
    parameters, wrapped = as_object(schema)
    tool = Tool(name, "Give the final answer by calling this function.", parameters)
    return tool, AnswerTool(name, wrapped)


def _format(call: ModelCall, schema: Mapping[str, object]) -> Fields:
    """https://ai.google.dev/gemini-api/docs/structured-output."""
    rules = call.endpoint.quirks.schema_rules
    return {
        "responseMimeType": "application/json",
        "responseJsonSchema": cleaned(schema, rules),
    }


def _max_tokens(call: ModelCall) -> int | None:
    wanted = call.request.max_tokens
    return None if wanted is None else max(wanted, call.endpoint.quirks.min_max_tokens or 0)


def _temperature(call: ModelCall, notices: list[str]) -> float | None:
    wanted, quirks = call.request.temperature, call.endpoint.quirks
    if wanted is None:
        return None
    sent = min(wanted, quirks.temperature_max or MOST_TEMPERATURE)
    if quirks.temperature_above is not None and sent <= quirks.temperature_above:
        sent = quirks.temperature_above + LEAST_TEMPERATURE
    if sent != wanted:
        notices.append(f"`{call.profile.id}` takes no temperature of {wanted:g}; using {sent:g}")
    return sent


def _stops(call: ModelCall, notices: list[str]) -> list[str]:
    wanted = [text for text in call.request.stop if text]
    if len(wanted) > MOST_STOPS:
        notices.append(
            f"`{call.profile.id}` takes {MOST_STOPS} stop sequences; the others are left out"
        )
    return wanted[:MOST_STOPS]
