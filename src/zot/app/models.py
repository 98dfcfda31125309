"""What a provider says it serves, at this moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from zot.app.credentials import CredentialService
from zot.domain.catalog import Catalog
from zot.domain.endpoint import check_destination, expand, join
from zot.domain.error import UsageError
from zot.domain.model import ModelSpec
from zot.domain.provider import Listing
from zot.domain.request import ChatRequest, ModelCall

AskList = Callable[[ModelCall, str, Listing], Awaitable[list[ModelSpec]]]


class ModelService:
    """Ask a provider for its own list of models."""

    def __init__(
        self,
        catalog: Catalog,
        credentials: CredentialService,
        ask: AskList,
        environ: Mapping[str, str],
    ) -> None:
        self._catalog = catalog
        self._credentials = credentials
        self._ask = ask
        self._environ = environ

    async def served(
        self, provider: str, base_url: str | None, *, insecure_http: bool = False
    ) -> list[ModelSpec]:
        """Return the list; what the catalog knows of a model is kept.

        `base_url` stands in for the provider's own. Raises `UsageError` where a provider
        has no list, or what asking raises.
        """
        profile = self._catalog.provider(provider)
        if profile.listing is None and base_url is None:
            raise UsageError(
                f"`{profile.id}` has no list to ask for", hint=f"zot models --provider {profile.id}"
            )
        endpoint = profile.endpoints[profile.wire]
        own = expand(endpoint.base_url, profile, self._environ)
        listing = profile.listing or Listing("", auth=endpoint.auth)
        if base_url is not None:
            url = join(base_url.rstrip("/"), "/models")
        else:
            url = expand(listing.url.replace("{base}", own), profile, self._environ)
        check_destination(url.partition("?")[0], insecure_http=insecure_http)
        resolution = await asyncio.to_thread(self._credentials.resolve, profile)
        credential, place = resolution.require()
        call = ModelCall(
            profile,
            endpoint,
            profile.wire,
            base_url or own,
            ModelSpec(profile.id, "models"),
            ChatRequest(()),
            credential,
            place,
        )
        known = self._catalog.models.get(profile.id, {})
        return [known.get(spec.id, spec) for spec in await self._ask(call, url, listing)]
