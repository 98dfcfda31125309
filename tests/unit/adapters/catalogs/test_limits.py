"""What a hostile models.json may cost, and which bytes are text."""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zot.adapters.catalogs import _checks, _reading
from zot.adapters.catalogs.user import overlay
from zot.domain.catalog import Catalog, Overlay
from zot.domain.error import OverrideBroken

URL = "https://gw.example/v1"
Lay = Callable[[Any], Overlay]
One = Callable[..., Overlay]
Lost = Callable[[Overlay], set[str]]


def quickly(file: Path, base: Catalog) -> Overlay:
    tracemalloc.start()
    began = time.perf_counter()
    layer = overlay(file, base)
    took = time.perf_counter() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 0.1
    assert peak < 20_000_000
    return layer


@pytest.mark.parametrize("size", [(8 << 20) + 1, 100 << 20, 10 << 30])
def test_a_file_that_is_too_large_is_refused_unread(file: Path, base: Catalog, lost, size: int):
    with file.open("wb") as stream:
        stream.truncate(size)
    layer = quickly(file, base)
    assert layer.unread is not None
    assert layer.unread.problem == "is larger than 8 MiB"
    assert lost(layer) == set()


def test_a_file_of_the_largest_size_is_read(lay: Lay):
    text = '{"providers": {"acme": {"baseUrl": "https://gw.example/v1"}}}'
    assert list(lay(text + " " * ((8 << 20) - len(text))).providers) == ["acme"]


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (os.mkfifo, "is no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is no regular file"),
        (lambda path: path.symlink_to(path), "cannot be read: too many levels of symbolic links"),
        (lambda path: path.symlink_to("nowhere"), "cannot be read: no such file or directory"),
    ],
)
def test_what_is_no_file_is_refused(file: Path, base: Catalog, lost: Lost, make, problem: str):
    make(file)
    layer = quickly(file, base)
    assert layer.unread is not None
    assert layer.unread.problem == problem
    assert lost(layer) == set()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(lay: Lay, file: Path, base: Catalog):
    lay({})
    file.chmod(0)
    layer = overlay(file, base)
    assert layer.unread is not None
    assert layer.unread.problem == "cannot be read: permission denied"


def test_a_deep_file_costs_little(file: Path, base: Catalog):
    file.write_bytes(b"[" * 5_000_000)
    began = time.perf_counter()
    layer = overlay(file, base)
    assert time.perf_counter() - began < 5
    assert layer.unread is not None
    assert layer.unread.problem == "nested deeper than 32 levels"


@pytest.mark.parametrize(
    "entry",
    [
        {f"field{n}": 1 for n in range(5000)},
        {"baseUrl": URL, "headers": {f"X-{n}": 1 for n in range(5000)}},
        {"baseUrl": URL, "apiKey": {"command": ["x"] * 5000}},
        {"baseUrl": URL, "compat": {"chatTemplateKwargs": {"a": [0] * 5000}}},
    ],
)
def test_an_entry_that_is_absurdly_long_is_one_mistake(lay: Lay, entry: dict[str, Any]):
    layer = lay({"providers": {"acme": entry, "good": {"baseUrl": URL}}})
    assert len(layer.problems) == 1
    assert list(layer.providers) == ["good"]


def test_the_number_of_mistakes_is_bounded(lay: Lay, base: Catalog):
    layer = lay({"providers": {f"p{n}": 1 for n in range(1200)} | {"openai": {"baseUrl": URL}}})
    assert len(layer.problems) == _checks.MOST_PROBLEMS + 1
    assert layer.unread is not None
    assert layer.unread.problem == "more than 1000 mistakes"
    with pytest.raises(OverrideBroken):
        base.overlay(layer).provider("openai")


def test_the_number_of_models_is_bounded(one: One, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_reading, "MOST_MODELS", 3)
    assert one(baseUrl=URL, models=[{"id": f"m{n}"} for n in range(3)]).unread is None
    layer = one(baseUrl=URL, models=[{"id": f"m{n}"} for n in range(4)])
    assert layer.unread is not None


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8-sig", "is UTF-8 with a byte order mark"),
        ("utf-16", "is UTF-16"),
        ("utf-16-le", "is UTF-16"),
        ("utf-16-be", "is UTF-16"),
        ("utf-32", "is UTF-32"),
        ("utf-32-be", "is UTF-32"),
    ],
)
def test_only_utf_8_is_read_and_what_it_names_is_disabled(lay: Lay, lost, encoding: str, said: str):
    layer = lay('{"providers": {"openai": {"baseUrl": "https://gw.example"}}}'.encode(encoding))
    assert layer.unread is not None
    assert layer.unread.problem == said
    assert {ref.split("/")[0] for ref in lost(layer)} == {"openai"}


def test_a_byte_that_is_no_utf_8_is_named_with_its_place(lay: Lay):
    layer = lay(b'{\n "providers": {"acme": {"name": "\xe9"}}}')
    assert layer.unread is not None
    assert layer.unread.where.endswith("models.json:2:34")
    assert layer.unread.problem == "the byte 0xe9 is no UTF-8"


@pytest.mark.parametrize("raw", [b"\xed\xa0\x80", b"\xc0\xae", b"\xf4\x90\x80\x80", b"\xff"])
def test_bytes_that_only_look_like_utf_8_are_refused(lay: Lay, raw: bytes):
    layer = lay(b'{"providers": {"acme": {"name": "' + raw + b'"}}}')
    assert layer.unread is not None
    assert "is no UTF-8" in layer.unread.problem
