"""Who can be asked for what, in layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from zot.domain.error import ConfigError, OverrideBroken, UnknownModel, UnknownProvider, UsageError
from zot.domain.model import Layer, ModelSpec
from zot.domain.provider import Endpoint, ProviderProfile
from zot.domain.quirks import Quirks

Models = Mapping[str, Mapping[str, ModelSpec]]


@dataclass(frozen=True, slots=True)
class Overlay:
    """One layer to lay over a catalog.

    `models` holds, for each provider and model id, the fields that this layer sets, `quirks`
    the departures of one model, by `provider/model-id`. What a mistake disabled stands in
    `broken`, under the provider's id or `provider/model-id`; `unread` is the mistake that
    kept the layer from being read as a whole. `problems` are all mistakes, `notices` what is
    read and has no effect. `base_urls` says, for a built-in provider or one of its models,
    where a person gave it another base URL.
    """

    layer: Layer
    providers: Mapping[str, ProviderProfile] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    broken: Mapping[str, ConfigError] = field(default_factory=dict)
    unread: ConfigError | None = None
    problems: tuple[ConfigError, ...] = ()
    notices: tuple[str, ...] = ()
    quirks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    base_urls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A model, and the way to it.

    `given` says where a person gave a built-in provider this base URL, if one did.
    """

    profile: ProviderProfile
    model: ModelSpec
    wire: str
    endpoint: Endpoint
    given: str = ""


class _Overlaid(Mapping[str, Mapping[str, ModelSpec]]):
    """Models of two layers; merged for a provider when somebody asks for it."""

    def __init__(self, base: Models, overlay: Overlay) -> None:
        self._base = base
        self._overlay = overlay

    def __getitem__(self, provider: str) -> Mapping[str, ModelSpec]:
        changes = self._overlay.models.get(provider)
        if changes is None:
            return self._base[provider]
        merged = dict(self._base.get(provider, {}))
        for model_id, fields in changes.items():
            below = merged.get(model_id) or ModelSpec(provider, model_id)
            merged[model_id] = replace(below, layer=self._overlay.layer, **fields)
        return merged

    def __iter__(self) -> Iterator[str]:
        yield from self._base
        yield from (name for name in self._overlay.models if name not in self._base)

    def __len__(self) -> int:
        return len(set(self._base) | set(self._overlay.models))


@dataclass(frozen=True, slots=True)
class Catalog:
    """Providers in the order of `zot providers`, and their models."""

    providers: Mapping[str, ProviderProfile]
    models: Models
    broken: Mapping[str, ConfigError] = field(default_factory=dict)
    unread: ConfigError | None = None
    problems: tuple[ConfigError, ...] = ()
    notices: tuple[str, ...] = ()
    quirks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    base_urls: Mapping[str, str] = field(default_factory=dict)

    def overlay(self, newer: Overlay) -> Catalog:
        """Lay a layer over this catalog; it wins field by field for the same model."""
        return Catalog(
            {**self.providers, **newer.providers},
            _Overlaid(self.models, newer),
            {**self.broken, **newer.broken},
            newer.unread or self.unread,
            (*self.problems, *newer.problems),
            (*self.notices, *newer.notices),
            {**self.quirks, **newer.quirks},
            {**self.base_urls, **newer.base_urls},
        )

    def provider(self, name: str) -> ProviderProfile:
        """Return a provider by id or alias; raises `UnknownProvider` with the nearest names.

        Raises `OverrideBroken` for one that a mistake disabled, and the mistake itself where
        the layer that may define it could not be read.
        """
        if (profile := self._find(name)) is not None:
            self._check(profile.id)
            return profile
        self._check(name)
        if self.unread is not None:
            raise self.unread
        known = [*self.providers, *(a for p in self.providers.values() for a in p.aliases)]
        raise UnknownProvider(name, _nearest(name, known))

    def route(self, model: str | None, provider: str | None = None) -> Route:
        """Find the model and the way to it.

        With a provider named, an id that the catalog does not list is taken as it stands,
        and no model means the provider's default. Without one, the model's first segment
        has to name it; raises `UnknownModel` with the nearest names.
        """
        if provider is not None:
            profile = self.provider(provider)
            return self._route(profile, self._id_at(profile, model))
        if model is None:
            raise UsageError("neither a provider nor a model is named")
        head, _, rest = model.partition("/")
        if rest and (named := self._find(head) or self._broken_provider(head)) is not None:
            profile = self.provider(named.id)
            listed = self.models.get(profile.id, {})
            whole = rest not in listed and model in listed  # an id such as `openrouter/auto`
            return self._route(profile, model if whole else rest)
        if rest and self.unread is not None:
            raise self.unread
        raise UnknownModel(model, self._models_like(model))

    def _id_at(self, profile: ProviderProfile, model: str | None) -> str:
        if model is None:
            if not profile.default_model:
                raise UsageError(
                    f"`{profile.id}` has no default model",
                    hint=f"name one: zot --provider {profile.id} --model ID",
                )
            return profile.default_model
        head, _, rest = model.partition("/")
        listed = self.models.get(profile.id, {})
        if rest and model not in listed and self._find(head) is profile:
            return rest
        return model

    def _route(self, profile: ProviderProfile, model_id: str) -> Route:
        self._check(f"{profile.id}/{model_id}")
        spec = self.models.get(profile.id, {}).get(model_id)
        if spec is None:
            sizes = profile.unknown_model
            spec = ModelSpec(
                profile.id,
                model_id,
                context=sizes.get("context"),
                max_output=sizes.get("max_output"),
                wire_id=model_id.removeprefix(profile.wire_for(model_id).strip_prefix),
                listed=False,
            )
            wire = profile.wire_for(model_id).wire
        else:
            wire = spec.wire or profile.wire
        endpoint = profile.endpoints.get(wire)
        if endpoint is None:
            endpoint = replace(profile.endpoints[profile.wire], path="", quirks=Quirks())
        given = self.base_urls.get(spec.ref) or self.base_urls.get(profile.id, "")
        if spec.base_url and (spec.ref in self.base_urls or not given):
            endpoint = replace(endpoint, base_url=spec.base_url)
        if departures := self.quirks.get(spec.ref):
            endpoint = replace(endpoint, quirks=replace(endpoint.quirks, **departures))
        if spec.headers:
            profile = replace(profile, headers={**profile.headers, **spec.headers})
        return Route(profile, spec, wire, endpoint, given)

    def _find(self, name: str) -> ProviderProfile | None:
        if (profile := self.providers.get(name)) is not None:
            return profile
        return next((p for p in self.providers.values() if name in p.aliases), None)

    def _broken_provider(self, name: str) -> ProviderProfile | None:
        self._check(name)
        return None

    def _check(self, entry: str) -> None:
        if (error := self.broken.get(entry)) is not None:
            raise OverrideBroken(error.where, error.problem, hint=error.hint)

    def _models_like(self, model: str) -> list[str]:
        wanted = model.rsplit("/", 1)[-1]
        refs = [spec.ref for models in self.models.values() for spec in models.values()]
        exact = [ref for ref in refs if ref.rsplit("/", 1)[-1] == wanted]
        return exact[:3] or _nearest(model, refs)


def _nearest(name: str, known: list[str]) -> list[str]:
    from difflib import get_close_matches  # only an error pays for it  # noqa: PLC0415

    return get_close_matches(name, known, n=3, cutoff=0.5)
