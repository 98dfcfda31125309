"""`zot login` and `zot logout`."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from zot.domain.error import LoginFailed, UsageError
from zot.domain.login import Surroundings, login_path
from zot.domain.provider import ProviderProfile
from zot.domain.secret import Secret
from zot.entrypoints.api import AsyncZot
from zot.entrypoints.cli.screen import Screen

LONGEST_KEY = 64 << 10


@dataclass(frozen=True, slots=True)
class LoginWish:
    """What the options of `zot login` say; `files` is set where keys are to be imported."""

    provider: str | None = None
    method: str | None = None
    stdin: bool = False
    files: tuple[str, ...] | None = None
    yes: bool = False


def surroundings() -> Surroundings:
    """Return where this process runs."""
    terminal = bool(sys.stdin and sys.stdin.isatty() and sys.stderr.isatty())
    container = Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()
    return Surroundings(os.environ, sys.platform, terminal, container)


async def log_in(zot: AsyncZot, wish: LoginWish, screen: Screen) -> None:
    """Take in a key and store it; raises `LoginFailed` where nothing came to be stored."""
    profile = _wanted(zot, wish, screen)
    if wish.method == "subscription" and not any(way.startswith("oauth") for way in profile.login):
        raise UsageError(f"`{profile.id}` has no subscription login")
    service = zot.container.accounts()
    path = login_path(profile, surroundings(), stdin=wish.stdin)
    match path:
        case "instructions":
            screen.out("".join(f"{line}\n" for line in service.instructions(profile)))
            raise LoginFailed(
                f"nothing was stored: `{profile.id}` needs more than one pasted key",
                hint=f"follow the lines above; `zot login {profile.id} --stdin` stores a key alone",
            )
        case "none":
            raise LoginFailed(
                "there is no terminal to ask on; nothing was stored",
                hint=f"pipe the key in: zot login {profile.id} --stdin < FILE",
            )
        case "page":
            await _by_page(zot, profile, screen)
        case _:
            key = _piped() if path == "stdin" else _prompted(profile, screen)
            _told(profile, await service.log_in(profile, key), screen)


async def _by_page(zot: AsyncZot, profile: ProviderProfile, screen: Screen) -> None:
    service = zot.container.accounts()
    done = []

    async def submit(key: Secret) -> str:
        try:
            done.append(await service.log_in(profile, key))
        except LoginFailed as error:
            return error.message
        return ""

    await zot.container.login_page()(profile, submit, screen.notice)
    if not done:
        raise LoginFailed(
            f"no key for `{profile.id}` came through the page in ten minutes; nothing was stored",
            hint=f"run `zot login {profile.id}` again, or add --stdin",
        )
    _told(profile, done[-1], screen)


def _told(profile: ProviderProfile, result: object, screen: Screen) -> None:
    from zot.app.accounts import LoggedIn

    if not isinstance(result, LoggedIn):
        return
    screen.out(f"stored the key of {profile.id}: {result.place}\n")
    if not result.verdict.proven:
        screen.notice(f"the key was not checked: {result.verdict.said}")
    if result.shadowed_by is not None:
        place = result.shadowed_by.place
        screen.notice(f"{place} wins over the stored key; unset it to use this one")


def _piped() -> Secret:
    data = sys.stdin.buffer.read(LONGEST_KEY + 1)
    if len(data) > LONGEST_KEY:
        raise UsageError("standard input is too long for a key")
    try:
        return Secret(data.decode("utf-8").strip())
    except UnicodeDecodeError:
        raise UsageError("standard input is no text") from None


def _prompted(profile: ProviderProfile, screen: Screen) -> Secret:
    if profile.key_url:
        screen.err(f"keys of {profile.name} are made at {profile.key_url}")
    return Secret(getpass.getpass(f"key for {profile.id} (hidden): ", stream=sys.stderr))


def _wanted(zot: AsyncZot, wish: LoginWish, screen: Screen) -> ProviderProfile:
    catalog = zot.container.catalog()
    if wish.provider is not None:
        return catalog.provider(wish.provider)
    if not surroundings().terminal:
        raise UsageError("name a provider: zot login PROVIDER", hint="`zot providers` lists them")
    from zot.entrypoints.cli.pick import pick

    choices = [p for p in catalog.providers.values() if p.login]
    chosen = pick([(p.id, p.name) for p in choices], "log in to which provider?", screen)
    return catalog.provider(chosen)


def log_out(zot: AsyncZot, provider: str | None, screen: Screen, *, everyone: bool) -> None:
    """Forget one login or all, and say what still supplies a credential."""
    service = zot.container.accounts()
    if everyone:
        profiles = service.logins()
    elif provider is not None:
        profiles = [zot.container.catalog().provider(provider)]
    else:
        raise UsageError("name a provider, or --all", hint="`zot auth status` lists the logins")
    for profile in profiles:
        result = service.log_out(profile)
        if result.removed:
            screen.out(f"removed the login of {profile.id}\n")
        elif not everyone:  # two providers may share a record
            screen.out(f"there was no stored login of {profile.id}\n")
        for look in result.still:
            screen.notice(f"{profile.id} still has a credential from {look.place}")
    if everyone and not profiles:
        screen.notice("there was no stored login")


def run_login(zot: AsyncZot, wish: LoginWish, screen: Screen) -> None:
    """Run `log_in` for one command."""

    async def whole() -> None:
        async with zot:
            if wish.files is None:
                await log_in(zot, wish, screen)
            else:
                from zot.entrypoints.cli.importing import import_keys

                await import_keys(zot, list(wish.files), screen, sure=wish.yes)

    asyncio.run(whole())
