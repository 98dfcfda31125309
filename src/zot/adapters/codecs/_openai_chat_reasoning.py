"""Reasoning in an answer of the openai-chat wire, in all its spellings."""

from __future__ import annotations

from collections.abc import Iterable

from zot.domain.quirks import Quirks

SPELLINGS = ("reasoning_content", "reasoning", "reasoning_text", "reasoning_details")
_JOINED = ("text", "summary", "data")


def reasoning_fields(quirks: Quirks) -> tuple[str, ...]:
    """Return the fields in the order to look: the first that is not empty counts.

    Some gateways send the same text in two of them.
    """
    return tuple(dict.fromkeys((*quirks.reasoning_in, *SPELLINGS)))


class ReasoningDetails:
    """The `reasoning_details` of a stream, joined into the list that is sent back.

    Pieces of one entry share its `index` and `type`; they come back unmodified but whole
    (https://openrouter.ai/docs/guides/best-practices/reasoning-tokens).
    """

    def __init__(self) -> None:
        self._entries: list[dict[str, object]] = []

    def add(self, pieces: Iterable[object]) -> str:
        """Take the entries of one chunk and return the text in them."""
        text: list[str] = []
        for piece in pieces:
            if not isinstance(piece, dict):
                continue
            text += [
                piece[name] for name in ("text", "summary") if isinstance(piece.get(name), str)
            ]
            last = self._entries[-1] if self._entries else None
            if last is not None and _same(last, piece):
                _extend(last, piece)
            else:
                self._entries.append(dict(piece))
        return "".join(text)

    def state(self) -> dict[str, object]:
        """Return the joined list, as the state of a part."""
        return {"reasoning_details": self._entries} if self._entries else {}


def _same(last: dict[str, object], piece: dict[str, object]) -> bool:
    return (
        last.get("type") == piece.get("type")
        and last.get("index") == piece.get("index")
        and (not piece.get("id") or piece.get("id") == last.get("id"))
    )


def _extend(last: dict[str, object], piece: dict[str, object]) -> None:
    for name, value in piece.items():
        before = last.get(name)
        if name in _JOINED and isinstance(before, str) and isinstance(value, str):
            last[name] = before + value
        elif value is not None:
            last[name] = value
