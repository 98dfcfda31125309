"""A conversation as the `messages` of the anthropic-messages wire.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence

from zot.adapters.codecs._anthropic_blocks import BLOCK
from zot.domain.error import RequestRejected
from zot.domain.message import (
    Author,
    Document,
    Image,
    Message,
    Part,
    State,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from zot.domain.request import ModelCall
from zot.domain.transform import Rules, adapt

TOOL_ID = "[a-zA-Z0-9_-]{1,64}"
_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_SAME = {"image/jpg": "image/jpeg"}

Fields = dict[str, object]


def rules(call: ModelCall) -> Rules:
    """Return what the wire, and this endpoint, take of a conversation."""
    quirks, model = call.endpoint.quirks, call.model
    return Rules(
        tool_id=quirks.tool_id_pattern or TOOL_ID,
        tool_id_max=quirks.tool_id_max,
        images=quirks.images != "no" or (model.listed and "image" in model.inputs),
        unsigned_thinking=quirks.unsigned_thinking,
        system_inside=False,
    )


def adapted(call: ModelCall) -> tuple[Message, ...]:
    """Return the conversation of a call as this wire takes it."""
    target = Author(call.profile.id, call.wire, call.model.id)
    return adapt(call.request.messages, target, rules(call))


def conversation(call: ModelCall) -> tuple[list[Fields], list[Fields]]:
    """Return the blocks of the system prompt, and the turns."""
    system = [call.request.system] if call.request.system else []
    turns: list[tuple[str, list[Fields]]] = []
    for message in adapted(call):
        if message.role == "system":
            system.append(message.text)
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message.parts)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    if turns and turns[-1][0] == "assistant":
        _trimmed(turns[-1][1])
    written: list[Fields] = [{"role": role, "content": blocks} for role, blocks in turns]
    return [_text(text) for text in system if text.strip()], written


def mark_for_cache(
    system: Sequence[Fields], tools: Sequence[Fields], turns: Sequence[Fields], most: int
) -> None:
    """Put at most so many breakpoints behind what stays the same from turn to turn.

    https://platform.claude.com/docs/en/build-with-claude/prompt-caching: after the system
    prompt, after the tools, and after the last turn of the user, which is the beginning of
    the next request.
    """
    user = next((turn["content"] for turn in reversed(turns) if turn["role"] == "user"), None)
    last = user[-1:] if isinstance(user, list) else []
    for block in [*last, *system[-1:], *tools[-1:]][:most]:
        block["cache_control"] = {"type": "ephemeral"}


def _blocks(parts: Iterable[Part]) -> list[Fields]:
    return [block for part in parts if (block := _block(part)) is not None]


def _block(part: Part) -> Fields | None:
    match part:
        case Text(text, state):
            return _said(text, state or {})
        case Thinking(text, state):
            return _thought(text, state or {})
        case Image():
            return {"type": "image", "source": _image(part)}
        case Document():
            return _document(part)
        case ToolCall(call_id, name, arguments, state):
            call: Fields = {"id": call_id, "name": name, "input": dict(arguments)}
            return {"type": "tool_use", **call, **(state or {})}
        case ToolResult(call_id, content, error):
            result: Fields = {"type": "tool_result", "tool_use_id": call_id}
            if content:
                result["content"] = _blocks(content)
            return {**result, "is_error": True} if error else result


def _said(text: str, state: State) -> Fields | None:
    if isinstance(raw := state.get(BLOCK), dict):
        return dict(raw)
    if not text.strip():
        return None  # refused: https://platform.claude.com/docs/en/api/errors
    if cited := state.get("citations"):
        return {**_text(text), "citations": cited}
    return _text(text)


def _thought(text: str, state: State) -> Fields:
    """Return thinking exactly as it came: it is checked against its signature."""
    if data := state.get("redacted"):
        return {"type": "redacted_thinking", "data": data}
    return {"type": "thinking", "thinking": text, "signature": state.get("signature", "")}


def _image(part: Image) -> Fields:
    """https://platform.claude.com/docs/en/build-with-claude/vision."""
    if part.url.startswith("data:"):
        head, _, data = part.url[5:].partition(",")
        return {"type": "base64", "media_type": head.removesuffix(";base64"), "data": data}
    if part.url:
        return {"type": "url", "url": part.url}
    kind = _SAME.get(part.media_type, part.media_type)
    if kind not in _IMAGES:
        raise RequestRejected(
            f"a picture of the type `{kind or 'unknown'}` cannot be sent here",
            hint="JPEG, PNG, GIF and WebP can",
        )
    return {"type": "base64", "media_type": kind, "data": b64encode(part.data).decode()}


def _document(part: Document) -> Fields:
    """https://platform.claude.com/docs/en/build-with-claude/pdf-support."""
    if part.media_type == "application/pdf":
        data = b64encode(part.data).decode()
        source = {"type": "base64", "media_type": part.media_type, "data": data}
    elif part.media_type.startswith("text/") or part.media_type == "application/json":
        text = part.data.decode(errors="replace")
        source = {"type": "text", "media_type": "text/plain", "data": text}
    else:
        raise RequestRejected(
            f"a document of the type `{part.media_type or 'unknown'}` cannot be sent here",
            hint="PDF and plain text can",
        )
    titled = {"title": part.name} if part.name else {}
    return {"type": "document", "source": source, **titled}


def _text(text: str) -> Fields:
    return {"type": "text", "text": text}


def _trimmed(blocks: Sequence[Fields]) -> None:
    """Remove white space at the end of an answer that is to be continued: it is refused.

    https://platform.claude.com/docs/en/build-with-claude/working-with-messages#putting-words-in-claudes-mouth
    """
    if blocks and isinstance(text := blocks[-1].get("text"), str):
        blocks[-1]["text"] = text.rstrip()
