"""How a program shapes a request: one set of keywords for every method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from zot.domain.error import UsageError
from zot.domain.message import Message, Tool
from zot.domain.request import EFFORTS, ChatOrder, ChatRequest, Effort

Prompt = str | Message | Sequence[Message]


class Options(TypedDict, total=False):
    """Keywords of `complete`, `stream` and `prepare`.

    `model` is `provider/model-id`, or the bare id beside `provider`. `tool_choice` is
    `auto`, `none`, `required` or a tool's name; `schema` a JSON Schema that the answer has
    to fit; `max_tokens` counts output tokens; `cache=False` asks for no prompt caching.
    """

    model: str | None
    provider: str | None
    system: str | None
    tools: Iterable[Tool]
    tool_choice: str | None
    reasoning: Effort | None
    max_tokens: int | None
    temperature: float | None
    schema: Mapping[str, object] | None
    stop: Iterable[str]
    cache: bool


def order_from(prompt: Prompt, options: Options, *, stream: bool) -> ChatOrder:
    """Return the order that a program's arguments make; raises `UsageError` for nonsense."""
    if isinstance(prompt, str):
        messages: tuple[Message, ...] = (Message.user(prompt),)
    else:
        messages = (prompt,) if isinstance(prompt, Message) else tuple(prompt)
    if not messages:
        raise UsageError("there is no message to send")
    reasoning = options.get("reasoning")
    if reasoning is not None and reasoning not in EFFORTS:
        raise UsageError(f"no reasoning level `{reasoning}`", hint=f"one of {', '.join(EFFORTS)}")
    if unknown := options.keys() - Options.__annotations__.keys():
        raise UsageError(f"no such keyword: {', '.join(sorted(unknown))}")
    request = ChatRequest(
        messages,
        system=options.get("system"),
        tools=tuple(options.get("tools") or ()),
        tool_choice=options.get("tool_choice"),
        reasoning=reasoning,
        max_tokens=options.get("max_tokens"),
        temperature=options.get("temperature"),
        schema=options.get("schema"),
        stop=tuple(options.get("stop") or ()),
        cache=options.get("cache", True),
    )
    return ChatOrder(request, options.get("model"), options.get("provider"), stream=stream)
