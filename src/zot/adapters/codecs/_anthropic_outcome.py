"""How an answer of the anthropic-messages wire ends, and what it used."""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs._json import whole
from zot.domain.error import StreamBroken
from zot.domain.event import End, Notice, StopReason
from zot.domain.usage import Usage

_STOPS: Mapping[str, StopReason] = {
    # https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
    "pause_turn": "other",
}
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)
_THOUGHT = "thinking_tokens"


class Outcome:
    """The reason to stop and the counts, as far as they have been told."""

    def __init__(self) -> None:
        self.raw_stop: str | None = None
        self._why = ""
        self._counts: dict[str, int] = {}

    def read(self, delta: Mapping[str, object]) -> None:
        """Take the reason to stop, and why the model refused."""
        if reason := delta.get("stop_reason"):
            self.raw_stop = str(reason)
        details = delta.get("stop_details")
        if isinstance(details, dict) and isinstance(why := details.get("explanation"), str):
            self._why = why

    def count(self, usage: object) -> None:
        """Take counts; they are totals so far, so a later one replaces an earlier one.

        Caches are counted beside the input, and thinking within the output:
        https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
        """
        if not isinstance(usage, dict):
            return
        details = usage.get("output_tokens_details")
        thought = details.get(_THOUGHT) if isinstance(details, dict) else None
        for name, count in (*((n, usage.get(n)) for n in _COUNTS), (_THOUGHT, thought)):
            if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**53:
                self._counts[name] = count

    def end(self, *, called: bool, answered: bool) -> tuple[Notice | End, ...]:
        """Return the last events; `answered` says that a call, if any, was the answer."""
        reason = _STOPS.get(self.raw_stop or "", "other")
        if reason == "tool_calls" and answered and not called:
            reason = "stop"
        elif called and (reason == "stop" or self.raw_stop is None):
            reason = "tool_calls"
        fresh, output, read, written = map(self._counts.get, _COUNTS)
        usage = Usage(fresh, output, read, written, self._counts.get(_THOUGHT))
        end = End(reason, self.raw_stop, usage)
        if self.raw_stop == "refusal" and self._why:
            return Notice(f"the model refused: {whole(self._why)}"), end
        return (end,)

    def explain(self, error: StreamBroken) -> StreamBroken:
        """Say with arguments that break off that the answer had reached its limit."""
        if _STOPS.get(self.raw_stop or "") == "length":
            error.hint = "the answer reached its limit within them: allow more with --max-tokens"
        return error
