"""The catalog that ships with zot, read when it is asked."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from zot.adapters.catalogs import rows
from zot.domain.catalog import Catalog
from zot.domain.model import ModelSpec

HERE = Path(__file__).parent


class ShippedModels(Mapping[str, Mapping[str, ModelSpec]]):
    """The models of each provider; a provider's file is read when it is first asked for."""

    def __init__(self, folder: Path, providers: tuple[str, ...]) -> None:
        self._folder = folder
        self._providers = providers
        self._read: dict[str, Mapping[str, ModelSpec]] = {}

    def __getitem__(self, provider: str) -> Mapping[str, ModelSpec]:
        if provider not in self._read:
            self._read[provider] = self._load(provider)
        return self._read[provider]

    def __iter__(self) -> Iterator[str]:
        return iter(self._providers)

    def __len__(self) -> int:
        return len(self._providers)

    def _load(self, provider: str) -> Mapping[str, ModelSpec]:
        if provider not in self._providers:
            raise KeyError(provider)
        try:
            text = (self._folder / f"{provider}.json").read_bytes()
        except FileNotFoundError:  # a local server lists its own models
            return {}
        entries = json.loads(text)["models"]
        return {entry["id"]: rows.model(provider, entry) for entry in entries}


def shipped(folder: Path = HERE) -> Catalog:
    """Return the providers and models that ship with zot."""
    with (folder / "providers.toml").open("rb") as file:
        table = tomllib.load(file)
    providers = {name: rows.profile(name, row) for name, row in table.items()}
    return Catalog(providers, ShippedModels(folder / "models", tuple(providers)))
