"""A file of logins for each test, and a cheap key for those that seal many."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stores import cheap_key, told
from zot.adapters.stores import _container
from zot.adapters.stores.file import FileStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where `auth.json` would be."""
    return tmp_path / "auth.json"


@pytest.fixture
def store(path: Path) -> FileStore:
    """A store over that file."""
    return FileStore(path, notice=told)


@pytest.fixture
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys at a thousandth of their cost."""
    monkeypatch.setattr(_container, "derive", cheap_key)
