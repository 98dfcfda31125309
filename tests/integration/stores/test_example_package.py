"""The example of a store in a package of its own works as its README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.integration.stores.peers import program
from tests.integration.stores.tracing import ROOT

EXAMPLE = ROOT / "examples" / "zot-openbao"

FOUND = """
from pathlib import Path
from zot.adapters.stores.family import StoreSettings, open_store
environ = {"BAO_ADDR": "https://bao.example", "BAO_TOKEN": "t"}
store = open_store("openbao", StoreSettings(Path("."), environ, lambda new: None, print))
print(type(store).__module__, store.name)
"""


def test_the_example_passes_the_contract_against_a_real_server():
    server = Path(program("bao"))
    environ = {**os.environ, "PYTHONPATH": str(EXAMPLE / "src")}
    environ["PATH"] = os.pathsep.join([str(server.parent), environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "-p", "no:cacheprovider"],
        cwd=EXAMPLE,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 25
    assert "skipped" not in done.stdout


def test_zot_finds_the_example_by_its_entry_point(tmp_path):
    entry = re.findall(
        r'\[project\.entry-points\."zot\.stores"\]\n(\w+) = "([\w:]+)"',
        (EXAMPLE / "pyproject.toml").read_text(),
    )
    [(name, function)] = entry
    metadata = tmp_path / "zot_openbao-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: zot-openbao\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text(f"[zot.stores]\n{name} = {function}\n")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(EXAMPLE / "src")])}
    done = subprocess.run(
        [sys.executable, "-c", FOUND],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["zot_openbao.store", "openbao"], done.stderr
