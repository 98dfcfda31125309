"""The openai-codex-responses wire: the back end that serves ChatGPT subscriptions.

It speaks the openai-responses wire with departures that OpenAI's own client shows
(https://github.com/openai/codex): nothing is stored, every answer is a stream, there is no
limit of tokens, and the system prompt travels in `instructions`, which may not be empty.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import replace

from zot.adapters.codecs import _failure
from zot.adapters.codecs._responses_dialect import Dialect
from zot.adapters.codecs._responses_encode import ENCRYPTED
from zot.adapters.codecs.openai_responses import OpenAIResponses
from zot.domain.error import QuotaSpent, ZotError
from zot.domain.failure import refusal
from zot.domain.request import ModelCall
from zot.ports.wire_codec import WireCodec

CODEX = Dialect(
    instructions="You are a helpful assistant.",
    always_stream=True,
    fields={"include": [ENCRYPTED], "text": {"verbosity": "medium"}},
    tool_fields={"tool_choice": "auto", "parallel_tool_calls": True},
    cache_key=True,
)
_DAY = 86400


class OpenAICodexResponses(OpenAIResponses):
    """The same codec, with the departures as data."""

    def __init__(self) -> None:
        super().__init__(CODEX)

    def error(
        self, call: ModelCall, status: int, headers: Mapping[str, str], body: bytes
    ) -> ZotError:
        """Return the error for an answer with a status of 300 or above.

        A limit of the plan comes with the moment at which it ends.
        """
        failure = _failure.from_response(status, headers, body)
        seconds = _until_reset(body) if status == 429 else None
        if seconds is None:
            return refusal(call, failure)
        error = refusal(call, replace(failure, retry_after=seconds))
        if isinstance(error, QuotaSpent):
            error.hint = f"the limit of the plan ends in {_span(seconds)}"
        return error


def _until_reset(body: bytes) -> float | None:
    """Return the seconds until the limit ends; `resets_at` is in seconds since 1970."""
    try:
        error = json.loads(body)["error"]
        if (left := error.get("resets_in_seconds")) is None:
            left = error["resets_at"] - time.time()
        return max(0.0, float(left)) if math.isfinite(left) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return None


def _span(seconds: float) -> str:
    if seconds >= 2 * _DAY:
        return f"{math.ceil(seconds / _DAY)} days"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


codec: WireCodec = OpenAICodexResponses()
