"""Opening the system's browser, and nothing else."""

from __future__ import annotations

import webbrowser
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def open_browser(url: str) -> None:
    """Open an address; only https, or http on this machine, without anything to quote.

    Anything else is not opened: an address may come from a server, and openers have run
    programs that were hidden in one.
    """
    if safe_to_open(url):
        webbrowser.open(url)


def safe_to_open(url: str) -> bool:
    """Tell whether an address may be handed to the system's opener."""
    if not url.isascii() or any(sign in url for sign in " \"'`\\<>|;$\n\r\t") or url[:1] == "-":
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
