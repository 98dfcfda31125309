"""How an answer of the google wires ends, and what it used."""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs._json import whole
from zot.domain.event import End, Notice, StopReason
from zot.domain.usage import Usage

_STOPS: Mapping[str, StopReason] = {
    # https://ai.google.dev/api/generate-content#FinishReason and that of Vertex AI
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}
_COUNTS = (
    "promptTokenCount",
    "candidatesTokenCount",
    "cachedContentTokenCount",
    "thoughtsTokenCount",
)

Raw = Mapping[str, object]


class Outcome:
    """The reason to stop and the counts, as far as they have been told."""

    def __init__(self) -> None:
        self.raw_stop: str | None = None
        self._blocked = False
        self._why = ""
        self._counts: dict[str, object] = {}

    def read(self, candidate: Raw) -> None:
        """Take the reason to stop."""
        if reason := candidate.get("finishReason"):
            self.raw_stop = str(reason)
        if isinstance(why := candidate.get("finishMessage"), str):
            self._why = why

    def block(self, feedback: Raw) -> None:
        """Take why the prompt was not answered at all, if it was not."""
        if reason := feedback.get("blockReason"):
            self.raw_stop = f"BLOCKED:{reason}"
            self._blocked = True
            self._why = str(feedback.get("blockReasonMessage") or "")

    def count(self, usage: Raw) -> None:
        """Take counts; they are totals so far, so a later one replaces an earlier one."""
        self._counts.update({name: n for name in _COUNTS if (n := usage.get(name)) is not None})

    def end(self, *, called: bool) -> tuple[Notice | End, ...]:
        """Return the last events."""
        raw = self.raw_stop or ""
        reason = "content_filter" if self._blocked else _STOPS.get(raw.upper(), "other")
        if called and (reason == "stop" or not raw):
            reason = "tool_calls"
        end = End(reason, self.raw_stop and whole(self.raw_stop), self._usage())
        if reason not in {"content_filter", "other"} or not self._why:
            return (end,)
        what = "the prompt was blocked" if self._blocked else f"the answer ended with {raw}"
        return Notice(whole(f"{what}: {self._why}")), end

    def _usage(self) -> Usage:
        """Return disjoint counts: the cache is inside the prompt, thoughts beside the answer.

        https://ai.google.dev/api/generate-content#UsageMetadata; what tools of the provider
        read is counted apart and left out, since zot offers none of them.
        """
        prompt, output, read, thoughts = (_count(self._counts.get(name)) for name in _COUNTS)
        fresh = None if prompt is None else max(0, prompt - (read or 0))
        if output is not None or thoughts is not None:
            output = (output or 0) + (thoughts or 0)
        return Usage(fresh, output, read, None, thoughts)


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**53 else None
