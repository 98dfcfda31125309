"""What may be shown of a request: everything but its secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from zot.domain.credential import ApiKey, Credential, OAuthToken, Place
from zot.domain.request import ModelCall
from zot.domain.secret import Secret

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
