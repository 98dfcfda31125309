"""What `auth.json` says for each provider, and what a login or a logout does to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.stores import told
from tests.unit.adapters.stores.documents import SHARED
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores.file import FileStore
from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.error import ConfigError, CredentialError, CredentialRejected, StoreBroken
from zot.domain.secret import Secret
from zot.ports.secret_store import KeyCommand

PROVIDERS = shipped().providers
EVERYBODY = list(PROVIDERS.values())
SEPTEMBER = 1_788_256_800.0


def token(access: str, refresh: str | None = None, **fields: Any) -> OAuthToken:
    return OAuthToken(Secret(access), Secret(refresh) if refresh else None, **fields)


def key(text: str) -> ApiKey:
    return ApiKey(Secret(text))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.json"


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, notice=told)


def written(path: Path, document: Any) -> None:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(0o600)


def additional(provider: str, record: Any) -> dict[str, Any]:
    return {"additional_api_key_creds": {provider: record}}


EXAMPLE = {
    "anthropic": token("A", "R", expires_at=SEPTEMBER),
    "openai": key("K"),
    "openai-codex": token("A", "R", expires_at=SEPTEMBER, account_id="acct"),
    "openai-responses": None,
    "github-copilot": token("GHT"),
    "mistral": key("K"),
    "groq": KeyCommand(("pass", "show", "groq"), 5.0),
    "lmstudio": None,
    "xai": token("A", "R"),
    "kimi": None,
}


@pytest.mark.parametrize("name", EXAMPLE)
def test_the_example_of_the_reference_is_read(store, path, name):
    written(path, SHARED)
    record = store.load(PROVIDERS[name])
    assert (record and record.credential) == EXAMPLE[name]


def test_settings_beside_a_login_are_read_with_and_without_one(store, path):
    written(path, SHARED)
    assert store.settings(PROVIDERS["lmstudio"]) == {"base_url": "http://localhost:1234"}
    assert store.settings(PROVIDERS["groq"]) == {}
    store.save(PROVIDERS["lmstudio"], key("K"))
    record = store.load(PROVIDERS["lmstudio"])
    assert record is not None
    assert record.fields == {"base_url": "http://localhost:1234"}
    assert store.delete(PROVIDERS["lmstudio"])
    assert store.settings(PROVIDERS["lmstudio"]) == {"base_url": "http://localhost:1234"}


def test_logins_are_named_with_file_key_and_kind(store, path):
    written(path, SHARED)
    more = f"{path}, key additional_api_key_creds"
    assert {str(place): place.detail for place in store.logins(EVERYBODY)} == {
        f"{path}, key anthropic.oauth": "anthropic",
        f"{path}, key openai": "openai",
        f"{path}, key openai.oauth": "openai",
        f"{path}, key github_copilot.oauth": "github-copilot",
        f"{more}.mistral": "mistral",
        f"{more}.groq": "groq",
        f"{more}.xai.oauth": "xai",
    }


ORDER = [
    (
        "the map of additional providers before the record of its own",
        "anthropic",
        {"anthropic": {"api_key": "2"}, "additional_api_key_creds": {"anthropic": {"api_key": "1"}}},
    ),
    (
        "an empty record is passed by",
        "anthropic",
        {"anthropic": {"api_key": "1"}, "additional_api_key_creds": {"anthropic": {"api_key": ""}}},
    ),
    (
        "the first spelling before the others",
        "github-copilot",
        {
            "github_copilot": {"api_key": "2"},
            "github-copilot": {"api_key": "3"},
            "additional_api_key_creds": {"github-copilot": {"api_key": "1"}},
        },
    ),
    (
        "another spelling, at the top",
        "github-copilot",
        {"github_copilot": {"api_key": "1"}, "github-copilot": {"api_key": "2"}},
    ),
    (
        "another spelling, in the map",
        "github-copilot",
        additional("github_copilot", {"api_key": "1"}),
    ),
    ("white space round a key is none of it", "groq", additional("groq", {"api_key": " 1\n"})),
    (
        "a key before a command and a login",
        "groq",
        additional(
            "groq",
            {"oauth": {"access_token": "3"}, "api_key_command": {"program": "x"}, "api_key": "1"},
        ),
    ),
]


@pytest.mark.parametrize(("name", "document"), [o[1:] for o in ORDER], ids=[o[0] for o in ORDER])
def test_records_are_read_in_order(store, path, name, document):
    written(path, document)
    record = store.load(PROVIDERS[name])
    assert record is not None
    assert record.credential == key("1")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"groq": {"api_key": "1"}},
        {"additional_api_key_creds": None},
        {"additional_api_key_creds": {}},
        additional("groq", None),
        additional("groq", {}),
        additional("groq", {"api_key": None, "oauth": None, "api_key_command": None}),
        additional("groq", {"api_key": " ", "oauth": {}, "api_key_command": {}}),
        additional("groq", {"oauth": {"access_token": "", "refresh_token": "R"}}),
        additional("groq", {"type": "api_key", "key": "1"}),
    ],
)
def test_an_empty_record_is_no_record(store, path, document):
    written(path, document)
    assert store.load(PROVIDERS["groq"]) is None
    assert store.logins([PROVIDERS["groq"]]) == []


TIMES = [
    ("2026-09-01T10:00:00Z", SEPTEMBER),
    ("2026-09-01t12:00:00.5+02:00", SEPTEMBER + 0.5),
    ("2026-09-01T10:00:00.123456789Z", SEPTEMBER + 0.123456789),
    ("0001-01-01T00:00:00Z", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "seconds"), TIMES)
def test_times_are_read_as_go_writes_them(store, path, text, seconds):
    written(path, additional("xai", {"oauth": {"access_token": "A", "expiry": text}}))
    record = store.load(PROVIDERS["xai"])
    assert record is not None
    assert record.credential == token("A", expires_at=seconds)


WRONG = [
    ("additional_api_key_creds", [], "additional_api_key_creds"),
    ("additional_api_key_creds", {"groq": "gsk-canary"}, "additional_api_key_creds.groq"),
    ("additional_api_key_creds", {"groq": {"api_key": 7}}, "groq.api_key"),
    ("additional_api_key_creds", {"groq": {"api_key": ["canary"]}}, "groq.api_key"),
    ("additional_api_key_creds", {"groq": {"oauth": "canary"}}, "groq.oauth"),
    (
        "additional_api_key_creds",
        {"groq": {"oauth": {"access_token": "canary", "expiry": "soon"}}},
        "groq.oauth.expiry",
    ),
    (
        "additional_api_key_creds",
        {"groq": {"oauth": {"access_token": "canary", "expiry": "2026-13-01T00:00:00Z"}}},
        "groq.oauth.expiry",
    ),
    (
        "additional_api_key_creds",
        {"groq": {"oauth": {"access_token": {"canary": 1}}}},
        "groq.oauth.access_token",
    ),
    *(
        ("additional_api_key_creds", {"groq": {"api_key_command": command}}, name)
        for command, name in [
            ("pass show canary", "groq.api_key_command"),
            (["pass", "show"], "groq.api_key_command"),
            ({"args": ["canary"]}, "groq.api_key_command.program"),
            ({"program": ""}, "groq.api_key_command.program"),
            ({"program": 3}, "groq.api_key_command.program"),
            ({"program": "x", "args": "canary"}, "groq.api_key_command.args"),
            ({"program": "x", "args": [1]}, "groq.api_key_command.args"),
            ({"program": "x", "args": ["a\0"]}, "groq.api_key_command"),
            ({"program": "x", "timeout_ms": -1}, "groq.api_key_command.timeout_ms"),
            ({"program": "x", "timeout_ms": 1.5}, "groq.api_key_command.timeout_ms"),
            ({"program": "x", "timeout_ms": 10**9}, "groq.api_key_command.timeout_ms"),
            ({"program": "x", "timeout_ms": "5"}, "groq.api_key_command.timeout_ms"),
        ]
    ),
]


@pytest.mark.parametrize(("top", "value", "named"), WRONG)
def test_a_record_of_the_wrong_shape_is_named_and_not_quoted(store, path, top, value, named):
    written(path, {top: value})
    before = path.read_bytes()
    with pytest.raises(ConfigError) as caught:
        store.load(PROVIDERS["groq"])
    assert caught.value.exit_code == 3
    assert f"{named}` " in str(caught.value)
    assert str(caught.value).startswith(f"{path}:1:")
    assert "canary" not in str(caught.value)
    assert "zot logout groq" in caught.value.hint
    assert path.read_bytes() == before


def test_a_record_of_the_wrong_shape_stops_only_its_own_provider(store, path):
    more = {"groq": 7, "mistral": {"api_key": "1"}}
    written(path, {"openai": "x", "additional_api_key_creds": more})
    record = store.load(PROVIDERS["mistral"])
    assert record is not None
    assert record.credential == key("1")
    assert len(store.logins(EVERYBODY)) == 4  # groq, mistral, and both that share openai's record


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
