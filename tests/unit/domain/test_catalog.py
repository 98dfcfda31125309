"""Who can be asked for what, and how layers lie over each other."""

from __future__ import annotations

import pytest

from tests.fakes import catalog, profile
from zot.domain.catalog import Catalog, Overlay
from zot.domain.error import ConfigError, OverrideBroken, UnknownModel, UnknownProvider, UsageError
from zot.domain.model import ModelSpec, Price
from zot.domain.provider import Endpoint, ModelWire
from zot.domain.quirks import Quirks

ACME = profile("acme", aliases=("ac", "acme-ai"))
GATE = profile(
    "gate",
    default_model="",
    endpoints={
        "openai-chat": Endpoint("https://gate.example/v1", quirks=Quirks(think_tags=True)),
        "anthropic-messages": Endpoint("https://gate.example/anthropic", path="/x"),
    },
    models=(ModelWire("claude-*", "anthropic-messages", "claude-"),),
    unknown_model={"context": 1000, "max_output": 10},
)
MODELS = (
    ModelSpec("acme", "small", name="Small", context=8000, price=Price(1, 2)),
    ModelSpec("acme", "large", max_output=500),
    ModelSpec("acme", "acme/odd"),
    ModelSpec("acme", "elsewhere", base_url="https://eu.acme.example/v1"),
    ModelSpec("gate", "acme/small"),
    ModelSpec("gate", "gate/auto"),
    ModelSpec("gate", "other", wire="anthropic-messages"),
    ModelSpec("gate", "spoken", wire="unheard-of"),
)


@pytest.fixture
def known() -> Catalog:
    return catalog(ACME, GATE, models=MODELS)


@pytest.mark.parametrize(
    ("model", "provider", "found"),
    [
        ("small", "acme", ("acme", "small", True)),
        ("small", "ac", ("acme", "small", True)),
        (None, "acme", ("acme", "small", True)),
        ("acme/small", None, ("acme", "small", True)),
        ("acme-ai/small", None, ("acme", "small", True)),
        ("acme/small", "acme", ("acme", "small", True)),
        ("ac/small", "acme", ("acme", "small", True)),
        # an id that holds a provider's name is taken as it stands where it is listed
        ("acme/odd", "acme", ("acme", "acme/odd", True)),
        ("acme/acme/odd", None, ("acme", "acme/odd", True)),
        ("acme/odd", None, ("acme", "acme/odd", True)),
        ("gate/auto", None, ("gate", "gate/auto", True)),
        ("acme/small", "gate", ("gate", "acme/small", True)),
        ("gate/acme/small", None, ("gate", "acme/small", True)),
        # what nobody lists is sent as it stands
        ("brand-new", "acme", ("acme", "brand-new", False)),
        ("acme/brand-new", None, ("acme", "brand-new", False)),
        ("someone/brand-new", "acme", ("acme", "someone/brand-new", False)),
        ("ft:small:me::1", "acme", ("acme", "ft:small:me::1", False)),
    ],
)
def test_a_route_is_found(known, model, provider, found):
    route = known.route(model, provider)
    assert (route.profile.id, route.model.id, route.model.listed) == found


@pytest.mark.parametrize(
    ("model", "nearest"),
    [
        ("small", ("acme/small", "gate/acme/small")),
        ("smal", ("acme/small",)),
        ("nobody/small", ("acme/small", "gate/acme/small")),
        ("zzzzzzzzzzz", ()),
        ("", ()),
        ("acme/", ()),
        ("/small", ("acme/small", "gate/acme/small")),
    ],
)
def test_a_model_that_no_provider_was_named_for_is_unknown(known, model, nearest):
    with pytest.raises(UnknownModel) as raised:
        known.route(model)
    assert raised.value.nearest[: len(nearest)] == nearest


@pytest.mark.parametrize(
    ("name", "nearest"), [("acmee", "acme"), ("gaet", "gate"), ("acme-ia", "acme-ai")]
)
def test_an_unknown_provider_names_the_nearest(known, name, nearest):
    with pytest.raises(UnknownProvider) as raised:
        known.route("small", name)
    assert nearest in raised.value.nearest
    assert f"`{nearest}`" in raised.value.hint


def test_a_provider_without_a_default_model_wants_one_named(known):
    with pytest.raises(UsageError, match="no default model"):
        known.route(None, "gate")


def test_neither_a_provider_nor_a_model_is_a_usage_error(known):
    with pytest.raises(UsageError):
        known.route(None)


