"""What a login or a logout does to `auth.json`."""

from __future__ import annotations

import json

import pytest

from tests.unit.adapters.stores.documents import (
    SEPTEMBER,
    SHARED,
    additional,
    key,
    token,
    written,
)
from zot.adapters.catalogs.builtin import shipped
from zot.domain.credential import OAuthToken
from zot.domain.error import ConfigError, CredentialError, CredentialRejected, StoreBroken

PROVIDERS = shipped().providers
EVERYBODY = list(PROVIDERS.values())


def test_a_login_is_not_written_into_a_foreign_shape_and_a_logout_removes_it(store, path):
    written(path, additional("groq", "gsk-canary"))
    with pytest.raises(ConfigError):
        store.save(PROVIDERS["groq"], key("1"))
    assert store.delete(PROVIDERS["groq"])
    assert "canary" not in path.read_text()


def test_a_key_that_no_header_can_carry_is_refused(store, path):
    written(path, additional("groq", {"api_key": "gsk\r\nx-evil: canary"}))
    with pytest.raises(CredentialRejected) as caught:
        store.load(PROVIDERS["groq"])
    assert "canary" not in str(caught.value)


def test_a_subscription_token_is_a_login_wherever_it_stands(store):
    store.save(PROVIDERS["anthropic"], key("sk-ant-oat01-x"))
    record = store.load(PROVIDERS["anthropic"])
    assert record is not None
    assert record.credential == token("sk-ant-oat01-x")


def test_a_refresh_keeps_what_else_the_login_holds(store, path):
    written(path, SHARED)
    store.save(PROVIDERS["anthropic"], token("A2", "R2", expires_at=SEPTEMBER + 60))
    login = json.loads(path.read_text())["anthropic"]["oauth"]
    assert login["scope"] == "user:inference"
    assert login["client_id"].startswith("9d1c")
    assert (login["access_token"], login["expiry"]) == ("A2", "2026-09-01T10:01:00Z")


def test_a_login_of_another_account_drops_what_belonged_to_the_old_one(store, path):
    written(path, SHARED)
    store.save(PROVIDERS["openai-codex"], token("A2", "R2", account_id="acct"))
    assert json.loads(path.read_text())["openai"]["oauth"]["id_token"] == "J"
    store.save(PROVIDERS["openai-codex"], token("A3", account_id="other"))
    login = json.loads(path.read_text())["openai"]["oauth"]
    assert login == {"access_token": "A3", "account_id": "other"}


def test_github_copilot_is_updated_where_it_stands_and_removed_in_every_spelling(store, path):
    copilot = PROVIDERS["github-copilot"]
    store.save(copilot, key("1"))
    assert json.loads(path.read_text()) == additional("github-copilot", {"api_key": "1"})
    written(path, {"github-copilot": {"api_key": "1"}, "github_copilot": {"api_key": "2"}})
    place = store.save(copilot, key("3"))
    assert str(place).endswith("key github_copilot")
    spelled = {"github-copilot": {"api_key": "1"}, **additional("github_copilot", {"api_key": "2"})}
    written(path, {**spelled, "github_copilot": {"api_key": "4", "note": "mine"}})
    assert store.delete(copilot)
    assert store.load(copilot) is None
    assert json.loads(path.read_text()) == {
        "github_copilot": {"note": "mine"},
        "additional_api_key_creds": {},
    }


def test_a_stale_copy_under_another_spelling_goes_with_a_new_login(store, path):
    written(path, {"github_copilot": {"api_key": "1"}, "github-copilot": {"api_key": "2"}})
    store.save(PROVIDERS["github-copilot"], key("3"))
    assert json.loads(path.read_text()) == {"github_copilot": {"api_key": "3"}}


def test_a_far_expiry_is_the_last_moment_that_can_be_written(store):
    store.save(PROVIDERS["xai"], token("A", expires_at=1e12))
    record = store.load(PROVIDERS["xai"])
    assert record is not None
    assert isinstance(record.credential, OAuthToken)
    assert record.credential.expires_at == 253_402_300_799.0


def test_a_file_without_a_login_is_not_written_by_a_logout(store, path):
    assert not store.delete(PROVIDERS["groq"])
    assert not path.exists()
    written(path, SHARED)
    before = path.stat()
    assert not store.delete(PROVIDERS["kimi"])
    assert (path.stat().st_ino, path.read_text()) == (before.st_ino, SHARED)


def test_a_provider_that_needs_no_key_keeps_none(store):
    profile = next(provider for provider in EVERYBODY if not provider.stored)
    with pytest.raises(StoreBroken):
        store.save(profile, key("1"))


def test_errors_of_the_store_are_credential_errors(store, path):
    path.mkdir()
    with pytest.raises(CredentialError) as caught:
        store.load(PROVIDERS["groq"])
    assert "a folder, not a file" in str(caught.value)
