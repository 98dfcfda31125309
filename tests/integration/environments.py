"""Programs that tests talk to, each in an environment of its own, made when first needed.

`ZOT_TEST_ENVS` names the folder they are kept in. Without it a test that needs one is
skipped on a laptop and fails in CI, so that CI cannot lose a test in silence.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ENVIRON = dict(os.environ)
"""Read before any test empties it: how packages are reached stands there."""


def environment(name: str, *requirements: str) -> Path:
    """Return the folder of the programs of an environment, with the requirements installed."""
    folder = ENVIRON.get("ZOT_TEST_ENVS")
    if not folder:
        reason = f"ZOT_TEST_ENVS names no folder for an environment with {name}"
        (pytest.fail if ENVIRON.get("CI") == "true" else pytest.skip)(reason)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    place = Path(folder) / f"{name}-{version}"
    ready = place / "ready"
    wanted = "\n".join(requirements)
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes, one installs
        if not ready.exists() or ready.read_text() != wanted:
            _run(sys.executable, "-m", "venv", "--clear", str(place))
            python = str(place / "bin" / "python")
            _run(python, "-m", "pip", "install", "-q", *requirements)
            ready.write_text(wanted)
    return place / "bin"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, env=ENVIRON, stdout=subprocess.DEVNULL)
