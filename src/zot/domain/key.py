"""From text that a person gave to a credential."""

from __future__ import annotations

from zot.domain.credential import ApiKey, OAuthToken, Place
from zot.domain.error import CredentialRejected
from zot.domain.secret import Secret

SUBSCRIPTION_MARK = "sk-ant-oat"
"""Every Anthropic subscription token holds this, whatever variable it stands in."""


def read_key(text: str, place: Place) -> ApiKey | OAuthToken:
    """Return the credential that a text is; outer white space is not part of it.

    Raises `CredentialRejected` for text that no HTTP header can carry, without echoing it.
    """
    key = text.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CredentialRejected(
            f"the key from {place} holds a character that no header can carry",
            hint="copy it again; it may hold a line break or a typographic quote",
        )
    if SUBSCRIPTION_MARK in key:
        return OAuthToken(Secret(key))
    return ApiKey(Secret(key))
