"""Setting or removing one provider changes no other byte of the document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.adapters.stores.documents import FOREIGN, SHARED, generated
from zot.adapters.catalogs.builtin import shipped
from zot.adapters.stores import _edit, _rewrite
from zot.domain.credential import ApiKey, OAuthToken
from zot.domain.provider import ProviderProfile
from zot.domain.secret import Secret
from zot.ports.secret_store import Kept

PROVIDERS = shipped().providers
KEY = ApiKey(Secret("NEW"))
LOGIN = OAuthToken(Secret("A2"), Secret("R2"), 1_788_256_800.5, "acct")

Pairs = list[tuple[str, Any]]


@dataclass(frozen=True)
class Number:
    """A number as it is written."""

    digits: str


def loaded(text: str) -> Any:
    """Read a document with its order and the digits of its numbers."""
    return json.loads(text, object_pairs_hook=list, parse_int=Number, parse_float=Number)


def others(text: str, provider: ProviderProfile) -> Any:
    """Return everything in order, without the credential fields of one provider."""
    own = {provider.stored, *provider.stored_also}
    fields = {"api_key", "api_key_command", "oauth"}

    def record(value: Any) -> Any:
        kept = [(name, inner) for name, inner in value if name not in fields]
        return kept or None

    def level(pairs: Pairs) -> Pairs:
        read = [(name, record(value) if name in own else value) for name, value in pairs]
        return [(name, value) for name, value in read if name not in own or value]

    document = []
    for name, value in level(loaded(text)):
        if name == "additional_api_key_creds":
            document += [(name, level(value))] if level(value) else []
        else:
            document.append((name, value))
    return document


DOCUMENTS = {"the example of the reference": SHARED, **FOREIGN}
CHANGED = ["anthropic", "groq", "mistral", "xai", "kimi", "github-copilot", "together"]


def changes(name: str) -> list[Kept | None]:
    """Return what a login and a logout put in place; None stands for nothing."""
    return [KEY, LOGIN, None] if name != "groq" else [KEY, None]


def survives(text: str) -> None:
    for name in CHANGED:
        provider = PROVIDERS[name]
        for credential in changes(name):
            if credential is None:
                new, _ = _rewrite.forget(text, provider)
            else:
                new = _rewrite.keep(text, provider, credential)
            assert others(new, provider) == others(text, provider), name


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_of_another_program_survives(name):
    survives(DOCUMENTS[name])


@pytest.mark.parametrize(
    "count", [100, pytest.param(2000, marks=pytest.mark.long)], ids=["few", "all"]
)
def test_generated_documents_survive(count):
    for seed in range(count):
        survives(generated(seed))


@pytest.mark.parametrize("seed", range(20))
def test_bytes_outside_the_record_stay_as_they_were(seed):
    text = generated(seed)
    new = _edit.put(text, ("additional_api_key_creds", "mistral", "api_key"), "NEW")
    at = text.index('"api_key"', text.index('"mistral"'))
    assert new[:at] == text[:at]
    tail = text[at:].partition('"K"')[2]
    assert new.endswith('"NEW"' + tail)


def test_set_and_remove_give_back_the_same_bytes():
    for name in ("kimi", "together"):
        new = _rewrite.keep(SHARED, PROVIDERS[name], KEY)
        assert new != SHARED
        assert _rewrite.forget(new, PROVIDERS[name]) == (SHARED, True)


LAYOUTS = [
    ("{}", '{\n  "a": {\n    "b": "x"\n  }\n}'),
    ("{}\n", '{\n  "a": {\n    "b": "x"\n  }\n}\n'),
    ('{"z":1}', '{"z":1, "a": {"b": "x"}}'),
    ('{"y":0,"z":1}', '{"y":0,"z":1,"a": {"b": "x"}}'),
    ('{ "z": 1 }', '{ "z": 1, "a": {"b": "x"} }'),
    ('{\n\t"z": 1\n}', '{\n\t"z": 1,\n\t"a": {\n\t\t"b": "x"\n\t}\n}'),
    ('{\r\n  "a": {}\r\n}', '{\r\n  "a": {\r\n    "b": "x"\r\n  }\r\n}'),
    ('{\n    "a": null\n}', '{\n    "a": {\n        "b": "x"\n    }\n}'),
    ('{"a": {"b": {"c": 1}}}', '{"a": {"b": "x"}}'),
]


@pytest.mark.parametrize(("before", "after"), LAYOUTS)
def test_a_new_value_is_laid_out_as_its_neighbours(before, after):
    assert _edit.put(before, ("a", "b"), "x") == after


REMOVALS = [
    ('{"a": 1}', "{}"),
    ('{ "a": 1 }', "{}"),
    ('{"a": 1, "b": 2}', '{"b": 2}'),
    ('{"b": 2, "a": 1}', '{"b": 2}'),
    ('{\n  "b": 2,\n  "a": 1,\n  "c": 3\n}', '{\n  "b": 2,\n  "c": 3\n}'),
    ('{"b": {"a": 1}}', '{"b": {"a": 1}}'),
]


@pytest.mark.parametrize(("before", "after"), REMOVALS)
def test_a_removed_key_takes_its_comma_along(before, after):
    assert _edit.remove(before, ("a",)) == after
