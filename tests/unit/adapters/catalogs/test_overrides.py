"""Changes of what is built in, and what a mistake disables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zot.domain.catalog import Catalog, Overlay
from zot.domain.error import OverrideBroken

URL = "https://gw.example/v1"
Lay = Callable[[Any], Overlay]
One = Callable[..., Overlay]


def test_an_override_wins_field_by_field(base: Catalog, route):
    before = base.route("openai/gpt-6-luna").model
    model = route("openai/gpt-6-luna", models=[{"id": "gpt-6-luna", "contextWindow": 5}]).model
    assert (model.context, model.layer) == (5, "user")
    assert (model.max_output, model.price, model.name) == (
        before.max_output,
        before.price,
        before.name,
    )


def test_a_deployment_keeps_the_facts_and_the_price_of_its_model(base: Catalog, route):
    models = [{"id": "gpt-5", "wireId": "my-gpt5"}]
    model = route("azure-openai-responses/gpt-5", models=models).model
    assert model.sent_id == "my-gpt5"
    assert model.price == base.route("azure/gpt-5").model.price


def test_a_price_that_is_given_in_part_keeps_the_other_part(base: Catalog, route):
    before = base.route("openai/gpt-6-luna").model.price
    assert before is not None
    changed = [{"id": "gpt-6-luna", "priceCacheRead": 0.5}]
    price = route("openai/gpt-6-luna", models=changed).model.price
    assert (price.input, price.output, price.cache_read) == (before.input, before.output, 0.5)


def test_model_overrides_patch_single_fields(route):
    patched = {"gpt-6-luna": {"name": "Moon", "maxTokens": 7}}
    model = route("openai/gpt-6-luna", modelOverrides=patched).model
    assert (model.name, model.max_output) == ("Moon", 7)


def test_a_new_model_of_a_built_in_provider_is_added(base: Catalog, one: One):
    known = base.overlay(one("groq", models=[{"id": "brand-new", "contextWindow": 9}]))
    assert known.route("groq/brand-new").model.context == 9
    assert len(known.models["groq"]) == len(base.models["groq"]) + 1


def test_a_new_model_speaks_the_wire_that_its_name_calls_for(base: Catalog, route):
    unlisted = base.route("opencode/claude-99")
    listed = route("opencode/claude-99", models=[{"id": "claude-99"}])
    assert listed.wire == unlisted.wire == "anthropic-messages"
    assert listed.model.sent_id == unlisted.model.sent_id


def test_a_new_base_url_holds_for_every_wire_of_the_provider(base: Catalog, one: One, file: Path):
    layer = one("openai", baseUrl=URL)
    made = layer.providers["openai"]
    assert {endpoint.base_url for endpoint in made.endpoints.values()} == {URL}
    assert (made.probe, made.listing, made.hosts) == (None, None, ())
    assert (made.env, made.stored, made.custom) == (("OPENAI_API_KEY",), "openai", False)
    known = base.overlay(layer)
    for spec in known.models["openai"].values():
        route = known.route(spec.ref)
        assert route.endpoint.base_url == URL
        assert route.given == f"{file}, key /providers/openai/baseUrl"


def test_no_endpoint_of_a_moved_provider_keeps_an_address_of_the_vendor(base: Catalog, lay: Lay):
    layer = lay({"providers": {name: {"baseUrl": URL} for name in base.providers}})
    assert layer.problems == ()
    for made in layer.providers.values():
        for endpoint in made.endpoints.values():
            assert endpoint.base_url == URL
            others = (endpoint.base_url_fips, endpoint.base_url_china, endpoint.express_base_url)
            assert not any(others)
            assert not endpoint.alternatives


def test_a_base_url_of_one_model_leaves_the_others_alone(base: Catalog, one: One, file: Path):
    layer = one("openai", models=[{"id": "gpt-6-luna", "baseUrl": URL}])
    known = base.overlay(layer)
    moved = known.route("openai/gpt-6-luna")
    assert (moved.endpoint.base_url, moved.given) == (
        URL,
        f"{file}, key /providers/openai/models/0/baseUrl",
    )
    other = known.route("openai/gpt-6.1-terra")
    assert (other.endpoint.base_url, other.given) == ("https://api.openai.com/v1", "")


def test_a_built_in_provider_may_have_a_key_of_its_own(one: One):
    made = one("openai", apiKey={"env": "TEAM_KEY"}).providers["openai"]
    assert made.custom_key is not None
    assert made.custom_key.env == "TEAM_KEY"


def test_placeholders_of_a_built_in_provider_may_stand_in_its_base_url(one: One):
    layer = one("amazon-bedrock", baseUrl="https://{region}.proxy.example")
    assert layer.problems == ()


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("gemini", "google"),
        ("azure", "azure-openai-responses"),
        ("moonshot", "moonshotai"),
        ("kimi-code", "kimi"),
        ("anthropic-messages", "anthropic"),
        ("deepseek-chat", "deepseek"),
        ("deepseek-ai", "deepseek"),
        ("openai-responses", "openai-responses"),
    ],
)
def test_another_name_of_a_built_in_provider_means_that_provider(one: One, key: str, name: str):
    layer = one(key, models=[{"id": "brand-new"}])
    assert list(layer.models) == [name]
    assert list(layer.providers) == [name]


def test_a_request_to_a_disabled_model_fails_and_its_neighbours_answer(base: Catalog, one: One):
    models = [{"id": "m1", "contextWindw": 5}, {"id": "m2"}]
    known = base.overlay(one(baseUrl=URL, models=models))
    with pytest.raises(OverrideBroken) as caught:
        known.route("acme/m1")
    assert caught.value.hint == "did you mean `contextWindow`?"
    assert caught.value.where.endswith("(/providers/acme/models/0/contextWindw)")
    assert known.route("acme/m2").endpoint.base_url == URL


def test_a_broken_override_never_falls_back_to_the_vendor(base: Catalog, one: One, lost):
    layer = one("openai", baseUrl="http://gw.example/v1")
    assert {ref.split("/")[0] for ref in lost(layer)} == {"openai"}
    assert set(layer.broken) == {"openai"}


def test_a_broken_alias_disables_the_provider_itself(base: Catalog, one: One):
    known = base.overlay(one("gemini", baseURL=URL))
    for name in ("google", "gemini", "google-ai"):
        with pytest.raises(OverrideBroken):
            known.provider(name)
