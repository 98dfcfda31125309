"""Where zot keeps its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def home_folder(environ: Mapping[str, str], user_home: Path, platform: str) -> Path:
    """Return where zot keeps its files: `$ZOT_HOME`, or the platform's state folder."""
    if home := environ.get("ZOT_HOME"):
        return Path(home)
    if state := environ.get("XDG_STATE_HOME"):
        return Path(state) / "zot"
    if platform == "darwin":
        return user_home / "Library" / "Application Support" / "zot"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or user_home / "AppData" / "Local") / "zot"
    return user_home / ".local" / "state" / "zot"
