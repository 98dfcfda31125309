"""The encrypted store opens for its passphrase, and for nothing else and nothing changed."""

from __future__ import annotations

import json
import os
import random
import time
import tracemalloc
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stores import PASSPHRASE, cheap_key, told
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores import _container
from zot.adapters.stores._container import Header, derive, new_header, read_header
from zot.adapters.stores.encrypted import EncryptedStore
from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.error import StoreBroken, StoreLocked, ZotError
from zot.domain.secret import Secret

PROVIDERS = shipped().providers
GROQ = PROVIDERS["groq"]
KEY = ApiKey(Secret("gsk-canary-1"))
TOKEN = OAuthToken(Secret("access-canary" * 60), Secret("refresh-canary" * 60), 2e9, "acct")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.enc"


@pytest.fixture
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_container, "derive", cheap_key)


def opened(path: Path, passphrase: str | Secret = PASSPHRASE) -> EncryptedStore:
    secret = passphrase if isinstance(passphrase, Secret) else Secret(passphrase)
    return EncryptedStore(path, passphrase=lambda new: secret, notice=told)


def filled(path: Path) -> bytes:
    store = opened(path)
    store.save(GROQ, KEY)
    store.save(PROVIDERS["anthropic"], TOKEN)
    return path.read_bytes()


def refusal(path: Path, data: bytes) -> ZotError:
    path.write_bytes(data)
    with pytest.raises((StoreLocked, StoreBroken)) as caught:
        opened(path).load(GROQ)
    assert "canary" not in str(caught.value)
    return caught.value


# The passphrase


def test_the_true_cost_opens_the_store(path):
    header_only = filled(path)
    assert b"canary" not in header_only
    record = opened(path).load(GROQ)
    assert record is not None
    assert record.credential == KEY


@pytest.mark.usefixtures("_cheap")
def test_a_wrong_passphrase_is_told_as_a_changed_file_is(path):
    data = filled(path)
    chance = random.Random(1)
    wrong = ["correct horse battery stapl", "Correct horse battery staple", " ", "\0"]
    wrong += ["".join(chance.choices("abcdefgh \u00fc", k=chance.randrange(1, 30))) for _ in "x" * 96]
    said = set()
    for passphrase in wrong:
        with pytest.raises(StoreLocked) as caught:
            opened(path, passphrase).load(GROQ)
        said.add((str(caught.value), caught.value.hint))
    changed = bytearray(data)
    changed[-1] ^= 1
    error = refusal(path, bytes(changed))
    assert said == {(str(error), error.hint)}
    assert isinstance(error, StoreLocked)


@pytest.mark.usefixtures("_cheap")
def test_an_empty_passphrase_opens_nothing_and_makes_nothing(path):
    with pytest.raises(StoreLocked, match="empty"):
        opened(path, "").save(GROQ, KEY)
    assert not path.exists()
    filled(path)
    with pytest.raises(StoreLocked, match="empty"):
        opened(path, "").load(GROQ)


def test_a_passphrase_is_the_same_however_its_letters_are_composed():
    header = new_header()
    composed, decomposed = "pässwörd é", unicodedata.normalize("NFD", "pässwörd é")
    assert composed != decomposed
    assert derive(Secret(composed), header) == derive(Secret(decomposed), header)


@pytest.mark.usefixtures("_cheap")
def test_the_passphrase_is_asked_once_and_only_for_secrets(path):
    asked: list[bool] = []

    def ask(new: bool) -> Secret:
        asked.append(new)
        return PASSPHRASE

    store = EncryptedStore(path, passphrase=ask, notice=told)
    assert store.load(GROQ) is None
    assert store.logins(list(PROVIDERS.values())) == []
    assert not store.delete(GROQ)
    assert asked == []
    store.save(GROQ, KEY)
    store.save(PROVIDERS["mistral"], KEY)
    store.load(GROQ)
    assert asked == [True]
    later = EncryptedStore(path, passphrase=ask, notice=told)
    assert [place.detail for place in later.logins(list(PROVIDERS.values()))] == ["groq", "mistral"]
    assert asked == [True]
    later.load(GROQ)
    later.load(PROVIDERS["mistral"])
    assert asked == [True, False]


@pytest.mark.usefixtures("_cheap")
def test_after_a_wrong_passphrase_it_is_asked_again(path):
    filled(path)
    answers = [Secret("wrong"), PASSPHRASE]
    store = EncryptedStore(path, passphrase=lambda new: answers.pop(0), notice=told)
    with pytest.raises(StoreLocked):
        store.load(GROQ)
    assert store.load(GROQ) is not None


@pytest.mark.usefixtures("_cheap")
def test_another_passphrase_opens_it_after_rotation_and_the_old_one_does_not(path):
    before = filled(path)
    store = opened(path)
    store.rekey(Secret("another one"))
    assert store.load(GROQ) is not None
    assert opened(path, "another one").load(GROQ) is not None
    with pytest.raises(StoreLocked):
        opened(path).load(GROQ)
    old, new = read_header(before, path), read_header(path.read_bytes(), path)
    assert old.salt != new.salt
    assert old.logins == new.logins
    with pytest.raises(StoreLocked, match="empty"):
        store.rekey(Secret(""))


# The container


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


def edits() -> dict[str, Callable[[dict[str, object]], object]]:
    """Return what could be done to a header, by name."""

    def put(name: str, value: object) -> Callable[[dict[str, object]], object]:
        return lambda fields: fields.__setitem__(name, value)

    changes = {
        f"{name} {value!r}": put(name, value)
        for name, values in {
            "cipher": ["none", "aes-128-gcm", "AES-256-GCM", "", None, 1],
            "kdf": ["pbkdf2", "none", "", None],
            "n": [0, 1, 2, 1 << 14, 1 << 16, (1 << 17) + 1, 1 << 21, 1 << 30, -1, True, "131072"],
            "r": [0, 1, 4, 9, 1 << 20, None],
            "p": [0, 2, 16, 1 << 20, None],
            "salt": ["", "AAAA", "!!", None, 5, "A" * 5000],
            "nonce": ["", "AAAA", None, "A" * 16 + "=="],
            "logins": [None, [], "x", {}, {"openai": "api_key"}],
            "comment": ["mine"],
        }.items()
        for value in values
    }
    for name in ("cipher", "kdf", "n", "r", "p", "salt", "nonce", "logins"):
        changes[f"no {name}"] = lambda fields, name=name: fields.pop(name)
    return changes


@pytest.mark.usefixtures("_cheap")
@pytest.mark.parametrize("name", edits())
def test_no_header_can_be_edited(path, name):
    head, body = _split(filled(path))
    fields = json.loads(head.split(b"\n")[1])
    edits()[name](fields)
    line = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    refusal(path, b"zot-encrypted 1\n" + line + b"\n" + body)


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
