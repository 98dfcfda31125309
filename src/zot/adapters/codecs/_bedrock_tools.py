"""Tools of the bedrock-converse wire, the choice among them, and the form of the answer.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zot.adapters.codecs._anthropic_plan import AnswerTool
from zot.adapters.codecs._anthropic_schema import as_object, compiled
from zot.adapters.codecs._anthropic_thinking import can_stop
from zot.adapters.codecs._bedrock_family import is_of, takes_format
from zot.adapters.codecs._json import dump
from zot.adapters.codecs._schema import cleaned
from zot.domain.message import Tool
from zot.domain.request import ModelCall

PLACEHOLDER = Tool("_placeholder", "Not there any more; never call it.", {})
"""What is offered where tools have been called and none is offered now."""

_NO_INPUT: Mapping[str, object] = {"type": "object", "properties": {}}

Fields = dict[str, object]

__all__ = ["PLACEHOLDER", "AnswerTool", "Offer", "offer", "specs"]


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools, the choice among them (None for the usual one), and the form of the answer.

    `format` is `outputConfig`; without it a schema is kept by `answer_tool`, or, where the
    model takes no tools either, by `instruction`.
    """

    tools: tuple[Tool, ...] = ()
    choice: Fields | None = None
    format: Fields | None = None
    answer_tool: AnswerTool | None = None
    instruction: str = ""

    @property
    def is_forced(self) -> bool:
        """Whether the model has to call a tool."""
        return self.choice is not None and "auto" not in self.choice


def offer(call: ModelCall, notices: list[str]) -> Offer:
    """Decide what is offered; adds to `notices` what was asked and cannot be sent."""
    chosen = _with_schema(call, _chosen(call, notices))
    if chosen.is_forced and not can_stop(call.model):
        notices.append(f"`{call.model.id}` thinks before it calls a tool; none can be forced")
        chosen = replace(chosen, choice=None)
    return chosen


def specs(call: ModelCall, tools: Sequence[Tool]) -> list[Fields]:
    """Return tools as the wire writes them; a description may not be empty."""
    schema_rules = call.endpoint.quirks.schema_rules
    return [
        {
            "toolSpec": {
                "name": tool.name,
                **({"description": tool.description} if tool.description else {}),
                "inputSchema": {"json": {**_NO_INPUT, **cleaned(tool.parameters, schema_rules)}},
            }
        }
        for tool in tools
    ]


def _chosen(call: ModelCall, notices: list[str]) -> Offer:
    """Return the tools and the choice, as far as the model takes one."""
    tools, wanted = call.request.tools, call.request.tool_choice
    takes = _taken(call)
    if not tools or wanted == "none":  # the wire has no word for it
        return Offer()
    if wanted is None or wanted == "auto":
        return Offer(tools)
    if wanted != "required":
        if "function" in takes:
            return Offer(tools, {"tool": {"name": wanted}})
        tools = tuple(tool for tool in tools if tool.name == wanted) or tools
    if "required" in takes:
        return Offer(tools, {"any": {}})
    notices.append(f"`{call.model.id}` cannot be made to call a tool; it is left to choose")
    return Offer(tools)


def _taken(call: ModelCall) -> tuple[str, ...]:
    """Return the choices that the endpoint takes for this model."""
    quirks, model = call.endpoint.quirks, call.model
    if is_of(model, (*quirks.no_tool_choice_models, *quirks.auto_tool_choice_models)):
        return ()
    named = quirks.named_tool_choice_models
    if named and not is_of(model, named):
        return tuple(word for word in quirks.tool_choice if word != "function")
    return quirks.tool_choice


def _with_schema(call: ModelCall, chosen: Offer) -> Offer:
    """Add what holds the answer to a schema."""
    schema = call.request.schema
    if schema is None:
        return chosen
    if takes_format(call.model):
        return replace(chosen, format=_format(schema))
    if call.model.tools is False:
        asked = f"Answer with nothing but JSON that fits this JSON Schema:\n{dump(dict(schema))}"
        return replace(chosen, instruction=asked)
    name = "answer"
    while name in {tool.name for tool in chosen.tools}:
        name += "_"
    parameters, wrapped = as_object(schema)
    tool = Tool(name, "Give the final answer by calling this tool.", parameters)
    takes, choice = _taken(call), chosen.choice
    if not chosen.tools and "function" in takes:
        choice = {"tool": {"name": name}}
    elif "required" in takes:
        choice = {"any": {}}
    answer_tool = AnswerTool(name, wrapped)
    return replace(chosen, tools=(*chosen.tools, tool), choice=choice, answer_tool=answer_tool)


def _format(schema: Mapping[str, object]) -> Fields:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_OutputConfig.html."""
    title = re.sub(r"[^a-zA-Z0-9_-]", "_", str(schema.get("title") or ""))[:64]
    described = {"name": title or "answer", "schema": dump(compiled(schema))}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": described}}}
