"""A credential in one header."""

from __future__ import annotations

from dataclasses import replace

from zot.domain.credential import Ambient, ApiKey, Keyless, OAuthToken
from zot.domain.error import SetupIncomplete
from zot.domain.request import ModelCall, WireRequest
from zot.domain.secret import Secret
from zot.ports.authorizer import Authorizer

HEADERS = {
    "bearer": ("authorization", "Bearer "),
    "x-api-key": ("x-api-key", ""),
    "x-goog-api-key": ("x-goog-api-key", ""),
    "api-key": ("api-key", ""),
    "cf-aig-authorization": ("cf-aig-authorization", "Bearer "),
    # a key of these clouds goes in a header; their chains sign or exchange instead
    "aws": ("authorization", "Bearer "),
    "google": ("x-goog-api-key", ""),
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
            case Ambient(chain):
                raise SetupIncomplete(
                    f"`{call.profile.id}` cannot use the {chain} chain yet, found by {call.place}",
                    hint=f"export {call.profile.env[0]}=… is the way that works",
                )

    def _with(self, request: WireRequest, secret: Secret) -> WireRequest:
        value = self._prefix + secret.reveal()
        return replace(request, headers={**request.headers, self._name: value})


def authorizer(scheme: str) -> Authorizer:
    """Return the authorizer of a scheme; raises `KeyError` for one that is no header."""
    return HeaderAuthorizer(scheme)
