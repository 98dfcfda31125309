"""How a login can go on this machine, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zot.domain.provider import ProviderProfile

Path = Literal["page", "prompt", "stdin", "instructions", "none"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where zot runs: `terminal` tells whether a person can be asked, on both sides."""

    environ: Mapping[str, str]
    platform: str
    terminal: bool
    container: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a provider said of a key; `proven` is False where nobody could be asked."""

    accepted: bool
    proven: bool
    said: str = ""


def browser_possible(where: Surroundings) -> bool:
    """Tell whether a browser on this machine would be seen by the person at the terminal."""
    environ = where.environ
    if environ.get("ZOT_NO_BROWSER"):
        return False
    if environ.get("ZOT_FORCE_BROWSER"):
        return True
    if where.container or environ.get("KUBERNETES_SERVICE_HOST"):
        return False
    if any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")):
        return False
    if where.platform in {"darwin", "win32"}:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def login_path(profile: ProviderProfile, where: Surroundings, *, stdin: bool) -> Path:
    """Return how a key of this provider is taken in here; `stdin` is the user's wish.

    `none` means that nobody can be asked: without a terminal a key has to be piped.
    """
    if stdin:
        return "stdin"
    if "instructions" in profile.login:
        return "instructions"
    if not where.terminal:
        return "none"
    return "page" if browser_possible(where) else "prompt"
