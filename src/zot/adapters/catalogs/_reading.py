"""The entries of models.json, one after the other; what is wrong with one stays with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from zot.adapters.catalogs import _profiles
from zot.adapters.catalogs._checks import Checks, Whole
from zot.adapters.catalogs._compat import switches
from zot.adapters.catalogs._mistakes import Mistake, kind
from zot.adapters.catalogs._models import Refused, change, is_chat
from zot.adapters.catalogs._positions import Items, Members, pointer
from zot.adapters.catalogs._positions import Path as Steps
from zot.adapters.catalogs._rules import ALIASES, Wrong, did_you_mean, model_id, provider_id
from zot.adapters.catalogs._syntax import shown
from zot.adapters.catalogs.schema import ModelEntry, ModelOverride, ProviderFields
from zot.domain.catalog import Catalog, Overlay
from zot.domain.error import ConfigError
from zot.domain.model import ModelSpec
from zot.domain.provider import ProviderProfile

MOST_MODELS = 10_000

_TOP = ("$schema", "providers")


@dataclass(frozen=True, slots=True)
class Sound:
    """A model's entry in which each field is sound."""

    id: str
    entry: ModelOverride
    path: Steps


@dataclass(slots=True)
class Result:
    """What has been read so far, under the names that `Overlay` gives it."""

    providers: dict[str, ProviderProfile] = field(default_factory=dict)
    models: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    quirks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    base_urls: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def aliases(base: Catalog) -> Mapping[str, str]:
    """Return every name of a built-in provider and its id; an id is nobody's alias."""
    named = {alias: name for alias, name in ALIASES.items() if name in base.providers}
    named |= {alias: p.id for p in base.providers.values() for alias in p.aliases}
    return named | {name: name for name in base.providers}


