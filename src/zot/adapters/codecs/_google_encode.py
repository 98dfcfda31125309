"""A call as the request of the google wires."""

from __future__ import annotations

from zot.adapters.codecs._google_plan import declared, plan
from zot.adapters.codecs._google_turns import conversation
from zot.domain.request import ModelCall

Fields = dict[str, object]


def body(call: ModelCall) -> Fields:
    """Return the JSON of the request; the stable part comes first.

    https://ai.google.dev/api/generate-content; what stays the same is cached by itself
    (https://ai.google.dev/gemini-api/docs/caching).
    """
    planned = plan(call)
    system, contents = conversation(call)
    fields: Fields = {
        "systemInstruction": {"parts": system} if system else None,
        "tools": [{"functionDeclarations": declared(call, planned.tools)}] if planned.tools else [],
        "toolConfig": {"functionCallingConfig": planned.calling} if planned.calling else None,
        "contents": contents,
        "generationConfig": planned.config,
    }
    never = call.endpoint.quirks.never_send
    return {k: v for k, v in fields.items() if v not in (None, [], {}) and k not in never}
