"""The model list of a provider, asked for once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from zot.domain.error import ProviderFailed, Unreachable
from zot.domain.failure import Failure, refusal
from zot.domain.model import ModelSpec
from zot.domain.provider import Listing
from zot.domain.request import ModelCall, WireRequest
from zot.ports.authorizer import Authorizer

TIMEOUT = 15.0
LARGEST = 32 << 20


class HttpListing:
    """Ask for the list that a provider's row names, or `/models` below another base URL."""

    def __init__(
        self,
        client: Callable[[], httpx.AsyncClient],
        authorizer_for: Callable[[str], Authorizer],
        user_agent: str,
    ) -> None:
        self._client = client
        self._authorizer_for = authorizer_for
        self._user_agent = user_agent

    async def __call__(self, call: ModelCall, url: str, listing: Listing) -> list[ModelSpec]:
        """Return the models that are served; sizes are in tokens.

        Raises the error of a refusal, `Unreachable`, or `ProviderFailed` for an answer that
        is no list. Waits 15 seconds at most.
        """
        headers = {"user-agent": self._user_agent, **call.endpoint.headers, **listing.headers}
        request = await self._authorizer_for(listing.auth).authorize(
            WireRequest(listing.method, url, headers), call
        )
        try:
            response = await self._client().request(
                request.method, request.url, headers=request.headers, timeout=TIMEOUT
            )
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(
                f"`{call.profile.id}` did not send its list of models ({type(error).__name__})",
                hint="check the network, or the address given with --base-url",
            ) from None
        if response.status_code >= 300:
            raise refusal(call, Failure(response.status_code, _said(response)))
        return _models(call, listing, response.content)


def _said(response: httpx.Response) -> str:
    """Return the provider's own words, where the refusal has them in the usual place."""
    try:
        error = response.json()["error"]
        return str(error["message"] if isinstance(error, dict) else error)[:200]
    except (ValueError, KeyError, TypeError):
        return ""


def _models(call: ModelCall, listing: Listing, body: bytes) -> list[ModelSpec]:
    try:
        document = json.loads(body[:LARGEST])
        entries = document if isinstance(document, list) else document[listing.items]
        return [spec for entry in entries if (spec := _model(call, listing, entry)) is not None]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ProviderFailed(
            f"`{call.profile.id}` sent something that is no list of models",
            hint=f"`zot models --provider {call.profile.id}` shows what the catalog knows",
        ) from None


def _model(call: ModelCall, listing: Listing, entry: Mapping[str, Any]) -> ModelSpec | None:
    model_id = str(entry[listing.id]).removeprefix(listing.strip_prefix)
    prefixes = listing.filter_prefixes
    if (prefixes and not model_id.startswith(prefixes)) or entry.get("type") in listing.skip_types:
        return None
    meta = entry.get("meta") or {}
    context = entry.get("context_length") or entry.get("context_window") or meta.get("n_ctx")
    return ModelSpec(
        call.profile.id,
        model_id,
        str(entry.get("name") or model_id),
        context=context if isinstance(context, int) else None,
        layer="discovered",
    )
