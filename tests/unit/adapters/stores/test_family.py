"""A store is found by its name: the built-in ones, and those of other packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.stores import PASSPHRASE, told
from zot.adapters.stores.family import BUILT_IN, LASTING, StoreSettings, open_store
from zot.contract.store_cases import GROQ, key
from zot.domain.error import BadSetting

PACKAGE = """

class Shelf:
    name = "shelf"
    def __init__(self, folder, environ):
        self.folder, self.environ = folder, environ

def shelf(folder, environ):
    return Shelf(folder, environ)
"""


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    return StoreSettings(tmp_path / "zot", {"SHELF": "2"}, lambda new: PASSPHRASE, told)


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a package on the path as an installer does: a module and its metadata."""
    site = tmp_path / "site"
    metadata = site / "zot_shelf-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "zot_shelf.py").write_text(PACKAGE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: zot-shelf\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[zot.stores]\nshelf = zot_shelf:shelf\n"
        "broken = zot_nowhere:shelf\nfile = zot_shelf:shelf\n"
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "zot_shelf", raising=False)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_store_goes_by_its_name_and_makes_nothing(settings, name):
    assert open_store(name, settings).name == name
    assert not settings.folder.exists()


def test_stores_that_last_are_known():
    assert {"file", "keyring", "encrypted-file", "aws-secrets-manager"} == LASTING


def test_files_stand_in_the_folder_of_zot(settings):
    for name in ("file", "encrypted-file"):
        open_store(name, settings).save(GROQ, key("gsk-1"))
    assert {"auth.json", "auth.enc"} <= {path.name for path in settings.folder.iterdir()}


@pytest.mark.parametrize("name", ["", "File", "vault", "../file"])
def test_an_unknown_name_is_answered_with_the_known_ones(settings, name):
    with pytest.raises(BadSetting, match="no secret store named") as caught:
        open_store(name, settings)
    assert caught.value.exit_code == 3
    assert "encrypted-file" in caught.value.hint


@pytest.mark.usefixtures("_installed")
def test_another_package_brings_a_store(settings):
    store = open_store("shelf", settings)
    assert store.name == "shelf"
    assert vars(store) == {"folder": settings.folder, "environ": settings.environ}


@pytest.mark.usefixtures("_installed")
def test_another_package_cannot_take_the_name_of_a_built_in_store(settings):
    assert type(open_store("file", settings)).__name__ == "FileStore"


@pytest.mark.usefixtures("_installed")
def test_a_package_that_cannot_be_loaded_is_named(settings):
    with pytest.raises(BadSetting, match="zot_nowhere"):
        open_store("broken", settings)
