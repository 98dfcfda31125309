"""What is missing for the tiny built-in model is said by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from zot.adapters.transports._llama import load
from zot.domain.error import SetupIncomplete

MODERN = "processor\t: 0\nflags\t\t: fpu sse2 avx avx2 fma f16c bmi1 bmi2\n"


@pytest.fixture
def without_engine(monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)


def broken_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    (tmp_path / "xllamacpp.py").write_text(f"raise ImportError({message!r})\n")
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_missing_engine_names_the_extra(tmp_path, without_engine):
    with pytest.raises(SetupIncomplete, match="needs the `local` extra") as caught:
        load(tmp_path / "any.gguf", 1, {}, tmp_path / "cpuinfo")
    assert caught.value.hint == "pip install 'zot[local]'"
    assert caught.value.exit_code == 4


def test_a_missing_system_library_names_its_package(tmp_path, monkeypatch):
    broken_engine(tmp_path, monkeypatch, "libgomp.so.1: cannot open shared object file")
    with pytest.raises(SetupIncomplete, match="libgomp") as caught:
        load(tmp_path / "any.gguf", 1, {}, tmp_path / "cpuinfo")
    assert "apt-get install libgomp1" in caught.value.hint


def test_an_engine_that_does_not_load_says_what_it_said(tmp_path, monkeypatch):
    broken_engine(tmp_path, monkeypatch, "symbol not found: memfd")
    with pytest.raises(SetupIncomplete, match="does not load") as caught:
        load(tmp_path / "any.gguf", 1, {}, tmp_path / "cpuinfo")
    assert caught.value.facts == ("symbol not found: memfd",)


@pytest.mark.parametrize("feature", ["avx2", "fma", "f16c", "bmi2"])
def test_an_older_processor_is_refused_before_the_engine_is_imported(
    tmp_path, without_engine, feature
):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(MODERN.replace(f" {feature}", ""))
    with pytest.raises(SetupIncomplete, match=f"this one has no {feature.upper()}"):
        load(tmp_path / "any.gguf", 1, {}, cpuinfo)


@pytest.mark.parametrize(
    "text", [MODERN, "Features\t: fp asimd evtstrm\n", ""], ids=["modern", "arm", "empty"]
)
def test_any_other_processor_is_let_through(tmp_path, without_engine, text):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(text)
    with pytest.raises(SetupIncomplete, match="`local` extra"):
        load(tmp_path / "any.gguf", 1, {}, cpuinfo)


def test_the_workers_of_the_engine_are_told_not_to_spin(tmp_path, without_engine):
    variables = {"OMP_WAIT_POLICY": "ACTIVE"}
    with pytest.raises(SetupIncomplete):
        load(tmp_path / "any.gguf", 2, variables, tmp_path / "cpuinfo")
    assert variables == {"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "0"}


def test_a_broken_weights_file_is_named(tmp_path):
    pytest.importorskip("xllamacpp")
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF and nothing more")
    with pytest.raises(SetupIncomplete, match="does not load from") as caught:
        load(path, 1, {})
    assert str(path) in str(caught.value)
