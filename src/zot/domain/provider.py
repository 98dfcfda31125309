"""Providers: one row each, and the quirks that depart from a wire's norm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from zot.domain.quirks import Quirks
from zot.domain.secret import Secret

Login = Literal["api-key", "oauth-pkce", "oauth-device", "instructions"]
Slot = Literal["top", "additional", "none"]
Need = Literal["required", "optional", "none"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one wire of a provider is served.

    `path` is set only where the wire's own rule would give another one. Both may hold
    `{placeholders}` of the provider's settings.
    """

    base_url: str
    path: str = ""
    path_non_stream: str = ""
    auth: str = "bearer"
    headers: Mapping[str, str] = field(default_factory=dict)
    quirks: Quirks = field(default_factory=Quirks)
    alternatives: tuple[str, ...] = ()
    base_url_fips: str = ""
    base_url_china: str = ""
    express_base_url: str = ""
    express_path: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that a URL needs beside the credential; the first variable that is set wins."""

    env: tuple[str, ...]
    default: str = ""
    pattern: str = ""
    required: bool = False
    kind: str = "text"
    template: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that shows whether a key is accepted; `validates` is False where it cannot."""

    url: str
    auth: str = "bearer"
    validates: bool = True
    rejected: tuple[int, ...] = (401, 403)
    optional: bool = False
    method: str = "GET"
    alt_url: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Where a provider lists its models, and how its answer is read."""

    url: str
    method: str = "GET"
    auth: str = "bearer"
    public: bool = False
    items: str = "data"
    id: str = "id"
    strip_prefix: str = ""
    filter: str = ""
    filter_prefixes: tuple[str, ...] = ()
    skip_types: tuple[str, ...] = ()
    page_param: str = ""
    page_from: str = ""
    fallback_url: str = ""
    fallback_statuses: tuple[int, ...] = ()
    persist: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomKey:
    """`apiKey` of models.json: exactly one of a variable, a command and a literal is set."""

    env: str = ""
    command: tuple[str, ...] = ()
    literal: Secret | None = None
    where: str = ""


class ModelWire(NamedTuple):
    """The wire of every model whose id matches a glob, and the prefix that is not sent."""

    glob: str
    wire: str
    strip_prefix: str = ""


@dataclass(frozen=True, slots=True)
class ProviderProfile:
    """What zot knows of a provider.

    `stored` is its key in auth.json, `slot` the level at which it stands there, `stored_also`
    other keys that are read. Its variables count only with the setting `env_only_with`,
    where one is named. `models` maps globs of model ids to wires, and `unknown_model` gives
    sizes, for models that the catalog does not list. `hosts` are the domains that its
    credential may go to beside its own endpoints.
    """

    id: str
    name: str
    wire: str
    endpoints: Mapping[str, Endpoint]
    env: tuple[str, ...] = ()
    env_only_with: str = ""
    stored: str = ""
    stored_also: tuple[str, ...] = ()
    stored_field: Literal["api_key", "oauth"] | None = None
    stored_fields: tuple[str, ...] = ()
    slot: Slot = "additional"
    login: tuple[Login, ...] = ()
    credential: Need = "required"
    ambient: Literal["aws", "google"] | None = None
    key_url: str = ""
    default_model: str = ""
    fast_model: str = ""
    billing: str = "token"
    aliases: tuple[str, ...] = ()
    models: tuple[ModelWire, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    probe: Probe | None = None
    listing: Listing | None = None
    unknown_model: Mapping[str, int] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    custom_key: CustomKey | None = None
    custom: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def wire_for(self, model_id: str) -> ModelWire:
        """Return how a model that the catalog does not list is spoken with."""
        for entry in self.models:
            if fnmatchcase(model_id, entry.glob):
                return entry
        return ModelWire("*", self.wire)
