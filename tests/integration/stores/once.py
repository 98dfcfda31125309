"""A program that does one thing to `auth.json` and says what came of it, as JSON.

    python -m tests.integration.stores.once ACTION PATH [SECRET]

Everything is imported first. Two calls that touch no file (`/zot-begins`, `/zot-ends`) mark
the system calls of the action for whoever traces them.
"""

from __future__ import annotations

import fcntl  # noqa: F401  # imported late by the store
import json
import pwd  # noqa: F401  # imported late by the store
import sys
from pathlib import Path

from zot.adapters.stores.file import FileStore
from zot.contract.store_cases import ANTHROPIC, GROQ, key
from zot.domain.error import ZotError
from zot.domain.secret import Secret


def act(action: str, path: Path, secret: str) -> None:
    store = FileStore(path, notice=lambda _: None)
    if action == "save":
        store.save(GROQ, key(secret))
    elif action == "delete":
        store.delete(ANTHROPIC)
    elif action == "repair":
        store.repair()
    elif action == "load":
        record = store.load(GROQ)
        print(json.dumps(record is not None))  # noqa: T201  # a program
    elif action == "move":
        target = FileStore(path.with_name("moved") / "auth.json", notice=lambda _: None)
        record = store.load(ANTHROPIC)
        if record is not None and not isinstance(record.credential, Secret):
            target.save(ANTHROPIC, key(secret))
            store.delete(ANTHROPIC)


def main() -> int:
    action, path, *rest = sys.argv[1:]
    Path("/zot-begins").exists()
    try:
        act(action, Path(path), *(rest or [""]))
    except ZotError as error:
        Path("/zot-ends").exists()
        said = {"error": error.slug, "message": error.message, "hint": error.hint}
        print(json.dumps(said))  # noqa: T201  # a program
        return error.exit_code
    Path("/zot-ends").exists()
    return 0


if __name__ == "__main__":
    sys.exit(main())
