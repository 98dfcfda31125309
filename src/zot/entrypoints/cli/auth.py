"""`zot auth`: which credential is used, and why."""

from __future__ import annotations

import asyncio

import click

from zot.domain.credential import Look, Origin
from zot.domain.error import ZotError
from zot.domain.precedence import Resolution
from zot.entrypoints import jsonl
from zot.entrypoints.api import AsyncZot
from zot.entrypoints.cli.ask import Question, zot_for
from zot.entrypoints.cli.report import report
from zot.entrypoints.cli.screen import Screen


def show_explanation(screen: Screen, given: Question, provider: str, *, as_json: bool) -> None:
    """Print the trace of the search; raises the error of a broken source after it."""
    zot = zot_for(given, screen)
    resolution = asyncio.run(zot.explain(provider))
    if as_json:
        screen.out(jsonl.line(jsonl.resolution(resolution)) + "\n")
    else:
        screen.out("".join(f"{text}\n" for text in _explained(resolution, screen)))
    try:
        resolution.require()
    except ZotError as error:  # the object on standard output holds it already
        raise click.exceptions.Exit(report(error, screen)) from None


def _explained(resolution: Resolution, screen: Screen) -> list[str]:
    winner = resolution.winner
    lines = [screen.bold(resolution.provider)]
    for number, look in enumerate(resolution.looks, 1):
        mark = "=>" if look is winner else "  "
        note = f" ({look.note})" if look.note else ""
        lines.append(f"{mark} {number}. {_name(look)}: {look.outcome}{note}")
    lines += [f"      {_name(look)}: {look.outcome}, shadowed" for look in resolution.shadowed]
    if winner is not None:
        lines.append(f"used: {_name(winner)}. {_change(winner, resolution)}".rstrip(" ."))
    return [screen.safe(text) for text in lines] if not screen.colour else lines


def _name(look: Look) -> str:
    kind = {
        Origin.FLAG: "explicit key",
        Origin.ENV: "variable",
        Origin.STORE: "store",
        Origin.CUSTOM: "models.json",
        Origin.AMBIENT: "vendor's chain",
        Origin.NONE: "no key needed",
    }[look.place.origin]
    return f"{kind} {look.place}".rstrip()


def _change(winner: Look, resolution: Resolution) -> str:
    match winner.place.origin:
        case Origin.FLAG:
            return "Leave out --api-key to use the next place"
        case Origin.ENV if resolution.shadowed:
            return f"Unset {winner.place.detail} to use {_name(resolution.shadowed[0])}"
        case Origin.ENV:
            return f"--api-key would win over it; unset {winner.place.detail} to stop using it"
        case Origin.STORE:
            return f"A variable would win over it; `zot logout {resolution.provider}` removes it"
        case Origin.CUSTOM:
            return "A variable or a login would win over it; edit models.json to change it"
        case Origin.AMBIENT:
            return "An explicit key, a variable or a login would win over it"
        case _:
            return ""


def show_status(screen: Screen, given: Question, *, as_json: bool) -> None:
    """Print a line for each provider that has a credential."""
    zot = zot_for(given, screen)
    found = list(_status(zot))
    if as_json:
        for resolution in found:
            screen.out(jsonl.line(jsonl.resolution(resolution)) + "\n")
        return
    for resolution in found:
        winner = resolution.winner
        if resolution.failure is not None:
            screen.out(
                f"{resolution.provider}: broken: {screen.safe(resolution.failure.message)}\n"
            )
        elif winner is not None:
            behind = len(resolution.shadowed)
            more = f" (shadows {behind} more)" if behind else ""
            screen.out(f"{resolution.provider}: {screen.safe(_name(winner))}{more}\n")
    if not found:
        screen.notice("no provider has a credential; `zot login` stores one")


def _status(zot: AsyncZot) -> list[Resolution]:
    """Return the traces of the providers that have, or should have, a credential."""
    container = zot.container
    service = container.credentials()
    return [
        service.explain(profile)
        for profile in container.catalog().providers.values()
        if profile.credential != "none" and service.ready(profile) is not None
    ]
