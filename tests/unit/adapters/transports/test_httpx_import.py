"""httpx comes without its command line, and nobody else can tell."""

from __future__ import annotations

import subprocess
import sys


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_command_line_of_httpx_is_not_loaded():
    code = """
import sys
import zot.adapters.transports.client
print([name for name in ("httpx._main", "click", "pygments", "rich") if name in sys.modules])
"""
    assert python(code) == "[]"


def test_it_can_be_loaded_and_run_afterwards_as_ever():
    code = """
import sys
import zot.adapters.transports.client
import httpx
sys.argv = ["httpx", "--help"]
try:
    httpx.main()
except SystemExit as stop:
    print("status", stop.code)
import httpx._main
print(callable(httpx._main.main))
"""
    said = python(code)
    assert "A next generation HTTP client" in said
    assert said.endswith("status 0\nTrue")


def test_a_program_that_has_httpx_already_keeps_the_one_it_has():
    code = """
import httpx
before = httpx.main
import zot.adapters.transports.client as client
print(httpx.main is before, client.httpx is httpx)
"""
    assert python(code) == "True True"
