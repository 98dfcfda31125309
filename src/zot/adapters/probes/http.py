"""One request that a provider refuses when the key is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from zot.domain.credential import ApiKey, Origin, Place
from zot.domain.endpoint import expand
from zot.domain.error import ZotError
from zot.domain.login import Verdict
from zot.domain.model import ModelSpec
from zot.domain.provider import ProviderProfile
from zot.domain.request import ChatRequest, ModelCall, WireRequest
from zot.domain.secret import MASK
from zot.ports.authorizer import Authorizer

TIMEOUT = 15.0
EXCERPT = 200
NEVER_SAYS_NO = "the provider answers without a key, so this proves nothing"


class HttpProbe:
    """Ask the address of the provider's row, once, for at most 15 seconds."""

    def __init__(
        self,
        client: Callable[[], httpx.AsyncClient],
        authorizer_for: Callable[[str], Authorizer],
        environ: Mapping[str, str],
        user_agent: str,
    ) -> None:
        self._client = client
        self._authorizer_for = authorizer_for
        self._environ = environ
        self._user_agent = user_agent

    async def __call__(self, profile: ProviderProfile, key: ApiKey) -> Verdict:
        """Return what the provider says of a key; never raises for what the network does."""
        probe = profile.probe
        if probe is None or probe.optional:
            return Verdict(accepted=True, proven=False, said="this provider is not asked")
        endpoint = profile.endpoints[profile.wire]
        try:
            base = expand(endpoint.base_url, profile, self._environ)
            url = expand(probe.url.replace("{base}", base), profile, self._environ)
        except ZotError as error:
            return Verdict(accepted=True, proven=False, said=error.message)
        headers = {"user-agent": self._user_agent, **endpoint.headers}
        call = ModelCall(
            profile,
            endpoint,
            profile.wire,
            base,
            ModelSpec(profile.id, "probe"),
            ChatRequest(()),
            key,
            Place(Origin.FLAG, "login"),
        )
        request = await self._authorizer_for(probe.auth).authorize(
            WireRequest(probe.method, url, headers), call
        )
        try:
            response = await self._client().request(
                request.method, request.url, headers=request.headers, timeout=TIMEOUT
            )
        except (httpx.HTTPError, OSError) as error:
            said = f"could not be asked: {type(error).__name__}"
            return Verdict(accepted=False, proven=False, said=said)
        return _verdict(response, probe.rejected, key, validates=probe.validates)


def _verdict(
    response: httpx.Response, rejected: tuple[int, ...], key: ApiKey, *, validates: bool
) -> Verdict:
    status = response.status_code
    if status in rejected:
        return Verdict(accepted=False, proven=True, said=f"refused the key ({status})")
    if status >= 300:
        text = " ".join(response.text.replace(key.key.reveal(), MASK).split())[:EXCERPT]
        return Verdict(accepted=False, proven=False, said=f"could not verify it ({status}): {text}")
    return Verdict(accepted=True, proven=validates, said="" if validates else NEVER_SAYS_NO)
