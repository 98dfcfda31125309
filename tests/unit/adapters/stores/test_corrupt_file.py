"""A file that does not parse is named, never changed, and mended only on demand."""

from __future__ import annotations

import hashlib
import random
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores import told
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores.file import FileStore
from zot.domain.credential import ApiKey
from zot.domain.error import ConfigError, ZotError
from zot.domain.secret import Secret

PROVIDERS = shipped().providers
CANARY = "gsk-canary-5e2f81"
SOUND = f"""\
{{
  "anthropic": {{"api_key": "{CANARY}a"}},
  "openai": {{"api_key": "{CANARY}o", "oauth": {{"access_token": "{CANARY}t"}}}},
  "additional_api_key_creds": {{
    "groq": {{"api_key": "{CANARY}g"}},
    "mistral": {{"api_key": "{CANARY}m", "note": "é {CANARY}n 😀"}},
    "together": {{"api_key": "{CANARY}s"}},
    "other": [1, 2, {{"deep": "{CANARY}d"}}]
  }},
  "left_by": {{"another": "program", "with": ["many", "values"], "and": null}}
}}
""".encode()


def variants(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield what editors, crashes, sync tools and other programs make of a file."""
    yield "empty", b""
    yield "white space", b" \n\t\r\n"
    yield "zero bytes", bytes(4096)
    yield "zero bytes in the middle", SOUND[:100] + bytes(100) + SOUND[200:]
    yield "a page", b"<!doctype html><title>502</title>"
    yield "a mark", b"\xef\xbb\xbf" + SOUND
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield encoding, SOUND.decode().encode(encoding)
    yield "latin-1", SOUND.decode().replace("😀", "").encode("latin-1")
    yield "a lone surrogate", SOUND.replace("😀".encode(), b"\xed\xa0\xbd")
    for constant in (b"NaN", b"Infinity", b"-Infinity"):
        yield constant.decode(), SOUND.replace(b"null", constant)
    yield "the same key twice", SOUND.replace(b'"left_by"', b'"anthropic"')
    yield "the same key twice below", SOUND.replace(b'"together"', b'"groq"')
    yield "nested deeply", SOUND.replace(b"null", b"[" * 100_000 + b"]" * 100_000)
    yield "a list", b"[" + SOUND + b"]"
    yield "two documents", SOUND + SOUND
    yield "a comment", b"// mine\n" + SOUND
    yield "a comma too many", SOUND.replace(b"null}", b"null,}")
    yield "single quotes", SOUND.replace(b'"', b"'")
    yield "conflict", b"<<<<<<< ours\n" + SOUND + b"=======\n" + SOUND + b">>>>>>> theirs\n"
    for length in range(1, min(500, len(SOUND) - 2)):
        yield f"cut after {length} bytes", SOUND[:length]
    chance = random.Random(5)
    made = 0
    while made < count:
        data = bytearray(SOUND)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.choice(b'{}[]",:\\\0\xff')
        if not _sound(bytes(data)):
            made += 1
            yield f"damage {made}", bytes(data)


def _sound(data: bytes) -> bool:
    import json

    def pairs(items):
        if len({name for name, _ in items}) < len(items):
            raise ValueError
        return dict(items)

    try:
        return isinstance(json.loads(data.decode(), object_pairs_hook=pairs), dict)
    except ValueError:
        return False


def check(store: FileStore, path: Path, name: str, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o600)
    digest = hashlib.sha256(data).hexdigest()
    for attempt in (
        lambda: store.load(PROVIDERS["groq"]),
        lambda: store.logins(list(PROVIDERS.values())),
        lambda: store.save(PROVIDERS["groq"], ApiKey(Secret("new"))),
        lambda: store.delete(PROVIDERS["groq"]),
    ):
        with pytest.raises(ConfigError) as caught:
            attempt()
        error = caught.value
        where = str(error).removeprefix(f"{path}:").split(": ")[0]
        assert all(part.isdecimal() for part in where.split(":")), f"{name}: {error}"
        assert len(where.split(":")) == 2, name
        assert error.exit_code == 3
        assert "zot auth repair" in error.hint
        assert "canary" not in f"{error} {error.hint}", name
        assert error.__cause__ is None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, name
    assert sorted(p.name for p in path.parent.iterdir() if not p.name.endswith(".lock")) == [
        "auth.json"
    ], name


@pytest.mark.parametrize(
    "count", [20, pytest.param(500, marks=pytest.mark.long)], ids=["few", "all"]
)
def test_a_file_that_does_not_parse_is_named_and_never_changed(tmp_path, count):
    path = tmp_path / "auth.json"
    store = FileStore(path, notice=told)
    for name, data in variants(count):
        check(store, path, name, data)


@pytest.mark.parametrize(
    "count", [20, pytest.param(500, marks=pytest.mark.long)], ids=["few", "all"]
)
def test_repair_keeps_a_private_copy_and_leaves_a_sound_file(tmp_path, count):
    for number, (name, data) in enumerate(variants(count)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "auth.json"
        path.write_bytes(data)
        store = FileStore(path, notice=told)
        repaired = store.repair()
        assert repaired is not None, name
        assert repaired.copy.read_bytes() == data
        assert stat.S_IMODE(repaired.copy.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any("canary" in kept for kept in repaired.kept)
        for profile in PROVIDERS.values():
            try:
                store.load(profile)
            except ZotError as error:  # a byte inside a value may have been hit
                assert "header" in str(error), name  # noqa: PT017
        store.save(PROVIDERS["groq"], ApiKey(Secret("new")))
        assert store.repair() is None


def test_repair_saves_what_stands_before_the_fault(tmp_path):
    path = tmp_path / "auth.json"
    path.write_bytes(SOUND[: SOUND.index(b'"together"') + 20])
    repaired = FileStore(path, notice=told).repair()
    assert repaired is not None
    assert repaired.kept == ("anthropic", "openai", "groq", "mistral")
    record = FileStore(path, notice=told).load(PROVIDERS["mistral"])
    assert record is not None
    assert record.credential == ApiKey(Secret(f"{CANARY}m"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_repair_loses_nothing_to_another_encoding(tmp_path, encoding):
    path = tmp_path / "auth.json"
    path.write_bytes(SOUND.decode().encode(encoding))
    assert FileStore(path, notice=told).repair() is not None
    assert path.read_bytes() == SOUND


def test_there_is_nothing_to_repair_where_there_is_no_file_or_a_sound_one(tmp_path):
    path = tmp_path / "auth.json"
    assert FileStore(path, notice=told).repair() is None
    path.write_bytes(SOUND)
    assert FileStore(path, notice=told).repair() is None
    assert path.read_bytes() == SOUND


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "auth.json"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="larger than 8 MiB"):
        FileStore(path, notice=told).load(PROVIDERS["groq"])
