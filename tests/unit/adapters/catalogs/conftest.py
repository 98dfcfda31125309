"""A models.json in a home of its own, over the catalog that ships with zot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zot.adapters.catalogs.builtin import shipped
from zot.adapters.catalogs.user import overlay
from zot.domain.catalog import Catalog, Overlay, Route
from zot.domain.error import ZotError
from zot.domain.provider import ProviderProfile

URL = "https://gw.example/v1"
Lay = Callable[[Any], Overlay]
One = Callable[..., Overlay]


@pytest.fixture(scope="session")
def base() -> Catalog:
    """Return what ships with zot."""
    return shipped()


@pytest.fixture
def file(zot_home: Path) -> Path:
    """Return where models.json stands."""
    return zot_home / "models.json"


@pytest.fixture
def lay(file: Path, base: Catalog) -> Lay:
    """Write a text, bytes or a value as models.json and return the layer it makes."""

    def write(content: Any) -> Overlay:
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            file.write_text(text, encoding="utf-8")
        return overlay(file, base)

    return write


@pytest.fixture
def one(lay: Lay) -> Callable[..., Overlay]:
    """Lay a single provider, `acme` unless named, given by its fields."""

    def write(name: str = "acme", **fields: Any) -> Overlay:
        return lay({"providers": {name: fields}})

    return write


@pytest.fixture
def lost(base: Catalog) -> Callable[[Overlay], set[str]]:
    """Return which built-in models cannot be asked any more under a layer."""

    def find(layer: Overlay) -> set[str]:
        known = base.overlay(layer)
        refs = [spec.ref for models in base.models.values() for spec in models.values()]
        assert len(refs) > 1400
        gone = set()
        for ref in refs:
            try:
                route = known.route(ref)
            except ZotError:
                gone.add(ref)
            else:
                assert route.model.ref == ref
        return gone

    return find


@pytest.fixture
def profile(one: One) -> Callable[..., ProviderProfile]:
    def make(name: str = "acme", **fields: Any) -> ProviderProfile:
        layer = one(name, **{"baseUrl": URL, **fields})
        assert layer.problems == ()
        return layer.providers[name]

    return make


@pytest.fixture
def route(one: One, base: Catalog) -> Callable[..., Route]:
    def find(ref: str, **fields: Any) -> Route:
        layer = one(ref.partition("/")[0], **fields)
        assert layer.problems == ()
        return base.overlay(layer).route(ref)

    return find


@pytest.fixture
def problem(one: One) -> Callable[..., str]:
    """Return the one problem of the provider `acme`; nothing else may be touched by it."""

    def find(**fields: Any) -> str:
        layer = one(**{"baseUrl": URL, **fields})
        [error] = layer.problems
        assert not layer.providers or any(name.startswith("acme/") for name in layer.broken)
        assert error.exit_code == 3
        return f"{error.problem} | {error.hint}"

    return find
