"""Between zot's values and the chat dictionaries of the engine; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zot.domain.error import (
    ContextTooLong,
    ProviderFailed,
    RequestRejected,
    StreamBroken,
    ZotError,
)
from zot.domain.event import End, Start, StopReason, StreamEvent, TextDelta
from zot.domain.message import Document, Image, Message, Part, Text, ToolResult
from zot.domain.request import ModelCall
from zot.domain.usage import Usage

MAX_TOKENS = 256
"""Output tokens unless the request says otherwise: a model this small may never stop."""
_SAMPLING = {"temperature": 0.2, "top_p": 0.9, "repeat_penalty": 1.1}
_STOP_REASONS: Mapping[str, StopReason] = {"stop": "stop", "length": "length"}


def question(call: ModelCall) -> dict[str, Any]:
    """Return what the engine is asked; raises `RequestRejected` for anything but text."""
    request = call.request
    turns = [turn for message in request.messages if (turn := _turn(message))["content"]]
    if request.system:
        turns.insert(0, {"role": "system", "content": request.system})
    asked: dict[str, Any] = {
        "model": call.model.sent_id,
        "messages": turns,
        "stream": True,
        "max_tokens": request.max_tokens or MAX_TOKENS,
        **_SAMPLING,
    }
    if request.temperature is not None:
        asked["temperature"] = request.temperature
    if request.stop:
        asked["stop"] = list(request.stop)
    if request.schema is not None:
        schema = {"name": "answer", "schema": dict(request.schema), "strict": True}
        asked["response_format"] = {"type": "json_schema", "json_schema": schema}
    return asked


def _turn(message: Message) -> dict[str, str]:
    role = "user" if message.role == "tool" else message.role
    return {"role": role, "content": "\n".join(filter(None, map(_words, message.parts)))}


def _words(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case ToolResult(_, content):
            return "\n".join(filter(None, map(_words, content)))
        case Image() | Document():
            raise RequestRejected("the tiny built-in model reads text only")
        case _:
            return ""


class Answer:
    """The state of one answer: chunks in, events out, `Start` first."""

    def __init__(self, call: ModelCall) -> None:
        self._call = call
        self._started = False
        self._reason = ""
        self._usage = Usage()

    def feed(self, chunk: Mapping[str, Any]) -> list[StreamEvent]:
        """Take the next chunk; raises the error that it carries."""
        if "error" in chunk:
            raise _refusal(chunk["error"])
        events: list[StreamEvent] = []
        if not self._started:
            self._started = True
            events.append(Start(self._call.profile.id, self._call.model.id, chunk.get("id")))
        for choice in chunk.get("choices", ()):
            if text := choice.get("delta", {}).get("content"):
                events.append(TextDelta(text))
            self._reason = choice.get("finish_reason") or self._reason
        if usage := chunk.get("usage"):
            self._usage = _usage(usage)
        return events

    def close(self) -> End:
        """Say that no more chunks come; raises `StreamBroken` where the end was not seen."""
        if not self._reason:
            raise StreamBroken("the tiny built-in model broke off", hint="ask again")
        return End(_STOP_REASONS.get(self._reason, "other"), self._reason, self._usage)


def _usage(counts: Mapping[str, Any]) -> Usage:
    prompt, output = counts.get("prompt_tokens"), counts.get("completion_tokens")
    cached = (counts.get("prompt_tokens_details") or {}).get("cached_tokens")
    fresh = None if prompt is None else prompt - (cached or 0)
    return Usage(input_tokens=fresh, output_tokens=output, cache_read_tokens=cached)


def _refusal(said: Mapping[str, Any]) -> ZotError:
    error: ZotError
    if said.get("type") == "exceed_context_size_error":
        sizes = f"{said.get('n_prompt_tokens')} tokens, and {said.get('n_ctx')} fit"
        error = ContextTooLong(
            f"the conversation is too long for the tiny built-in model: {sizes}",
            hint="send less, or choose a model with a larger window (`zot models`)",
        )
    elif said.get("code") == 400:
        error = RequestRejected(f"the tiny built-in model cannot do this: {said.get('message')}")
    else:
        error = ProviderFailed(f"the tiny built-in model failed: {said.get('message')}")
    error.status = said.get("code")
    error.code = said.get("type")
    return error
