"""Nothing that the stores open reaches a child."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.stores.tracing import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")

THREADS = """
import json, os, subprocess, sys, threading, time
from pathlib import Path
from zot.adapters.stores.file import FileStore
from zot.adapters.sources._command import KeyCommands
from zot.contract.store_cases import EVERYBODY, GROQ, LOGIN, key
from zot.ports.secret_store import KeyCommand

store = FileStore(Path(sys.argv[1]) / "auth.json", notice=print)
stop = threading.Event()

def save():
    turn = 0
    while not stop.is_set():
        turn += 1
        store.save(GROQ, key(f"sk-{turn}"))
        store.load(GROQ)

savers = [threading.Thread(target=save) for _ in range(3)]
for thread in savers:
    thread.start()
look = [sys.executable, "-I", "-S", "-c", "import os; print(sorted(os.listdir('/proc/self/fd')))"]
children = []
for turn in range(int(sys.argv[2])):
    how = subprocess.run(look, capture_output=True, text=True, timeout=20)
    children.append(how.stdout)
runner = KeyCommands({"PATH": os.defpath}, frozenset())
children.append(runner.run(KeyCommand(tuple(look)), None).reveal() + chr(10))
stop.set()
for thread in savers:
    thread.join(20)
print(json.dumps([sorted(set(children)), any(t.is_alive() for t in savers)]))
"""

FORKS = """
import json, os, sys, threading, time
from pathlib import Path
from zot.adapters.stores._lock import held
lock = Path(sys.argv[1]) / ".auth.json.lock"
held_by_children = 0
children = []
for turn in range(int(sys.argv[2])):
    with held(lock):
        child = os.fork()
        if child == 0:
            open_now = [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
                        if os.path.exists(f"/proc/self/fd/{n}")]
            time.sleep(0.3)
            os._exit(any(name.endswith(".lock") for name in open_now))
        children.append(child)
started = time.monotonic()
with held(lock, 5):
    waited = time.monotonic() - started
leaked = sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
print(json.dumps([leaked, waited]))
"""


def came_of(program: str, *words: str) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome: list[object] = json.loads(done.stdout)
    return outcome


@pytest.mark.parametrize("forks", [30, pytest.param(200, marks=pytest.mark.long)])
def test_children_of_a_busy_program_inherit_nothing(tmp_path, forks):
    children, stuck = came_of(THREADS, str(tmp_path), str(forks))
    assert children == ["['0', '1', '2', '3']\n"]  # 3 is the folder that the child lists
    assert stuck is False


@pytest.mark.parametrize("forks", [30, pytest.param(200, marks=pytest.mark.long)])
def test_a_fork_does_not_keep_the_lock(tmp_path, forks):
    leaked, waited = came_of(FORKS, str(tmp_path), str(forks))
    assert leaked == 0
    assert isinstance(waited, float)
    assert waited < 0.1
