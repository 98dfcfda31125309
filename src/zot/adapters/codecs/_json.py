"""JSON in and out: what cannot be read ends the stream, what cannot be written is removed."""

from __future__ import annotations

import json
from typing import NoReturn

from zot.domain.error import StreamBroken, UsageError

SHOWN = 500


def parse(data: bytes) -> object:
    """Read one JSON value of an answer; raises `StreamBroken`."""
    try:
        return json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise StreamBroken(
            "the answer holds something that is no JSON",
            facts=[f"{type(error).__name__}: {error}"[:SHOWN], shown(data)],
        ) from None


def parse_object(text: str) -> dict[str, object] | None:
    """Read the arguments of a tool call: an object, or None for anything else.

    A lone surrogate is removed, and `NaN` is no JSON.
    """
    try:
        value = _ARGUMENTS.decode(text)
        if "\\u" in text:
            value = _ARGUMENTS.decode(whole(json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def dump(value: object) -> str:
    """Write JSON without spaces, in the order of the keys; raises `UsageError`."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the request cannot be written as JSON: {error}") from None
    return whole(text)


def whole(text: str) -> str:
    """Remove surrogates that have lost their other half, and join those that have not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text


class Halves:
    """Join characters that two pieces share: each has half of a surrogate pair."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """Return the text that is whole, and keep a half at its end for the next piece."""
        if text.isascii() and not self._half:
            return text
        text = self._half + text
        self._half = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return whole(text[: len(text) - len(self._half)])


def shown(data: bytes) -> str:
    """Return the beginning of some bytes for people to read."""
    return data[:SHOWN].decode(errors="replace")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_ARGUMENTS = json.JSONDecoder(parse_constant=_refuse)
