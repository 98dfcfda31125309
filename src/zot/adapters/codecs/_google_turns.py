"""A conversation as the `contents` of the google wires.

https://ai.google.dev/api/caching#Content
"""

from __future__ import annotations

import re
from base64 import b64encode

from zot.adapters.codecs._google_family import is_new
from zot.adapters.codecs._json import whole
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
from zot.domain.quirks import any_match
from zot.domain.request import ModelCall
from zot.domain.transform import Rules, adapt

PART = "part"
"""Under this name the state of an empty text holds a part that zot has no kind for."""
SIGNATURE = "signature"
ID = "id"
STAND_IN = "skip_thought_signature_validator"
"""What Gemini 3 takes where a call of another model has no signature.

https://ai.google.dev/gemini-api/docs/thought-signatures
"""
TOOL_ID = "[a-zA-Z0-9_-]{1,64}"
_IMAGES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")
_SAME = {"image/jpg": "image/jpeg"}
_ENDINGS = {
    "png": "image/png",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")

Fields = dict[str, object]


def conversation(call: ModelCall) -> tuple[list[Fields], list[Fields]]:
    """Return the parts of the system instruction, and the turns."""
    writer = _Writer(call)
    system = [call.request.system] if call.request.system else []
    turns: list[tuple[str, list[Fields]]] = []
    for message in adapt(call.request.messages, writer.target, writer.rules):
        if message.role == "system":
            system.append(message.text)
            continue
        role = "model" if message.role == "assistant" else "user"
        if not (parts := writer.parts(message)):
            continue
        if not turns or turns[-1][0] != role:
            turns.append((role, []))
        turns[-1][1].extend(parts)
    contents: list[Fields] = [{"role": role, "parts": parts} for role, parts in turns]
    return [{"text": text} for text in system if text.strip()], contents


class _Writer:
    """Write one message after the other, with what they share."""

    def __init__(self, call: ModelCall) -> None:
        quirks, model = call.endpoint.quirks, call.model
        self._new = is_new(model)
        self._wants_ids = any_match(quirks.tool_call_id_models, model.sent_id)
        self._asked: dict[str, Fields] = {}  # name and id of each call, by zot's id
        self.target = Author(call.profile.id, call.wire, model.id)
        self.rules = Rules(
            tool_id=quirks.tool_id_pattern or TOOL_ID,
            tool_id_max=quirks.tool_id_max,
            images=quirks.images != "no" or (model.listed and "image" in model.inputs),
            result_images=self._new,
            unsigned_thinking=True,
            system_inside=False,
            user_first=True,
        )

    def parts(self, message: Message) -> list[Fields]:
        """Return the parts of a message."""
        written = [part for each in message.parts if (part := self._part(each)) is not None]
        if self._new:
            first = next((part for part in written if "functionCall" in part), None)
            if first is not None:
                first.setdefault("thoughtSignature", STAND_IN)
        return written

    def _part(self, part: Part) -> Fields | None:
        match part:
            case Text(text, state):
                return _said(text, state or {})
            case Thinking(text, state):
                said = _said(whole(text), state or {})
                return said and {**said, "thought": True}
            case ToolCall():
                return self._call(part)
            case ToolResult():
                return {"functionResponse": self._response(part)}
            case Image():
                return _image(part)
            case Document():
                return _document(part)

    def _call(self, part: ToolCall) -> Fields:
        """Return a call under the id that the vendor gave it, if any, or wants."""
        state = part.state or {}
        known: Fields = {"name": part.name}
        if given := state.get(ID) or (part.id if self._wants_ids else None):
            known[ID] = given
        self._asked[part.id] = known
        return {"functionCall": {**known, "args": dict(part.arguments)}, **_signed(state)}

    def _response(self, part: ToolResult) -> Fields:
        """https://ai.google.dev/api/caching#FunctionResponse."""
        texts = [piece.text for piece in part.content if isinstance(piece, Text)]
        said = {"error" if part.error else "output": "\n".join(texts)}
        images = [_image(piece) for piece in part.content if isinstance(piece, Image)]
        return {
            **self._asked[part.call_id],
            "response": said,
            **({"parts": images} if images else {}),
        }


def _said(text: str, state: State) -> Fields | None:
    if isinstance(raw := state.get(PART), dict):
        return dict(raw)
    signed = _signed(state)
    return {"text": text, **signed} if text.strip() or signed else None


def _signed(state: State) -> Fields:
    """Return the signature exactly as it came, unless it cannot be one."""
    signature = state.get(SIGNATURE)
    if not isinstance(signature, str) or len(signature) % 4 or not _BASE64.fullmatch(signature):
        return {}
    return {"thoughtSignature": signature}


def _image(part: Image) -> Fields:
    """https://ai.google.dev/gemini-api/docs/image-understanding."""
    if part.url.startswith("data:"):
        head, _, data = part.url[5:].partition(",")
        return _inline(head.removesuffix(";base64"), data)
    if part.url:
        ending = re.split(r"[?#]", part.url)[0].rpartition(".")[2].lower()
        kind = part.media_type or _ENDINGS.get(ending, "image/jpeg")
        return {"fileData": {"mimeType": kind, "fileUri": part.url}}
    kind = _SAME.get(part.media_type, part.media_type)
    if kind not in _IMAGES:
        raise RequestRejected(
            f"a picture of the type `{kind or 'unknown'}` cannot be sent here",
            hint="PNG, JPEG, WebP, HEIC and HEIF can",
        )
    return _inline(kind, b64encode(part.data).decode())


def _document(part: Document) -> Fields:
    """https://ai.google.dev/gemini-api/docs/document-processing."""
    kind = part.media_type
    if kind.startswith("text/") or kind == "application/json":
        kind = "text/plain"
    elif kind != "application/pdf" and not kind.startswith(("audio/", "video/", "image/")):
        raise RequestRejected(
            f"a document of the type `{kind or 'unknown'}` cannot be sent here",
            hint="PDF and plain text can",
        )
    return _inline(kind, b64encode(part.data).decode())


def _inline(kind: str, data: str) -> Fields:
    return {"inlineData": {"mimeType": kind, "data": data}}
