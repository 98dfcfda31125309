"""Writers of `auth.json` that are killed with no warning lose nothing and block nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stores.tracing import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the writers are forked")
long = pytest.mark.long


def came_of(what: str, folder: Path, *numbers: int) -> dict[str, Any]:
    words = ["-m", "tests.integration.stores.killing", what, str(folder), *map(str, numbers)]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


@pytest.mark.parametrize("runs", [100, pytest.param(1000, marks=long)])
def test_a_killed_writer_loses_nothing_that_was_acknowledged(tmp_path, runs):
    seen = came_of("kills", tmp_path, runs)
    assert seen.pop("written") > runs
    assert seen.pop("left") > 0, "no kill came in the middle of a write"
    assert set(seen.values()) == {0}, seen


@pytest.mark.parametrize(("processes", "logins"), [(8, 10), pytest.param(8, 100, marks=long)])
def test_writers_at_the_same_time_lose_no_update(tmp_path, processes, logins):
    seen = came_of("writers", tmp_path, processes, logins)
    assert seen["done"] == processes
    assert seen["kept"] == processes * logins


@pytest.mark.parametrize("runs", [40, pytest.param(300, marks=long)])
def test_killing_one_of_four_writers_harms_neither_file_nor_others(tmp_path, runs):
    seen = came_of("crowd", tmp_path, runs)
    assert seen == {"unparsable": 0, "lost": 0, "left": 0, "written": True}


def test_the_lock_of_a_killed_holder_is_free_at_once(tmp_path):
    seen = came_of("holders", tmp_path, 100)
    assert seen["waits"] == 100
    assert seen["longest"] < 0.1


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=long)])
def test_readers_never_wait_and_never_see_half_a_file(tmp_path, seconds):
    seen = came_of("readers", tmp_path, seconds)
    assert seen["bad"] == 0
    assert seen["reads"] > 100
    assert seen["p99 under lock"] < 0.005
