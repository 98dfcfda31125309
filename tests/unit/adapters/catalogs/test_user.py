"""Providers of one's own in models.json."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zot.adapters.catalogs.user import overlay
from zot.domain.catalog import Catalog, Overlay
from zot.domain.provider import CustomKey
from zot.domain.secret import Secret

URL = "https://gw.example/v1"
Lay = Callable[[Any], Overlay]
One = Callable[..., Overlay]


def test_a_file_that_is_not_there_changes_nothing(file: Path, base: Catalog):
    assert overlay(file, base) == Overlay("user")


@pytest.mark.parametrize("text", ["{}", '{"providers": {}}', '{"$schema": "x", "providers": {}}'])
def test_a_file_without_entries_changes_nothing(lay: Lay, text: str):
    assert lay(text) == Overlay("user")


def test_a_custom_provider_needs_only_a_base_url(profile):
    made = profile()
    assert (made.id, made.wire, made.custom) == ("acme", "openai-chat", True)
    assert made.endpoints["openai-chat"].base_url == URL
    assert (made.env, made.stored, made.slot) == (("ACME_API_KEY",), "acme", "additional")
    assert (made.credential, made.custom_key, made.listing) == ("required", None, None)


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("my-company", "MY_COMPANY_API_KEY"),
        ("a.b_c", "A_B_C_API_KEY"),
        ("7even", "7EVEN_API_KEY"),
    ],
)
def test_a_custom_provider_reads_the_variable_of_its_name(profile, name: str, variable: str):
    assert profile(name).env == (variable,)


def test_a_variable_that_belongs_to_a_built_in_provider_is_left_to_it(one: One):
    layer = one("zhipu", baseUrl=URL)
    assert layer.providers["zhipu"].env == ()
    assert layer.problems == ()
    assert any("ZHIPU_API_KEY" in notice for notice in layer.notices)


def test_two_providers_of_ones_own_do_not_share_a_variable(lay: Lay):
    layer = lay({"providers": {"my-gw": {"baseUrl": URL}, "my.gw": {"baseUrl": URL}}})
    assert layer.providers["my-gw"].env == ("MY_GW_API_KEY",)
    assert layer.providers["my.gw"].env == ()


@pytest.mark.parametrize(
    ("api", "wire", "auth"),
    [
        ("", "openai-chat", "bearer"),
        ("openai", "openai-chat", "bearer"),
        ("openai-chat", "openai-chat", "bearer"),
        ("openai-completions", "openai-chat", "bearer"),
        ("chat", "openai-chat", "bearer"),
        ("openai-responses", "openai-responses", "bearer"),
        ("responses", "openai-responses", "bearer"),
        ("anthropic", "anthropic-messages", "x-api-key"),
        ("anthropic-messages", "anthropic-messages", "x-api-key"),
        ("messages", "anthropic-messages", "x-api-key"),
        ("google-generative-ai", "google-generative", "x-goog-api-key"),
    ],
)
def test_api_names_the_wire_and_with_it_the_header_of_the_key(profile, api, wire, auth):
    made = profile(api=api)
    assert (made.wire, made.endpoints[wire].auth) == (wire, auth)


def test_an_anthropic_gateway_gets_the_version_header_and_may_take_a_bearer_token(profile):
    endpoint = profile(api="anthropic", authHeader=True).endpoints["anthropic-messages"]
    assert endpoint.headers == {"anthropic-version": "2023-06-01"}
    assert endpoint.auth == "bearer"


def test_auth_none_needs_no_credential(profile):
    made = profile(auth="none")
    assert (made.credential, made.login) == ("none", ())


def test_headers_are_kept(profile):
    assert profile(headers={"X-Team": "blue"}).headers == {"X-Team": "blue"}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"env": "GW_KEY"}, CustomKey(env="GW_KEY")),
        ("$GW_KEY", CustomKey(env="GW_KEY")),
        ("${GW_KEY}", CustomKey(env="GW_KEY")),
        ({"command": ["op", "read", "x y"]}, CustomKey(command=("op", "read", "x y"))),
        ("sk-abc", CustomKey(literal=Secret("sk-abc"))),
        (" sk-abc\n", CustomKey(literal=Secret("sk-abc"))),
        ("$$abc", CustomKey(literal=Secret("$abc"))),
        ("$!abc", CustomKey(literal=Secret("!abc"))),
        ("ollama", CustomKey(literal=Secret("ollama"))),
    ],
)
def test_a_key_is_a_variable_a_command_or_a_literal(profile, file: Path, given, key):
    found = profile(apiKey=given).custom_key
    assert found.where == f"{file}, key /providers/acme/apiKey"
    assert (found.env, found.command, found.literal) == (key.env, key.command, key.literal)


def test_discovery_asks_the_server_itself(profile):
    assert profile(discover=True).listing.url == f"{URL}/models"
    assert profile(baseUrl="https://gw.example", discover=True).listing.url == f"{URL}/models"
    assert profile(discover=True).listing.persist is False
    assert profile(discover=True, auth="none").listing.auth == "none"
    google = profile(baseUrl="https://gw.example", api="google-generative-ai", discover=True)
    assert google.listing.url == "https://gw.example/v1beta/models"


def test_the_first_model_is_the_default(profile):
    assert profile(models=[{"id": "m1"}, {"id": "m2"}]).default_model == "m1"


def test_any_model_of_a_custom_provider_may_be_asked(route):
    found = route("acme/not-listed", baseUrl=URL, models=[{"id": "m1"}])
    assert (found.model.listed, found.endpoint.base_url, found.given) == (False, URL, "")


def test_a_model_may_speak_another_wire_at_another_address(route):
    models = [
        {"id": "m1", "api": "anthropic", "baseUrl": "https://claude.example"},
        {"id": "m2", "api": "responses"},
    ]
    found = route("acme/m1", baseUrl=URL, models=models)
    assert (found.wire, found.endpoint.auth) == ("anthropic-messages", "x-api-key")
    assert found.endpoint.base_url == "https://claude.example"
    found = route("acme/m2", baseUrl=URL, models=models)
    assert (found.wire, found.endpoint.base_url) == ("openai-responses", URL)


def test_a_provider_may_leave_the_address_to_its_models(route):
    found = route("acme/m1", models=[{"id": "m1", "api": "messages", "baseUrl": URL}])
    assert (found.wire, found.endpoint.base_url) == ("anthropic-messages", URL)
