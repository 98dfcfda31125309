"""The shipped models as plain lines, without building a single value.

`zot models | cat` is a completion source and runs often: where no user's file changes the
catalog, it is answered from the data files alone. A test holds both ways to the same text.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from zot.adapters.catalogs.plain import lines
from zot.app.home import home_folder


def write_shipped(out: TextIO) -> bool:
    """Write the models and return True, or False where a user's file may change them."""
    home = home_folder(os.environ, Path(os.path.expanduser("~")), sys.platform)  # noqa: PTH111, TID251 (an entrypoint's shortcut)
    if os.path.lexists(home / "models.json"):
        return False
    try:
        out.write(lines())
        out.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    return True
