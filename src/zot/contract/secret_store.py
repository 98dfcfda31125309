"""What every secret store has to do.

Subclass the class that says most about a store and give it `open`; pytest finds the rest::

    from zot.contract.secret_store import LastingStoreContract

    class TestMyStore(LastingStoreContract):
        def open(self, folder):
            return MyStore(folder)

`open` is called with a folder that is new for each test. Called again with the same folder
it has to return a store over the same secrets.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from pathlib import Path

from zot.contract.store_cases import (
    ANTHROPIC,
    CODEX,
    COPILOT,
    EVERYBODY,
    GROQ,
    KEYLESS,
    LOGIN,
    LONG_LOGIN,
    OPENAI,
    RESPONSES,
    SECRETS,
    key,
    same,
)
from zot.domain.credential import ApiKey, OAuthToken, Origin
from zot.domain.error import CredentialError, ZotError
from zot.domain.provider import ProviderProfile
from zot.domain.secret import Secret
from zot.ports.secret_store import Kept, Record, SecretStore


class SecretStoreContract(ABC):
    """Any store, also one that keeps nothing."""

    @abstractmethod
    def open(self, folder: Path) -> SecretStore:
        """Return a store over the secrets of a folder."""

    def test_a_new_store_has_nothing_for_anybody(self, tmp_path: Path) -> None:
        """Nothing is found, named or deleted."""
        store = self.open(tmp_path)
        assert [store.load(profile) for profile in EVERYBODY] == [None] * len(EVERYBODY)
        assert list(store.logins(EVERYBODY)) == []
        assert not store.delete(GROQ)

    def test_it_says_where_a_login_would_be(self, tmp_path: Path) -> None:
        """A place is there for messages before anything is kept."""
        place = self.open(tmp_path).place(GROQ)
        assert place.origin is Origin.STORE
        assert place.detail
        assert place.where

    def test_it_has_a_name(self, tmp_path: Path) -> None:
        """The name is what `ZOT_SECRET_STORE` takes."""
        name = self.open(tmp_path).name
        assert name
        assert name == name.lower().strip()

    def test_a_provider_without_a_record_keeps_nothing(self, tmp_path: Path) -> None:
        """A provider that needs no key has no place in any store."""
        store = self.open(tmp_path)
        _refused(store, KEYLESS, key("sk-1"))
        assert store.load(KEYLESS) is None
        assert not store.delete(KEYLESS)
        assert list(store.logins([KEYLESS])) == []

    def test_it_keeps_a_login_or_says_that_it_does_not(self, tmp_path: Path) -> None:
        """No store takes a login and drops it in silence."""
        store = self.open(tmp_path)
        try:
            store.save(GROQ, key("sk-1"))
        except CredentialError as caught:
            error = caught
        else:
            assert _credential(store, GROQ) == key("sk-1")
            return
        assert error.exit_code == 4
        assert "sk-1" not in f"{error} {error.hint}"
        assert store.load(GROQ) is None


class KeepingStoreContract(SecretStoreContract):
    """A store that keeps logins at least as long as it lives."""

    def test_a_key_comes_back_as_it_was(self, tmp_path: Path) -> None:
        """The place that `save` returns is the one that `load` found it at."""
        store = self.open(tmp_path)
        place = store.save(GROQ, key("gsk-1"))
        record = _record(store, GROQ)
        assert record.credential == key("gsk-1")
        assert record.place == place
        assert place.origin is Origin.STORE
        assert place.detail == GROQ.stored

    def test_a_login_comes_back_with_all_its_parts(self, tmp_path: Path) -> None:
        """Access and refresh token, expiry and account."""
        store = self.open(tmp_path)
        store.save(ANTHROPIC, LOGIN)
        assert same(_credential(store, ANTHROPIC), LOGIN)

    def test_a_login_that_never_expires_comes_back_so(self, tmp_path: Path) -> None:
        """Neither an expiry nor a refresh token is made up."""
        store = self.open(tmp_path)
        store.save(COPILOT, OAuthToken(Secret("gho-1")))
        assert _credential(store, COPILOT) == OAuthToken(Secret("gho-1"))

    def test_a_new_key_takes_the_place_of_the_old_one(self, tmp_path: Path) -> None:
        """There is one login a provider."""
        store = self.open(tmp_path)
        store.save(GROQ, key("gsk-1"))
        store.save(GROQ, key("gsk-2"))
        assert _credential(store, GROQ) == key("gsk-2")
        assert len(store.logins(EVERYBODY)) == 1

    def test_a_key_takes_the_place_of_a_login_and_back(self, tmp_path: Path) -> None:
        """A provider of its own has a key or a login, never both."""
        store = self.open(tmp_path)
        for credential in (LOGIN, key("sk-1"), LOGIN):
            store.save(ANTHROPIC, credential)
            assert same(_credential(store, ANTHROPIC), credential)
        store.delete(ANTHROPIC)
        assert store.load(ANTHROPIC) is None

    def test_openai_and_codex_do_not_disturb_each_other(self, tmp_path: Path) -> None:
        """They share a record: the key is one's and the login the other's."""
        store = self.open(tmp_path)
        store.save(OPENAI, key("sk-1"))
        store.save(CODEX, LOGIN)
        store.save(OPENAI, key("sk-2"))
        assert _credential(store, OPENAI) == key("sk-2")
        assert same(_credential(store, CODEX), LOGIN)
        assert store.delete(OPENAI)
        assert store.load(OPENAI) is None
        assert same(_credential(store, CODEX), LOGIN)

    def test_the_responses_provider_has_a_record_of_its_own(self, tmp_path: Path) -> None:
        """The key of `openai` is not its key."""
        store = self.open(tmp_path)
        store.save(OPENAI, key("sk-1"))
        assert store.load(RESPONSES) is None

    def test_what_a_provider_cannot_read_is_not_kept_for_it(self, tmp_path: Path) -> None:
        """Codex has no key, and an empty key is none."""
        store = self.open(tmp_path)
        store.save(GROQ, key("gsk-1"))
        _refused(store, CODEX, key("sk-1"))
        _refused(store, GROQ, key(""))
        _refused(store, GROQ, key("sk\r\nx-evil: 1"))
        assert _credential(store, GROQ) == key("gsk-1")

    def test_deleting_forgets_one_login(self, tmp_path: Path) -> None:
        """And it tells whether there was any."""
        store = self.open(tmp_path)
        store.save(GROQ, key("gsk-1"))
        store.save(ANTHROPIC, key("sk-ant-1"))
        assert store.delete(GROQ)
        assert not store.delete(GROQ)
        assert store.load(GROQ) is None
        assert _credential(store, ANTHROPIC) == key("sk-ant-1")

    def test_it_names_the_logins_and_their_kinds(self, tmp_path: Path) -> None:
        """The place of a subscription login ends in `.oauth`; no secret is in any."""
        store = self.open(tmp_path)
        store.save(GROQ, key("gsk-1"))
        store.save(CODEX, LOGIN)
        store.save(ANTHROPIC, LOGIN)
        places = {str(place): place.detail for place in store.logins(EVERYBODY)}
        assert sorted(places.values()) == ["anthropic", "groq", "openai"]
        kinds = {detail: where.endswith(".oauth") for where, detail in places.items()}
        assert kinds == {"groq": False, "openai": True, "anthropic": True}
        assert not any(secret in where for secret in SECRETS for where in places)

    def test_keys_of_any_printable_text_come_back(self, tmp_path: Path) -> None:
        """Quotes, backslashes and look-alikes of other formats are text like any other."""
        store = self.open(tmp_path)
        for text in ('"', "\\u0041\\", "{}", "null", "zot-parts", "'$(id)`", "%s{0}", "k" * 4000):
            store.save(GROQ, key(text))
            assert _credential(store, GROQ) == key(text)

    def test_a_long_login_comes_back_or_is_refused_whole(self, tmp_path: Path) -> None:
        """A store with a limit says so, and keeps what it had."""
        store = self.open(tmp_path)
        store.save(ANTHROPIC, LOGIN)
        try:
            store.save(ANTHROPIC, LONG_LOGIN)
        except CredentialError:
            assert same(_credential(store, ANTHROPIC), LOGIN)
        else:
            assert same(_credential(store, ANTHROPIC), LONG_LOGIN)

    def test_nothing_that_prints_holds_a_secret(self, tmp_path: Path) -> None:
        """Neither the store nor a record shows one."""
        store = self.open(tmp_path)
        store.save(ANTHROPIC, LOGIN)
        shown = f"{store!r} {store} {_record(store, ANTHROPIC)!r} {vars(store)!r}"
        assert not any(secret in shown for secret in SECRETS)

    def test_threads_do_not_lose_each_others_logins(self, tmp_path: Path) -> None:
        """Whoever returns from `save` is kept."""
        store = self.open(tmp_path)
        errors: list[Exception] = []

        def save(profile: ProviderProfile) -> None:
            try:
                store.save(profile, LOGIN if profile is CODEX else key(f"sk-{profile.id}"))
            except ZotError as error:
                errors.append(error)

        threads = [threading.Thread(target=save, args=(p,)) for p in EVERYBODY]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert len(store.logins(EVERYBODY)) == len(EVERYBODY)
        assert all(store.load(profile) for profile in EVERYBODY)


class LastingStoreContract(KeepingStoreContract):
    """A store that keeps logins between runs."""

    def test_the_next_run_finds_the_login(self, tmp_path: Path) -> None:
        """Another store over the same secrets sees what this one did."""
        self.open(tmp_path).save(ANTHROPIC, LOGIN)
        self.open(tmp_path).save(GROQ, key("gsk-1"))
        later = self.open(tmp_path)
        assert same(_credential(later, ANTHROPIC), LOGIN)
        assert len(later.logins(EVERYBODY)) == 2
        assert later.delete(ANTHROPIC)
        assert self.open(tmp_path).load(ANTHROPIC) is None
        assert _credential(self.open(tmp_path), GROQ) == key("gsk-1")

    def test_a_change_by_another_is_seen(self, tmp_path: Path) -> None:
        """Nothing stale is handed out."""
        first, second = self.open(tmp_path), self.open(tmp_path)
        first.save(GROQ, key("gsk-1"))
        assert _credential(second, GROQ) == key("gsk-1")
        first.save(GROQ, key("gsk-2"))
        assert _credential(second, GROQ) == key("gsk-2")


def _record(store: SecretStore, profile: ProviderProfile) -> Record:
    record = store.load(profile)
    assert record is not None, f"nothing is kept for {profile.id}"
    return record


def _credential(store: SecretStore, profile: ProviderProfile) -> ApiKey | OAuthToken:
    credential = _record(store, profile).credential
    assert isinstance(credential, ApiKey | OAuthToken)
    return credential


def _refused(store: SecretStore, profile: ProviderProfile, credential: Kept) -> None:
    try:
        store.save(profile, credential)
    except CredentialError:
        return
    raise AssertionError(f"{credential!r} was taken for {profile.id}")
