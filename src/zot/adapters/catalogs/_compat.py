"""`compat` and `quirks` of models.json as departures of the domain.

The switches are those of a sibling program
(https://github.com/badlogic/pi-mono, packages/coding-agent/docs/models.md); `quirks` holds
zot's own names, those of `zot.domain.quirks.Quirks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, create_model
from pydantic.alias_generators import to_camel

from zot.adapters.catalogs._rules import Wrong
from zot.domain.quirks import Quirks

CHAT = ("openai-chat",)
OPENAI = ("openai-chat", "openai-responses")
ANTHROPIC = ("anthropic-messages",)
ANY = (*OPENAI, *ANTHROPIC)

Thinking = Literal[
    "openai",
    "openrouter",
    "together",
    "deepseek",
    "moonshot",
    "zai",
    "groq",
    "mistral",
    "qwen",
    "qwen-chat-template",
    "chat-template",
    "baseten",
    "string-thinking",
    "ant-ling",
]
_SPOKEN = frozenset({"openai", "openrouter", "together", "deepseek", "moonshot", "zai"})
_SPOKEN_ALSO = frozenset({"groq", "mistral"})


class Compat(BaseModel):
    """Switches of a sibling program; those that zot has no use for are read and named."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )

    supports_store: bool = False
    supports_developer_role: bool = False
    supports_reasoning_effort: bool = False
    supports_usage_in_streaming: bool = False
    supports_finish_reason: bool = False
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    requires_tool_result_name: bool = False
    requires_assistant_after_tool_result: bool = False
    requires_thinking_as_text: bool = False
    requires_reasoning_content_on_assistant_messages: bool = False
    thinking_format: Thinking = "openai"
    chat_template_kwargs: dict[str, Any] = {}
    chat_template_args: dict[str, Any] = {}
    thinking_token_budget_field: str = ""
    cache_control_format: Literal["anthropic"] = "anthropic"
    send_session_affinity_headers: bool = False
    session_affinity_format: str = ""
    supports_strict_mode: bool = False
    supports_long_cache_retention: bool = False
    deferred_tools_mode: str = ""
    open_router_routing: dict[str, Any] = {}
    vercel_gateway_routing: dict[str, Any] = {}
    zai_tool_stream: bool = False
    supports_eager_tool_input_streaming: bool = False
    supports_cache_control_on_tools: bool = False
    force_adaptive_thinking: bool = False
    allow_empty_signature: bool = False
    supports_strict_tools: bool = False
    supports_temperature: bool = False
    supports_mid_convo_system_messages: bool = False
    supports_open_ai_grammar_tools: Annotated[bool, Field(alias="supportsOpenAIGrammarTools")] = (
        False
    )


@dataclass(frozen=True, slots=True)
class Switches:
    """What `compat` and `quirks` come to: values for each wire, and what has no effect."""

    by_wire: Mapping[str, Mapping[str, Any]]
    adaptive: bool | None
    ignored: tuple[str, ...]

    def of(self, wire: str) -> Mapping[str, Any]:
        """Return the departures on one wire."""
        return self.by_wire.get(wire, {})


Rule = tuple[tuple[str, ...], Callable[[Any], Mapping[str, Any]]]


def _thinking(value: Any) -> Mapping[str, Any]:
    return {"thinking_format": value if value in _SPOKEN | _SPOKEN_ALSO else "none"}


