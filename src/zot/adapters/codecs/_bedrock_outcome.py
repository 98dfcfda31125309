"""How an answer of the bedrock-converse wire ends, what it used, and how it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from zot.adapters.codecs import _failure
from zot.domain.credential import ApiKey
from zot.domain.error import ZotError
from zot.domain.event import StopReason
from zot.domain.failure import Failure, refusal
from zot.domain.request import ModelCall
from zot.domain.usage import Usage

STOPS: Mapping[str, StopReason] = {
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseResponse.html
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "refusal": "refusal",
    "malformed_model_output": "other",
    "malformed_tool_use": "other",
}
_STATUSES = {
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
    # for those that come after status 200
    "internalServerException": 500,
    "modelStreamErrorException": 424,
    "modelTimeoutException": 408,
    "serviceUnavailableException": 503,
    "throttlingException": 429,
    "validationException": 400,
}
_MODEL_FAILED = 424
_NO_MODEL = re.compile(r"model identifier is invalid", re.IGNORECASE)
_NEEDS_PROFILE = re.compile(r"on-demand throughput isn.t supported", re.IGNORECASE)
_REGION = re.compile(r"//[a-z-]+\.([a-z0-9-]+)\.amazonaws\.")


def stop_reason(raw: str | None, *, called: bool, answered: bool) -> StopReason:
    """Return why the answer ended; `answered` says that a call, if any, was the answer."""
    reason = STOPS.get(raw or "", "other")
    if reason == "tool_calls" and answered and not called:
        return "stop"
    if called and (reason == "stop" or raw is None):
        return "tool_calls"
    return reason


def usage_of(reported: object) -> Usage:
    """Return the counts; caches are counted beside the input.

    https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
    """
    if not isinstance(reported, dict):
        return Usage()
    names = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
    return Usage(*(_count(reported.get(name)) for name in names))


def refused_inside(call: ModelCall, name: str, payload: bytes) -> ZotError:
    """Return the error for an exception in the stream."""
    failure = _failure.from_body(payload)
    return refused(call, replace(failure, status=_STATUSES.get(name), code=name))


def refused(call: ModelCall, failure: Failure) -> ZotError:
    """Return the error for a refusal, in the words of AWS."""
    name = failure.code or failure.kind.rpartition("#")[2]
    failure = replace(failure, code=name, kind="")
    asked = failure
    if _NO_MODEL.search(failure.message):
        asked = replace(failure, code="model_not_found")  # so that all wires call it the same
    elif failure.status == _MODEL_FAILED:
        asked = replace(failure, status=None)  # not the fault of the request
    error = refusal(call, asked)
    error.status, error.code = failure.status, name or None
    if failure.status == 403:
        error.hint = _hint(call, name, error.hint)
    elif _NEEDS_PROFILE.search(failure.message):
        error.hint = (
            "name an inference profile instead: the id with a place before it, "
            f"such as `us.{call.model.id}`"
        )
    return error


def _hint(call: ModelCall, name: str, usual: str) -> str:
    """Say what a 403 mostly comes from.

    https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html: a key is good in the
    region where it was made.
    """
    if isinstance(call.credential, ApiKey):
        region = _REGION.search(call.base_url)
        setting = call.profile.settings.get("region")
        asked = f" (this went to {region[1]})" if region else ""
        variable = setting.env[0] if setting and setting.env else "AWS_REGION"
        return (
            f"a key of this kind is only good in the region where it was made{asked}; "
            f"set {variable} to that\nor {usual}"
        )
    if name.startswith("ExpiredToken"):
        return "renew the AWS login, for instance with `aws sso login`"
    if name == "AccessDeniedException":
        return f"this AWS identity may not use the model, or not in this region\nor {usual}"
    return usual


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 2**53 else None
