"""Answers of the openai-responses wire: a stream or one document into events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zot.adapters.codecs._answer import WireAnswer
from zot.adapters.codecs._json import parse, shown, whole
from zot.adapters.codecs._responses_calls import CUSTOM, FUNCTION, CallItem
from zot.adapters.codecs._responses_items import (
    Item,
    MessageItem,
    OpaqueItem,
    Out,
    Raw,
    ReasoningItem,
    string,
)
from zot.adapters.codecs._responses_outcome import failure_in, stop_reason, usage_of
from zot.domain.error import StreamBroken, ZotError
from zot.domain.event import End, Notice
from zot.domain.failure import Failure, refusal
from zot.domain.request import ModelCall

_SHOWN = 500
_DELTAS = {
    # https://platform.openai.com/docs/api-reference/responses-streaming: the item that each
    # belongs to, and its field
    "response.output_text.delta": ("message", "text"),
    "response.refusal.delta": ("message", "refusal"),
    "response.reasoning_summary_text.delta": ("reasoning", "summary"),
    "response.reasoning_text.delta": ("reasoning", "content"),
    "response.function_call_arguments.delta": (FUNCTION, "arguments"),
    "response.custom_tool_call_input.delta": (CUSTOM, "input"),
}
_TERMINAL = {
    "response.completed": "completed",
    "response.done": "completed",  # of the back end of Codex
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}


class Answer(WireAnswer):
    """The state of one answer."""

    def __init__(self, call: ModelCall, content_type: str, notices: Sequence[str] = ()) -> None:
        super().__init__(call, content_type, notices)
        self._open: dict[object, tuple[Item, Raw]] = {}
        self._seen: set[object] = set()  # places, and ids, of all items so far
        self._items = 0
        self._blocks = 0
        self._called = False
        self._refused: list[str] = []
        self._unusable: StreamBroken | None = None

    def _event(self, name: bytes, data: bytes, out: Out) -> None:
        if not data.startswith(b"{") and (data.isspace() or not data or b"[DONE]" in data[:16]):
            return  # gateways copy the end of another wire
        chunk = parse(data)
        if not isinstance(chunk, dict):
            raise StreamBroken("an event of the answer is no object", facts=[shown(data)])
        self._begun = True
        kind = chunk.get("type") or name.decode(errors="replace")
        if (wanted := _DELTAS.get(kind)) is not None:
            place = _place(chunk)
            entry = self._open.get(place)
            item = entry[0] if entry else self._start(place, {"type": wanted[0]}, out)
            if item.kind == wanted[0]:
                item.delta(wanted[1], string(chunk["delta"]), out)
        elif kind == "response.output_item.added":
            self._start(_place(chunk), chunk["item"], out)
        elif kind == "response.output_item.done":
            self._done(_place(chunk), chunk["item"], out)
        elif kind in _TERMINAL:
            self._finish(chunk["response"], _TERMINAL[kind], out)
        elif kind == "error" or (not chunk.get("type") and chunk.get("error")):
            raise refusal(self._call, failure_in(chunk))
        # all others tell nothing that the last form of an item does not

    def _document(self, document: object, out: Out) -> None:
        if not isinstance(document, dict) or document.get("type") == "error":
            raise self._no_answer(document)
        if not isinstance(document.get("output"), list) and document.get("status") != "failed":
            raise self._no_answer(document)
        self._finish(document, None, out)

    def _no_answer(self, document: object) -> ZotError:
        said = document.get("error") or document if isinstance(document, dict) else document
        failure = failure_in({"error": said})
        if failure.message:
            return refusal(self._call, failure)
        return StreamBroken("the answer has no output", facts=[str(document)[:_SHOWN]])

    def _start(self, place: object, raw: Raw, out: Out) -> Item:
        if place in self._open:
            self._close_item(place, out)
        kind = string(raw["type"])
        item: Item
        if kind == "message":
            item = MessageItem(self._begin)
        elif kind == "reasoning":
            item = ReasoningItem(self._begin)
        elif kind in {FUNCTION, CUSTOM}:
            item = CallItem(self._begin, raw)
            self._called = True
        else:
            item = OpaqueItem(self._begin, kind)
        self._items += 1
        self._seen.add(place)
        self._open[place] = item, raw
        return item

    def _done(self, place: object, raw: Raw, out: Out) -> None:
        """Take an item in its last form, whether or not its beginning was told."""
        if (identity := raw.get("id")) is not None:
            self._seen.add(identity)
        entry = self._open.get(place)
        if entry is None or entry[0].kind != raw["type"]:
            self._start(place, raw, out)
        else:
            self._open[place] = entry[0], raw
        self._close_item(place, out)

    def _close_item(self, place: object, out: Out) -> None:
        item, raw = self._open.pop(place)
        item.done(raw, out)
        if isinstance(item, MessageItem) and item.refusal:
            self._refused.append(item.refusal)
        if isinstance(item, CallItem) and self._unusable is None:
            self._unusable = item.unusable

    def _begin(self) -> int:
        self._blocks += 1
        return self._blocks - 1

    def _finish(self, response: Mapping[str, object], status: object, out: Out) -> None:
        output = response.get("output")
        self._rest(output if isinstance(output, list) else [], out)
        for place in list(self._open):
            self._close_item(place, out)
        status = response.get("status") or status
        if status == "failed":
            raise refusal(self._call, _failed(response))
        details = response.get("incomplete_details")
        why = details.get("reason") if isinstance(details, dict) else None
        refused = "".join(self._refused)
        stop, raw = stop_reason(
            string(status) if status else None,
            string(why) if why else None,
            calls=self._called,
            refused=bool(refused),
        )
        if self._unusable is not None:
            if stop == "length":
                hint = "the answer reached its limit within them: allow more with --max-tokens"
                self._unusable.hint = hint
            raise self._unusable
        if refused:
            out.append(Notice(f"the model refused: {whole(refused)}"))
        out.append(End(stop, raw, usage_of(response.get("usage"))))
        self._ended = True

    def _rest(self, output: Sequence[Raw], out: Out) -> None:
        """Take from the whole what the stream has left out: the end of items, or all of them."""
        missing = len(output) - self._items
        seen = frozenset(self._seen)
        for place, raw in enumerate(output):
            if place in self._open:
                if self._open[place][0].kind == raw["type"]:
                    self._done(place, raw, out)
            elif missing > 0 and place not in seen and raw.get("id") not in seen:
                self._done(place, raw, out)
                missing -= 1


def _place(chunk: Mapping[str, object]) -> object:
    """Return where an item stands.

    Its id will not do: GitHub Copilot gives another one in each event.
    """
    place = chunk.get("output_index")
    if place is None:
        item = chunk.get("item")
        place = chunk.get("item_id") or (item.get("id") if isinstance(item, dict) else None)
    return place


def _failed(response: Mapping[str, object]) -> Failure:
    if error := response.get("error"):
        return failure_in({"error": error})
    return Failure(None, "it ended with `failed`", "failed")
