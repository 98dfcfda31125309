"""Nothing of an encrypted store can be changed, and no header makes it work for nothing."""

from __future__ import annotations

import json
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from tests.stores import PASSPHRASE, cheap_key
from tests.unit.adapters.stores.sealed import GROQ, KEY, filled, opened, refusal
from zot.adapters.stores import _container
from zot.adapters.stores._container import Header, derive, new_header, read_header
from zot.domain.credential import ApiKey
from zot.domain.error import StoreBroken, StoreLocked
from zot.domain.secret import Secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.enc"


@pytest.mark.usefixtures("_cheap")
def test_no_bit_can_be_flipped(path):
    data = filled(path)
    assert len(data) > 2000
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            _refused(path, bytes(changed))


@pytest.mark.usefixtures("_cheap")
def test_it_cannot_be_cut_or_lengthened(path):
    data = filled(path)
    for length in range(len(data)):
        _refused(path, data[:length])
    for byte in range(256):
        _refused(path, data + bytes([byte]))


def _refused(path: Path, data: bytes) -> None:
    """Go the way of `load`, without the disk."""
    with pytest.raises((StoreLocked, StoreBroken)):
        _container.unseal(
            cheap_key(PASSPHRASE, header := read_header(data, path)), header, data, path
        )


@pytest.mark.usefixtures("_cheap")
def test_headers_and_bodies_of_two_files_cannot_be_swapped(tmp_path):
    for number in range(10):
        containers = []
        for name in "abcdefghijk":
            path = tmp_path / f"{name}{number}.enc"
            containers.append(filled(path))
        first, *others = containers
        head, body = _split(first)
        for other in others:
            other_head, other_body = _split(other)
            path = tmp_path / "spliced.enc"
            refusal(path, head + other_body)
            refusal(path, other_head + body)


def _split(container: bytes) -> tuple[bytes, bytes]:
    at = container.index(b"\n", container.index(b"\n") + 1) + 1
    return container[:at], container[at:]


def edits() -> dict[str, dict[str, object]]:
    """Return what could be put into a header, by name."""
    changed: dict[str, list[object]] = {
        "cipher": ["none", "aes-128-gcm", "AES-256-GCM", "", None, 1],
        "kdf": ["pbkdf2", "none", "", None],
        "n": [0, 1, 2, 1 << 14, 1 << 16, (1 << 17) + 1, 1 << 21, 1 << 30, -1, True, "131072"],
        "r": [0, 1, 4, 9, 1 << 20, None],
        "p": [0, 2, 16, 1 << 20, None],
        "salt": ["", "AAAA", "!!", None, 5, "A" * 5000],
        "nonce": ["", "AAAA", None, "A" * 16 + "=="],
        "logins": [None, [], "x", {}, {"openai": "api_key"}],
        "comment": ["mine"],
    }
    return {f"{name} {value!r}": {name: value} for name in changed for value in changed[name]}


LEFT_OUT = ("cipher", "kdf", "n", "r", "p", "salt", "nonce", "logins")


@pytest.mark.usefixtures("_cheap")
@pytest.mark.parametrize("name", edits())
def test_no_header_can_be_edited(path, name):
    head, body = _split(filled(path))
    fields = json.loads(head.split(b"\n")[1])
    refusal(path, with_header({**fields, **edits()[name]}, body))


@pytest.mark.usefixtures("_cheap")
@pytest.mark.parametrize("name", LEFT_OUT)
def test_no_field_of_a_header_can_be_left_out(path, name):
    head, body = _split(filled(path))
    fields = json.loads(head.split(b"\n")[1])
    del fields[name]
    refusal(path, with_header(fields, body))


def with_header(fields: dict[str, object], body: bytes) -> bytes:
    line = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    return b"zot-encrypted 1\n" + line + b"\n" + body


