"""Ids of tool calls that a wire takes, made from those it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_USUAL_ID = 24  # characters of an id that is made up, where the wire takes so many
_LONGEST_ID = 64
_ATTEMPTS = 1000  # so many clashes, and the pattern leaves too few ids


def whole(text: str) -> str:
    """Remove surrogates that have lost their other half: no JSON can hold them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text


@dataclass(slots=True)
class ToolIds:
    """Ids for the calls of one conversation, each of them once.

    `pattern` is what an id has to match as a whole, `longest` its most characters.
    """

    pattern: str = ""
    longest: int | None = None
    taken: set[str] = field(default_factory=set)

    def fit(self, call_id: str, *, own: bool) -> str:
        """Return the id itself where the wire takes it, else one that depends on it alone.

        What the model itself gave out, its `own`, it takes back.
        """
        candidates = self._candidates(call_id, own=own)
        found = next(each for each in candidates if each not in self.taken)
        self.taken.add(found)
        return found

    def _candidates(self, call_id: str, *, own: bool) -> Iterator[str]:
        pattern, longest = self.pattern, self.longest
        if own and _fits(call_id, "", None):
            yield call_id
        for each in (call_id, re.sub(r"[^a-zA-Z0-9_-]", "_", call_id)):
            if _fits(each, pattern, longest):
                yield each
        length = _made_length(pattern, longest)
        attempt = 0
        while True:
            yield _made(f"{attempt}:{call_id}", length + attempt // _ATTEMPTS)
            attempt += 1


def _fits(call_id: str, pattern: str, longest: int | None) -> bool:
    if not call_id or (longest is not None and len(call_id) > longest):
        return False
    if whole(call_id) != call_id:
        return False
    return not pattern or re.fullmatch(pattern, call_id) is not None


@lru_cache(maxsize=64)
def _made_length(pattern: str, longest: int | None) -> int:
    """Return how long an id of letters and digits has to be: 24, or as near as the wire allows."""
    lengths = sorted(range(1, _LONGEST_ID + 1), key=lambda n: (abs(n - _USUAL_ID), n))
    found = (n for n in lengths if _fits("a" * n, pattern, longest))
    return next(found, _USUAL_ID)


def _made(text: str, length: int) -> str:
    from hashlib import sha512  # few conversations need it  # noqa: PLC0415

    number = int.from_bytes(sha512(text.encode(errors="surrogatepass")).digest(), "big")
    digits = ""
    while len(digits) < length:
        number, digit = divmod(number, 36)
        digits += "0123456789abcdefghijklmnopqrstuvwxyz"[digit]
    return digits