def test_the_wire_of_an_unlisted_model_is_told_by_its_name(known):
    route = known.route("claude-9", "gate")
    assert (route.wire, route.model.sent_id) == ("anthropic-messages", "9")
    assert route.endpoint.path == "/x"
    assert known.route("gpt-9", "gate").wire == "openai-chat"


def test_an_unlisted_model_has_the_sizes_its_provider_gives(known):
    spec = known.route("gpt-9", "gate").model
    assert (spec.context, spec.max_output) == (1000, 10)


def test_a_model_may_depart_in_wire_and_base_url(known):
    assert known.route("other", "gate").wire == "anthropic-messages"
    route = known.route("elsewhere", "acme")
    assert route.endpoint.base_url == "https://eu.acme.example/v1"


def test_a_wire_without_an_endpoint_of_its_own_has_the_address_but_not_the_quirks(known):
    route = known.route("spoken", "gate")
    assert route.endpoint.base_url == "https://gate.example/v1"
    assert route.endpoint.quirks == Quirks()


def test_a_layer_wins_field_by_field_and_says_which_it_is(known):
    newer = Overlay("user", models={"acme": {"small": {"context": 9, "wire_id": "sent"}}})
    spec = known.overlay(newer).route("small", "acme").model
    assert (spec.context, spec.sent_id, spec.layer) == (9, "sent", "user")
    assert (spec.name, spec.price) == ("Small", Price(1, 2))


def test_a_layer_may_set_a_field_to_nothing(known):
    newer = Overlay("user", models={"acme": {"small": {"price": None}}})
    assert known.overlay(newer).route("small", "acme").model.price is None


def test_layers_lie_over_each_other_in_their_order(known):
    middle = Overlay("discovered", models={"acme": {"small": {"context": 1, "max_output": 2}}})
    top = Overlay("user", models={"acme": {"small": {"context": 3}}})
    spec = known.overlay(middle).overlay(top).route("small", "acme").model
    assert (spec.context, spec.max_output, spec.layer) == (3, 2, "user")


def test_a_layer_leaves_the_other_models_and_the_catalog_below_alone(known):
    newer = Overlay("user", models={"acme": {"small": {"context": 9}, "new": {}}})
    above = known.overlay(newer)
    assert above.route("large", "acme").model.layer == "builtin"
    assert above.route("new", "acme").model.listed
    assert above.models["gate"] == known.models["gate"]
    assert known.route("small", "acme").model.context == 8000
    assert list(above.models["acme"]) == ["small", "large", "acme/odd", "elsewhere", "new"]


def test_a_layer_may_bring_a_provider(known):
    mine = profile("mine")
    above = known.overlay(Overlay("user", {"mine": mine}, {"mine": {"m": {"context": 1}}}))
    assert above.route("mine/m").profile is mine
    assert list(above.models) == ["acme", "gate", "mine"]
    assert len(above.models) == 3
    assert list(above.providers) == ["acme", "gate", "mine"]


def test_a_layer_may_replace_a_provider_and_keeps_its_models(known):
    moved = profile("acme", endpoints={"openai-chat": Endpoint("http://localhost:1")})
    route = known.overlay(Overlay("user", {"acme": moved})).route("small", "acme")
    assert route.endpoint.base_url == "http://localhost:1"
    assert route.model.context == 8000


BROKEN = ConfigError("models.json:3:5", "`contxt` is no field", hint="did you mean `context`?")


@pytest.mark.parametrize(
    ("disabled", "model", "provider"),
    [
        ("acme/small", "small", "acme"),
        ("acme/small", "acme/small", None),
        ("acme/small", None, "acme"),
        ("acme", "large", "acme"),
        ("acme", "large", "ac"),
        ("acme", "ac/large", None),
        ("mine", "m", "mine"),
        ("mine", "mine/m", None),
        ("mine/m", "mine/m", None),
    ],
)
def test_a_request_to_a_disabled_entry_fails_and_says_where(known, disabled, model, provider):
    layer = Overlay(
        "user", {"mine": profile("mine")} if "/" in disabled else {}, {}, {disabled: BROKEN}
    )
    with pytest.raises(OverrideBroken) as raised:
        known.overlay(layer).route(model, provider)
    assert raised.value.message == "models.json:3:5: `contxt` is no field"
    assert raised.value.hint == "did you mean `context`?"


def test_a_mistake_in_one_entry_leaves_the_others_alone(known):
    above = known.overlay(Overlay("user", broken={"acme/small": BROKEN, "mine": BROKEN}))
    assert above.route("large", "acme").model.id == "large"
    assert above.route("acme/small", "gate").model.id == "acme/small"
