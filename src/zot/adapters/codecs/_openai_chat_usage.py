"""Token counts of the openai-chat wire, from wherever they hide into disjoint buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zot.domain.usage import Usage

_READ = (
    "prompt_cache_hit_tokens",  # https://api-docs.deepseek.com/guides/kv_cache
    "cached_tokens",  # https://platform.moonshot.ai/docs/api/chat
    "num_cached_tokens",
)


def counts_in(chunk: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield every report of usage in a chunk: at the top, in `x_groq`, in a choice."""
    if isinstance(usage := chunk.get("usage"), dict):
        yield usage
    if isinstance(groq := chunk.get("x_groq"), dict) and isinstance(groq.get("usage"), dict):
        yield groq["usage"]
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(first, dict) and isinstance(usage := first.get("usage"), dict):
        yield usage  # https://platform.moonshot.ai/docs/api/chat


def buckets(reported: Mapping[str, object]) -> Usage:
    """Return disjoint counts; what is not reported stays None.

    Cache reads and writes are taken out of the prompt. Reasoning is part of the output;
    it is added where the total shows that the vendor counts it beside
    (https://docs.x.ai/docs/guides/reasoning).
    """
    inside = _object(reported.get("prompt_tokens_details"))
    details = _object(reported.get("completion_tokens_details"))
    prompt = _count(reported.get("prompt_tokens"))
    output = _count(reported.get("completion_tokens"))
    # gateways fill the two names of Anthropic with 0 whether or not the model can cache
    read = _first(
        inside.get("cached_tokens"),
        *(reported.get(name) for name in _READ),
        reported.get("cache_read_input_tokens") or None,
    )
    written = _first(
        inside.get("cache_write_tokens"), reported.get("cache_creation_input_tokens") or None
    )
    reasoning = _first(details.get("reasoning_tokens"), reported.get("reasoning_tokens"))
    if output is not None and reasoning and _beside(reported, prompt or 0, output, reasoning):
        output += reasoning
    fresh = None if prompt is None else max(0, prompt - (read or 0) - (written or 0))
    return Usage(fresh, output, read, written, reasoning)


def _beside(reported: Mapping[str, object], prompt: int, output: int, reasoning: int) -> bool:
    total = _count(reported.get("total_tokens"))
    if total is None:
        return reasoning > output
    return total == prompt + output + reasoning


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**53 else None


def _first(*values: object) -> int | None:
    return next((count for count in map(_count, values) if count is not None), None)
