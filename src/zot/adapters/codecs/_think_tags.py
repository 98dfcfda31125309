"""Thinking that stands between tags at the beginning of the text."""

from __future__ import annotations

from typing import Literal

OPEN = "<think>"
CLOSE = "</think>"

Piece = tuple[Literal["text", "thinking"], str]


class ThinkTags:
    """Tell thinking from text while it streams.

    Only tags before any other text count, so an answer that speaks of `<think>` is left
    alone. `gap` is the white space after the last closing tag, which is no part of either.
    """

    def __init__(self) -> None:
        self._where: Literal["before", "inside", "after"] = "before"
        self._held = ""
        self._closed = False
        self.gap = ""

    def feed(self, text: str) -> list[Piece]:
        """Return the pieces that this text completes."""
        self._held += text
        pieces: list[Piece] = []
        while self._step(pieces):
            pass
        return pieces

    def close(self) -> list[Piece]:
        """Return what was held back."""
        kind: Literal["text", "thinking"] = "thinking" if self._where == "inside" else "text"
        held, self._held = self._held, ""
        return [(kind, held)] if held else []

    def _step(self, pieces: list[Piece]) -> bool:
        if self._where == "before":
            return self._before()
        if self._where == "inside":
            return self._inside(pieces)
        if self._held:
            pieces.append(("text", self._held))
            self._held = ""
        return False

    def _before(self) -> bool:
        rest = self._held.lstrip()
        if rest.startswith(OPEN):
            self._held = rest[len(OPEN) :]
            self._where = "inside"
            return True
        if OPEN.startswith(rest):
            return False
        if self._closed:
            self.gap, self._held = self._held[: len(self._held) - len(rest)], rest
        self._where = "after"
        return True

    def _inside(self, pieces: list[Piece]) -> bool:
        thinking, tag, rest = self._held.partition(CLOSE)
        if tag:
            if thinking:
                pieces.append(("thinking", thinking))
            self._held = rest
            self._where = "before"
            self._closed = True
            return True
        keep = next((n for n in range(len(CLOSE) - 1, 0, -1) if thinking.endswith(CLOSE[:n])), 0)
        if len(thinking) > keep:
            pieces.append(("thinking", thinking[: len(thinking) - keep]))
        self._held = thinking[len(thinking) - keep :]
        return False
