"""What each command loads: counted in modules, since milliseconds flake."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import pytest

from tests.integration import groq
from tests.integration.command import SCRIPT, asking, run
from zot import __version__
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.catalogs.plain import lines
from zot.entrypoints.cli.models import plain

HEAVY = {
    "aiobotocore",
    "anyio",
    "asyncio",
    "botocore",
    "click",
    "cryptography",
    "dependency_injector",
    "google",
    "h2",
    "httpcore",
    "httpx",
    "importlib.metadata",
    "inspect",
    "keyring",
    "pydantic",
    "pygments",
    "rich",
    "rich_click",
    "tomllib",
    "truststore",
    "xllamacpp",
}


def imported(*command: str) -> set[str]:
    """Return the modules that a Python command imports, by full name."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines[1:]}


@functools.cache
def bare() -> frozenset[str]:
    """Return what an interpreter that does nothing imports here."""
    return frozenset(imported("-c", "pass"))


def loaded(*arguments: str) -> set[str]:
    """Return what `zot` imports beyond a bare interpreter."""
    return imported(str(SCRIPT), *arguments) - bare()


def heavy(modules: set[str]) -> set[str]:
    return HEAVY & ({name.partition(".")[0] for name in modules} | modules)


def third_party(modules: set[str]) -> set[str]:
    tops = {name.partition(".")[0] for name in modules}
    return tops - sys.stdlib_module_names - {"zot", "__main__"}


def test_the_version_loads_nothing_but_two_small_modules():
    modules = loaded("--version")
    assert {name for name in modules if name.startswith("zot")} == {"zot", "zot.__main__"}
    assert third_party(modules) == set()
    assert heavy(modules) == set()


@pytest.mark.parametrize("arguments", [["--list-models"], ["models"]])
def test_a_piped_list_of_models_loads_no_third_party_module(arguments):
    modules = loaded(*arguments)
    assert third_party(modules) == set()
    assert heavy(modules) == set()


def test_importing_zot_loads_nothing_else():
    modules = imported("-c", "import zot") - bare()
    assert {name for name in modules if name.startswith("zot")} == {"zot"}
    assert third_party(modules) == set()


def test_the_python_face_never_loads_the_command_lines_libraries():
    code = "from zot import AsyncZot, Zot, Message; AsyncZot(environ={}); Zot(environ={})"
    modules = imported("-c", code)
    assert heavy(modules) & {"click", "rich", "rich_click", "httpx", "dependency_injector"} == set()
    assert not any(name.startswith("zot.entrypoints.cli") for name in modules)


NEVER = {
    "aiobotocore",
    "botocore",
    "cryptography",
    "google",
    "keyring",
    "pygments",
    "rich",
    "rich_click",
    "truststore",
    "xllamacpp",
}
"""What no question to loopback needs. The container library itself looks for pydantic."""


@pytest.mark.parametrize("arguments", [["hi"], ["--json", "hi"], ["--dry-run", "hi"]], ids=" ".join)
def test_a_question_loads_no_more_than_it_needs(replay, arguments):
    replay.say(groq.saying("Hi"))
    modules = loaded(*asking(replay), *arguments)
    assert "zot.app.chat" in modules
    assert heavy(modules) & NEVER == set()
    assert not any(name.startswith("pydantic.main") for name in modules)
    assert "zot.adapters.codecs._openai_chat_encode" in modules


@pytest.mark.parametrize(
    "arguments",
    [["providers"], ["auth", "status"], ["auth", "explain", "groq"], ["models", "llama"]],
    ids=" ".join,
)
def test_a_listing_loads_no_http_and_no_rich(arguments):
    assert heavy(loaded(*arguments)) & (NEVER | {"httpx", "httpcore"}) == set()


def test_help_alone_pays_for_rich():
    assert "rich" in heavy(loaded("--help"))


def test_the_version_is_printed_the_same_way_however_it_is_asked_for():
    said = f"zot {__version__}\n"
    assert run("--version").out == run("-v", "--version").out == said
    assert run("--version", way=[sys.executable, "-m", "zot"]).out == said


@pytest.mark.parametrize("command", ["models", "--list-models"])
def test_the_short_way_to_the_list_of_models_prints_what_the_long_way_prints(command):
    """The long way is taken where the user has a file, or options are given."""
    short = run(command)
    long = run(command, "-q") if command.startswith("-") else run("-q", command)
    assert (short.code, long.code) == (0, 0)
    assert short.out == long.out
    assert short.out.count("\n") > 500


def test_the_short_lines_are_the_long_lines_of_the_shipped_catalog():
    known = shipped()
    specs = [spec for name in known.providers for spec in known.models.get(name, {}).values()]
    assert lines() == "".join(f"{plain(spec)}\n" for spec in specs)


def test_a_users_file_is_never_left_out_of_the_list(zot_home):
    (zot_home / "models.json").write_text(
        '{"providers": {"groq": {"models": [{"id": "my-own", "contextWindow": 77}]}}}'
    )
    out = run("models").out
    assert any(line.startswith("groq/my-own\t77\t") for line in out.splitlines())


def test_the_list_is_whole_when_it_goes_through_a_pipe_on_any_system():
    done = run.shell("| wc -l", "models")
    assert int(done.out) == run("models").out.count("\n")
    assert os.name == "nt" or done.err == ""
