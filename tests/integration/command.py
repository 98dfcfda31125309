"""Running the installed `zot`, as a person or a script does."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration import groq
from tests.replay import Replay

SCRIPT = Path(sys.executable).with_name("zot.exe" if os.name == "nt" else "zot")
WAYS = [
    pytest.param([sys.executable, "-m", "zot"], id="python -m zot"),
    pytest.param([str(SCRIPT)], id="zot"),
]


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Standard output, read as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Run:
    """Run `zot`; with a replay it asks Groq there, with an explicit key."""

    def __call__(
        self,
        *arguments: str,
        replay: Replay | None = None,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        way: list[str] | None = None,
        timeout: float = 30,
        **options: str,
    ) -> Done:
        given: dict[str, Any] = {"input": stdin} if stdin else {"stdin": subprocess.DEVNULL}
        done = subprocess.run(
            [*(way or [str(SCRIPT)]), *asking(replay, **options), *arguments],
            capture_output=True,
            env={**os.environ, **(env or {})},
            timeout=timeout,
            check=False,
            **given,
        )
        return Done(done.returncode, _text(done.stdout), _text(done.stderr))

    @contextmanager
    def started(
        self, *arguments: str, replay: Replay, **options: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start it and hand over the process; it is ended at the end."""
        process = subprocess.Popen(
            [str(SCRIPT), *asking(replay, **options), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=10)

    def shell(self, tail: str, *arguments: str, replay: Replay | None = None) -> Done:
        """Run it in a shell, with something behind it."""
        quiet = ["-q"] if replay else []
        words = [str(SCRIPT), *asking(replay), *quiet, *arguments]
        done = subprocess.run(
            ["/bin/sh", "-c", f"{shlex.join(words)} {tail}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
        return Done(done.returncode, _text(done.stdout), _text(done.stderr))


def asking(replay: Replay | None, key: str = "test-key", model: str = groq.MODEL) -> list[str]:
    """Return the options that ask Groq at a replay server."""
    if replay is None:
        return []
    return ["-P", "groq", "-m", model, "--base-url", replay.url, "--api-key", key]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


run = Run()
