"""A conversation as the `messages` of the openai-chat wire."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace

from zot.adapters.codecs._json import dump
from zot.domain.message import (
    Author,
    Document,
    Image,
    Message,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from zot.domain.quirks import any_match
from zot.domain.request import ModelCall
from zot.domain.transform import Rules, adapt, same_author

Item = dict[str, object]
MARK = {"type": "ephemeral"}
_SHORT_ID = "^[a-zA-Z0-9]{9}$"


def messages(call: ModelCall) -> list[Item]:
    """Return the whole conversation of a call."""
    writer = _Writer(call)
    items: list[Item] = []
    if call.request.system:
        items.append({"role": writer.system_role, "content": call.request.system})
    for turn in writer.turns():
        items.extend(writer.items(turn))
    if call.endpoint.quirks.assistant_prefix and items and items[-1]["role"] == "assistant":
        items[-1]["prefix"] = True  # https://docs.mistral.ai/capabilities/completion
    return items


def mark_for_cache(items: Sequence[Item], most: int) -> None:
    """Put breakpoints on the system prompt and the last user turn, at most so many.

    https://openrouter.ai/docs/guides/best-practices/prompt-caching
    """
    first = next((item for item in items if item["role"] in {"system", "developer"}), None)
    last = next((item for item in reversed(items) if item["role"] == "user"), None)
    for item in [item for item in (first, last) if item is not None][:most]:
        content = item["content"]
        parts = [_text(content)] if isinstance(content, str) else content
        texts = [p for p in parts if p["type"] == "text"] if isinstance(parts, list) else []
        if texts:
            texts[-1]["cache_control"] = MARK
            item["content"] = parts


class _Writer:
    """Write one message after the other, with what they share."""

    def __init__(self, call: ModelCall) -> None:
        quirks = call.endpoint.quirks
        name = call.model.sent_id
        self._call = call
        self._quirks = quirks
        self._target = Author(call.profile.id, call.wire, name)
        reasons = bool(call.model.reasoning)
        self.system_role = "developer" if quirks.developer_role and reasons else "system"
        self._replay = "" if quirks.reasoning_replay == "none" else quirks.reasoning_replay
        if any_match(quirks.tag_replay_models, name):
            self._replay = "tags"
        elif any_match(quirks.no_reasoning_replay_models, name):
            self._replay = ""

    def turns(self) -> tuple[Message, ...]:
        """Return the conversation as this endpoint takes it.

        A picture that the catalog knows the model to see is sent even where the row of the
        provider, which is older, says no.
        """
        quirks, model = self._quirks, self._call.model
        short = any_match(quirks.short_tool_id_models, model.sent_id)
        rules = Rules(
            tool_id=_SHORT_ID if short else quirks.tool_id_pattern,
            tool_id_max=quirks.tool_id_max,
            images=quirks.images != "no" or (model.listed and "image" in model.inputs),
            result_images=False,
            unsigned_thinking=True,
            foreign_thinking=False,
        )
        own = replace(self._target, model=model.id)  # a reply is signed with the catalog's id
        said = self._call.request.messages
        if model.sent_id != model.id:
            said = tuple(
                replace(each, author=self._target) if same_author(each.author, own) else each
                for each in said
            )
        return adapt(said, self._target, rules)

    def items(self, turn: Message) -> list[Item]:
        if turn.role == "assistant":
            return self._assistant(turn)
        if turn.role == "tool":
            return self._results([part for part in turn.parts if isinstance(part, ToolResult)])
        role = self.system_role if turn.role == "system" else "user"
        content = self._content(turn.parts)
        return [{"role": role, "content": content}] if content else []

    def _assistant(self, turn: Message) -> list[Item]:
        own = same_author(turn.author, self._target)
        text = "".join(part.text for part in turn.parts if isinstance(part, Text))
        calls = [part for part in turn.parts if isinstance(part, ToolCall)]
        thoughts = [part for part in turn.parts if isinstance(part, Thinking)] if own else []
        item: Item = {"role": "assistant", "content": text or None}
        self._replay_onto(item, text, thoughts)
        if calls:
            item["tool_calls"] = [self._tool_call(part, own=own) for part in calls]
        if item["content"] is None and not calls:
            return []
        return [item]

    def _replay_onto(self, item: Item, text: str, thoughts: Sequence[Thinking]) -> None:
        thought = "".join(part.text for part in thoughts)
        details = next((d for p in thoughts if (d := _state(p).get("reasoning_details"))), None)
        if not self._replay:
            return
        if self._quirks.reasoning_details_replay and details is not None:
            item["reasoning_details"] = details
        elif self._replay == "tags":
            if thought:
                gap = next((str(g) for p in thoughts if (g := _state(p).get("gap"))), "\n\n")
                item["content"] = f"<think>{thought}</think>{gap}{text}"
        elif self._replay == "blocks":
            if thought:
                said = [_text(text)] if text else []
                item["content"] = [{"type": "thinking", "thinking": [_text(thought)]}, *said]
        elif thought or self._quirks.reasoning_required_on_replay:
            item[self._replay] = thought

    def _tool_call(self, part: ToolCall, *, own: bool) -> Item:
        function = {"name": part.name, "arguments": dump(dict(part.arguments))}
        item: Item = {"id": part.id, "type": "function", "function": function}
        if own and part.state and "extra_content" in part.state:
            item["extra_content"] = part.state["extra_content"]
        return item

    def _results(self, results: Sequence[ToolResult]) -> list[Item]:
        items: list[Item] = []
        for result in results:
            text = "\n".join(part.text for part in result.content if isinstance(part, Text))
            said = f"error: {text}" if result.error else text or "(empty)"
            items.append({"role": "tool", "tool_call_id": result.call_id, "content": said})
        return items

    def _content(self, parts: Sequence[Part]) -> str | list[Item]:
        """Return plain text where there is nothing else: every server takes that."""
        written = [item for part in parts if (item := self._part(part)) is not None]
        if all(item["type"] == "text" for item in written):
            return "\n\n".join(str(item["text"]) for item in written)
        return written

    def _part(self, part: Part) -> Item | None:
        if isinstance(part, Text):
            return _text(part.text) if part.text else None
        if isinstance(part, Image):
            url = part.url or data_url(part.media_type or "image/png", part.data)
            flat = self._quirks.image_url == "string"
            return {"type": "image_url", "image_url": url if flat else {"url": url}}
        if isinstance(part, Document):
            return _document(part)
        return None


def data_url(media_type: str, data: bytes) -> str:
    """Return bytes as a URL that holds them."""
    return f"data:{media_type};base64,{b64encode(data).decode()}"


def _document(part: Document) -> Item:
    """https://platform.openai.com/docs/guides/pdf-files, and the same at OpenRouter."""
    name = part.name or "document.pdf"
    if part.media_type.startswith("text/") or part.media_type == "application/json":
        return _text(f"{name}:\n\n{part.data.decode(errors='replace')}")
    file = {"filename": name, "file_data": data_url(part.media_type, part.data)}
    return {"type": "file", "file": file}


def _text(text: str) -> Item:
    return {"type": "text", "text": text}


def _state(part: Thinking) -> Mapping[str, object]:
    return part.state or {}
