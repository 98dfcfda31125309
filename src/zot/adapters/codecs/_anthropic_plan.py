"""What of a request the anthropic-messages wire carries, and what has to give way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zot.adapters.codecs._anthropic_schema import as_object, compiled
from zot.adapters.codecs._anthropic_thinking import Thought, can_stop, thought
from zot.domain.message import Tool
from zot.domain.request import ModelCall

LEAST_TEMPERATURE = 0.01
USUAL_MAX_TOKENS = 8192
_MOST_TEMPERATURE = 1.0  # https://platform.claude.com/docs/en/api/messages

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class AnswerTool:
    """A tool whose arguments are the answer; `wrapped` where the answer is no object."""

    name: str
    wrapped: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Every choice about a request; `notices` say what was asked and cannot be sent."""

    max_tokens: int
    tools: tuple[Tool, ...]
    tool_choice: Fields | None
    thought: Thought
    temperature: float | None
    stop: tuple[str, ...]
    format: Fields | None
    answer_tool: AnswerTool | None
    notices: tuple[str, ...]


def plan(call: ModelCall) -> Plan:
    """Decide how a request is written on this wire."""
    notices: list[str] = []
    max_tokens = _max_tokens(call)
    tools, choice, answer_tool, schema = _tools(call, notices)
    forced = choice is not None and choice["type"] in {"any", "tool"}
    if forced and not can_stop(call.model):
        notices.append(f"`{call.model.id}` thinks before it calls a tool; none can be forced")
        forced, choice = False, {"type": "auto"}
    reasoning = thought(call, max_tokens, notices, forced=forced)
    return Plan(
        max_tokens,
        tools,
        choice,
        reasoning,
        _temperature(call, reasoning, notices),
        tuple(text for text in call.request.stop if text.strip()),  # others are refused
        schema,
        answer_tool,
        tuple(notices),
    )


def _max_tokens(call: ModelCall) -> int:
    """Return the limit, which this wire always needs."""
    wanted = call.request.max_tokens or call.model.max_output or USUAL_MAX_TOKENS
    return max(wanted, call.endpoint.quirks.min_max_tokens or 0)


def _tools(
    call: ModelCall, notices: list[str]
) -> tuple[tuple[Tool, ...], Fields | None, AnswerTool | None, Fields | None]:
    """Return the tools, the choice among them, the tool that is the answer, and the format."""
    request, takes = call.request, call.endpoint.quirks.tool_choice
    tools, choice = _chosen(call, notices)
    if request.schema is None:
        return tools, choice, None, None
    if call.model.structured:
        return tools, choice, None, {"type": "json_schema", "schema": compiled(request.schema)}
    if choice is not None and choice["type"] == "none":
        tools = ()
    tool, wrapped = _answer_tool(request.schema, tools)
    choice = {"type": "auto"}
    if tools and "required" in takes:
        choice = {"type": "any"}
    elif not tools and "function" in takes:
        choice = {"type": "tool", "name": tool.name}
    return (*tools, tool), choice, AnswerTool(tool.name, wrapped), None


def _answer_tool(schema: Mapping[str, object], others: tuple[Tool, ...]) -> tuple[Tool, bool]:
    taken = {tool.name for tool in others}
    name = "answer"
    while name in taken:
        name += "_"
    parameters, wrapped = as_object(schema)
    return Tool(name, "Give the final answer by calling this tool.", parameters), wrapped


def _chosen(call: ModelCall, notices: list[str]) -> tuple[tuple[Tool, ...], Fields | None]:
    """Return the tools to offer and the choice, as far as the endpoint takes one.

    https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools#forcing-tool-use
    """
    tools, wanted = call.request.tools, call.request.tool_choice
    takes = call.endpoint.quirks.tool_choice
    if not tools or wanted is None or wanted == "auto":
        return tools, None
    if wanted == "none":
        return (tools, {"type": "none"}) if "none" in takes else ((), None)
    if wanted != "required":
        if "function" in takes:
            return tools, {"type": "tool", "name": wanted}
        tools = tuple(tool for tool in tools if tool.name == wanted) or tools
    if "required" in takes:
        return tools, {"type": "any"}
    notices.append(f"`{call.profile.id}` cannot be made to call a tool; the model decides")
    return tools, None


def _temperature(call: ModelCall, reasoning: Thought, notices: list[str]) -> float | None:
    """Return the temperature, unless the model thinks: then it has to be left alone.

    https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility;
    models that only think adaptively take none at all.
    """
    wanted, quirks = call.request.temperature, call.endpoint.quirks
    if wanted is None or "temperature" in quirks.never_send:
        return None
    styles = call.model.reasoning_styles
    if reasoning.is_on or ("adaptive" in styles and "budget" not in styles):
        if wanted != 1:
            notices.append(f"`{call.model.id}` sets its own temperature; {wanted:g} is left out")
        return None
    sent = min(wanted, quirks.temperature_max or _MOST_TEMPERATURE)
    if quirks.temperature_above is not None and sent <= quirks.temperature_above:
        sent = quirks.temperature_above + LEAST_TEMPERATURE
    if sent != wanted:
        notices.append(f"`{call.profile.id}` takes no temperature of {wanted:g}; using {sent:g}")
    return sent


def tool_fields(tool: Tool) -> Fields:
    """Return a tool as the wire writes it."""
    described = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "input_schema": {"type": "object", **tool.parameters}}
