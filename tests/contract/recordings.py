"""Recorded exchanges with providers: `ZOT_RECORDINGS` names the folder that holds them.

`index.jsonl` lists the cases, `expected.jsonl` says what the provider's own SDK made of each,
and `<id>.json` holds one exchange. A test is skipped, with that reason, where they are absent.
"""

from __future__ import annotations

import base64
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

ABSENT = "ZOT_RECORDINGS is not set: there are no recordings to compare with"
EXCEPTIONS = Path(__file__).parent / "recording_exceptions.toml"
ROOT = Path(os.environ["ZOT_RECORDINGS"]) if os.environ.get("ZOT_RECORDINGS") else None


@dataclass(frozen=True)
class Recording:
    """One exchange, and what is known of it."""

    index: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its name, which is also its path."""
        return str(self.index["id"])

    @property
    def wire(self) -> str:
        """The wire that was spoken."""
        return str(self.index["wire"])

    @property
    def ok(self) -> bool:
        """Whether the provider answered with status 200."""
        return bool(self.index["status"] == 200)

    @property
    def features(self) -> frozenset[str]:
        """What the exchange shows."""
        return frozenset(self.index["features"])

    def read(self) -> dict[str, Any]:
        """Return the exchange itself."""
        assert ROOT is not None
        loaded: dict[str, Any] = json.loads((ROOT / f"{self.id}.json").read_bytes())
        return loaded


def body_of(exchange: Mapping[str, Any]) -> bytes:
    """Return the bytes of the answer."""
    text = str(exchange["response_body"])
    return base64.b64decode(text) if exchange["encoding"] == "base64" else text.encode()


def content_type_of(exchange: Mapping[str, Any]) -> str:
    """Return the content type of the answer."""
    return str(exchange["response_headers"].get("content-type", ""))


def pieces_of(exchange: Mapping[str, Any], name: str) -> list[bytes]:
    """Return the answer in the pieces it came in, or else cut somehow, always the same way."""
    body = body_of(exchange)
    sizes = exchange.get("chunk_sizes")
    if not sizes or sum(sizes) != len(body):
        random = Random(sha256(name.encode()).digest())
        sizes = [random.choice((1, 2, 7, 64, 512, 4096)) for _ in range(len(body) + 1)]
    pieces = []
    for size in sizes:
        pieces.append(body[:size])
        body = body[size:]
        if not body:
            break
    return pieces


@cache
def recordings(*wires: str) -> tuple[Recording, ...]:
    """Return every open recording of these wires, with the exceptions put in."""
    if ROOT is None:
        return ()
    expected = {each["id"]: each for each in _lines(ROOT / "expected.jsonl")}
    cases = [each for each in _lines(ROOT / "index.jsonl") if each["wire"] in wires]
    changed = {each["id"]: each["expected"] for each in exceptions()}
    return tuple(
        Recording(each, {**expected[each["id"]], **changed.get(each["id"], {})}) for each in cases
    )


def exceptions() -> list[dict[str, Any]]:
    """Return the cases where what is expected is shown to be wrong."""
    loaded: list[dict[str, Any]] = tomllib.loads(EXCEPTIONS.read_text("utf-8"))["exceptions"]
    return loaded


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        yield from map(json.loads, file)
