"""What stands where a file of secrets should be: links, pipes, folders, devices."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stores import told
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores.file import FileStore
from zot.domain.credential import ApiKey
from zot.domain.error import StoreBroken, ZotError
from zot.domain.secret import Secret

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these files are of Unix")

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534
GROQ = shipped().providers["groq"]
KEY = ApiKey(Secret("gsk-new"))
SOUND = b'{"additional_api_key_creds": {"groq": {"api_key": "gsk-old"}}}'


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file that nobody may touch, in a folder of its own."""
    folder = tmp_path / "victim"
    folder.mkdir(mode=0o700)
    path = folder / "precious"
    path.write_bytes(SOUND)
    path.chmod(0o600)
    return path


def own_link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def link_of_another(path: Path, victim: Path) -> None:
    path.symlink_to(victim)
    os.lchown(path, NOBODY, NOBODY)


def dangling_link(path: Path, victim: Path) -> None:
    path.symlink_to(victim.with_name("not-there"))


def circle(path: Path, victim: Path) -> None:
    path.symlink_to(path)


def hard_link(path: Path, victim: Path) -> None:
    path.hardlink_to(victim)


def pipe(path: Path, victim: Path) -> None:
    os.mkfifo(path, 0o600)


def folder(path: Path, victim: Path) -> None:
    path.mkdir()


def device(path: Path, victim: Path) -> None:
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))


def file_of_another(path: Path, victim: Path) -> None:
    path.write_bytes(SOUND)
    os.chown(path, NOBODY, NOBODY)


NEEDS_ROOT = {link_of_another, device, file_of_another}
KINDS = [
    link_of_another,
    dangling_link,
    circle,
    hard_link,
    pipe,
    folder,
    device,
    file_of_another,
]
Kind = Callable[[Path, Path], None]


def state(path: Path) -> tuple[str, int, int, int]:
    found = path.lstat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return digest, found.st_mode, found.st_ino, found.st_nlink


def made(kind: Kind, path: Path, victim: Path) -> None:
    if kind in NEEDS_ROOT and not IS_ROOT:
        pytest.skip("only root can make one")
    kind(path, victim)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_such_a_file_is_refused_and_its_victim_unchanged(tmp_path, victim, kind):
    home = tmp_path / "zot"
    home.mkdir(mode=0o700)
    path = home / "auth.json"
    made(kind, path, victim)
    before = state(victim)
    standing = path.lstat()
    started = time.monotonic()
    with pytest.raises(StoreBroken) as caught:
        FileStore(path, notice=told).save(GROQ, KEY)
    assert time.monotonic() - started < 2
    assert "gsk" not in str(caught.value)
    assert str(home) in str(caught.value)
    assert state(victim) == before
    assert path.lstat().st_ino == standing.st_ino
    assert [p.name for p in home.iterdir() if p.name.endswith(".tmp")] == []


READ_REFUSED = [link_of_another, dangling_link, circle, pipe, folder, device]


@pytest.mark.parametrize("kind", READ_REFUSED, ids=lambda kind: kind.__name__)
def test_such_a_file_is_not_read_either(tmp_path, victim, kind):
    path = tmp_path / "auth.json"
    made(kind, path, victim)
    started = time.monotonic()
    with pytest.raises(StoreBroken):
        FileStore(path, notice=told).load(GROQ)
    assert time.monotonic() - started < 2


LOCKS = [own_link, link_of_another, dangling_link, hard_link, pipe, folder, device, file_of_another]


@pytest.mark.parametrize("kind", LOCKS, ids=lambda kind: kind.__name__)
def test_a_lock_file_of_such_a_kind_is_refused(tmp_path, victim, kind):
    home = tmp_path / "zot"
    home.mkdir(mode=0o700)
    path = home / "auth.json"
    path.write_bytes(SOUND)
    path.chmod(0o600)
    made(kind, home / ".auth.json.lock", victim)
    before = state(victim)
    started = time.monotonic()
    with pytest.raises(ZotError):
        FileStore(path, notice=told).save(GROQ, KEY)
    assert time.monotonic() - started < 2
    assert state(victim) == before
    assert path.read_bytes() == SOUND


@pytest.mark.parametrize(
    "kind", [own_link, dangling_link, hard_link, pipe, folder], ids=lambda kind: kind.__name__
)
def test_what_looks_like_a_left_over_file_harms_nobody(tmp_path, victim, kind):
    home = tmp_path / "zot"
    home.mkdir(mode=0o700)
    left = home / ".auth.json.0123456789abcdef.tmp"
    kind(left, victim)
    before = hashlib.sha256(victim.read_bytes()).hexdigest()
    FileStore(home / "auth.json", notice=told).save(GROQ, KEY)
    assert hashlib.sha256(victim.read_bytes()).hexdigest() == before


def test_a_link_of_ones_own_is_written_through_and_kept(tmp_path, victim):
    home = tmp_path / "zot"
    home.mkdir(mode=0o700)
    between = tmp_path / "between"
    between.symlink_to(victim)
    path = home / "auth.json"
    path.symlink_to("../between")
    FileStore(path, notice=told).save(GROQ, KEY)
    assert path.readlink() == Path("../between")
    assert between.is_symlink()
    assert victim.read_bytes() == SOUND.replace(b"gsk-old", b"gsk-new")
    assert sorted(p.name for p in home.iterdir()) == ["auth.json"]
    assert sorted(p.name for p in victim.parent.iterdir()) == [".precious.lock", "precious"]


def test_temporary_files_of_killed_writers_go_with_the_next_write(tmp_path):
    left = [tmp_path / f".auth.json.{number:016x}.tmp" for number in range(20)]
    for path in left:
        path.write_bytes(SOUND)
    others = [tmp_path / ".auth.json.tmp", tmp_path / ".other.0123456789abcdef.tmp"]
    for path in others:
        path.write_bytes(b"mine")
    FileStore(tmp_path / "auth.json", notice=told).save(GROQ, KEY)
    assert not any(path.exists() for path in left)
    assert all(path.read_bytes() == b"mine" for path in others)


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "zot").write_text("")
    with pytest.raises(StoreBroken, match="not a folder"):
        FileStore(tmp_path / "zot" / "auth.json", notice=told).save(GROQ, KEY)
