"""Who may have written models.json, and what then counts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zot.adapters.catalogs.user import overlay
from zot.domain.catalog import Catalog, Overlay

URL = "https://gw.example/v1"
Lay = Callable[[Any], Overlay]


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_an_address_or_a_key_counts_only_where_nobody_else_can_write(
    file: Path, lay: Lay, base: Catalog, mode: int
):
    content = {
        "providers": {
            "openai": {"baseUrl": URL},
            "groq": {"apiKey": {"command": ["op", "read", "x"]}},
            "mistral": {"headers": {"X-Team": "a"}},
            "acme": {"baseUrl": URL},
            "xai": {"models": [{"id": "m1", "baseUrl": URL}, {"id": "m2", "maxTokens": 5}]},
        }
    }
    assert lay(content).problems == ()
    file.chmod(mode)
    layer = overlay(file, base)
    assert set(layer.broken) == {"openai", "groq", "mistral", "acme", "xai/m1"}
    assert list(layer.models["xai"]) == ["m2"]
    for error in layer.problems:
        assert f"counts only where nobody else can write, and others can write to {file}" in (
            error.problem
        )
        assert error.hint == f"chmod go-w {file}"


def test_a_folder_that_others_can_write_to_is_as_good_as_the_file(
    file: Path, lay: Lay, base: Catalog
):
    lay({"providers": {"acme": {"baseUrl": URL}}})
    file.parent.chmod(0o777)
    assert overlay(file, base).problems[0].hint == f"chmod go-w {file.parent}"
    file.parent.chmod(0o1777)
    assert overlay(file, base).problems == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("whose", ["file", "folder", "link", "target"])
def test_what_belongs_to_somebody_else_is_not_trusted(
    file: Path, lay: Lay, base: Catalog, tmp_path: Path, whose: str
):
    lay({"providers": {"acme": {"baseUrl": URL}}})
    if whose in {"link", "target"}:
        file.rename(tmp_path / "models.json")
        file.symlink_to(tmp_path / "models.json")
        assert overlay(file, base).problems == ()
    place = {"folder": file.parent, "target": tmp_path / "models.json"}.get(whose, file)
    os.chown(place, 4711, -1, follow_symlinks=False)
    [error] = overlay(file, base).problems
    assert error.problem.endswith(f"{place} belongs to somebody else")
    assert error.hint == f"chown 0 {place}"


def test_a_link_is_followed_but_no_command_is_run_from_behind_it(
    file: Path, lay: Lay, base: Catalog, tmp_path: Path
):
    entry = {"baseUrl": URL, "apiKey": {"command": ["op", "read", "x"]}}
    lay({"providers": {"acme": entry, "good": {"baseUrl": URL}}})
    file.rename(tmp_path / "models.json")
    file.symlink_to(tmp_path / "models.json")
    layer = overlay(file, base)
    assert list(layer.providers) == ["good"]
    assert layer.problems[0].problem == f"`apiKey` has a command, and {file} is a link"


def test_a_link_into_a_folder_of_others_is_not_trusted(
    file: Path, lay: Lay, base: Catalog, tmp_path: Path
):
    lay({"providers": {"acme": {"baseUrl": URL}}})
    file.rename(tmp_path / "models.json")
    file.symlink_to(tmp_path / "models.json")
    tmp_path.chmod(0o777)
    assert overlay(file, base).problems[0].hint == f"chmod go-w {tmp_path}"
