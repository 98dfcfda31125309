"""The shipped models as tab-separated lines, straight from the data files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def lines(folder: Path = HERE) -> str:
    """Return one line a model: `provider/id`, window, price, abilities."""
    order = [
        row[1:-1].strip('"')
        for row in (folder / "providers.toml").read_text(encoding="utf-8").split("\n")
        if row.startswith("[") and ("." not in row or row == '["llama.cpp"]')
    ]
    parts = []
    for provider in order:
        path = folder / "models" / f"{provider}.json"
        if path.exists():
            parts += [_line(provider, entry) for entry in json.loads(path.read_bytes())["models"]]
    return "".join(parts)


def _line(provider: str, entry: dict[str, Any]) -> str:
    price = entry.get("price")
    cost = f"{price['input']:g}/{price['output']:g}" if price else "-"
    can = ["images"] * ("image" in entry.get("inputs", ()))
    can += ["tools"] * bool(entry.get("tools")) + ["reasoning"] * bool(entry.get("reasoning"))
    return f"{provider}/{entry['id']}\t{entry.get('context') or '-'}\t{cost}\t{','.join(can)}\n"
