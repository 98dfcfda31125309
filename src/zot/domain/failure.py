"""From a provider's refusal to one of zot's errors: the same rules for every wire."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from zot.domain.credential import OAuthToken, Origin
from zot.domain.error import (
    ContentBlocked,
    ContextTooLong,
    CredentialRejected,
    ModelNotFound,
    Overloaded,
    ProviderFailed,
    QuotaSpent,
    RateLimited,
    RequestRejected,
    ZotError,
)
from zot.domain.request import ModelCall

RETRYABLE_STATUSES = frozenset({408, 409, 429, 500, 502, 503, 504, 522, 524, 529})


@dataclass(frozen=True, slots=True)
class Failure:
    """What a provider said when it refused, whatever the shape it came in.

    `status` is the HTTP status, None for an error inside a stream; `retry_after` is in
    seconds; `retryable` is the provider's own word on trying again.
    """

    status: int | None
    message: str = ""
    code: str = ""
    kind: str = ""
    request_id: str | None = None
    retry_after: float | None = None
    retryable: bool | None = None


_NOT_OVERFLOW = re.compile(
    r"throttl|service.?unavailable|rate.?limit|too many requests", re.IGNORECASE
)
_OVERFLOW = re.compile(
    r"prompt is too long|request_too_large|input is too long|exceeds? the context window"
    r"|context_length_exceeded|input token count.*exceeds the maximum|maximum prompt length is"
    r"|reduce the length of the messages|maximum context length (?:is|of)"
    r"|longer than the model.s context length|exceeds the limit of \d"
    r"|exceeds the available context size|exceed_context_size|greater than the context length"
    r"|context window exceeds limit|exceeded model token limit|model_context_window_exceeded"
    r"|too large for model with \d+ maximum context|prompt too long"
    r"|exceeded max context length|maximum allowed input length|too many tokens"
    r"|token limit exceeded",
    re.IGNORECASE | re.DOTALL,
)
_QUOTA = re.compile(
    r"insufficient_quota|usage_limit_reached|usage_not_included|usagelimiterror"
    r"|exceeded_current_quota|quota.?exceeded|exceeded your current quota|out of budget"
    r"|monthly limit|insufficient (?:balance|credit|fund)|credit balance|billing",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content_filter|content.?policy|responsibleai|moderation|flagged|violates.{0,20}guidelines",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(
    r"api key not valid|api_key_invalid|invalid.api.?key|incorrect api key", re.IGNORECASE
)
_NO_MODEL = re.compile(
    r"model_not_found|model.{0,80}(?:does not exist|not found)", re.IGNORECASE | re.DOTALL
)
_BUSY = re.compile(r"overloaded|unavailable|at capacity|no capacity|busy", re.IGNORECASE)
_RATE = re.compile(r"rate.?limit|throttl|too many requests|resource_exhausted", re.IGNORECASE)


def refusal(call: ModelCall, failure: Failure) -> ZotError:
    """Return the error for a refusal, naming the provider, the credential and what to do."""
    kind = _kind(failure)
    error = kind(_message(call, kind, failure), hint=_hint(call, kind, failure))
    error.status = failure.status
    error.code = failure.code or failure.kind or None
    error.request_id = failure.request_id
    error.retry_after = failure.retry_after
    error.retryable = _retryable(kind, failure)
    return error


def _kind(failure: Failure) -> type[ZotError]:
    status = failure.status
    said = f"{failure.code} {failure.kind} {failure.message}"
    if _OVERFLOW.search(said) and not _NOT_OVERFLOW.search(said) and status != 429:
        return ContextTooLong
    if status == 401 or (status in {None, 400} and _BAD_KEY.search(said)):
        return CredentialRejected
    if status == 402 or (_QUOTA.search(said) and status in {None, 400, 403, 429}):
        return QuotaSpent
    if status in {None, 400, 403} and _FILTER.search(said):
        return ContentBlocked
    if status == 403:
        return CredentialRejected
    if status == 413:
        return ContextTooLong
    if status == 404 or (status in {None, 400} and _NO_MODEL.search(said)):
        return ModelNotFound if status == 404 or _NO_MODEL.search(said) else RequestRejected
    if status == 429 or (status is None and _RATE.search(said)):
        return RateLimited
    if status in {503, 529} or (status is None and _BUSY.search(said)):
        return Overloaded
    if status is None or status >= 500 or status == 408:
        return ProviderFailed
    return RequestRejected


def _retryable(kind: type[ZotError], failure: Failure) -> bool:
    if failure.retryable is not None:
        return failure.retryable
    if kind in {QuotaSpent, ContextTooLong, ContentBlocked, CredentialRejected}:
        return False
    if failure.status is None:
        return kind in {RateLimited, Overloaded, ProviderFailed}
    return failure.status in RETRYABLE_STATUSES


def _message(call: ModelCall, kind: type[ZotError], failure: Failure) -> str:
    provider = f"`{call.profile.id}`"
    code = f" ({failure.status})" if failure.status is not None else ""
    said = f": {failure.message}" if failure.message else ""
    if kind is CredentialRejected and call.place.origin is Origin.NONE:
        return f"{provider} refused a request without a credential{code}{said}"
    if kind is CredentialRejected:
        return f"{provider} refused the credential from {call.place}{code}{said}"
    if kind is ModelNotFound:
        return f"{provider} does not know the model `{call.model.sent_id}`{code}{said}"
    verbs: dict[type[ZotError], str] = {
        ContextTooLong: "cannot take a conversation this long",
        QuotaSpent: "has nothing left on this account",
        RateLimited: "asks for fewer requests",
        Overloaded: "is overloaded",
        ProviderFailed: "failed",
        ContentBlocked: "blocked the request",
    }
    return f"{provider} {verbs.get(kind, 'rejected the request')}{code}{said}"


def _hint(call: ModelCall, kind: type[ZotError], failure: Failure) -> str:
    provider = call.profile.id
    if kind is CredentialRejected:
        if call.place.origin is Origin.ENV:
            return (
                f"the environment wins over a stored login; unset {call.place.detail} to use "
                f"that, or see `zot auth explain {provider}`"
            )
        if isinstance(call.credential, OAuthToken):
            return f"log in again: zot login {provider}"
        return f"`zot auth explain {provider}` shows where it came from"
    if kind is ModelNotFound:
        return f"`zot models --provider {provider}` lists what is known"
    if kind in {RateLimited, Overloaded, ProviderFailed}:
        if failure.retry_after is not None:
            return f"try again in {math.ceil(failure.retry_after)} s"
        return "try again, or another model with --model"
    if kind is ContextTooLong:
        return "send less, or choose a model with a larger window (`zot models`)"
    if kind is QuotaSpent:
        return f"top up the account, or use another login: zot auth explain {provider}"
    return "see `--dry-run` for the request as it was sent"
