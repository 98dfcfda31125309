"""Where sibling programs keep their keys, and how those files are read.

Only static keys are taken: a token that its owner refreshes would be used up twice, and
the language of commands and variables in a sibling's file is its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zot.domain.error import UsageError
from zot.domain.secret import Secret

LARGEST = 1 << 20
_LINE = re.compile(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$")
_GH_TOKEN = re.compile(r"^\s+oauth_token:\s*(\S+)\s*$", re.MULTILINE)
_DYNAMIC = ("!", "$")


@dataclass(frozen=True, slots=True)
class Found:
    """One key of another program; `provider` is that program's name for it."""

    program: str
    path: Path
    provider: str
    key: Secret


Entries = Iterator[tuple[str, str]]


def known(environ: Mapping[str, str], user_home: Path) -> Iterable[Found]:
    """Yield the static keys of llm, pi, opencode, codex and gh; a missing file has none."""
    config = Path(environ.get("XDG_CONFIG_HOME") or user_home / ".config")
    data = Path(environ.get("XDG_DATA_HOME") or user_home / ".local" / "share")
    llm = Path(environ.get("LLM_USER_PATH") or config / "io.datasette.llm")
    codex = Path(environ.get("CODEX_HOME") or user_home / ".codex")
    gh = Path(environ.get("GH_CONFIG_DIR") or config / "gh")
    places: list[tuple[str, Path, Callable[[str], Entries]]] = [
        ("llm", llm / "keys.json", _llm),
        ("pi", user_home / ".pi" / "agent" / "auth.json", _pi),
        ("opencode", data / "opencode" / "auth.json", _opencode),
        ("codex", codex / "auth.json", _codex),
        ("gh", gh / "hosts.yml", _gh),
    ]
    for program, path, read in places:
        if path.is_file():
            yield from _found(program, path, read)


def dotenv(path: Path, variables: Mapping[str, str]) -> Iterable[Found]:
    """Yield the keys of a `.env` file; `variables` maps their names to providers.

    Raises `UsageError` for a file that cannot be read.
    """
    return list(_found(".env", path, lambda text: _dotenv(text, variables)))


def _found(program: str, path: Path, read: Callable[[str], Entries]) -> Iterator[Found]:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than 1 MiB")
        entries = list(read(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise UsageError(f"{path} is not what {program} writes") from None
    for provider, key in entries:
        if key.strip() and not key.startswith(_DYNAMIC):
            yield Found(program, path, provider, Secret(key.strip()))


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError
    return value


def _llm(text: str) -> Entries:
    return ((name, key) for name, key in _object(text).items() if isinstance(key, str))


def _pi(text: str) -> Entries:
    for name, record in _object(text).items():
        if record.get("type") == "api_key" and isinstance(record.get("key"), str):
            yield name, record["key"]


def _opencode(text: str) -> Entries:
    for name, record in _object(text).items():
        if record.get("type") == "api" and isinstance(record.get("key"), str):
            yield name, record["key"]


def _codex(text: str) -> Entries:
    if isinstance(key := _object(text).get("OPENAI_API_KEY"), str):
        yield "openai", key


def _gh(text: str) -> Entries:
    for match in _GH_TOKEN.finditer(text):
        yield "github-copilot", match[1]


def _dotenv(text: str, variables: Mapping[str, str]) -> Entries:
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is not None and (provider := variables.get(match[1])) is not None:
            value = match[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            yield provider, value[1:-1] if quoted else value.partition(" #")[0].strip()
