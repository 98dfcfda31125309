"""Declared departures from a wire's norm: data, read by the codec of the wire.

A field that ends in `_models` holds globs of model ids. The values of the shipped providers
stand in `adapters/catalogs/providers.toml`, each with its vendor source.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

Globs = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quirks:
    """How an endpoint departs from the wire it serves; the defaults are the wire's norm."""

    # limits
    max_tokens_field: str = "max_tokens"
    max_tokens_required: bool = False
    min_max_tokens: int | None = None
    temperature_above: float | None = None
    temperature_max: float | None = None
    fixed_sampling: str = ""  # "reasoning": a model that reasons takes no temperature
    fixed_sampling_models: Globs = ()

    # reasoning, asked for
    thinking_format: str = "none"
    reasoning_effort: bool | str = False  # or "per-model", "listed"
    reasoning_efforts: tuple[str, ...] = ()
    reasoning_effort_models: Globs = ()
    no_reasoning_effort_models: Globs = ()
    tools_need_no_effort_models: Globs = ()
    thinking_field_models: Globs = ()
    thinking_on_only_models: Globs = ()
    thinking_off_default_models: Globs = ()
    thinking_keep_models: Globs = ()
    thinking_budget_field: str = ""
    keep_thinking: bool = False
    reasoning_format: str = ""
    prompt_mode_models: Globs = ()
    reasoning_drops: tuple[str, ...] = ()

    # reasoning, answered and replayed
    reasoning_in: tuple[str, ...] = ()
    reasoning_replay: str = "none"
    reasoning_details_replay: bool = False
    reasoning_required_on_replay: bool = False
    no_reasoning_replay_models: Globs = ()
    tag_replay_models: Globs = ()
    think_tags: bool = False
    unsigned_thinking: bool = False

    # tools
    tool_choice: tuple[str, ...] = ("auto", "none", "required", "function")
    tool_choice_required: str = "required"
    named_tool_choice: str = ""  # "filter": offer only the named tool
    named_tool_choice_models: Globs = ()
    auto_tool_choice_models: Globs = ()
    no_tool_choice_models: Globs = ()
    tool_id_pattern: str = ""
    tool_id_max: int | None = None
    short_tool_id_models: Globs = ()
    tool_call_id_models: Globs = ()
    strict_tools: bool | str = False  # or "per-model"
    no_strict_models: Globs = ()
    schema_rules: tuple[str, ...] = ()
    strict_schema_rules: tuple[str, ...] = ()
    parallel_tool_calls_field: str = "parallel_tool_calls"

    # messages
    developer_role: bool = False
    images: str = "per-model"
    image_formats: tuple[str, ...] = ()
    image_url: str = "object"
    assistant_prefix: bool = False
    drop_empty_assistant: bool = False
    cache_control_models: Globs = ()
    max_cache_breakpoints: int | None = None

    # the body and the headers
    store: bool = False
    send_store: bool | None = None
    stream_usage: bool = True
    seed_field: str = "seed"
    never_send: tuple[str, ...] = ()
    model_in_body: bool = True
    body_version: str = ""
    betas: bool = False
    identity_headers: tuple[str, ...] = ()
    initiator_header: str = ""
    vision_header: str = ""
    silent_overflow: bool = False


def any_match(globs: Globs, model_id: str) -> bool:
    """Tell whether a model id matches one of the globs."""
    return any(fnmatchcase(model_id, glob) for glob in globs)
