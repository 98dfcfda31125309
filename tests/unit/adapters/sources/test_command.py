"""A key command is run without a shell, in bounds, once, and never speaks in an error."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from zot.adapters.sources import _command
from zot.adapters.sources._command import KeyCommands
from zot.adapters.sources._process import LONGEST, Failed, output
from zot.domain.error import CommandFailed
from zot.domain.secret import Secret
from zot.ports.secret_store import KeyCommand

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are of Unix")

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534


def commands(**environ: str) -> KeyCommands:
    return KeyCommands({"PATH": os.defpath, **environ}, frozenset())


def python(program: str, *arguments: str, timeout: float = 10.0) -> KeyCommand:
    return KeyCommand((sys.executable, "-I", "-c", program, *arguments), timeout)


def shell(script: str, timeout: float = 10.0) -> KeyCommand:
    return KeyCommand(("sh", "-c", script), timeout)


def failure(command: KeyCommand, runner: KeyCommands | None = None) -> CommandFailed:
    with pytest.raises(CommandFailed) as caught:
        (runner or commands()).run(command, None)
    error = caught.value
    assert "canary" not in f"{error} {error.hint} {error.facts}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return error


# No shell

MEANT_FOR_A_SHELL = [
    "; touch {f}",
    "&& touch {f}",
    "| touch {f}",
    "|| touch {f}",
    "& touch {f}",
    "$(touch {f})",
    "`touch {f}`",
    "> {f}",
    ">> {f}",
    "< {f}",
    "${{HOME}}",
    "$HOME",
    "~",
    "*",
    "?",
    "{{a,b}}",
    "'",
    '"',
    "\\",
    "%PATH%",
    "!!",
    "#",
    "\n touch {f}",
]


@pytest.mark.parametrize("argument", MEANT_FOR_A_SHELL)
def test_arguments_reach_the_program_as_they_are(tmp_path, argument):
    argument = argument.format(f=tmp_path / "made")
    program = "import sys, json; print(json.dumps(sys.argv[1]))"
    printed = commands().run(python(program, argument), None).reveal()
    assert json.loads(printed) == argument
    assert list(tmp_path.iterdir()) == []


# Time

LINGERING = {
    "sleeps": "sleep 300",
    "starts another and sleeps": "sleep 301 & sleep 300",
    "starts another and ends": "sleep 302 & exit 0",
    "forks twice": "(sleep 303 &) ; sleep 300",
    "ignores every polite signal": "trap '' TERM INT HUP; sleep 300",
    "closes its output": "exec >&-; sleep 300",
    "prints forever, slowly": "while :; do echo; sleep 0.05; done",
}


@pytest.mark.parametrize("name", LINGERING)
def test_the_whole_group_is_gone_when_the_time_is_over(name):
    mark = f"zot-{os.getpid()}-{time.monotonic_ns()}"
    started = time.monotonic()
    with pytest.raises(CommandFailed):
        commands(MARK=mark).run(shell(LINGERING[name], timeout=0.4), None)
    assert time.monotonic() - started < 0.9
    time.sleep(0.05)
    assert alive(mark) == []


def alive(mark: str) -> list[str]:
    """Return the processes that were started with a mark in their environment."""
    if not Path("/proc").is_dir():
        pytest.skip("without /proc nobody can be found")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environ = (process / "environ").read_bytes()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if mark.encode() in environ and state != "Z":
            found.append(process.name)
    return found


def test_who_holds_the_output_open_does_not_keep_the_key_from_its_caller():
    started = time.monotonic()
    assert commands().run(shell("sleep 300 & echo key"), None) == Secret("key")
    assert time.monotonic() - started < 2


# Output

PRINTED = {
    "nothing": ("", "nothing"),
    "an empty line": ("echo", "nothing"),
    "white space": ("echo '  '", "nothing"),
    "two lines": ("printf 'canary\\ncanary\\n'", "more than one line"),
    "two lines of Windows": ("printf 'canary\\r\\ncanary'", "more than one line"),
    "a line separator": ("printf 'a\\342\\200\\250canary'", "more than one line"),
    "Latin-1": ("printf 'canary\\374'", "no text"),
    "zero bytes and nothing else": ("printf '\\377\\376'", "no text"),
    "far too much": ("yes canary", "more than 64 KiB"),
    "a little too much": (f"head -c {LONGEST + 1} /dev/zero", "more than 64 KiB"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_output_that_is_no_key_is_told_by_its_fault_alone(name):
    script, words = PRINTED[name]
    started = time.monotonic()
    assert words in str(failure(shell(script)))
    assert time.monotonic() - started < 1


def test_exactly_one_line_is_the_key():
    for script, key in [
        ("echo key", "key"),
        ("printf key", "key"),
        ("printf 'key\\r\\n'", "key"),
        ("printf 'k y '", "k y "),
        ("echo canary >&2; echo key", "key"),
    ]:
        assert commands().run(shell(script), None) == Secret(key)


def test_a_flood_costs_no_memory():
    import tracemalloc

    tracemalloc.start()
    failure(shell("yes canary"))
    failure(shell("head -c 1000000000 /dev/zero >&2; exit 3"))
    assert tracemalloc.get_traced_memory()[1] < 5 << 20
    tracemalloc.stop()


# Surroundings

SURROUNDINGS = """
import json, os, stat, sys
print(json.dumps({
    "environ": dict(os.environ),
    "open": sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")),
    "stdin": sys.stdin.read(),
    "cwd": os.getcwd(),
    "umask": os.umask(0),
    "leads": os.getsid(0) == os.getpid() == os.getpgid(0),
}))
"""


def test_the_child_sees_no_key_no_file_and_no_input():
    canaries = {f"PROVIDER{n}_API_KEY": f"canary-{n}" for n in range(40)}
    runner = KeyCommands({"PATH": os.defpath, "HOME": "/h", **canaries}, frozenset(canaries))
    with Path(__file__).open() as left_open:
        os.set_inheritable(left_open.fileno(), True)
        child = json.loads(runner.run(python(SURROUNDINGS), None).reveal())
    assert set(child["environ"]) - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"} == {"PATH", "HOME"}
    assert child["open"] == [0, 1, 2]
    assert child["stdin"] == ""
    assert child["cwd"] == "/"
    assert child["umask"] == 0o077
    assert child["leads"]


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
    for _ in range(50):
        runner.forget(first)
        second = runner.run(command, None)
    assert runs(tmp_path) == 2
    assert second != first
    runner.forget()
    assert runner.run(command, None) != second


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


# Failures


def test_failures_are_told_apart(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("echo canary")
    not_a_program = tmp_path / "broken"
    not_a_program.write_bytes(b"\x7fELFcanary")
    not_a_program.chmod(0o700)
    told = [
        str(failure(command))
        for command in [
            shell("echo canary; echo canary >&2; exit 7"),
            shell(f"echo canary; kill -{signal.SIGSEGV} $$"),
            KeyCommand(("zot-no-such-program", "canary")),
            KeyCommand((str(tmp_path / "missing"), "canary")),
            KeyCommand((str(plain), "canary")),
            KeyCommand((str(tmp_path), "canary")),
            KeyCommand((str(not_a_program), "canary")),
            KeyCommand(("./script", "canary")),
            KeyCommand(("bin/script", "canary")),
            KeyCommand(("", "canary")),
            KeyCommand(()),
            KeyCommand(("echo", "a\0canary")),
        ]
    ]
    assert "status 7" in told[0]
    assert "signal 11" in told[1]
    assert "no such program on the PATH" in told[2]
    assert all("cannot be run" in said for said in told[3:7])
    assert all("relative" in said for said in told[7:11])
    assert "nul character" in told[11]


def test_the_working_directory_is_never_searched(tmp_path, monkeypatch):
    script = tmp_path / "zot-key"
    script.write_text("#!/bin/sh\necho canary\n")
    script.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    for path in (".", "", f":{os.defpath}", "./", f"{os.curdir}:relative"):
        failure(KeyCommand(("zot-key",)), commands(PATH=path))
    assert commands(PATH=str(tmp_path)).run(KeyCommand(("zot-key",)), None) == Secret("canary")


def test_an_interrupted_caller_leaves_no_child(monkeypatch):
    mark = f"zot-{os.getpid()}-{time.monotonic_ns()}"

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            output(("sleep", "300"), {"PATH": os.defpath, "MARK": mark}, 30)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert alive(mark) == []


def test_no_descriptor_is_left_open():
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("without /proc they cannot be counted")
    before = descriptors()
    for _ in range(20):
        output(("true",), {"PATH": os.defpath}, 5)
        with pytest.raises(Failed):
            output(("yes",), {"PATH": os.defpath}, 5)
    assert descriptors() == before
