"""Documents of logins for the tests: the shape that is shared, and shapes of other programs."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.secret import Secret

SEPTEMBER = 1_788_256_800.0
"""The first of September 2026, ten o'clock UTC, in Unix seconds."""

SHARED = """\
{
  "anthropic": { "oauth": { "access_token": "A", "refresh_token": "R",
      "token_type": "Bearer", "expiry": "2026-09-01T10:00:00Z",
      "scope": "user:inference", "client_id": "9d1c250a-e61b-44d9-88ed-5944d1962f5e" } },
  "openai": { "api_key": "K",
      "oauth": { "access_token": "A", "refresh_token": "R", "id_token": "J",
                 "account_id": "acct", "expiry": "2026-09-01T10:00:00Z" } },
  "github_copilot": { "oauth": { "access_token": "GHT", "expiry": "0001-01-01T00:00:00Z" } },
  "additional_api_key_creds": {
    "mistral":  { "api_key": "K" },
    "groq":     { "api_key_command": { "program": "pass", "args": ["show", "groq"],
                                       "timeout_ms": 5000 } },
    "lmstudio": { "base_url": "http://localhost:1234", "api_key": "" },
    "xai":      { "oauth": { "access_token": "A", "refresh_token": "R" } }
  }
}
"""
"""The example of the reference: every kind of record, laid out by hand."""

FOREIGN = {
    "a coding agent that keeps keys and logins by provider": (
        '{"google":{"type":"api_key","key":"K"},'
        '"openai-codex":{"type":"oauth","access":"A","refresh":"R","expires":1788256800000}}'
    ),
    "an editor that numbers its tokens": (
        '{\n\t"version": 3,\n\t"tokens": [{"id": 9007199254740993, "expires_in": 3.60e3}],\n'
        '\t"last": -0\n}\n'
    ),
    "a command line with one account at the top": (
        '{"OPENAI_API_KEY": null, "tokens": {"id_token": "J", "access_token": "A"}, '
        '"last_refresh": "2026-01-01T00:00:00.000000001Z"}'
    ),
    "a desktop program that escapes everything": (
        '{"\\u0061ccounts": {"\\ud83d\\ude00": "\\/\\u2028"}, "é": "\u2028 raw"}'
    ),
    "a tool that writes lines as Windows does": (
        '{\r\n    "additional_api_key_creds": {\r\n        "mistral": {\r\n'
        '            "api_key": "K",\r\n            "added": 1e400\r\n        }\r\n    }\r\n}\r\n'
    ),
}
"""Shapes of sibling tools, with what a careless rewrite would change."""


def generated(seed: int) -> str:
    """Return a document with unknown keys at every level, odd numbers and odd spacing."""
    chance = random.Random(seed)
    document = {f"other{n}": _value(chance, 3) for n in range(chance.randrange(4))}
    document["anthropic"] = {"api_key": "K", **_fields(chance)}
    document["additional_api_key_creds"] = {
        "mistral": {**_fields(chance), "api_key": "K"},
        "xai": {"oauth": {"access_token": "A", **_fields(chance)}, **_fields(chance)},
        **{f"p{n}": {"api_key": "K", **_fields(chance)} for n in range(chance.randrange(3))},
    }
    names = list(document)
    chance.shuffle(names)
    indent = chance.choice([None, 0, 1, 2, 4, "\t"])
    text = json.dumps(
        {name: document[name] for name in names},
        indent=indent,
        ensure_ascii=chance.random() < 0.5,
        separators=chance.choice([(",", ":"), (", ", ": "), (" ,", " : ")]),
    )
    for number in chance.sample(NUMBERS, 3):
        text = text.replace('"#number"', number, 1)
    return text + chance.choice(["", "\n", "\r\n", "  "])


NUMBERS = ["1E+2", "-0", "0.10", "1e400", "12345678901234567890", "3.0", "-1.50e-7", "1" * 60]
"""Numbers that do not survive a float, or not in their own digits."""


def _fields(chance: random.Random) -> dict[str, Any]:
    return {f"x{n}": _value(chance, 2) for n in range(chance.randrange(3))}


def _value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(7 if depth else 5)
    if kind == 5:
        return [_value(chance, depth - 1) for _ in range(chance.randrange(3))]
    if kind == 6:
        return {f"k{n}": _value(chance, depth - 1) for n in range(chance.randrange(3))}
    return ["#number", 'text " \\ / é \u2028 😀', None, True, ""][kind]


def token(access: str, refresh: str | None = None, **fields: Any) -> OAuthToken:
    """Return a login."""
    return OAuthToken(Secret(access), Secret(refresh) if refresh else None, **fields)


def key(text: str) -> ApiKey:
    """Return a key."""
    return ApiKey(Secret(text))


def written(path: Path, document: Any) -> None:
    """Write a document, private as zot would."""
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(0o600)


def additional(provider: str, record: Any) -> dict[str, Any]:
    """Return a document with one record in the map of additional providers."""
    return {"additional_api_key_creds": {provider: record}}
