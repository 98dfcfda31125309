"""`zot providers`: who can be asked, and who is ready."""

from __future__ import annotations

from zot.domain.credential import Look
from zot.domain.provider import ProviderProfile
from zot.entrypoints import jsonl
from zot.entrypoints.cli.ask import Question, zot_for
from zot.entrypoints.cli.screen import Screen


def show(screen: Screen, given: Question, *, as_json: bool) -> None:
    """Print every provider in the order in which they are chosen."""
    container = zot_for(given, screen).container
    service = container.credentials()
    for profile in container.catalog().providers.values():
        look = service.ready(profile)
        if as_json:
            screen.out(jsonl.line(_object(profile, look)) + "\n")
        else:
            screen.out(screen.safe(_text(profile, look)) + "\n")


def _object(profile: ProviderProfile, look: Look | None) -> jsonl.Json:
    return {
        "id": profile.id,
        "name": profile.name,
        "wire": profile.wire,
        "ready": look is not None and look.outcome != "broken",
        "credential": jsonl.credential(look.place) if look else None,
        "env": list(profile.env),
        "login": list(profile.login),
        "default_model": profile.default_model or None,
        "aliases": list(profile.aliases),
    }


def _text(profile: ProviderProfile, look: Look | None) -> str:
    if look is None:
        need = " or ".join(profile.env[:2]) or f"zot login {profile.id}"
        state = f"needs {need}"
    elif look.outcome == "broken":
        state = f"broken: {look.place}"
    else:
        state = f"ready ({look.place})" if str(look.place) else "ready (no key needed)"
    return f"{profile.id:<24} {profile.wire:<22} {state}"
