"""What may be shown of a request, and of what a provider repeats."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.fakes import call, key, profile
from zot.domain.credential import Keyless, OAuthToken, Origin, Place
from zot.domain.error import RequestRejected
from zot.domain.mask import mask, masked_call, masked_headers, redact
from zot.domain.model import ModelSpec
from zot.domain.request import WireRequest
from zot.domain.secret import Secret

KEY = "sk-canary/4711+x"
SHOWN = "***(env: ACME_API_KEY)***"
CALL = call(credential=key(KEY))


def redacted(text: str, asked=CALL) -> str:
    error = RequestRejected(text)
    redact(error, asked)
    assert error.args == (error.message,)
    return error.message


def test_a_mask_names_the_origin():
    assert mask(Place(Origin.ENV, "ACME_API_KEY")) == SHOWN


def test_a_masked_call_holds_no_secret_and_is_the_same_otherwise():
    masked = masked_call(CALL)
    assert masked.credential == key(SHOWN)
    assert replace(masked, credential=CALL.credential) == CALL
    login = call(credential=OAuthToken(Secret(KEY), Secret(KEY), 1.0, "me"))
    assert masked_call(login).credential == OAuthToken(Secret(SHOWN), None, 1.0, "me")
    assert masked_call(call(credential=Keyless())).credential == Keyless()


def test_the_users_own_headers_are_masked_where_they_may_hold_a_key():
    own = {"x-api-key": KEY, "x-team": "blue"}
    sent = {**own, "accept": "*/*", "authorization": "Bearer ***"}
    assert masked_headers(sent, own) == {
        "x-api-key": "***(custom: models.json)***",
        "x-team": "blue",
        "accept": "*/*",
        "authorization": "Bearer ***",
    }


def test_a_request_does_not_show_its_headers():
    assert KEY not in repr(WireRequest("POST", "https://h", {"authorization": KEY}))


@pytest.mark.parametrize(
    "form",
    [KEY, quote(KEY, safe=""), KEY.replace("/", "\\/"), b64encode(KEY.encode()).decode()],
    ids=["raw", "url", "json", "base64"],
)
def test_a_key_that_is_repeated_is_taken_out_however_it_is_written(form):
    assert redacted(f"bad key {form}, sorry").startswith(f"bad key {SHOWN}")
    assert form not in redacted(f"{form}{form}")


@pytest.mark.parametrize("length", range(8, len(KEY)))
def test_a_key_that_is_cut_off_is_taken_out_too(length):
    assert redacted(f"bad key {KEY[:length]}…") == f"bad key {SHOWN}"
    assert redacted(f"bad key {KEY[:length]}") == f"bad key {SHOWN}"


def test_every_word_of_an_error_is_looked_at():
    error = RequestRejected("no", hint=f"not {KEY}", facts=["one", f"two {KEY}"])
    error.code = error.request_id = KEY
    redact(error, CALL)
    assert (error.hint, error.facts) == (f"not {SHOWN}", ("one", f"two {SHOWN}"))
    assert (error.code, error.request_id) == (SHOWN, SHOWN)


def test_both_halves_of_a_login_and_the_headers_of_models_json_are_taken_out():
    owner = profile(headers={"Authorization": f"Bearer {KEY}", "x-team": "blue-and-green"})
    asked = call(
        profile=owner,
        credential=OAuthToken(Secret("access-canary"), Secret("refresh-canary")),
        model=ModelSpec("acme", "small", headers={"x-token": "model-canary"}),
    )
    text = f"access-canary refresh-canary {KEY} model-canary blue-and-green"
    assert redacted(text, asked) == f"{SHOWN} {SHOWN} {SHOWN} {SHOWN} blue-and-green"


def test_a_short_word_is_no_secret():
    assert redacted("the latest test", call(credential=key("test"))) == "the latest test"


def test_an_error_without_a_secret_stays_as_it_is():
    assert redacted("all is well …") == "all is well …"
    assert redacted("", call(credential=Keyless())) == ""
