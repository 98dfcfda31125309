"""httpx, without the command line that comes with it.

`import httpx` also imports a program of its own (`httpx._main`: click, rich, pygments), which
doubles the time that the import takes. Marking that module as absent while httpx is imported
sends httpx down its documented way for an installation without that program. Afterwards
nothing is different for anybody else: the mark is gone, and `httpx.main` runs the program.

Every module of this family takes `httpx` from here, so that it is never imported before.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_PROGRAM = "httpx._main"


def _main() -> Any:
    """Run httpx's own command line, as `httpx.main` does."""
    return import_module(_PROGRAM).main()


if "httpx" in sys.modules:
    import httpx
else:
    modules: dict[str, Any] = sys.modules
    modules[_PROGRAM] = None
    try:
        import httpx
    finally:
        del modules[_PROGRAM]
    httpx.main = _main  # type: ignore[assignment]  # a click command, called the same way

__all__ = ["httpx"]
