"""The blocks of an answer, numbered in the order in which they begin."""

from __future__ import annotations

from zot.adapters.codecs._json import Halves
from zot.domain.event import StreamEvent, TextDelta, ThinkingDelta
from zot.domain.message import State


class Blocks:
    """Number blocks, and add text to the one that is open."""

    def __init__(self) -> None:
        self.count = 0
        self.thinking: int | None = None  # the last block of thinking
        self._open = 0
        self._kind = ""
        self._halves = Halves()

    def begin(self, kind: str = "") -> int:
        """Begin a block and return its number."""
        self._open = self.count
        self.count += 1
        self._kind = kind
        self._halves = Halves()
        if kind == "thinking":
            self.thinking = self._open
        return self._open

    def text(self, text: str, out: list[StreamEvent]) -> None:
        """Add a piece of text."""
        if self._kind != "text" and text:
            self.begin("text")
        if text := self._halves.feed(text):
            out.append(TextDelta(text, self._open))

    def think(self, text: str, out: list[StreamEvent], state: State) -> None:
        """Add a piece of thinking; its state goes with the first piece of a block."""
        first: State | None = None
        if self._kind != "thinking" and text:
            self.begin("thinking")
            first = state
        if text := self._halves.feed(text):
            out.append(ThinkingDelta(text, self._open, first))
