"""A credential in one header."""

from __future__ import annotations

from dataclasses import replace

from zot.domain.credential import ApiKey, Keyless, OAuthToken
from zot.domain.error import CredentialError
from zot.domain.request import ModelCall, WireRequest
from zot.domain.secret import Secret
from zot.ports.authorizer import Authorizer

HEADERS = {
    "bearer": ("authorization", "Bearer "),
    "x-api-key": ("x-api-key", ""),
    "x-goog-api-key": ("x-goog-api-key", ""),
    "api-key": ("api-key", ""),
    "cf-aig-authorization": ("cf-aig-authorization", "Bearer "),
}


class HeaderAuthorizer:
    """Send the credential in the header that the endpoint reads."""

    def __init__(self, scheme: str) -> None:
        self._name, self._prefix = HEADERS[scheme]

    async def authorize(self, request: WireRequest, call: ModelCall) -> WireRequest:
        """Return the request with the header."""
        match call.credential:
            case Keyless():
                return request
            case ApiKey(key):
                return self._with(request, key)
            case OAuthToken(access):
                return self._with(request, access)
            case other:
                kind = type(other).__name__
                raise CredentialError(f"`{call.profile.id}` cannot use a credential of kind {kind}")

    def _with(self, request: WireRequest, secret: Secret) -> WireRequest:
        value = self._prefix + secret.reveal()
        return replace(request, headers={**request.headers, self._name: value})


def authorizer(scheme: str) -> Authorizer:
    """Return the authorizer of a scheme; raises `KeyError` for one that is no header."""
    return HeaderAuthorizer(scheme)
