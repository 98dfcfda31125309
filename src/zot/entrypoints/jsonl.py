"""Values as JSON objects, under the names of the public contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import assert_never

from zot.domain.credential import Look, Place
from zot.domain.error import ZotError
from zot.domain.event import (
    End,
    Notice,
    Start,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from zot.domain.precedence import Resolution

Json = dict[str, object]


def line(value: Mapping[str, object]) -> str:
    """Return one JSON object on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def event(value: StreamEvent) -> Json:
    """Return an event as the object that `--json` prints."""
    match value:
        case TextDelta(text, block) | ThinkingDelta(text, block):
            return {"type": value.type, "text": text, "block": block}
        case ToolCallStart(block, call_id, name):
            return {"type": value.type, "block": block, "id": call_id, "name": name}
        case ToolCallDelta(block, piece):
            return {"type": value.type, "block": block, "json": piece}
        case ToolCallEnd(block, call_id, name, arguments):
            return {
                "type": value.type,
                "block": block,
                "id": call_id,
                "name": name,
                "arguments": arguments,
            }
        case Notice(text):
            return {"type": value.type, "text": text}
        case Start(provider, model, request_id, place, _):
            return {
                "type": value.type,
                "provider": provider,
                "model": model,
                "request_id": request_id,
                "credential": credential(place),
            }
        case End(reason, raw, usage):
            return {
                "type": value.type,
                "stop_reason": reason,
                "raw_stop_reason": raw,
                "usage": asdict(usage),
            }
        case _:
            assert_never(value)


def error(value: ZotError) -> Json:
    """Return an error as the last event of a stream that failed."""
    return {
        "type": "error",
        "slug": value.slug,
        "message": value.message,
        "hint": value.hint,
        "status": value.status,
        "retry_after": value.retry_after,
        "retryable": value.retryable,
        **({"facts": list(value.facts)} if value.facts else {}),
        **({"code": value.code} if value.code else {}),
        **({"request_id": value.request_id} if value.request_id else {}),
    }


def credential(place: Place) -> Json:
    """Return the place of a credential."""
    return {"origin": place.origin.value, "detail": place.detail}


def resolution(value: Resolution, settings: Json | None = None) -> Json:
    """Return the trace of a search for a credential."""
    winner = value.winner
    return {
        "provider": value.provider,
        "credential": credential(winner.place) if winner else None,
        "places": [_look(look) for look in value.looks],
        "shadowed": [_look(look) for look in value.shadowed],
        "error": error(value.failure) if value.failure else None,
        "ways": list(value.ways),
        **(settings or {}),
    }


def _look(look: Look) -> Json:
    return {
        **credential(look.place),
        "where": str(look.place),
        "outcome": look.outcome,
        "note": look.note,
    }
