"""What `auth.json` says for each provider."""

from __future__ import annotations

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
from zot.domain.error import ConfigError
from zot.ports.secret_store import KeyCommand

PROVIDERS = shipped().providers
EVERYBODY = list(PROVIDERS.values())


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
        {
            "anthropic": {"api_key": "2"},
            "additional_api_key_creds": {"anthropic": {"api_key": "1"}},
        },
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
    assert ("zot logout groq" in caught.value.hint) is ("groq" in named)
    assert path.read_bytes() == before


def test_a_record_of_the_wrong_shape_stops_only_its_own_provider(store, path):
    more = {"groq": 7, "mistral": {"api_key": "1"}}
    written(path, {"openai": "x", "additional_api_key_creds": more})
    record = store.load(PROVIDERS["mistral"])
    assert record is not None
    assert record.credential == key("1")
    assert len(store.logins(EVERYBODY)) == 4  # groq, mistral, and both that share openai's record
