"""What a model cannot take is dropped, and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from zot.domain.message import Document, Image, Message, Part, Text, ToolResult
from zot.domain.model import ModelSpec
from zot.domain.request import EFFORTS, ChatRequest, Effort

Keep = Callable[[Part], Part]


def fit(request: ChatRequest, model: ModelSpec) -> tuple[ChatRequest, tuple[str, ...]]:
    """Return the request as this model can take it, and a notice for each thing dropped.

    Only what the catalog is sure of is dropped; a model it does not list gets everything.
    """
    notices: list[str] = []
    if model.tools is False and request.tools:
        notices.append(f"`{model.id}` takes no tools; they are left out")
        request = replace(request, tools=(), tool_choice=None)
    if request.schema is not None and model.structured is False:
        notices.append(f"`{model.id}` does not promise to follow a schema; it is sent as asked")
    if request.reasoning is not None:
        request = replace(request, reasoning=_reasoning(request.reasoning, model, notices))
    if (
        request.max_tokens is not None
        and model.max_output
        and request.max_tokens > model.max_output
    ):
        notices.append(f"`{model.id}` answers at most {model.max_output} tokens; asking for that")
        request = replace(request, max_tokens=model.max_output)
    if model.listed:
        request = _inputs(request, model, notices)
    return request, tuple(notices)


def _reasoning(level: Effort, model: ModelSpec, notices: list[str]) -> Effort | None:
    if model.reasoning is False:
        if level != "off":
            notices.append(f"`{model.id}` does not reason; --reasoning {level} is left out")
        return None
    if level == "off" and model.can_disable_reasoning is False:
        notices.append(f"`{model.id}` cannot stop reasoning; --reasoning off is left out")
        return None
    if model.reasoning_styles == ("fixed",) and level != "off":
        notices.append(f"`{model.id}` sets its own reasoning; --reasoning {level} is left out")
        return None
    offered = [word for word in EFFORTS if word in model.efforts]
    if level == "off" or not offered or level in offered:
        return level
    nearest = nearest_effort(level, offered)
    notices.append(f"`{model.id}` has no reasoning level {level}; using {nearest}")
    return nearest


def nearest_effort(level: Effort, offered: list[Effort]) -> Effort:
    """Return the offered level that is nearest to the one asked for; ties go up."""
    rank = EFFORTS.index(level)
    return min(offered, key=lambda word: (abs(EFFORTS.index(word) - rank), -EFFORTS.index(word)))


def _inputs(request: ChatRequest, model: ModelSpec, notices: list[str]) -> ChatRequest:
    blind = "image" not in model.inputs
    unread = "pdf" not in model.inputs
    dropped: set[str] = set()

    def keep(part: Part) -> Part:
        if isinstance(part, Image) and blind:
            dropped.add("images")
            return Text("[an image that this model cannot see]")
        if isinstance(part, Document) and unread:
            dropped.add("documents")
            return Text(f"[a document that this model cannot read: {part.name or 'unnamed'}]")
        if isinstance(part, ToolResult):
            content = tuple(
                kept for kept in map(keep, part.content) if isinstance(kept, Text | Image)
            )
            return replace(part, content=content)
        return part

    messages = (
        tuple(_kept(message, keep) for message in request.messages) if blind or unread else ()
    )
    if not dropped:
        return request
    notices.extend(f"`{model.id}` cannot see {what}; they are left out" for what in sorted(dropped))
    return replace(request, messages=messages)


def _kept(message: Message, keep: Keep) -> Message:
    return replace(message, parts=tuple(map(keep, message.parts)))