@pytest.mark.usefixtures("_cheap")
@pytest.mark.parametrize("change", ["spaces", "order", "escapes", "windows line", "tail"])
def test_a_header_has_only_one_spelling(path, change):
    head, body = _split(filled(path))
    first, line, _ = head.split(b"\n")
    fields = json.loads(line)
    spelled = {
        "spaces": json.dumps(fields, sort_keys=True).encode(),
        "order": json.dumps(dict(reversed(fields.items())), separators=(",", ":")).encode(),
        "escapes": line.replace(b"cipher", b"\\u0063ipher"),
        "windows line": line + b"\r",
        "tail": line + b" ",
    }[change]
    assert "header" in str(refusal(path, first + b"\n" + spelled + b"\n" + body))


@pytest.mark.parametrize("version", [b"2", b"10", b"1 ", b"x"])
def test_a_newer_format_asks_for_a_newer_zot_and_is_left_alone(path, version):
    data = b"zot-encrypted " + version + b"\nwhatever it is"
    error = refusal(path, data)
    assert "newer zot" in str(error)
    with pytest.raises(StoreBroken):
        opened(path).save(GROQ, KEY)
    assert path.read_bytes() == data


@pytest.mark.parametrize("data", [b"", b"{}", b"zot-encrypted 1", os.urandom(5000), b"\n" * 9])
def test_what_is_no_container_is_refused(path, data):
    refusal(path, data)


HOSTILE = [1 << 21, 1 << 30, 1 << 62, 1 << 16, 1 << 10, 0, -5]


@pytest.mark.parametrize("cost", HOSTILE)
def test_a_hostile_cost_is_refused_before_any_work(path, cost):
    path.write_bytes(Header(b"s" * 32, b"n" * 12, cost).lines() + b"x" * 64)
    store = opened(path)
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(StoreBroken, match="work factor"):
        store.load(GROQ)
    assert time.perf_counter() - started < 0.05
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


def test_the_cost_is_what_the_standard_asks_for(path):
    header = new_header()
    assert (header.n, _container.BLOCK, _container.PARALLEL) == (1 << 17, 8, 1)
    fields = json.loads(header.lines().split(b"\n")[1])
    assert (fields["kdf"], fields["n"], fields["r"], fields["p"]) == ("scrypt", 1 << 17, 8, 1)
    started = time.perf_counter()
    derive(PASSPHRASE, header)
    assert time.perf_counter() - started > 0.05


@pytest.mark.usefixtures("_cheap")
def test_nonces_and_salts_are_never_used_twice(path, tmp_path):
    store = opened(path)
    nonces, salts = set(), set()
    for number in range(50):
        store.save(GROQ, ApiKey(Secret(f"gsk-{number}")))
        nonces.add(read_header(path.read_bytes(), path).nonce)
        other = tmp_path / f"{number}.enc"
        opened(other).save(GROQ, KEY)
        salts.add(read_header(other.read_bytes(), other).salt)
    assert (len(nonces), len(salts)) == (50, 50)


def test_a_document_comes_back_from_a_container_made_by_hand(path):
    """The format as it is documented, without a line of the store."""
    from base64 import b64encode
    from hashlib import scrypt

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(32), os.urandom(12)
    fields = {
        "cipher": "aes-256-gcm",
        "kdf": "scrypt",
        "logins": {},
        "n": 131072,
        "nonce": b64encode(nonce).decode(),
        "p": 1,
        "r": 8,
        "salt": b64encode(salt).decode(),
    }
    lines = b"zot-encrypted 1\n" + json.dumps(fields, separators=(",", ":")).encode() + b"\n"
    key = scrypt("geheim ü".encode(), salt=salt, n=131072, r=8, p=1, maxmem=1 << 28, dklen=32)
    document = b'{"additional_api_key_creds": {"groq": {"api_key": "gsk-canary-1"}}}'
    path.write_bytes(lines + AESGCM(key).encrypt(nonce, document, lines))
    record = opened(path, "geheim ü").load(GROQ)
    assert record is not None
    assert record.credential == KEY


def test_the_key_hangs_on_the_passphrase_and_the_header_alone():
    """No host, no user: the same value on every machine."""
    header = Header(b"s" * 32, b"n" * 12)
    assert derive(PASSPHRASE, header).hex() == VECTOR


VECTOR = "1fa9c2853e7da2647d18507571912de11097cb8ccab96856ab94a4286a2ce50b"
"""scrypt of the passphrase with 32 bytes of `s` as salt, computed with OpenSSL."""
