"""Putting a credential onto a request."""

from __future__ import annotations

from typing import Protocol

from zot.domain.request import ModelCall, WireRequest


class Authorizer(Protocol):
    """One way to prove who asks."""

    async def authorize(self, request: WireRequest, call: ModelCall) -> WireRequest:
        """Return the request with the credential of the call on it.

        Raises `CredentialError` where the credential is of a kind that this way cannot carry.
        """
        ...
