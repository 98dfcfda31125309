"""What Groq sends, in its own words; written by hand after recordings of 2026."""

from __future__ import annotations

import json
from typing import Any

from tests.replay import Answer, document, events

MODEL = "llama-3.3-70b-versatile"
REQUEST_ID = "req_01kh52nj5yfcat8hrmvrk2j2hj"
HEADERS = (
    ("content-type", "text/event-stream"),
    ("x-request-id", REQUEST_ID),
    ("cf-ray", "9cc25ca7d0c2-FRA"),
    ("x-ratelimit-remaining-tokens", "11973"),
)
USAGE = {
    "queue_time": 0.041520249,
    "prompt_tokens": 36,
    "prompt_time": 0.010407901,
    "completion_tokens": 3,
    "completion_time": 0.046601227,
    "total_tokens": 39,
    "total_time": 0.057009128,
}
COST = (36 * 0.59 + 3 * 0.79) / 1_000_000
TOOL = {
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one piece of an answer."""
    return {
        "id": "chatcmpl-b610d559-f156-4aca-8827-24b4fe6af54f",
        "object": "chat.completion.chunk",
        "created": 1770770843,
        "model": MODEL,
        "system_fingerprint": "fp_f8b414701e",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        **more,
    }


FIRST = chunk({"role": "assistant", "content": ""}, x_groq={"id": REQUEST_ID, "seed": 689520654})
LAST = chunk({}, "stop", x_groq={"id": REQUEST_ID, "usage": USAGE}, usage=USAGE)


def stream(*texts: str) -> bytes:
    """Return the body of a streamed answer that says these pieces of text."""
    return events(FIRST, *(chunk({"content": text}) for text in texts), LAST)


def saying(*texts: str, **fields: Any) -> Answer:
    """Return a streamed answer that says these pieces of text."""
    return Answer(headers=HEADERS, body=stream(*texts), **fields)


def calling(**arguments: str) -> Answer:
    """Return a streamed answer that calls the weather tool, its arguments in two pieces."""
    text = json.dumps(arguments)
    body = events(
        FIRST,
        chunk({"tool_calls": [_call("tk85n1k4m", "weather", text[:5])]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": text[5:]}}]}),
        chunk({}, "tool_calls", x_groq={"id": REQUEST_ID, "usage": USAGE}),
    )
    return Answer(headers=HEADERS, body=body)


def _call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {
        "index": 0,
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def refusing(status: int, message: str, code: str, *headers: tuple[str, str]) -> Answer:
    """Return a refusal in Groq's shape."""
    kind = "invalid_request_error"
    answer = document({"error": {"message": message, "type": kind, "code": code}}, status)
    return Answer(status, (*answer.headers, *headers), answer.body, length=True)


BAD_KEY = refusing(401, "Invalid API Key", "invalid_api_key")
