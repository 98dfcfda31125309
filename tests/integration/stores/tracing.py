"""Running a program under strace: what it asks of the kernel, and what if the kernel says no."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
WATCHED = (
    "openat,read,write,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,"
    "fchmod,chmod,flock,mkdir,mkdirat,close"
)
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += +(-?\w+)")


@dataclass(frozen=True)
class Call:
    """One system call of the action; `nth` counts its kind in the whole process, from 1."""

    name: str
    arguments: str
    result: str
    nth: int


@dataclass(frozen=True)
class Done:
    """How a traced program ended."""

    code: int
    out: str
    err: str
    calls: tuple[Call, ...]

    @property
    def said(self) -> Any:
        return json.loads(self.out.splitlines()[-1]) if self.out.strip() else None


def can_trace() -> bool:
    """Tell whether strace works here."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], check=False).returncode == 0


def traced(log: Path, words: Sequence[str], inject: str = "", module: str = "once") -> Done:
    """Run `tests.integration.stores.<module>` under strace and return what it did."""
    options = ["-f", "-y", "-s", "64", "-o", str(log), "-e", f"trace={WATCHED},newfstatat,stat"]
    if inject:
        options += ["-e", f"inject={inject}"]
    program = [sys.executable, "-m", f"tests.integration.stores.{module}", *words]
    done = subprocess.run(
        ["strace", *options, *program],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr, tuple(_between(log)))


def _between(log: Path) -> list[Call]:
    counts: Counter[str] = Counter()
    calls: list[Call] = []
    inside = False
    for line in log.read_text(errors="replace").splitlines():
        if "zot-begins" in line or "zot-ends" in line:
            inside = "zot-begins" in line
        if (match := _LINE.match(line)) is None:
            continue
        name, arguments, result = match.groups()
        counts[name] += 1
        if inside and name not in {"newfstatat", "stat"}:
            calls.append(Call(name, arguments, result, counts[name]))
    return calls
