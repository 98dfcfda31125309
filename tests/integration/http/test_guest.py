"""zot inside somebody else's program: quiet when imported, and it leaves the house as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.replay import Replay, events

SRC = Path(__file__).parents[3] / "src"

QUIET = """
import os, sys, sysconfig
seen = []
def watch(name, facts):
    if name.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn")):
        seen.append(name)
    elif name == "open":
        path, mode, flags = facts
        # a path of None or a number is a descriptor that is open already
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if isinstance(path, (str, bytes)) and (writes or not os.fsdecode(path).startswith(known)):
            seen.append(f"open {path} {mode}")
    elif name in {"os.mkdir", "os.remove", "os.rename", "os.chmod", "os.putenv", "os.unsetenv"}:
        seen.append(f"{name} {facts}")
paths = {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, sys.argv[1]}
known = tuple(os.path.realpath(path) for path in paths) + tuple(paths)
sys.addaudithook(watch)
__WORK__
unwanted = {"keyring", "boto3", "botocore", "google.auth", "cryptography"} & set(sys.modules)
sys.stdout.write("\\n".join([*seen, *unwanted]))
"""

WORK = {
    "importing the package": "import zot",
    "taking every public name": "import zot\nfor name in zot.__all__: getattr(zot, name)",
    "making a client": "import zot\nzot.AsyncZot(environ={}, home='/x'); zot.Zot(environ={})",
}


@pytest.mark.parametrize("work", WORK)
def test_nothing_is_read_written_or_connected_to(work):
    code = QUIET.replace("__WORK__", WORK[work])
    environ = {"PYTHONPATH": str(SRC), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(SRC)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


GUEST = """
import gc, locale, logging, os, signal, socket, sys, threading, warnings
def house():
    mask = os.umask(0); os.umask(mask)
    return {
        "signals": [signal.getsignal(n) for n in signal.valid_signals()],
        "umask": mask,
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "logging": [(logging.root.level, list(logging.root.handlers), logging.root.disabled)],
        "loggers": [n for n, x in logging.Logger.manager.loggerDict.items() if "handlers" in vars(x)
            and x.handlers],
        "hooks": (sys.excepthook, sys.unraisablehook, threading.excepthook, sys.displayhook),
        "warnings": list(warnings.filters),
        "path": list(sys.path),
        "recursion": sys.getrecursionlimit(),
        "timeout": socket.getdefaulttimeout(),
        "locale": locale.setlocale(locale.LC_ALL),
        "threads": sorted(t.name for t in threading.enumerate()),
        "descriptors": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0,
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "getaddrinfo": socket.getaddrinfo,
    }
import asyncio, concurrent.futures, importlib
import zot, httpx
url = sys.argv[1]
options = dict(environ={}, home=os.getcwd(), api_key="gsk-x", base_url=url)
def ask(_=None):
    with zot.Zot(**options) as made:
        return made.complete("hi", model="groq/llama-3.3-70b-versatile").text
def fail(_=None):
    with zot.Zot(**{**options, "base_url": "http://127.0.0.1:9/v1"}, retries=0) as made:
        try:
            made.complete("hi", model="groq/llama-3.3-70b-versatile")
        except zot.ZotError as error:
            return error.slug
ask()
before = house()
assert [ask(), fail()] == ["hello", "unreachable"]
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    assert set(pool.map(ask, range(24))) == {"hello"}
if hasattr(os, "fork"):
    for _ in range(4):
        if (child := os.fork()) == 0:
            os._exit(0 if ask() == "hello" else 1)
        assert os.waitpid(child, 0)[1] == 0
gc.collect()
after = house()
for name, value in before.items():
    assert value == after[name], (name, value, after[name])
print("as it was")
"""


def test_a_host_with_threads_and_forks_finds_everything_as_it_was(replay: Replay):
    chunk = {"choices": [{"index": 0, "delta": {"content": "hello"}, "finish_reason": "stop"}]}
    replay.say(events(chunk))
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", GUEST, replay.url],
        env={"PYTHONPATH": str(SRC), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("as it was\n", "")


def test_importing_zot_costs_less_than_150_ms_over_an_empty_program():
    def best(code: str) -> float:
        measured = f"import time; t = time.process_time(); {code}; print(time.process_time() - t)"
        times = []
        for _ in range(3):
            done = subprocess.run(
                [sys.executable, "-c", measured],
                env={"PYTHONPATH": str(SRC)},
                capture_output=True,
                text=True,
                check=True,
            )
            times.append(float(done.stdout))
        return min(times)

    assert best("import zot") < 0.15
