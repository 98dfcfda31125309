"""Whatever system call fails, or is the last one before a crash: old or new, never less."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stores import tracing
from tests.integration.stores.tracing import ROOT, Call, Done, traced
from tests.stores import told
from zot.adapters.stores.file import FileStore
from zot.contract.store_cases import ANTHROPIC, GROQ, key

IN_CI = os.environ.get("CI") == "true"

OLD = b"""{
  "anthropic": {"api_key": "sk-canary-a"},
  "additional_api_key_creds": {"groq": {"api_key": "gsk-canary-old"}}
}
"""
BROKEN = OLD[:-3]
SECRET = "gsk-canary-new"

ERRORS = ("ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE", "EFBIG", "EACCES")
FAILING = (
    "openat",
    "read",
    "write",
    "fsync",
    "rename",
    "fchmod",
    "chmod",
    "flock",
    "mkdir",
    "close",
)
ACTIONS = {"save": OLD, "first save": None, "delete": OLD, "repair": BROKEN, "move": OLD}


@pytest.fixture(scope="module", autouse=True)
def _strace() -> None:
    if not tracing.can_trace():
        (pytest.fail if IN_CI else pytest.skip)("strace does not work here")


def folder(where: Path, action: str) -> Path:
    """Make a folder for one case and return the path of its file."""
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(mode=0o700)
    path = where / "zot" / "auth.json"
    if (content := ACTIONS[action]) is not None:
        path.parent.mkdir(mode=0o700)
        path.write_bytes(content)
        path.chmod(0o600)
    return path


def run(where: Path, action: str, inject: str = "") -> Done:
    path = folder(where, action)
    word = action.rpartition(" ")[2]
    return traced(where / "log", [word, str(path), SECRET], inject)


def own(calls: tuple[Call, ...], where: Path) -> list[Call]:
    """Return the calls on the folder of the case: others are of the interpreter."""
    return [call for call in calls if str(where / "zot") in call.arguments]


def files(where: Path) -> dict[str, str]:
    return {
        str(path.relative_to(where)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(where.rglob("*"))
        if path.is_file() and not path.name.endswith((".lock", "log"))
    }


def cases(where: Path, action: str) -> Iterator[tuple[Call, str]]:
    """Yield every call of an action that can fail, with every error."""
    done = run(where, action)
    assert done.code == 0, done.err
    for call in own(done.calls, where):
        if call.name in FAILING:
            for error in ERRORS:
                yield call, error


def check(where: Path, action: str, call: Call, error: str) -> bool:
    """Let one call fail; return whether the action failed with it."""
    done = run(where, action, f"{call.name}:error={error}:when={call.nth}")
    case = f"{action}: {error} at {call}"
    assert "Traceback" not in done.err, f"{case}\n{done.err}"
    assert "canary" not in done.out + done.err, case
    after = files(where)
    assert not [name for name in after if name.endswith(".tmp")], case
    content = ACTIONS[action]
    before = {} if content is None else {"zot/auth.json": hashlib.sha256(content).hexdigest()}
    if done.code != 0:
        assert done.code == 4, case
        assert str(where) in done.said["message"], case
        assert ": cannot be" in done.said["message"], f"{case}: {done.said}"
        if action == "move":
            assert kept(where), case
        else:
            copies = {name for name in after if ".broken-" in name}
            assert {n: d for n, d in after.items() if n not in copies} == before, case
    else:
        assert after != before or action == "delete", case
        assert sound(where, action), case
    return done.code != 0


def sound(where: Path, action: str) -> bool:
    store = FileStore(where / "zot" / "auth.json", notice=told)
    if action in {"save", "first save"}:
        record = store.load(GROQ)
        return record is not None and record.credential == key(SECRET)
    if action == "delete":
        return store.load(ANTHROPIC) is None
    return kept(where) if action == "move" else store.load(ANTHROPIC) is not None


def kept(where: Path) -> bool:
    """Tell whether the moved login is in one of the two places."""
    places = [where / "zot" / "auth.json", where / "zot" / "moved" / "auth.json"]
    return any(FileStore(path, notice=told).load(ANTHROPIC) for path in places)


@pytest.mark.parametrize("action", ["save", "first save", "delete"])
def test_a_system_call_that_fails_leaves_the_old_file_whole(tmp_path, action):
    where = tmp_path / "case"
    failed = 0
    for number, (call, error) in enumerate(cases(where, action)):
        if error == ERRORS[number // len(ERRORS) % len(ERRORS)]:
            failed += check(where, action, call, error)
    assert failed >= 8


@pytest.mark.long
@pytest.mark.parametrize("action", ACTIONS)
def test_every_system_call_with_every_error_leaves_the_old_file_whole(tmp_path, action):
    where = tmp_path / "case"
    everything = list(cases(where, action))
    assert len(everything) >= 70
    assert sum(check(where, action, call, error) for call, error in everything) >= 60


@pytest.mark.parametrize("action", ["save", "first save", "delete", "repair"])
def test_every_write_is_synced_before_it_counts(tmp_path, action):
    where = tmp_path / "case"
    calls = own(run(where, action).calls, where)
    renames = [at for at, call in enumerate(calls) if call.name == "rename"]
    assert len(renames) == 1
    temporary = calls[renames[0]].arguments.split('"')[1]
    synced = [call.arguments.split("<")[1].split(">")[0] for call in calls if call.name == "fsync"]
    order = [(c.name, c.arguments) for c in calls if c.name in {"write", "fsync", "rename"}]
    ours = [name for name, arguments in order if temporary in arguments]
    assert ours == ["write", "fsync", "rename"]
    after = [call for call in calls[renames[0] :] if call.name == "fsync"]
    assert [call.arguments.split("<")[1].split(">")[0] for call in after] == [str(where / "zot")]
    assert temporary in synced


@pytest.mark.parametrize(
    "action",
    ["save", *(pytest.param(name, marks=pytest.mark.long) for name in ("delete", "repair"))],
)
def test_a_crash_at_any_system_call_leaves_old_or_new(tmp_path, action):
    where = tmp_path / "case"
    done = run(where, action)
    new = (where / "zot" / "auth.json").read_bytes()
    old = ACTIONS[action]
    seen = set()
    for call in own(done.calls, where):
        run(where, action, f"{call.name}:signal=KILL:when={call.nth}")
        now = (where / "zot" / "auth.json").read_bytes()
        assert now in {old, new}, call
        seen.add(now)
        store = FileStore(where / "zot" / "auth.json", notice=told)
        if now != BROKEN:
            store.save(GROQ, key("sk-1"))
        else:
            assert store.repair() is not None
        assert not [name for name in files(where) if name.endswith(".tmp")], call
    assert seen == {old, new}


def test_readers_ask_for_no_lock(tmp_path):
    where = tmp_path / "case"
    path = folder(where, "save")
    calls = traced(where / "log", ["load", str(path)]).calls
    names = [call.name for call in own(calls, where)]
    assert names == ["openat", "read", "read", "close"]


def limited(path: Path, size: int) -> subprocess.CompletedProcess[str]:
    """Save a long key while no file may grow beyond a size."""
    words = ["-m", "tests.integration.stores.once", "save", str(path), "k" * 20_000]
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # it would be cut off too
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )


def test_a_limit_on_the_size_of_files_leaves_the_old_file(tmp_path):
    path = folder(tmp_path / "case", "save")
    done = limited(path, 4096)
    assert done.returncode == 4
    assert "file too large" in json.loads(done.stdout)["message"]
    assert path.read_bytes() == OLD
    assert list(files(tmp_path)) == ["case/zot/auth.json"]
