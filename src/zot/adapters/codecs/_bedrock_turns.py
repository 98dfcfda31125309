"""A conversation as the `messages` of the bedrock-converse wire.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html and
API_runtime_ContentBlock.html beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from zot.adapters.codecs._bedrock_blocks import BLOCK
from zot.adapters.codecs._bedrock_family import CLAUDE, NOVA, is_of
from zot.adapters.codecs._bedrock_media import Documents, image
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
"""AWS would take more; this is what Claude takes."""
_SHORT_ID = "[a-zA-Z0-9]{9}"
_ATTACHED = "[a document is attached]"
_NOTHING = "[empty]"
_GOES_ON = "[the results are in]"
_MARK: Mapping[str, object] = {"cachePoint": {"type": "default"}}
_REPLAYED = ("toolUse", "toolResult")

Fields = dict[str, object]


def rules(call: ModelCall) -> Rules:
    """Return what the wire, and this endpoint, take of a conversation."""
    quirks, model = call.endpoint.quirks, call.model
    short = is_of(model, quirks.short_tool_id_models)
    return Rules(
        tool_id=_SHORT_ID if short else quirks.tool_id_pattern or TOOL_ID,
        tool_id_max=quirks.tool_id_max,
        images=quirks.images != "no" or (model.listed and "image" in model.inputs),
        unsigned_thinking=quirks.unsigned_thinking,
        system_inside=False,
        user_first=True,
    )


def conversation(call: ModelCall) -> tuple[list[Fields], list[Fields]]:
    """Return the blocks of the system prompt, and the turns."""
    target = Author(call.profile.id, call.wire, call.model.id)
    system = [call.request.system] if call.request.system else []
    writer = _Writer(call)
    turns: list[tuple[str, list[Fields]]] = []
    for message in adapt(call.request.messages, target, rules(call)):
        if message.role == "system":
            system.append(message.text)
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = writer.blocks(message)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    if turns and turns[-1][0] == "assistant":
        _trim(turns[-1][1])
    apart = is_of(call.model, CLAUDE)
    written = [each for role, blocks in turns for each in _turn(role, blocks, apart=apart)]
    return [{"text": text} for text in system if text.strip()], written


def has_tools(turns: Sequence[Fields]) -> bool:
    """Tell whether a tool was called: then the wire wants to see tools."""
    blocks = [block for turn in turns for block in _content(turn)]
    return any("toolUse" in block or "toolResult" in block for block in blocks)


def mark_for_cache(
    system: list[Fields], tools: list[Fields], turns: Sequence[Fields], most: int
) -> None:
    """Put at most so many cache points behind what stays the same from turn to turn.

    https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html: after the last
    turn of the user, which is the beginning of the next request, after the system prompt,
    and after the tools.
    """
    user = next((turn for turn in reversed(turns) if turn["role"] == "user"), None)
    last = [] if user is None else _content(user)
    for blocks in [each for each in (last, system, tools) if each][:most]:
        place = len(blocks)
        while place and _bars_mark(blocks[place - 1]):
            place -= 1
        if place:
            blocks.insert(place, dict(_MARK))


class _Writer:
    """Write one message after the other, with what they share."""

    def __init__(self, call: ModelCall) -> None:
        self._formats = call.endpoint.quirks.image_formats
        self._status = is_of(call.model, (*CLAUDE, *NOVA))
        self._documents = Documents()

    def blocks(self, message: Message) -> list[Fields]:
        """Return the blocks of a message."""
        return [block for part in message.parts if (block := self._block(part)) is not None]

    def _block(self, part: Part) -> Fields | None:
        match part:
            case Text(text, state):
                return _said(text, state or {})
            case Thinking(text, state):
                return {"reasoningContent": _thought(text, state or {})}
            case Image():
                return image(part, self._formats)
            case Document():
                return self._documents.block(part)
            case ToolCall(call_id, name, arguments):
                given = _without_empty_keys(arguments)
                return {"toolUse": {"toolUseId": call_id, "name": name, "input": given}}
            case ToolResult(call_id, content, error):
                return {"toolResult": self._result(call_id, content, error=error)}

    def _result(self, call_id: str, content: Iterable[Text | Image], *, error: bool) -> Fields:
        """`status` is for Claude and Nova only, see API_runtime_ToolResultBlock.html."""
        blocks = [block for part in content if (block := self._block(part)) is not None]
        result: Fields = {"toolUseId": call_id, "content": blocks or [{"text": _NOTHING}]}
        return {**result, "status": "error"} if error and self._status else result


def _said(text: str, state: State) -> Fields | None:
    if isinstance(raw := state.get(BLOCK), dict):
        return dict(raw) if raw.keys() & set(_REPLAYED) else None
    if not text.strip():
        return None  # refused
    if cited := state.get("citations"):
        return {"citationsContent": {"content": [{"text": text}], "citations": cited}}
    return {"text": text}


def _thought(text: str, state: State) -> Fields:
    """Return thinking exactly as it came: it is checked against its signature."""
    if data := state.get("redacted"):
        return {"redactedContent": data}
    signed = {"signature": signature} if (signature := state.get("signature")) else {}
    return {"reasoningText": {"text": text, **signed}}


def _without_empty_keys(value: object) -> object:
    """Objects on this wire have no empty keys."""
    if isinstance(value, Mapping):
        return {name: _without_empty_keys(inner) for name, inner in value.items() if name}
    if isinstance(value, list | tuple):
        return [_without_empty_keys(inner) for inner in value]
    return value


def _turn(role: str, blocks: list[Fields], *, apart: bool) -> list[Fields]:
    """Return a turn, cut in two where documents may not stand beside results (Claude)."""
    others = [block for block in blocks if "toolResult" not in block]
    if not any("document" in block for block in others):
        return [{"role": role, "content": blocks}]
    if not any("text" in block for block in others):
        others.append({"text": _ATTACHED})  # no document without any text
    results = [block for block in blocks if "toolResult" in block]
    if not results or not apart:
        return [{"role": role, "content": [*results, *others]}]
    return [
        {"role": role, "content": results},
        {"role": "assistant", "content": [{"text": _GOES_ON}]},
        {"role": role, "content": others},
    ]


def _content(turn: Fields) -> list[Fields]:
    content = turn["content"]
    return content if isinstance(content, list) else []


def _bars_mark(block: Fields) -> bool:
    """Claude refuses a cache point right behind a document that is no PDF."""
    document = block.get("document")
    return isinstance(document, dict) and document["format"] != "pdf"


def _trim(blocks: Sequence[Fields]) -> None:
    """Remove white space at the end of an answer that is to be continued: it is refused."""
    if blocks and isinstance(text := blocks[-1].get("text"), str):
        blocks[-1]["text"] = text.rstrip()
