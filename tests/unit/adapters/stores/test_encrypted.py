"""The encrypted store opens for its passphrase, and for nothing else."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path

import pytest

from tests.stores import PASSPHRASE, told
from tests.unit.adapters.stores.sealed import GROQ, KEY, PROVIDERS, filled, opened, refusal
from zot.adapters.stores._container import derive, new_header, read_header
from zot.adapters.stores._lock import held
from zot.adapters.stores.encrypted import EncryptedStore
from zot.domain.error import StoreLocked
from zot.domain.secret import Secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.enc"


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
    wrong += [
        "".join(chance.choices("abcdefgh \u00fc", k=chance.randrange(1, 30))) for _ in "x" * 96
    ]
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


@pytest.mark.usefixtures("_cheap")
def test_nobody_waits_while_a_passphrase_is_typed(path):
    lock = path.with_name(".auth.enc.lock")

    def ask(new: bool) -> Secret:
        with held(lock, 0):
            return PASSPHRASE

    EncryptedStore(path, passphrase=ask, notice=told).save(GROQ, KEY)
    assert EncryptedStore(path, passphrase=ask, notice=told).delete(GROQ)
    EncryptedStore(path, passphrase=ask, notice=told).rekey(Secret("another"))
