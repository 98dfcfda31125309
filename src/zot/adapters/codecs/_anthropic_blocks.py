"""The blocks of an answer of the anthropic-messages wire, put together from their deltas.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from zot.adapters.codecs._json import Halves, parse_object
from zot.domain.error import StreamBroken
from zot.domain.event import StreamEvent, TextDelta, ThinkingDelta
from zot.domain.message import State

BLOCK = "block"
"""Under this name the state of an empty text holds a block that zot has no part for."""

Raw = Mapping[str, object]
Out = list[StreamEvent]
Begin = Callable[[], int]
"""Gives the number of a part of the answer; called once that has something to show."""


class Block(Protocol):
    """One block, as far as it has come."""

    def delta(self, kind: object, delta: Raw, out: Out) -> None:
        """Take the next piece."""
        ...

    def stop(self, out: Out) -> None:
        """Say that the block is complete."""
        ...


class _Said:
    """Text or thinking: pieces, and at last the state to send back with them."""

    __slots__ = ("_begin", "_event", "_halves", "_number")

    def __init__(self, event: type[TextDelta | ThinkingDelta], begin: Begin) -> None:
        self._event = event
        self._begin = begin
        self._halves = Halves()
        self._number: int | None = None

    def say(self, text: str, out: Out, state: State | None = None) -> None:
        if (text := self._halves.feed(text)) or state:
            if self._number is None:
                self._number = self._begin()
            out.append(self._event(text, self._number, state))


class TextBlock:
    """Text, with the citations that belong to it."""

    def __init__(self, begin: Begin, raw: Raw, out: Out) -> None:
        cited = raw.get("citations")
        self._said = _Said(TextDelta, begin)
        self._citations: list[object] = [*cited] if isinstance(cited, list) else []
        self._said.say(string(raw.get("text") or ""), out)

    def delta(self, kind: object, delta: Raw, out: Out) -> None:
        """Take text, or a citation of the text so far."""
        if kind == "text_delta":
            self._said.say(string(delta["text"]), out)
        elif kind == "citations_delta":
            self._citations.append(delta["citation"])

    def stop(self, out: Out) -> None:
        """Give the citations."""
        if self._citations:
            self._said.say("", out, {"citations": self._citations})


class ThinkingBlock:
    """Thinking and its signature; the text is empty where the model does not show it."""

    def __init__(self, begin: Begin, raw: Raw, out: Out) -> None:
        self._said = _Said(ThinkingDelta, begin)
        self._signature = string(raw.get("signature") or "")
        self._said.say(string(raw.get("thinking") or ""), out)

    def delta(self, kind: object, delta: Raw, out: Out) -> None:
        """Take a piece of the thinking, or its signature."""
        if kind == "thinking_delta":
            self._said.say(string(delta["thinking"]), out)
        elif kind == "signature_delta":
            self._signature = string(delta["signature"])

    def stop(self, out: Out) -> None:
        """Give the signature: without it the thinking cannot be sent back."""
        if self._signature:
            self._said.say("", out, {"signature": self._signature})


class RedactedBlock:
    """Thinking that only the provider can read."""

    def __init__(self, begin: Begin, raw: Raw, out: Out) -> None:
        out.append(ThinkingDelta("", begin(), {"redacted": string(raw["data"])}))

    def delta(self, kind: object, delta: Raw, out: Out) -> None:
        """Nothing follows: the block is whole from the start."""

    def stop(self, out: Out) -> None:
        """Nothing is outstanding."""


class OpaqueBlock:
    """A block that zot has no part for, such as a search that the provider ran.

    It goes through unseen and is sent back as it came.
    """

    def __init__(self, begin: Begin, raw: Raw) -> None:
        self._begin = begin
        self._raw = dict(raw)
        self._pieces: list[str] = []

    def delta(self, kind: object, delta: Raw, out: Out) -> None:
        """Take a piece: of the arguments as JSON text, else of the field that it names."""
        if kind == "input_json_delta":
            self._pieces.append(string(delta["partial_json"]))
            return
        for name, value in delta.items():
            if name != "type":
                before = self._raw.get(name)
                joined = isinstance(before, str) and isinstance(value, str)
                self._raw[name] = f"{before}{value}" if joined else value

    def stop(self, out: Out) -> None:
        """Give the block, unless its arguments cannot be read."""
        text = "".join(self._pieces)
        if text.strip():
            arguments = parse_object(text)
            if arguments is None:
                return
            self._raw["input"] = arguments
        out.append(TextDelta("", self._begin(), {BLOCK: self._raw}))


def string(value: object) -> str:
    """Return a value that has to be text; raises `StreamBroken` for any other."""
    if not isinstance(value, str):
        raise StreamBroken("the answer has something else where text belongs")
    return value
