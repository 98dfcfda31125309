"""A slip of the pen is answered with the field that was meant."""

from __future__ import annotations

import json

import pytest

from zot.adapters.catalogs.builtin import shipped
from zot.adapters.catalogs.user import overlay


@pytest.mark.parametrize(
    ("typed", "meant"), [("modles", "models"), ("modelOverride", "modelOverrides")]
)
def test_a_misspelt_list_of_models_is_recognised(tmp_path, typed, meant):
    path = tmp_path / "models.json"
    entry = {"baseUrl": "https://x.example/v1", typed: []}
    path.write_text(json.dumps({"providers": {"mine": entry}}))
    path.chmod(0o600)
    (problem,) = overlay(path, shipped()).problems
    assert problem.hint == f"did you mean `{meant}`?"
