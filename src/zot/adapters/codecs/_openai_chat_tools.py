"""Tools and the choice among them, as an endpoint of the openai-chat wire takes them."""

from __future__ import annotations

from zot.adapters.codecs._schema import cleaned
from zot.domain.message import Tool
from zot.domain.quirks import any_match
from zot.domain.request import ModelCall

Item = dict[str, object]


def offered(call: ModelCall) -> tuple[list[Item], object, tuple[str, ...]]:
    """Return the tools, the `tool_choice` (None to leave it out) and what had to give way."""
    quirks = call.endpoint.quirks
    tools = call.request.tools
    wanted = call.request.tool_choice
    if not tools or wanted is None:
        return _items(call, tools), None, ()
    takes = quirks.tool_choice
    if any_match(quirks.no_tool_choice_models, call.model.sent_id):
        takes = ()
    elif any_match(quirks.auto_tool_choice_models, call.model.sent_id):
        takes = tuple(word for word in takes if word in {"auto", "none"})
    if wanted == "auto":
        return _items(call, tools), "auto" if "auto" in takes else None, ()
    if wanted == "none":
        # without the word, offering none comes to the same
        return (_items(call, tools), "none", ()) if "none" in takes else ([], None, ())
    if wanted == "required":
        return _required(call, tools, takes)
    return _named(call, wanted, takes)


def _required(
    call: ModelCall, tools: tuple[Tool, ...], takes: tuple[str, ...]
) -> tuple[list[Item], object, tuple[str, ...]]:
    word = call.endpoint.quirks.tool_choice_required
    if "required" in takes or word in takes:
        return _items(call, tools), word, ()
    notice = f"`{call.model.id}` cannot be made to use a tool; it is left to choose"
    return _items(call, tools), "auto" if "auto" in takes else None, (notice,)


def _named(
    call: ModelCall, name: str, takes: tuple[str, ...]
) -> tuple[list[Item], object, tuple[str, ...]]:
    tools = tuple(tool for tool in call.request.tools if tool.name == name)
    filtered = call.endpoint.quirks.named_tool_choice == "filter"
    if "function" in takes and not filtered:
        choice = {"type": "function", "function": {"name": name}}
        return _items(call, call.request.tools), choice, ()
    return _required(call, tools or call.request.tools, takes)


def _items(call: ModelCall, tools: tuple[Tool, ...]) -> list[Item]:
    rules = call.endpoint.quirks.schema_rules
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": cleaned(tool.parameters, rules),
            },
        }
        for tool in tools
    ]
