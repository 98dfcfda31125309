"""How an answer of the openai-responses wire ends, and what it used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from zot.adapters.codecs import _failure
from zot.adapters.codecs._openai_chat_usage import buckets
from zot.domain.event import StopReason
from zot.domain.failure import Failure
from zot.domain.usage import Usage

_CUT: Mapping[str, StopReason] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
}
_OURS = re.compile(r"invalid_|unsupported_|image_|empty_image|failed_to_download_image")
"""https://platform.openai.com/docs/api-reference/responses/object: the codes of `error` that
blame the request."""


def stop_reason(
    status: str | None, why: str | None, *, calls: bool, refused: bool
) -> tuple[StopReason, str | None]:
    """Return why the answer ended, and that in the provider's words: `status[:reason]`."""
    raw = f"{status}:{why}" if status and why else status
    if status == "incomplete":
        return _CUT.get(why or "", "other"), raw
    if status in {"completed", None}:
        return "tool_calls" if calls else "refusal" if refused else "stop", raw
    return "other", raw


def usage_of(reported: object) -> Usage:
    """Return disjoint counts: caches stand inside the input, reasoning inside the output.

    https://platform.openai.com/docs/guides/prompt-caching
    """
    if not isinstance(reported, Mapping):
        return Usage()
    return buckets(
        {
            "prompt_tokens": reported.get("input_tokens"),
            "prompt_tokens_details": reported.get("input_tokens_details"),
            "completion_tokens": reported.get("output_tokens"),
            "completion_tokens_details": reported.get("output_tokens_details"),
            "total_tokens": reported.get("total_tokens"),
        }
    )


def failure_in(document: object) -> Failure:
    """Read an error that comes with status 200: its code says whose fault it is."""
    failure = _failure.from_document(document)
    if failure.status is None and _OURS.match(failure.code or failure.kind):
        return replace(failure, status=400)
    return failure
