"""The public names have the types that they promise."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_agrees_with_the_types_of_the_public_names():
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "tests/typing/api.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "src" / "zot" / "py.typed").exists()
