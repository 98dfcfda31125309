"""What holds a secret is 0600 from birth, and what was open is closed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores import told
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores._lock import held
from zot.adapters.stores.file import FileStore
from zot.domain.credential import ApiKey
from zot.domain.error import CommandFailed, StoreBroken
from zot.domain.secret import Secret

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are of Unix")

GROQ = shipped().providers["groq"]
MISTRAL = shipped().providers["mistral"]
KEY = ApiKey(Secret("gsk-1"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277], ids=lambda mask: f"umask {mask:04o}")
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def births(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Watch every file and folder being made: name and mode right after birth."""
    seen: dict[str, int] = {}
    make_file, make_folder = os.open, os.mkdir

    def watched_open(path, flags, *rest, **named):
        descriptor = make_file(path, flags, *rest, **named)
        if flags & os.O_CREAT:
            seen[Path(path).name] = stat.S_IMODE(os.fstat(descriptor).st_mode)
        return descriptor

    def watched_mkdir(path, *rest, **named):
        make_folder(path, *rest, **named)
        seen[Path(path).name] = mode(Path(path))

    monkeypatch.setattr(os, "open", watched_open)
    monkeypatch.setattr(os, "mkdir", watched_mkdir)
    return seen


@pytest.mark.usefixtures("_umask")
def test_every_file_is_private_at_birth_under_any_umask(tmp_path, births):
    store = FileStore(tmp_path / "zot" / "auth.json", notice=told)
    store.save(GROQ, KEY)
    store.save(MISTRAL, KEY)
    (tmp_path / "zot" / "auth.json").write_text("{")
    assert store.repair() is not None
    made = {name: born for name, born in births.items() if name.startswith((".", "auth", "zot"))}
    assert len(made) >= 6, made  # the folder, the lock, four temporary files, one copy
    assert all(born & 0o077 == 0 for born in made.values()), made
    for path in (tmp_path / "zot").iterdir():
        assert mode(path) == 0o600, path
    assert mode(tmp_path / "zot") == 0o700


@pytest.mark.parametrize("lax", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_closed_with_a_notice(tmp_path, lax):
    path = tmp_path / "auth.json"
    FileStore(path, notice=told).save(GROQ, KEY)
    path.chmod(lax)
    notices: list[str] = []
    assert FileStore(path, notice=notices.append).load(GROQ) is not None
    assert mode(path) == 0o600
    assert [f"{lax:04o}" in notice and str(path) in notice for notice in notices] == [True]


@pytest.mark.parametrize("lax", [0o666, 0o660, 0o602, 0o777])
def test_a_file_that_others_can_write_is_named_and_its_next_write_closes_it(tmp_path, lax):
    path = tmp_path / "auth.json"
    FileStore(path, notice=told).save(GROQ, KEY)
    path.chmod(lax)
    notices: list[str] = []
    store = FileStore(path, notice=notices.append)
    assert store.load(GROQ) is not None
    assert "written by others" in notices[0]
    store.save(MISTRAL, KEY)
    assert mode(path) == 0o600


COMMAND = '{"additional_api_key_creds": {"groq": {"api_key_command": {"program": "x"}}}}'


@pytest.mark.parametrize(("file", "folder"), [(0o666, 0o700), (0o620, 0o700), (0o600, 0o777)])
def test_no_command_of_a_file_that_others_can_write_is_taken(tmp_path, file, folder):
    home = tmp_path / "zot"
    home.mkdir()
    path = home / "auth.json"
    path.write_text(COMMAND)
    path.chmod(file)
    home.chmod(folder)
    store = FileStore(path, notice=told)
    with pytest.raises(CommandFailed, match="others can write"):
        store.load(GROQ)


def test_writing_does_not_make_a_planted_command_trusted(tmp_path):
    path = tmp_path / "auth.json"
    path.write_text(COMMAND)
    path.chmod(0o666)
    store = FileStore(path, notice=told)
    with pytest.raises(StoreBroken, match="names a command"):
        store.save(MISTRAL, KEY)
    with pytest.raises(StoreBroken, match="names a command"):
        store.delete(GROQ)
    assert path.read_text() == COMMAND
    assert mode(path) == 0o666


def test_a_folder_of_zot_that_is_open_is_closed_with_a_notice(tmp_path):
    home = tmp_path / "zot"
    home.mkdir()
    home.chmod(0o755)
    notices: list[str] = []
    FileStore(home / "auth.json", notice=notices.append).save(GROQ, KEY)
    assert mode(home) == 0o700
    assert notices == [f"{home} was open to others (mode 0755); it is 0700 now"]


def test_a_shared_folder_is_left_as_it_is(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    FileStore(shared / "auth.json", notice=told).save(GROQ, KEY)
    assert mode(shared) == 0o1777


def test_the_lock_file_is_closed_too(tmp_path):
    lock = tmp_path / ".auth.json.lock"
    lock.touch(0o666)
    lock.chmod(0o666)
    with held(lock):
        assert mode(lock) == 0o600
