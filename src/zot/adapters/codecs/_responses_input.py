"""A conversation as the `input` of the openai-responses wire.

https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence

from zot.adapters.codecs._json import dump
from zot.adapters.codecs._responses_calls import CUSTOM
from zot.adapters.codecs._responses_items import ITEM
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

CALL_ID = "[a-zA-Z0-9_-]{1,64}"
_ITEM_ID = re.compile(r"(?:fc|ctc|msg)_[a-zA-Z0-9_-]{1,60}")
_IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
_SAME = {"image/jpg": "image/jpeg"}

Fields = dict[str, object]


def conversation(call: ModelCall, *, instructions: bool) -> tuple[str, list[Fields]]:
    """Return the instructions, and the items of the conversation.

    Where the endpoint takes none in a field of their own they are the first item, and the
    text is empty. Where it does it refuses the role `system`.
    """
    developer = instructions or (call.endpoint.quirks.developer_role and call.model.reasoning)
    role = "developer" if developer else "system"
    target = Author(call.profile.id, call.wire, call.model.id)
    messages = adapt(call.request.messages, target, _rules(call))
    begun = 0
    said = [call.request.system] if call.request.system else []
    if instructions:
        while begun < len(messages) and messages[begun].role == "system":
            said.append(messages[begun].text)
            begun += 1
    items: list[Fields] = []
    if said and not instructions:
        items.append({"role": role, "content": said.pop()})
    writer = _Writer(call, role)
    for message in messages[begun:]:
        items.extend(writer.items(message))
    return "\n\n".join(said), items


def _rules(call: ModelCall) -> Rules:
    """Return what the wire takes: results with pictures, and instructions anywhere."""
    quirks, model = call.endpoint.quirks, call.model
    return Rules(
        tool_id=quirks.tool_id_pattern or CALL_ID,
        tool_id_max=quirks.tool_id_max,
        images=quirks.images != "no" or (model.listed and "image" in model.inputs),
    )


class _Writer:
    """Write one message after the other, with what they share."""

    def __init__(self, call: ModelCall, system_role: str) -> None:
        quirks = call.endpoint.quirks
        self._system_role = system_role
        self._stored = bool(quirks.store and quirks.send_store)
        self._formats = quirks.image_formats or _IMAGES
        self._custom: set[str] = set()  # the calls of custom tools

    def items(self, message: Message) -> list[Fields]:
        if message.role == "assistant":
            return self._answer(message.parts)
        if message.role == "tool":
            return [self._result(part) for part in message.parts if isinstance(part, ToolResult)]
        content = [each for part in message.parts if (each := self._part(part)) is not None]
        role = self._system_role if message.role == "system" else "user"
        return [{"role": role, "content": _plain(content)}] if content else []

    def _answer(self, parts: Sequence[Part]) -> list[Fields]:
        """Return the items of a turn of the model.

        Thinking stands directly before what it led to, or the request is refused; without
        it, what it led to must not be known by its id.
        """
        items: list[Fields] = []
        whole = True
        for part in parts:
            match part:
                case Thinking(_, state):
                    thought = _thought(state or {}, stored=self._stored)
                    whole = whole and thought is not None
                    items.extend([thought] if thought else [])
                case Text(text, state):
                    items.extend(_said(text, state or {}, known=whole))
                case ToolCall():
                    items.append(self._call(part, known=whole))
        while items and items[-1].get("type") == "reasoning":
            items.pop()
        return items

    def _call(self, part: ToolCall, *, known: bool) -> Fields:
        state = part.state or {}
        custom = state.get("type") == CUSTOM
        if custom:
            self._custom.add(part.id)
        return {
            "type": CUSTOM if custom else "function_call",
            "call_id": part.id,
            "name": part.name,
            "input" if custom else "arguments": dump(dict(part.arguments)),
            **_extras(state, known=known),
        }

    def _result(self, part: ToolResult) -> Fields:
        kind = f"{CUSTOM if part.call_id in self._custom else 'function_call'}_output"
        written = [each for piece in part.content if (each := self._part(piece)) is not None]
        output = _plain(written) or "(empty)"
        if part.error:  # the wire has no other way to say so
            output = f"error: {output}" if isinstance(output, str) else [_text("error:"), *output]
        return {"type": kind, "call_id": part.call_id, "output": output}

    def _part(self, part: Part) -> Fields | None:
        match part:
            case Text(text):
                return _text(text) if text else None
            case Image():
                return {"type": "input_image", "detail": "auto", "image_url": self._image(part)}
            case Document():
                return _document(part)
            case _:
                return None

    def _image(self, part: Image) -> str:
        """https://platform.openai.com/docs/guides/images-vision#image-input-requirements."""
        if part.url:
            return part.url
        kind = _SAME.get(part.media_type, part.media_type)
        if kind not in self._formats:
            names = ", ".join(name.rpartition("/")[2].upper() for name in self._formats)
            raise RequestRejected(
                f"a picture of the type `{kind or 'unknown'}` cannot be sent here",
                hint=f"these can: {names}",
            )
        return _data_url(kind, part.data)


def _thought(state: State, *, stored: bool) -> Fields | None:
    """Return the item that the thinking came as, None where it cannot be sent back.

    The provider keeps nothing, so only an item that holds the thinking itself is of use
    (https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items). The
    back end of Codex wants a `summary` even if it is empty.
    """
    item = state.get(ITEM)
    if not isinstance(item, Mapping):
        return None
    if stored or item.get("encrypted_content") or item.get("content"):
        return {**item, "summary": item.get("summary") or []}
    return None


def _said(text: str, state: State, *, known: bool) -> list[Fields]:
    if isinstance(item := state.get(ITEM), Mapping):
        return [dict(item)]
    if not text.strip():
        return []
    extras = _extras(state, known=known)
    cited = extras.pop("annotations", [])
    message: Fields = {"type": "message", "role": "assistant"}
    if "id" not in extras:  # a plain string would do at the vendor, but not at every server
        return [{**message, "content": [{"type": "output_text", "text": text}], **extras}]
    content: Fields = {"type": "output_text", "text": text, "annotations": cited}
    message["status"] = "completed"
    return [{**message, "content": [content], **extras}]


def _extras(state: State, *, known: bool) -> Fields:
    """Return what an item brought with it; an id only where the provider can know it."""
    extras = dict(state)
    own_id = extras.get("id")
    if not known or not isinstance(own_id, str) or not _ITEM_ID.fullmatch(own_id):
        extras.pop("id", None)
    return extras


def _document(part: Document) -> Fields:
    """https://platform.openai.com/docs/guides/pdf-files."""
    name = part.name or "document.pdf"
    if part.media_type.startswith("text/") or part.media_type == "application/json":
        return _text(f"{name}:\n\n{part.data.decode(errors='replace')}")
    data = _data_url(part.media_type, part.data)
    return {"type": "input_file", "filename": name, "file_data": data}


def _plain(content: list[Fields]) -> str | list[Fields]:
    """Return the text itself where there is nothing else: every server takes that."""
    if not content:
        return ""
    if len(content) == 1 and content[0]["type"] == "input_text":
        return str(content[0]["text"])
    return content


def _text(text: str) -> Fields:
    return {"type": "input_text", "text": text}


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"
