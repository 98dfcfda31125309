"""From a provider's refusal to one of zot's errors."""

from __future__ import annotations

import pytest

from tests.fakes import call
from zot.domain.credential import OAuthToken, Origin, Place
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
)
from zot.domain.failure import RETRYABLE_STATUSES, Failure, refusal
from zot.domain.secret import Secret

CASES = [
    # status, message, code, kind of error, tried again
    (400, "messages: field required", "", RequestRejected, False),
    (400, "Invalid API key provided", "invalid_api_key", CredentialRejected, False),
    (400, "API key not valid. Please pass a valid API key.", "", CredentialRejected, False),
    (401, "Invalid API Key", "invalid_api_key", CredentialRejected, False),
    (401, "", "", CredentialRejected, False),
    (402, "Insufficient Balance", "", QuotaSpent, False),
    (403, "forbidden", "", CredentialRejected, False),
    (403, "flagged by moderation", "", ContentBlocked, False),
    (403, "You have exceeded your current quota", "", QuotaSpent, False),
    (404, "The model `x` does not exist", "model_not_found", ModelNotFound, False),
    (404, "", "", ModelNotFound, False),
    (400, "The model gpt-9 does not exist", "", ModelNotFound, False),
    (405, "method not allowed", "", RequestRejected, False),
    (408, "timeout", "", ProviderFailed, True),
    (409, "conflict", "", RequestRejected, True),
    (413, "payload too large", "", ContextTooLong, False),
    (422, "unprocessable", "", RequestRejected, False),
    (429, "Rate limit reached", "rate_limit_exceeded", RateLimited, True),
    (429, "You exceeded your current quota", "insufficient_quota", QuotaSpent, False),
    (429, "too many tokens per minute", "", RateLimited, True),
    (500, "internal error", "", ProviderFailed, True),
    (501, "not implemented", "", ProviderFailed, False),
    (502, "bad gateway", "", ProviderFailed, True),
    (503, "service unavailable", "", Overloaded, True),
    (504, "gateway timeout", "", ProviderFailed, True),
    (529, "Overloaded", "overloaded_error", Overloaded, True),
    (400, "maximum context length is 8192 tokens", "", ContextTooLong, False),
    (400, "prompt is too long: 210000 tokens > 200000", "", ContextTooLong, False),
    (400, "x", "context_length_exceeded", ContextTooLong, False),
    (500, "the request exceeds the available context size", "", ContextTooLong, False),
    (400, "content policy violation", "content_filter", ContentBlocked, False),
    # inside a stream there is no status
    (None, "Overloaded", "overloaded_error", Overloaded, True),
    (None, "Rate limit reached", "", RateLimited, True),
    (None, "invalid api key", "", CredentialRejected, False),
    (None, "insufficient_quota", "", QuotaSpent, False),
    (None, "something odd", "", ProviderFailed, True),
    (None, "model x not found", "", ModelNotFound, False),
    (None, "prompt is too long", "", ContextTooLong, False),
]


@pytest.mark.parametrize(("status", "message", "code", "kind", "again"), CASES)
def test_a_refusal_becomes_the_error_that_says_what_to_do(status, message, code, kind, again):
    error = refusal(call(), Failure(status, message, code))
    assert (type(error), error.retryable, error.status) == (kind, again, status)
    assert error.hint
    assert "`acme`" in error.message
    assert message in error.message


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_has_an_error_and_only_known_ones_are_tried_again(status):
    error = refusal(call(), Failure(status))
    assert error.exit_code in {4, 6}
    assert not error.retryable or status in RETRYABLE_STATUSES
    assert f"({status})" in error.message


@pytest.mark.parametrize("word", [True, False])
def test_the_providers_own_word_on_trying_again_counts(word):
    assert refusal(call(), Failure(400, retryable=word)).retryable is word
    assert refusal(call(), Failure(500, retryable=word)).retryable is word


def test_what_the_provider_said_is_kept():
    failure = Failure(429, "slow down", "c", "k", request_id="req-1", retry_after=12.0)
    error = refusal(call(), failure)
    assert (error.code, error.request_id, error.retry_after) == ("c", "req-1", 12.0)
    assert error.hint == "try again in 12 s"
    assert refusal(call(), Failure(500, kind="k")).code == "k"
    assert refusal(call(), Failure(500)).code is None


def test_a_refused_key_names_the_place_it_came_from():
    error = refusal(call(), Failure(401, "no"))
    assert error.message == "`acme` refused the credential from ACME_API_KEY (401): no"
    assert "unset ACME_API_KEY" in error.hint


@pytest.mark.parametrize(
    ("origin", "hint"),
    [(Origin.FLAG, "zot auth explain acme"), (Origin.STORE, "zot auth explain acme")],
)
def test_the_hint_for_a_refused_key_fits_its_origin(origin, hint):
    error = refusal(call(place=Place(origin, "x")), Failure(401))
    assert hint in error.hint


def test_a_refused_login_is_to_be_renewed():
    asked = call(credential=OAuthToken(Secret("t")), place=Place(Origin.STORE, "acme"))
    assert refusal(asked, Failure(401)).hint == "log in again: zot login acme"


def test_an_unknown_model_is_named_by_the_id_that_was_sent():
    assert "`small`" in refusal(call(), Failure(404, "no such model")).message
