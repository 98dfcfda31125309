"""Disks that are full, files that cannot be swapped, folders that cannot be written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stores.tracing import ROOT
from tests.stores import told
from zot.adapters.stores.file import FileStore
from zot.contract.store_cases import ANTHROPIC, GROQ, key
from zot.domain.error import StoreBroken

IN_CI = os.environ.get("CI") == "true"
OLD = b'{"anthropic": {"api_key": "sk-canary-a"}}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "zot"
    folder.mkdir(mode=0o700)
    path = folder / "auth.json"
    path.write_bytes(OLD)
    path.chmod(0o600)
    return path


def command(*words: str) -> None:
    """Run a command that needs root; without it CI fails and a laptop skips."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = f"`{' '.join(words)}` does not work here: {done.stderr.strip()}"
        (pytest.fail if IN_CI else pytest.skip)(reason)


@pytest.fixture
def undo() -> Iterator[list[tuple[str, ...]]]:
    """Commands that take back what a test set up."""
    commands: list[tuple[str, ...]] = []
    yield commands
    for words in reversed(commands):
        subprocess.run(words, capture_output=True, check=False)


def refusal(path: Path) -> StoreBroken:
    with pytest.raises(StoreBroken) as caught:
        FileStore(path, notice=told).save(GROQ, key("gsk-canary"))
    assert str(path) in str(caught.value)
    assert "canary" not in str(caught.value)
    assert FileStore(path, notice=told).load(ANTHROPIC) is not None
    return caught.value


def test_a_file_that_is_mounted_alone_cannot_be_swapped(tmp_path, path, undo):
    source = tmp_path / "secret"
    source.write_bytes(OLD)
    source.chmod(0o600)
    command("mount", "--bind", str(source), str(path))
    undo.append(("umount", str(path)))
    error = refusal(path)
    assert "busy" in str(error)
    assert f"mount the folder {path.parent}" in error.hint
    assert source.read_bytes() == OLD
    assert [p.name for p in path.parent.iterdir() if p.name.endswith(".tmp")] == []


def test_a_folder_that_is_mounted_for_reading_is_named(path, undo):
    command("mount", "--bind", str(path.parent), str(path.parent))
    undo.append(("umount", str(path.parent)))
    command("mount", "-o", "remount,ro,bind", str(path.parent))
    with pytest.raises(StoreBroken) as caught:
        FileStore(path, notice=told).save(GROQ, key("gsk-canary"))
    assert "read-only file system" in str(caught.value)
    assert "ZOT_HOME" in caught.value.hint
    assert FileStore(path, notice=told).load(ANTHROPIC) is not None
    assert path.read_bytes() == OLD


def test_a_file_that_is_frozen_is_named(path, undo):
    command("chattr", "+i", str(path))
    undo.append(("chattr", "-i", str(path)))
    error = refusal(path)
    assert "not permitted" in str(error)
    assert path.read_bytes() == OLD
    assert [p.name for p in path.parent.iterdir() if p.name.endswith(".tmp")] == []


def test_a_full_disk_leaves_the_old_file(tmp_path, undo):
    small = tmp_path / "small"
    small.mkdir()
    command("mount", "-t", "tmpfs", "-o", "size=16k,mode=700", "none", str(small))
    undo.append(("umount", str(small)))
    path = small / "auth.json"
    FileStore(path, notice=told).save(ANTHROPIC, key("sk-canary-a"))
    before = path.read_bytes()
    with pytest.raises(StoreBroken) as caught:
        FileStore(path, notice=told).save(GROQ, key("k" * 20_000))
    assert "no space left" in str(caught.value)
    assert "make room" in caught.value.hint
    assert path.read_bytes() == before
    assert sorted(p.name for p in small.iterdir()) == [".auth.json.lock", "auth.json"]
    FileStore(path, notice=told).save(GROQ, key("gsk-1"))


# Another user


def as_nobody(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program as nobody, for whom mode bits count."""
    if shutil.which("setpriv") is None or os.geteuid() != 0:
        (pytest.fail if IN_CI else pytest.skip)("only root can become another user")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
        if folder.name.startswith("pytest-of"):
            break
    change = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    return subprocess.run(
        [*change, sys.executable, "-m", "tests.integration.stores.once", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )


def test_root_makes_nothing_in_the_home_of_another_user(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root could")
    os.chown(home, 65534, 65534)
    for path in (home / "zot" / "auth.json", home / "auth.json", home / "a" / "b" / "auth.json"):
        with pytest.raises(StoreBroken, match="belongs to user 65534") as caught:
            FileStore(path, notice=told).save(GROQ, key("gsk-1"))
        assert "ZOT_HOME" in caught.value.hint
    assert list(home.iterdir()) == []


def test_root_does_not_write_the_file_of_another_user(tmp_path):
    done = as_nobody(tmp_path, "save", str(tmp_path / "shared" / "auth.json"), "gsk-1")
    assert json.loads(done.stdout)["error"] == "store-broken"
    mine = tmp_path / "mine"
    mine.mkdir()
    os.chown(mine, 65534, 65534)
    done = as_nobody(tmp_path, "save", str(mine / "zot" / "auth.json"), "gsk-1")
    assert done.returncode == 0, done.stdout + done.stderr
    path = mine / "zot" / "auth.json"
    before = path.read_bytes()
    assert path.stat().st_uid == 65534
    with pytest.raises(StoreBroken, match="belongs to user"):
        FileStore(path, notice=told).save(GROQ, key("gsk-2"))
    assert path.read_bytes() == before
    assert {p.stat().st_uid for p in mine.rglob("*")} == {65534}


def test_a_user_is_told_who_may_read_or_write(tmp_path, path):
    os.chown(path.parent, 65534, 65534)
    os.chown(path, 65534, 65534)
    path.chmod(0o000)
    done = as_nobody(tmp_path, "load", str(path))
    assert "permission denied" in json.loads(done.stdout)["message"]
    path.chmod(0o600)
    path.parent.chmod(0o500)
    done = as_nobody(tmp_path, "save", str(path), "gsk-canary")
    said = json.loads(done.stdout)
    assert "permission denied" in said["message"]
    assert f"ls -la {path.parent}" in said["hint"]
    assert path.read_bytes() == OLD


def test_a_user_takes_no_key_from_a_file_of_another(tmp_path, path):
    os.chown(path, 12345, 12345)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    done = as_nobody(tmp_path, "load", str(path))
    assert "belongs to user 12345" in json.loads(done.stdout)["message"]
