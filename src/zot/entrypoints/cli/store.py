"""`zot store`: where logins are kept."""

from __future__ import annotations

import sys

from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.error import UsageError
from zot.entrypoints import jsonl
from zot.entrypoints.api import AsyncZot
from zot.entrypoints.cli.screen import Screen


def show(zot: AsyncZot, screen: Screen, *, as_json: bool) -> None:
    """Print the store in use and the logins in it, without secrets."""
    service = zot.container.stores()
    places = service.places()
    if as_json:
        listed = [{"key": place.detail, "where": str(place)} for place in places]
        screen.out(jsonl.line({"store": service.name, "logins": listed}) + "\n")
        return
    screen.out(f"{service.name}\n")
    for place in places:
        screen.out(f"  {screen.safe(str(place))}\n")


def migrate(zot: AsyncZot, to: str, screen: Screen) -> None:
    """Move every login, verify it, and make the new store the one in use."""
    moved = zot.container.stores().migrate(to)
    zot.container.choose_store()(to)
    for place in moved.moved:
        screen.out(f"moved to {screen.safe(str(place))}\n")
    for place in moved.left:
        screen.notice(f"left where it is, since only auth.json can hold a command: {place}")
    screen.notice(
        f"the store in use is now `{to}` (config.json); ZOT_SECRET_STORE would win over it"
    )


def export(zot: AsyncZot, screen: Screen, *, sure: bool) -> None:
    """Print every login with its secret, as JSON, after the person confirmed it."""
    if not sure and not _confirmed(screen):
        raise UsageError("nothing was exported", hint="zot store export --yes")
    document: dict[str, object] = {}
    for item in zot.container.stores().kept():
        match item.record.credential:
            case ApiKey(key):
                document[item.profile.id] = {"api_key": key.reveal()}
            case OAuthToken(access, refresh, expires_at):
                document[item.profile.id] = {
                    "access_token": access.reveal(),
                    "refresh_token": refresh.reveal() if refresh else None,
                    "expires_at": expires_at,
                }
            case _:
                document[item.profile.id] = {"command": True}
    screen.out(jsonl.line(document) + "\n")


def _confirmed(screen: Screen) -> bool:
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    screen.stderr.write("this prints every stored secret; type yes to go on: ")
    screen.stderr.flush()
    try:
        return input().strip() == "yes"
    except EOFError:
        return False


def repair(zot: AsyncZot, screen: Screen) -> None:
    """Mend a broken auth.json; the broken bytes are kept beside it."""
    mended = zot.container.repair()()
    if mended is None:
        screen.out("nothing to mend\n")
        return
    screen.out(f"mended; the broken file is kept as {mended.copy}\n")
    screen.out(f"logins that could be read: {', '.join(mended.kept) or 'none'}\n")