_RULES: Mapping[str, Rule] = {
    "supports_store": (OPENAI, lambda on: {"store": on}),
    "supports_developer_role": (OPENAI, lambda on: {"developer_role": on}),
    "supports_reasoning_effort": (OPENAI, lambda on: {"reasoning_effort": on}),
    "supports_usage_in_streaming": (CHAT, lambda on: {"stream_usage": on}),
    "max_tokens_field": (CHAT, lambda name: {"max_tokens_field": name}),
    "requires_thinking_as_text": (
        CHAT,
        lambda on: {"reasoning_replay": "tags"} if on else {},
    ),
    "requires_reasoning_content_on_assistant_messages": (
        CHAT,
        lambda on: (
            {"reasoning_replay": "reasoning_content", "reasoning_required_on_replay": True}
            if on
            else {"reasoning_required_on_replay": False}
        ),
    ),
    "thinking_format": (CHAT, _thinking),
    "thinking_token_budget_field": (CHAT, lambda name: {"thinking_budget_field": name}),
    "cache_control_format": (CHAT, lambda _: {"cache_control_models": ("*",)}),
    "supports_strict_mode": (OPENAI, lambda on: {"strict_tools": on}),
    "supports_strict_tools": (ANTHROPIC, lambda on: {"strict_tools": on}),
    "allow_empty_signature": (ANTHROPIC, lambda on: {"unsigned_thinking": on}),
    "supports_temperature": (
        ANTHROPIC,
        lambda on: {"fixed_sampling_models": () if on else ("*",)},
    ),
}


def _exact(kind: Any) -> Callable[[Any], Any]:
    """Return a check for one field of `Quirks`, whose type may be a choice of two."""
    if kind == tuple[str, ...]:

        def texts(value: Any) -> tuple[str, ...]:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise Wrong("has to be a list of texts")
            return tuple(value)

        return texts
    kinds = tuple(k for k in get_args(kind) or (kind,) if k is not type(None))

    def one(value: Any) -> Any:
        if type(value) in kinds or (float in kinds and type(value) is int):
            return value
        raise Wrong(f"has to be {' or '.join(_NAMES[k] for k in kinds)}")

    return one


_NAMES = {bool: "true or false", str: "text", int: "a whole number", float: "a number"}
_JSON = {bool: "boolean", str: "string", int: "integer", float: "number"}


def _as_json(kind: Any) -> dict[str, Any]:
    if get_origin(kind) is tuple:
        return {"type": "array", "items": {"type": "string"}}
    types = [_JSON[k] for k in get_args(kind) or (kind,) if k is not type(None)]
    return {"type": types[0] if len(types) == 1 else types}


def _quirk_fields() -> type[BaseModel]:
    hints = get_type_hints(Quirks)
    made: dict[str, Any] = {
        field.name: (
            Annotated[
                Any,
                AfterValidator(_exact(hints[field.name])),
                WithJsonSchema(_as_json(hints[field.name])),
            ],
            None,
        )
        for field in fields(Quirks)
    }
    settings = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)
    model: type[BaseModel] = create_model("QuirkFields", __config__=settings, **made)
    model.__doc__ = "Departures from a wire's norm, by the names that zot uses itself."
    return model


if TYPE_CHECKING:

    class QuirkFields(BaseModel):
        """Departures from a wire's norm, by the names that zot uses itself."""

else:
    QuirkFields = _quirk_fields()


def switches(compat: Compat, quirks: BaseModel, wires: tuple[str, ...]) -> Switches:
    """Return what the switches that were set mean on each of the wires.

    `quirks` holds for the first wire, as the quirks of a shipped row do.
    """
    by_wire: dict[str, dict[str, Any]] = {wire: {} for wire in wires}
    ignored: list[str] = []
    for name in sorted(compat.model_fields_set):
        value = getattr(compat, name)
        if name == "force_adaptive_thinking":
            continue
        reach, rule = _RULES.get(name, ((), lambda _: {}))
        touched = [wire for wire in wires if wire in reach]
        for wire in touched:
            by_wire[wire].update(rule(value))
        if not touched or (name == "thinking_format" and _thinking(value) != {name: value}):
            ignored.append(f"compat/{Compat.model_fields[name].alias or to_camel(name)}")
    for name in quirks.model_fields_set:
        by_wire[wires[0]][name] = getattr(quirks, name)
    adaptive = None
    if "force_adaptive_thinking" in compat.model_fields_set:
        adaptive = compat.force_adaptive_thinking
    return Switches(by_wire, adaptive, tuple(ignored))
