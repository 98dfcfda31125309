"""`zot login --import`: keys that other programs keep."""

from __future__ import annotations

import sys
from pathlib import Path

from zot.domain.error import LoginFailed, UnknownProvider, UsageError
from zot.domain.provider import ProviderProfile
from zot.entrypoints.api import AsyncZot
from zot.entrypoints.cli.screen import Screen

ALIASES = {"kimi-coding": "kimi", "claude": "anthropic", "gemini": "google"}


async def import_keys(zot: AsyncZot, files: list[str], screen: Screen, *, sure: bool) -> None:
    """Show the static keys that were found, and copy them after the person agreed.

    A login that zot has already is left alone. Raises `LoginFailed` where nothing came to
    be stored.
    """
    find = zot.container.found_keys()
    service = zot.container.accounts()
    taken = {profile.id for profile in service.logins()}
    wanted = []
    for found in find([Path(name) for name in files]):
        profile = _profile(zot, found.provider)
        if profile is None or not profile.stored:
            screen.notice(f"{found.program} has a key for `{found.provider}`, unknown to zot")
        elif profile.id in taken:
            screen.notice(f"{found.program} has a key of {profile.id}; zot has a login already")
        else:
            taken.add(profile.id)
            wanted.append((profile, found.key))
            screen.err(f"found a key of {profile.id}: {found.program}, {found.path}")
    if not wanted:
        raise LoginFailed("no key to import was found", hint="zot login PROVIDER")
    if not sure and not _agreed(len(wanted), screen):
        raise UsageError("nothing was imported", hint="zot login --import --yes")
    for profile, key in wanted:
        place = await service.keep(profile, key)
        screen.out(f"stored the key of {profile.id}: {screen.safe(str(place))}\n")
    screen.notice("the keys were not checked; `zot -P PROVIDER hi` tries one")


def _profile(zot: AsyncZot, name: str) -> ProviderProfile | None:
    try:
        return zot.container.catalog().provider(ALIASES.get(name, name))
    except UnknownProvider:
        return None


def _agreed(count: int, screen: Screen) -> bool:
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    screen.stderr.write(f"copy {'it' if count == 1 else f'these {count}'}? [y/N] ")
    screen.stderr.flush()
    try:
        return input().strip().lower() in {"y", "yes"}
    except EOFError:
        return False
