"""The items of an answer of the openai-responses wire, put together from their deltas.

https://platform.openai.com/docs/api-reference/responses/object, and -streaming for the events
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from zot.adapters.codecs._json import Halves, whole
from zot.domain.error import StreamBroken
from zot.domain.event import StreamEvent, TextDelta, ThinkingDelta

ITEM = "item"
"""Under this name the state of a part holds the item that it came as, to be sent back."""

Raw = Mapping[str, object]
Out = list[StreamEvent]
Begin = Callable[[], int]
"""Gives the number of a part of the answer; called once that has something to show."""


class Item(Protocol):
    """One item, as far as it has come."""

    @property
    def kind(self) -> str:
        """The `type` of the item."""
        ...

    def delta(self, field: str, piece: str, out: Out) -> None:
        """Take the next piece of one of its fields."""
        ...

    def done(self, raw: Raw, out: Out) -> None:
        """Take the item in its last form: what it says there and was not streamed counts too."""
        ...


class MessageItem:
    """Text, with the annotations that belong to it; or a refusal."""

    kind = "message"

    def __init__(self, begin: Begin) -> None:
        self._said = _Said(TextDelta, begin)
        self._refused: list[str] = []

    @property
    def refusal(self) -> str:
        """What the model said instead of an answer."""
        return "".join(self._refused)

    def delta(self, field: str, piece: str, out: Out) -> None:
        """Take a piece of the text or of the refusal."""
        if field == "text":
            self._said.say(piece, out)
        elif field == "refusal":
            self._refused.append(piece)

    def done(self, raw: Raw, out: Out) -> None:
        """Give the rest of the text, and what goes back with it."""
        parts = _parts(raw.get("content"))
        self._said.complete(_text_of(parts, "text"), out)
        self._refused = [_text_of(parts, "refusal") or self.refusal]
        state = kept(raw, ("type", "role", "status", "content"))
        if cited := [each for part in parts for each in _listed(part.get("annotations"))]:
            state["annotations"] = cited
        if state and self._said.number is not None:
            out.append(TextDelta("", self._said.number, state))


class ReasoningItem:
    """Thinking: a summary of it, or the thoughts themselves, or only what is encrypted.

    Where an item has both, what comes first is shown.
    """

    kind = "reasoning"

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._said = _Said(ThinkingDelta, begin)
        self._field = ""

    def delta(self, field: str, piece: str, out: Out) -> None:
        """Take a piece of the `summary` or of the `content`."""
        self._field = self._field or field
        if field == self._field:
            self._said.say(piece, out)

    def done(self, raw: Raw, out: Out) -> None:
        """Give the rest, and the item: it goes back unchanged."""
        texts = {
            field: _text_of(_parts(raw.get(field)), "text") for field in ("summary", "content")
        }
        field = self._field or ("summary" if texts["summary"] else "content")
        self._said.complete(texts[field], out)
        number = self._begin() if self._said.number is None else self._said.number
        out.append(ThinkingDelta("", number, {ITEM: kept(raw)}))


class OpaqueItem:
    """An item that zot has no part for, such as a search that the provider ran.

    It goes through unseen and is sent back as it came.
    """

    def __init__(self, begin: Begin, kind: str) -> None:
        self._begin = begin
        self.kind = kind

    def delta(self, field: str, piece: str, out: Out) -> None:
        """Nothing of it is shown."""

    def done(self, raw: Raw, out: Out) -> None:
        """Give the item."""
        out.append(TextDelta("", self._begin(), {ITEM: dict(raw)}))


class _Said:
    """Text or thinking, in pieces."""

    __slots__ = ("_begin", "_event", "_halves", "_length", "_pieces", "number")

    def __init__(self, event: type[TextDelta | ThinkingDelta], begin: Begin) -> None:
        self._event = event
        self._begin = begin
        self._halves = Halves()
        self._pieces: list[str] = []
        self._length = 0
        self.number: int | None = None

    def say(self, text: str, out: Out) -> None:
        if text := self._halves.feed(text):
            if self.number is None:
                self.number = self._begin()
            self._pieces.append(text)
            self._length += len(text)
            out.append(self._event(text, self.number))

    def complete(self, text: str, out: Out) -> None:
        """Say what is missing of the whole text; what has been said cannot be taken back."""
        text = whole(text)
        if len(text) > self._length and text.startswith("".join(self._pieces)):
            self._halves = Halves()
            self.say(text[self._length :], out)


def kept(raw: Raw, without: Collection[str] = ()) -> dict[str, object]:
    """Return the fields that are to be sent back: those that hold something."""
    return {name: value for name, value in raw.items() if value is not None and name not in without}


def string(value: object) -> str:
    """Return a value that has to be text; raises `StreamBroken` for any other."""
    if not isinstance(value, str):
        raise StreamBroken("the answer has something else where text belongs")
    return value


def _parts(content: object) -> list[Raw]:
    """Return the parts of a field; some servers give the text itself."""
    if isinstance(content, str):
        return [{"text": content}]
    return [part for part in _listed(content) if isinstance(part, dict)]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text_of(parts: list[Raw], field: str) -> str:
    return "".join(string(part.get(field) or "") for part in parts)
