"""How an answer of the openai-chat wire ends, well or badly."""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs import _failure
from zot.domain.event import StopReason
from zot.domain.failure import Failure

_STOPS: Mapping[str, StopReason] = {
    "stop": "stop",
    "end": "stop",
    "eos": "stop",  # Together, Hugging Face
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",  # https://docs.mistral.ai/api/
    "model_context_window_exceeded": "length",  # https://docs.z.ai/api-reference/llm/chat-completion
    "tool_calls": "tool_calls",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",  # https://docs.z.ai/api-reference/llm/chat-completion
    "refusal": "refusal",
}
_FAILURES = frozenset(
    {
        "error",
        "network_error",  # https://docs.z.ai/api-reference/llm/chat-completion
        "insufficient_system_resource",  # https://api-docs.deepseek.com/api/create-chat-completion
    }
)
_MINIMAX = {  # https://platform.minimax.io/docs/api-reference/errorcode
    1002: 429,
    1004: 401,
    1008: 402,
    1026: 400,
    1027: 400,
    1039: 429,
    1041: 429,
    2013: 400,
    2049: 401,
    2056: 429,
}
_FILTERED = frozenset({1026, 1027})


def stop_reason(raw: str | None, *, calls: bool, refused: bool) -> StopReason:
    """Return why the answer ended; tool calls turn a plain stop into theirs."""
    reason = _STOPS.get((raw or "").lower(), "other")
    if reason == "stop" or raw is None:
        return "tool_calls" if calls else "refusal" if refused else reason
    return reason


def ended_badly(raw: str) -> bool:
    """Tell whether this finish reason is a failure in disguise."""
    return raw in _FAILURES


def refused_inside(chunk: Mapping[str, object]) -> Failure | None:
    """Return the error that stands in a chunk or a document of status 200."""
    if error := chunk.get("error"):
        return _failure.from_document({**_outer(chunk), "error": error})
    if (base := chunk.get("base_resp")) and isinstance(base, dict) and base.get("status_code"):
        return _minimax(base)
    choices = chunk.get("choices")
    if choices:
        first = choices[0] if isinstance(choices, list) else None
        if isinstance(first, dict) and (error := first.get("error")):
            return _failure.from_document({"error": error})
        return None
    if choices is None and _is_error(chunk):
        return _failure.from_document(dict(chunk))
    return None


def _outer(chunk: Mapping[str, object]) -> dict[str, object]:
    return {name: chunk[name] for name in ("code", "request_id", "status_code") if name in chunk}


def _is_error(chunk: Mapping[str, object]) -> bool:
    if chunk.get("object") == "error" or chunk.get("type") == "error":
        return True
    if chunk.get("detail") or chunk.get("errors"):
        return True
    return bool(chunk.get("message")) and ("code" in chunk or "type" in chunk)


def _minimax(base: Mapping[str, object]) -> Failure:
    code = base.get("status_code")
    number = code if isinstance(code, int) else 0
    kind = "content_filter" if number in _FILTERED else ""
    return Failure(_MINIMAX.get(number), str(base.get("status_msg") or ""), str(code), kind)
