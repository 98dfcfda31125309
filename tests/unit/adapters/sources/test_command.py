"""A key command is run without a shell, in bounds, and never speaks in an error."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.unit.adapters.sources.running import alive, commands, failure, python, shell
from zot.adapters.sources._command import KeyCommands
from zot.adapters.sources._process import LONGEST, Failed, output
from zot.domain.error import CommandFailed
from zot.domain.secret import Secret
from zot.ports.secret_store import KeyCommand

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are of Unix")

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534


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
    "open": [n for n in range(256) if os.path.exists(f"/proc/self/fd/{n}")],
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
        os.set_inheritable(left_open.fileno(), True)  # noqa: FBT003  # its only argument
        child = json.loads(runner.run(python(SURROUNDINGS), None).reveal())
    assert set(child["environ"]) - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"} == {"PATH", "HOME"}
    assert child["open"] == [0, 1, 2]
    assert child["stdin"] == ""
    assert child["cwd"] == "/"
    assert child["umask"] == 0o077
    assert child["leads"]


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
