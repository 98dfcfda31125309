"""A key command is run once for all who ask, and only where its owner wrote it down."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from tests.unit.adapters.sources.running import commands, failure, shell
from zot.adapters.sources import _command
from zot.adapters.sources._command import KeyCommands
from zot.domain.error import CommandFailed
from zot.domain.secret import Secret
from zot.ports.secret_store import KeyCommand

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are of Unix")

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534


# Once


def counting(folder: Path, then: str = "echo key") -> KeyCommand:
    return shell(f"echo x >> {folder / 'runs'}; sleep 0.2; {then}")


def runs(folder: Path) -> int:
    return (folder / "runs").read_text().count("x")


def ask_together(runner: KeyCommands, command: KeyCommand) -> list[object]:
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(runner.run(command, None))
        except CommandFailed as error:
            answers.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_fifty_callers_make_it_run_once(tmp_path):
    answers = ask_together(commands(), counting(tmp_path))
    assert answers == [Secret("key")] * 50
    assert runs(tmp_path) == 1


def test_fifty_callers_share_one_failure(tmp_path):
    answers = ask_together(commands(), counting(tmp_path, "exit 3"))
    assert len(answers) == 50
    assert len(set(answers)) == 1
    assert runs(tmp_path) == 1


def test_different_commands_do_not_wait_for_each_other():
    runner = commands()
    slow = threading.Thread(target=lambda: runner.run(shell("sleep 1; echo a"), None))
    slow.start()
    started = time.monotonic()
    runner.run(shell("echo b"), None)
    assert time.monotonic() - started < 0.8
    slow.join()


def test_a_failure_is_forgotten_after_a_moment(tmp_path, monkeypatch):
    monkeypatch.setattr(_command, "FAILURE_LASTS", 0.3)
    runner = commands()
    command = counting(tmp_path, f"test -e {tmp_path / 'unlocked'} && echo key")
    failure(command, runner)
    (tmp_path / "unlocked").touch()
    failure(command, runner)
    assert runs(tmp_path) == 1
    time.sleep(0.35)
    assert runner.run(command, None) == Secret("key")


def test_a_key_is_kept_for_as_long_as_was_asked(tmp_path):
    runner = KeyCommands({"PATH": os.defpath}, frozenset(), ttl=0.3)
    command = counting(tmp_path)
    runner.run(command, None)
    runner.run(command, None)
    assert runs(tmp_path) == 1
    time.sleep(0.35)
    runner.run(command, None)
    assert runs(tmp_path) == 2


def test_a_refused_key_makes_it_run_once_more_for_all(tmp_path):
    runner = commands()
    command = counting(tmp_path, "date +%N")
    first = runner.run(command, None)
    later = set()
    for _ in range(50):
        runner.forget(first)
        later.add(runner.run(command, None))
    assert runs(tmp_path) == 2
    assert len(later) == 1
    assert first not in later
    runner.forget()
    assert runner.run(command, None) not in later


# Who may define it


@pytest.fixture
def defined(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    path = home / "models.json"
    path.write_text("{}")
    path.chmod(0o600)
    return path


def test_a_file_of_ones_own_may_define_a_command(defined):
    assert commands().run(shell("echo key"), defined) == Secret("key")
    link = defined.with_name("link")
    link.symlink_to(defined)
    assert commands().run(shell("echo key"), link) == Secret("key")


def group_writable(path: Path) -> Path:
    path.chmod(0o620)
    return path


def world_writable(path: Path) -> Path:
    path.chmod(0o602)
    return path


def in_an_open_folder(path: Path) -> Path:
    path.parent.chmod(0o777)
    return path


def link_to_an_open_file(path: Path) -> Path:
    path.chmod(0o666)
    link = path.with_name("link")
    link.symlink_to(path)
    return link


def of_another_user(path: Path) -> Path:
    os.chown(path, NOBODY, NOBODY)
    return path


def link_of_another_user(path: Path) -> Path:
    link = path.with_name("link")
    link.symlink_to(path)
    os.lchown(link, NOBODY, NOBODY)
    return link


def missing(path: Path) -> Path:
    return path.with_name("missing")


def a_folder(path: Path) -> Path:
    return path.parent


@pytest.mark.parametrize(
    "made",
    [
        group_writable,
        world_writable,
        in_an_open_folder,
        link_to_an_open_file,
        of_another_user,
        link_of_another_user,
        missing,
        a_folder,
    ],
)
def test_a_file_that_others_could_have_written_defines_nothing(tmp_path, defined, made):
    if "another_user" in made.__name__ and not IS_ROOT:
        pytest.skip("only root can give a file away")
    with pytest.raises(CommandFailed, match="is not run"):
        commands().run(counting(tmp_path), made(defined))
    assert not (tmp_path / "runs").exists()


def test_a_key_that_is_cached_is_not_given_to_an_untrusted_file(defined):
    runner = commands()
    runner.run(shell("echo key"), None)
    with pytest.raises(CommandFailed):
        runner.run(shell("echo key"), world_writable(defined))
