"""The published JSON Schema of models.json."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from zot.adapters.catalogs._mistakes import fields_of
from zot.adapters.catalogs.schema import ModelEntry, ProviderEntry

ROOT = Path(__file__).resolve().parents[4]
PAGE = ROOT / "docs" / "reference" / "models.schema.json"


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PAGE.read_text("utf-8"))
    return found


def test_the_published_schema_is_what_zot_reads():
    script = [sys.executable, str(ROOT / "scripts" / "build_models_schema.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_schema_knows_every_field_and_allows_no_other():
    parts = schema()["$defs"]
    for name, model in (("ProviderEntry", ProviderEntry), ("ModelEntry", ModelEntry)):
        assert list(parts[name]["properties"]) == fields_of(model)
    assert all(part["additionalProperties"] is False for part in parts.values())


def test_the_schema_asks_for_no_more_than_an_id():
    parts = schema()["$defs"]
    assert parts["ModelEntry"]["required"] == ["id"]
    assert "required" not in parts["ProviderEntry"]
    assert "required" not in schema()
