"""Regenerate `docs/reference/models.schema.json` from the fields that zot reads.

With --check nothing is written: the exit status is 1 where the page is stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from zot.adapters.catalogs.schema import ModelsFile

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "models.schema.json"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `$ZOT_HOME/models.json`."""
    made = ModelsFile.model_json_schema(by_alias=True, mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_plain(made),
        "description": "Private models, gateways, and changes of what ships with zot.",
    }


def _plain(node: Any) -> Any:
    """Return a part of the schema without the titles and defaults that only Python needs.

    A field that is left out is not set; it has no default that a reader should know.
    """
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _plain(value) for name, value in node.items() if name != "default"}
    if isinstance(kept.get("title"), str) and kept["title"] != "models.json of zot":
        del kept["title"]
    return kept


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is stale; returns the exit status."""
    text = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in arguments:
        if PAGE.exists() and PAGE.read_text("utf-8") == text:
            return 0
        print(f"stale: {PAGE.name}", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
