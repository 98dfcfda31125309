"""The shipped provider rows and models, and where they come from."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CATALOGS = ROOT / "src" / "zot" / "adapters" / "catalogs"
ROWS = tomllib.loads((CATALOGS / "providers.toml").read_text("utf-8"))
MODELS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (CATALOGS / "models").glob("*.json")
}
# names of the document that differ from a row's
NAMES = {"GitHub Copilot token": "github-copilot"}

needs_facts = pytest.mark.skipif("ZOT_FACTS" not in os.environ, reason="ZOT_FACTS is not set")
needs_sources = pytest.mark.skipif(
    not {"ZOT_FACTS", "ZOT_CATALOG"} <= os.environ.keys(),
    reason="ZOT_FACTS and ZOT_CATALOG are not set",
)


def key_table() -> list[tuple[str, list[str], str]]:
    """Return name, variables and stored key of every row of the document's key table."""
    text = (Path(os.environ["ZOT_FACTS"]).parent / "reference.md").read_text("utf-8")
    section = text.partition("| Provider | Environment variable | Stored key |")[2]
    lines = section.partition("\n\n")[0].splitlines()[2:]
    found = []
    for line in lines:
        name, variables, stored = (cell.strip() for cell in line.strip("| ").split("|"))
        found.append((name, re.findall(r"`([^`]+)`", variables), stored.strip("`")))
    return found


@needs_facts
def test_the_key_table_of_the_document_has_thirty_rows():
    assert len(key_table()) == 30


@needs_facts
def test_every_row_of_the_key_table_begins_with_its_variables_in_order():
    for name, variables, _ in key_table():
        row = by_name(name)
        assert row["env"][: len(variables)] == variables, name


@needs_facts
def test_every_row_of_the_key_table_is_stored_under_its_key():
    for name, _, stored in key_table():
        assert by_name(name)["stored"] == stored, name


def by_name(name: str) -> dict[str, Any]:
    [row] = [r for p, r in ROWS.items() if r["name"].split(" (")[0] == name or p == NAMES.get(name)]
    return dict(row)


def test_every_alias_names_one_provider_and_is_no_provider_itself():
    aliases = [alias for row in ROWS.values() for alias in row.get("aliases", [])]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & ROWS.keys()


@pytest.mark.parametrize("key", ["default_model", "fast_model"])
def test_every_default_and_fast_model_is_in_the_models_of_its_provider(key):
    for provider, row in ROWS.items():
        if key in row:
            assert row[key] in {model["id"] for model in MODELS[provider]["models"]}, provider


def test_every_models_file_belongs_to_a_provider_and_says_so():
    assert MODELS.keys() <= ROWS.keys()
    assert {name: file["provider"] for name, file in MODELS.items()} == {n: n for n in MODELS}


def test_model_ids_are_unique_within_a_provider():
    for provider, file in MODELS.items():
        ids = [model["id"] for model in file["models"]]
        assert len(ids) == len(set(ids)), provider


def test_every_wire_that_a_row_or_a_model_names_has_an_endpoint():
    for provider, row in ROWS.items():
        named = {row["wire"], *(entry[1] for entry in row.get("models", []))}
        named |= {m["wire"] for m in MODELS.get(provider, {"models": []})["models"] if "wire" in m}
        assert named <= row["endpoints"].keys(), provider


def test_every_placeholder_of_an_endpoint_is_a_setting_of_the_row():
    for provider, row in ROWS.items():
        for endpoint in row["endpoints"].values():
            text = endpoint["base_url"] + endpoint.get("path", "")
            names = set(re.findall(r"\{(\w+)\}", text)) - {"model"}
            assert names <= row.get("settings", {}).keys(), provider


def test_no_price_is_negative_and_no_cached_token_costs_more_than_a_fresh_one():
    for provider, file in MODELS.items():
        for model in file["models"]:
            price = model.get("price", {"input": 0, "output": 0})
            assert price["input"] >= price.get("cache_read", 0) >= 0, (provider, model["id"])
            assert price["output"] >= 0, (provider, model["id"])


def test_every_bedrock_profile_carries_a_known_prefix_and_the_id_of_its_model():
    table = json.loads((CATALOGS / "bedrock_profiles.json").read_text("utf-8"))
    for model_id, row in table["models"].items():
        for geography, profile in row.get("profiles", {}).items():
            assert geography in table["known_prefixes"]
            assert profile["profile_id"] == f"{geography}.{model_id}"


@needs_sources
def test_the_shipped_data_is_what_the_sources_give():
    script = [sys.executable, str(ROOT / "scripts" / "build_catalog.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
