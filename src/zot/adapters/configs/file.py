"""`$ZOT_HOME/config.json`, read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zot.domain.config import Config
from zot.domain.error import ConfigError

LARGEST = 1 << 20
_TYPES: Mapping[str, type] = {
    "provider": str,
    "model": str,
    "secret_store": str,
    "http_proxy": str,
    "allow_metered": bool,
    "residency": str,
    "last_models": dict,
    "oauth": dict,
}
_NAMES = {str: "text in quotes", bool: "true or false", dict: "an object"}


def load(path: Path) -> Config:
    """Return what the file says; a missing file says nothing.

    Raises `ConfigError` with path, line and column for a file that cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(str(path), "larger than 1 MiB")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from None
    return _config(path, _parsed(path, text))


def remember(path: Path, provider: str, model: str) -> None:
    """Make a model the last selection; raises as `change` does."""
    last = load(path).last_models
    models = {**last, provider: model}
    change(path, {"provider": provider, "model": model, "last_models": models})


def change(path: Path, values: Mapping[str, object]) -> None:
    """Set some keys; every other key of the file stays as it is.

    Raises `ConfigError` for a file that does not parse; it is never overwritten.
    """
    document = _parsed(path, path.read_text(encoding="utf-8")) if path.exists() else {}
    document.update(values)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path.resolve())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}:{error.colno}", error.msg.lower()) from None
    except (RecursionError, ValueError):
        raise ConfigError(str(path), "nested too deeply, or a number too long") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}:1:1", "has to be a JSON object")
    return document


def _config(path: Path, document: dict[str, Any]) -> Config:
    known: dict[str, Any] = {}
    for name, kind in _TYPES.items():
        if (value := document.get(name)) is None:
            continue
        if not isinstance(value, kind):
            raise ConfigError(str(path), f"`{name}` has to be {_NAMES[kind]}")
        known[name] = value
    return Config(**known, unknown=tuple(sorted(document.keys() - _TYPES.keys())))
