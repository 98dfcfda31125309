"""A provider's entry of models.json as a profile: a new one, or a change of a built-in one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from zot.adapters.catalogs._compat import switches
from zot.adapters.catalogs._mistakes import Mistake
from zot.adapters.catalogs._models import Refused
from zot.adapters.catalogs._positions import Path
from zot.adapters.catalogs.schema import ProviderFields
from zot.domain.endpoint import join
from zot.domain.provider import Endpoint, Listing, ProviderProfile
from zot.domain.quirks import Quirks

# what a server that speaks a wire can be expected to do; `compat` and `quirks` say more
_WIRES: Mapping[str, Endpoint] = {
    "openai-chat": Endpoint(
        "",
        quirks=Quirks(
            thinking_format="openai",
            reasoning_effort=True,
            reasoning_in=("reasoning_content", "reasoning"),
        ),
    ),
    "openai-responses": Endpoint("", quirks=Quirks(reasoning_effort=True)),
    "anthropic-messages": Endpoint(
        "",
        auth="x-api-key",
        headers={"anthropic-version": "2023-06-01"},
        quirks=Quirks(tool_id_pattern="^[a-zA-Z0-9_-]{1,64}$"),
    ),
    "google-generative": Endpoint("", auth="x-goog-api-key"),
}
_PLACEHOLDER = re.compile(r"\{([^}]*)\}?")


def variable(provider: str) -> str:
    """Return the variable of a provider that is not built in."""
    return re.sub(r"[^A-Z0-9]", "_", provider.upper()) + "_API_KEY"


def new(
    provider: str, fields: ProviderFields, urls: Mapping[str, str], key_at: str, path: Path
) -> ProviderProfile:
    """Return the profile of a provider that is not built in.

    `urls` are the base URLs of its models' own, by wire; they count where the provider has
    none. Its credential is nobody else's: its own variable, its own record, its `apiKey`.
    """
    wire = fields.api or next(iter(urls), "openai-chat")
    base_urls = {**urls, wire: fields.base_url or urls.get(wire, "")}
    endpoints = {}
    for name, url in base_urls.items():
        endpoint = served(name, (*path, "api"))
        endpoints[name] = replace(endpoint, base_url=fields.base_url or url)
    if not endpoints[wire].base_url:
        raise Refused(Mistake(path, "`baseUrl` is missing", ""))
    profile = ProviderProfile(
        id=provider,
        name=provider,
        wire=wire,
        endpoints=endpoints,
        env=(variable(provider),),
        stored=provider,
        login=("api-key",),
        custom=True,
    )
    return changed(profile, fields, key_at, path)


def served(wire: str, path: Path) -> Endpoint:
    """Return what is expected of a server of one's own; raises `Refused` for other wires."""
    if wire in _WIRES:
        return _WIRES[wire]
    raise Refused(
        Mistake(
            path,
            f"`{path[-1]}` names `{wire}`, which only its vendor serves",
            f"a server of your own speaks {', '.join(_WIRES)}",
        )
    )


