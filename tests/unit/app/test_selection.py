"""Whom zot asks when nobody is named."""

from __future__ import annotations

import pytest

from tests.fakes import FakeSource, FakeStore, catalog, key, profile
from zot.adapters.sources.store import StoreSource
from zot.app.credentials import CredentialService
from zot.app.selection import SelectionService
from zot.domain.config import Config
from zot.domain.credential import Look, Origin, Place
from zot.domain.error import ConfigError, MissingCredential
from zot.domain.message import Message
from zot.domain.request import ChatOrder, ChatRequest
from zot.ports.credential_source import CredentialQuery, CredentialSource

KNOWN = catalog(
    profile("acme"),
    profile("beta"),
    profile("free", credential="none"),
    profile("open", credential="optional"),
)
NOTHING_SET = Config()
REQUEST = ChatRequest((Message.user("hi"),))


class Having(FakeSource):
    """Has something for some providers."""

    def peek(self, query: CredentialQuery) -> list[Look]:
        self.peeked.append(query.profile.id)
        place = Place(Origin.ENV, query.profile.env[0])
        return [look for look in self.present if look.place == place]


def having(*providers: str) -> Having:
    places = [Place(Origin.ENV, f"{name.upper()}_API_KEY") for name in providers]
    return Having(Origin.ENV, present=[Look(place, "present") for place in places])


def selection(
    *sources: CredentialSource, config: Config = NOTHING_SET, local: bool = False
) -> SelectionService:
    return SelectionService(KNOWN, CredentialService(sources), config, lambda: local)


def test_what_the_user_named_stands_and_is_not_explained():
    for named in (
        ChatOrder(REQUEST, "small", "acme"),
        ChatOrder(REQUEST, "acme/small"),
        ChatOrder(REQUEST, provider="acme"),
    ):
        chosen = selection(having("beta")).select(named)
        assert (chosen.order, chosen.why) == (named, "")


def test_a_provider_alone_takes_the_model_last_chosen_for_it():
    last = Config(provider="acme", model="large")
    service = selection(config=last)
    assert service.select(ChatOrder(REQUEST, provider="acme")).order.model == "large"
    assert service.select(ChatOrder(REQUEST, provider="beta")).order.model is None
    assert service.select(ChatOrder(REQUEST, "small", "acme")).order.model == "small"


def test_the_last_selection_comes_first():
    chosen = selection(having("beta"), config=Config(provider="acme", model="large"), local=True)
    picked = chosen.select(ChatOrder(REQUEST))
    assert (picked.order.provider, picked.order.model) == ("acme", "large")
    assert picked.why == "the last selection"


def test_then_the_first_provider_in_order_that_has_a_credential():
    picked = selection(having("beta", "acme"), local=True).select(ChatOrder(REQUEST))
    assert picked.order.provider == "acme"
    assert picked.why == "the first with a credential, from ACME_API_KEY"


def test_a_provider_that_needs_no_credential_is_not_chosen_by_itself():
    picked = selection(having("free", "open", "beta"), local=True).select(ChatOrder(REQUEST))
    assert picked.order.provider == "beta"


def test_choosing_asks_nobody_for_a_credential():
    source = having("beta")
    selection(source).select(ChatOrder(REQUEST))
    assert source.asked == []
    assert source.peeked == ["acme", "beta"]


def test_then_the_built_in_model_where_its_engine_is_installed():
    picked = selection(having(), local=True).select(ChatOrder(REQUEST))
    assert picked.order.provider == "local"
    assert "tiny built-in model" in picked.why


def test_then_an_error_with_three_ways_on():
    with pytest.raises(MissingCredential) as raised:
        selection(having()).select(ChatOrder(REQUEST))
    assert len(raised.value.hint.splitlines()) == 3


def refuse(*_: object) -> None:
    raise AssertionError("no command may run")


def test_a_broken_store_is_an_error_and_not_a_reason_to_take_the_built_in_model():
    broken = FakeStore(broken=ConfigError("auth.json:1:2", "no JSON"))
    source = StoreSource(broken, refuse)  # type: ignore[arg-type]  # it never returns
    with pytest.raises(ConfigError, match=r"auth\.json:1:2"):
        selection(source, local=True).select(ChatOrder(REQUEST))


def test_a_stored_login_counts_as_a_credential():
    store = FakeStore({"beta": key()})
    source = StoreSource(store, refuse)  # type: ignore[arg-type]  # it never returns
    picked = selection(source).select(ChatOrder(REQUEST))
    assert (picked.order.provider, picked.why) == (
        "beta",
        "the first with a credential, from fake:beta",
    )
