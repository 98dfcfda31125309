"""What may be shown of a request: everything but its secrets."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from zot.domain.credential import ApiKey, Credential, OAuthToken, Place
from zot.domain.error import ZotError
from zot.domain.request import ModelCall
from zot.domain.secret import Secret

SHORTEST = 8
"""Shorter texts are no secrets, and would be found inside of words."""

_SENSITIVE = re.compile(r"auth|key|token|secret|cookie|password|credential", re.IGNORECASE)


def mask(place: Place) -> str:
    """Return what stands for a secret: a mask that names its origin."""
    return f"***({place.origin.value}: {place.detail})***"


def masked_call(call: ModelCall) -> ModelCall:
    """Return the call with a mask in place of its credential."""
    return replace(call, credential=_masked(call.credential, call.place))


def _masked(credential: Credential, place: Place) -> Credential:
    match credential:
        case ApiKey():
            return ApiKey(Secret(mask(place)))
        case OAuthToken():
            return replace(credential, access=Secret(mask(place)), refresh=None)
        case _:
            return credential


def masked_headers(headers: Mapping[str, str], custom: Mapping[str, str]) -> dict[str, str]:
    """Return headers for showing; the user's own ones are masked where they may hold a key."""
    return {
        name: "***(custom: models.json)***"
        if _SENSITIVE.search(name) and custom.get(name) == value
        else value
        for name, value in headers.items()
    }


def redact(error: ZotError, call: ModelCall) -> None:
    """Take the secrets of a call out of what an error says: some providers repeat the key."""
    shown = mask(call.place)
    secrets = list(dict.fromkeys(_secrets(call)))

    def clean(text: str) -> str:
        for secret in secrets:
            text = _without(text, secret, shown)
        return text

    error.message = clean(error.message)
    error.args = (error.message,)
    error.hint = clean(error.hint)
    error.facts = tuple(map(clean, error.facts))
    error.code = error.code and clean(error.code)
    error.request_id = error.request_id and clean(error.request_id)


def _secrets(call: ModelCall) -> Iterator[str]:
    match call.credential:
        case ApiKey(key):
            found = [key.reveal()]
        case OAuthToken(access, refresh):
            found = [access.reveal(), refresh.reveal() if refresh else ""]
        case _:
            found = []
    for headers in (call.profile.headers, call.model.headers or {}):
        found += [value for name, value in headers.items() if _SENSITIVE.search(name)]
    for text in found:
        for word in {text.strip(), text.strip().rpartition(" ")[2]}:
            if len(word) >= SHORTEST:
                yield word


def _without(text: str, secret: str, shown: str) -> str:
    """Replace a secret, as it is or encoded, also where the text is cut off inside of it."""
    encoded = b64encode(secret.encode()).decode().rstrip("=")
    for form in (secret, secret.replace("/", "\\/"), quote(secret, safe=""), encoded):
        text = text.replace(form, shown)
    end = text.removesuffix("…")
    for length in range(len(secret) - 1, SHORTEST - 1, -1):
        if end.endswith(secret[:length]):
            return end[:-length] + shown
    return text