def changed(
    profile: ProviderProfile, fields: ProviderFields, key_at: str, path: Path
) -> ProviderProfile:
    """Return a profile with what the entry sets.

    A new base URL holds for every wire of the provider: none of its requests, probes or
    listings goes to the vendor's hosts any more.
    """
    given = fields.model_fields_set
    wire = fields.api or profile.wire
    if wire not in profile.endpoints:
        if not fields.base_url:
            raise Refused(_unserved(profile, wire, (*path, "api")))
        extra = {wire: served(wire, (*path, "api"))}
        profile = replace(profile, endpoints={**profile.endpoints, **extra})
    profile = replace(profile, wire=wire, name=fields.name or profile.name)
    if fields.base_url:
        check_placeholders(fields.base_url, profile, (*path, "baseUrl"))
        profile = _moved(profile, fields.base_url)
    wires = (wire, *(name for name in profile.endpoints if name != wire))
    set_here = switches(fields.compat, fields.quirks, wires)
    endpoints = {
        name: replace(
            endpoint,
            quirks=replace(endpoint.quirks, **set_here.of(name)),
            auth="bearer" if fields.auth_header else endpoint.auth,
        )
        for name, endpoint in profile.endpoints.items()
    }
    profile = replace(profile, endpoints=endpoints)
    check_headers(fields.headers, endpoints[wire], (*path, "headers"))
    if fields.headers:
        profile = replace(profile, headers={**profile.headers, **fields.headers})
    if fields.auth == "none":
        if given & {"api_key", "auth_header"}:
            raise Refused(
                Mistake(
                    (*path, "auth"), "`auth` is `none` beside a key", "keep one of them", name=True
                )
            )
        profile = replace(profile, credential="none", login=())
    if fields.api_key is not None:
        profile = replace(profile, custom_key=replace(fields.api_key, where=key_at))
    if "discover" in given:
        profile = replace(profile, listing=_listing(profile) if fields.discover else None)
    return profile


def check_headers(headers: Mapping[str, str], endpoint: Endpoint, path: Path) -> None:
    """Refuse the header that carries the credential; raises `Refused`."""
    for name in headers:
        if name.lower() == endpoint.auth:
            raise Refused(
                Mistake(
                    (*path, name),
                    f"`headers` sets `{name}`, which carries the key",
                    "the key belongs in `apiKey`",
                    name=True,
                )
            )


def check_placeholders(url: str, profile: ProviderProfile, path: Path) -> None:
    """Refuse braces that no setting of the provider fills; raises `Refused`."""
    for found in _PLACEHOLDER.finditer(url):
        if found[1] not in profile.settings or not found[0].endswith("}"):
            known = ", ".join(f"{{{name}}}" for name in profile.settings)
            raise Refused(
                Mistake(
                    path,
                    f"`{path[-1]}` has braces that `{profile.id}` cannot fill",
                    f"known are {known}" if known else "write the address in full",
                )
            )


def serve(profile: ProviderProfile, wire: str, base_url: str, path: Path) -> ProviderProfile:
    """Return a profile that serves a wire which one of its models names.

    Raises `Refused` where the provider does not serve it and the model names no server.
    """
    if wire in profile.endpoints:
        return profile
    shared = next(iter(profile.endpoints.values())).base_url if profile.custom else ""
    if not (url := base_url or shared):
        raise Refused(_unserved(profile, wire, path))
    endpoint = replace(served(wire, path), base_url=url)
    return replace(profile, endpoints={**profile.endpoints, wire: endpoint})


def _unserved(profile: ProviderProfile, wire: str, path: Path) -> Mistake:
    known = ", ".join(profile.endpoints)
    return Mistake(
        path,
        f"`{profile.id}` does not serve `{wire}`",
        f"it serves {known}; for a server of your own, add `baseUrl`",
    )


def _moved(profile: ProviderProfile, base_url: str) -> ProviderProfile:
    endpoints = {
        wire: replace(
            endpoint,
            base_url=base_url,
            alternatives=(),
            base_url_fips="",
            base_url_china="",
            express_base_url="",
            express_path="",
        )
        for wire, endpoint in profile.endpoints.items()
    }
    return replace(profile, endpoints=endpoints, probe=None, listing=None, hosts=())


def _listing(profile: ProviderProfile) -> Listing:
    endpoint = profile.endpoints[profile.wire]
    public = profile.credential == "none"
    auth = "none" if public else endpoint.auth
    if profile.wire == "google-generative":
        url = join(endpoint.base_url, "/models", "v1beta")
        found = Listing(url, items="models", id="name", strip_prefix="models/")
        return replace(found, auth=auth, public=public, persist=False)
    return Listing(join(endpoint.base_url, "/models"), auth=auth, public=public, persist=False)