class Reading:
    """One reading of a file."""

    def __init__(self, file: Path, checks: Checks, base: Catalog) -> None:
        self._file = file
        self._checks = checks
        self._base = base
        self._known = aliases(base)
        self._taken = {name for p in base.providers.values() for name in p.env}
        self._seen: dict[str, str] = {}
        self._counted = 0
        self._result = Result()

    def overlay(self) -> Overlay:
        """Return the layer; raises `Whole` where the file as a whole is no use."""
        checks, result = self._checks, self._result
        top = checks.document.value
        if not isinstance(top, Members):
            raise Whole(checks.at(Mistake((), f"has to be an object, not {kind(top)}")))
        if faults := checks.faults_at("providers"):
            raise Whole(faults[0])
        providers = top.get("providers", Members(0))
        if not isinstance(providers, Members):
            problem = f"`providers` has to be an object, not {kind(providers)}"
            raise Whole(checks.at(Mistake(("providers",), problem)))
        self._top(top, providers)
        for key, entry in providers.items():
            self._provider(key, entry)
        return Overlay(
            "user",
            result.providers,
            result.models,
            checks.broken,
            problems=checks.in_order(),
            notices=tuple(result.notices),
            quirks=result.quirks,
            base_urls=result.base_urls,
        )

    def _top(self, top: Members, providers: Members) -> None:
        """Report unknown fields beside `providers`; what they name is disabled."""
        for name, value in top.items():
            errors = [] if name == "providers" else self._checks.faults_below((name,))
            if name not in _TOP:
                hint = did_you_mean(name, list(_TOP)) or "providers stand in `providers`"
                mistake = Mistake((name,), f"no field `{shown(name)}`", hint, name=True)
                errors.append(self._checks.at(mistake))
            inner = value if isinstance(value, Members) and name not in _TOP else Members(0)
            meant = [self._known.get(key, key) for key in inner if key not in providers]
            self._checks.report(errors, *meant)

    def _provider(self, key: str, entry: Any) -> None:
        checks = self._checks
        path: Steps = ("providers", key)
        name = self._known.get(key, key)
        errors = checks.faults_below(path)
        try:
            provider_id(key)
        except Wrong as wrong:
            problem = f"the provider id `{shown(key)}` {wrong.problem}"
            errors.append(checks.at(Mistake(path, problem, wrong.hint, name=True)))
            checks.report(errors, *([] if "/" in key else [key]))
            return
        if name in self._seen:
            problem = f"`{self._seen[name]}` and `{key}` are the same provider"
            mistake = Mistake(path, problem, f"put both into `{name}`", name=True)
            errors.append(checks.at(mistake))
        self._seen[name] = key
        if not isinstance(entry, Members):
            problem = f"`{key}` has to be an object, not {kind(entry)}"
            errors.append(checks.at(Mistake(path, problem)))
            checks.report(errors, name)
            return
        fields, found = checks.provider(entry, path)
        errors += found
        sound = self._sound_models(name, entry, path)
        profile = None
        if fields is not None and not errors:
            try:
                profile = self._profile(name, fields, sound, path)
            except Refused as refused:
                errors.append(checks.at(refused.mistake))
        if errors:
            checks.report(errors, name)
        if profile is not None and not errors:
            self._add(profile, sound)

    def _sound_models(self, name: str, entry: Members, path: Steps) -> list[Sound]:
        """Return the models of a provider in which nothing is wrong; report the others."""
        listed = entry.get("models", Items(0))
        patched = entry.get("modelOverrides", Members(0))
        items = enumerate(listed if isinstance(listed, Items) else ())
        found: list[tuple[Steps, Any, str | None]] = [
            ((*path, "models", index), value, None) for index, value in items
        ]
        if isinstance(patched, Members):
            found += [((*path, "modelOverrides", key), patched[key], key) for key in patched]
        self._counted += len(found)
        if self._counted > MOST_MODELS:
            raise Whole(self._checks.at(Mistake(path, f"more than {MOST_MODELS} models")))
        sound: dict[str, Sound] = {}
        first_at: dict[str, Steps] = {}
        for at, value, key in found:
            model = ModelEntry if key is None else ModelOverride
            read, errors = self._checks.model(model, value, at)
            ids = [key] if key is not None else self._checks.ids_meant(value)
            if key is not None:
                errors += self._unknown(name, key, at)
            if len(ids) == 1 and ids[0] in first_at:
                lines = f"on line {self._checks.line(first_at[ids[0]])} and here"
                twice = f"the model `{shown(ids[0])}` stands twice, {lines}"
                errors.append(self._checks.at(Mistake(at, twice, "keep one of them")))
                sound.pop(ids[0], None)
            for meant in ids:
                first_at.setdefault(meant, at)
            self._checks.report(errors, *(f"{name}/{meant}" for meant in ids))
            if read is not None and not errors:
                sound[ids[0]] = Sound(ids[0], read, at)
        return list(sound.values())

    def _unknown(self, name: str, key: str, path: Steps) -> list[ConfigError]:
        """Return a mistake where an override is of a model that nobody lists."""
        try:
            model_id(key)
        except Wrong as wrong:
            problem = f"the model id `{shown(key)}` {wrong.problem}"
            return [self._checks.at(Mistake(path, problem, wrong.hint, name=True))]
        listed = self._base.models.get(name, {})
        if not listed or key in listed:
            return []
        hint = did_you_mean(key, list(listed)) or "a new model stands in `models`"
        problem = f"`{name}` has no model `{shown(key)}`"
        return [self._checks.at(Mistake(path, problem, hint, name=True))]

    def _profile(
        self, name: str, fields: ProviderFields, sound: list[Sound], path: Steps
    ) -> ProviderProfile:
        key_at = f"{self._file}, key {pointer(path)}/apiKey"
        if (built_in := self._base.providers.get(name)) is not None:
            profile = _profiles.changed(built_in, fields, key_at, path)
            if fields.base_url:
                self._result.base_urls[name] = f"{self._file}, key {pointer(path)}/baseUrl"
        else:
            if not fields.base_url and (near := did_you_mean(name, list(self._known))):
                has_own = any(model.entry.base_url for model in sound)
                if not has_own:
                    raise Refused(Mistake(path, "`baseUrl` is missing", near))
            wire = fields.api or "openai-chat"
            urls = {m.entry.api or wire: m.entry.base_url for m in sound if m.entry.base_url}
            profile = _profiles.new(name, fields, urls, key_at, path)
            profile = self._with_variable(profile)
        wires = (profile.wire, *(wire for wire in profile.endpoints if wire != profile.wire))
        ignored = [*switches(fields.compat, fields.quirks, wires).ignored]
        ignored += ["oauth"] if fields.oauth else []
        self._ignored(ignored, path)
        return profile

    def _with_variable(self, profile: ProviderProfile) -> ProviderProfile:
        """Return a profile without its derived variable where that is another's."""
        name = profile.env[0]
        if name not in self._taken:
            self._taken.add(name)
            return profile
        self._result.notices.append(
            f"{name} belongs to another provider, so `{profile.id}` does not read it by "
            f'itself; `"apiKey": {{"env": "{name}"}}` lets it'
        )
        return replace(profile, env=())

    def _add(self, profile: ProviderProfile, sound: list[Sound]) -> None:
        checks, result, name = self._checks, self._result, profile.id
        below = self._base.models.get(name, {}) if sound else {}
        models: dict[str, Mapping[str, Any]] = {}
        for model in sound:
            if not is_chat(model.entry):
                result.notices.append(f"`{name}/{model.id}` answers with no text; it is left out")
                continue
            try:
                profile, fields = self._model(profile, model, below.get(model.id))
            except Refused as refused:
                checks.report([checks.at(refused.mistake)], f"{name}/{model.id}")
                continue
            models[model.id] = fields
        if profile.custom and models:
            profile = replace(profile, default_model=next(iter(models)))
        result.providers[name] = profile
        if models:
            result.models[name] = models

    def _model(
        self, profile: ProviderProfile, model: Sound, below: ModelSpec | None
    ) -> tuple[ProviderProfile, Mapping[str, Any]]:
        entry, path, ref = model.entry, model.path, f"{profile.id}/{model.id}"
        made = change(model.id, entry, profile, below, path)
        if entry.base_url:
            _profiles.check_placeholders(entry.base_url, profile, (*path, "baseUrl"))
        profile = _profiles.serve(profile, made.wire, entry.base_url, (*path, "api"))
        _profiles.check_headers(entry.headers, profile.endpoints[made.wire], (*path, "headers"))
        if made.quirks:
            self._result.quirks[ref] = made.quirks
        if entry.base_url and not profile.custom:
            self._result.base_urls[ref] = f"{self._file}, key {pointer(path)}/baseUrl"
        self._ignored(made.ignored, path)
        return profile, made.fields

    def _ignored(self, names: list[str] | tuple[str, ...], path: Steps) -> None:
        for name in names:
            levels = name.partition("LevelMap")[1]
            why = "the nearest level is sent, not this word" if levels else "zot has no use for it"
            place = pointer((*path, *name.split("/")))
            self._result.notices.append(f"{self._file}, key {place}: {why}")
