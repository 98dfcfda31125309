"""`$ZOT_HOME/models.json`: the layer that a person writes.

A mistake in one entry disables that entry alone, and a request to it fails; nothing falls
back to a default host. A file that is no JSON disables the providers that it can be seen to
name; what ships with zot stays usable.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zot.adapters.catalogs._checks import Checks, Whole
from zot.adapters.catalogs._file import Unread, named_in, read
from zot.adapters.catalogs._positions import Lines, parse
from zot.adapters.catalogs._reading import Reading, aliases
from zot.adapters.catalogs._syntax import NotJson
from zot.domain.catalog import Catalog, Overlay
from zot.domain.error import ConfigError


def overlay(path: Path, base: Catalog) -> Overlay:
    """Return what the file at `path` lays over a catalog; raises nothing.

    What is wrong stands in the result: `problems` in the order of the file, `broken` by
    entry, and `unread` for a file that could not be read as a whole.
    """
    if not path.exists() and not path.is_symlink():
        return Overlay("user")
    try:
        text, doubt = read(path)
    except Unread as unread:
        return _unread(unread.error, named_in(unread.text), base)
    try:
        document = parse(text)
    except NotJson as error:
        where = f"{path}:{Lines(text).place(error.at)}"
        broken = ConfigError(where, error.problem, hint=error.hint)
        return _unread(broken, named_in(text), base)
    checks = Checks(path, document, doubt)
    try:
        return Reading(path, checks, base).overlay()
    except Whole as whole:
        return _unread(whole.error, named_in(text), base, checks.in_order())


def _unread(
    error: ConfigError,
    names: Iterable[str],
    base: Catalog,
    problems: Iterable[ConfigError] = (),
) -> Overlay:
    known = aliases(base)
    broken = {known[name]: error for name in sorted(names) if name in known}
    return Overlay("user", broken=broken, unread=error, problems=(*problems, error))
