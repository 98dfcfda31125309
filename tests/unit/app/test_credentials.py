"""The call and the explanation share one trace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.fakes import ANSWER, FakeSource, FakeTransport, absent, catalog, found, key, profile
from zot.app.chat import ChatService
from zot.app.credentials import CredentialService, ways_on
from zot.app.selection import SelectionService
from zot.domain.config import Config
from zot.domain.credential import Keyless, Look, Origin, Place
from zot.domain.error import StoreLocked
from zot.domain.message import Message
from zot.domain.precedence import PRECEDENCE, Resolution
from zot.domain.request import ChatOrder, ChatRequest
from zot.ports.credential_source import CredentialQuery

ACME = profile()
ORDER = ChatOrder(ChatRequest((Message.user("hi"),)), "small", "acme")


class Spy(FakeSource):
    """Hands out looks and keeps them."""

    def __init__(self, origin: Origin, *said: Look) -> None:
        super().__init__(origin, said)
        self.handed_out: list[Look] = []

    def look(self, query: CredentialQuery) -> Iterator[Look]:
        for look in super().look(query):
            self.handed_out.append(look)
            yield look


class Watched(CredentialService):
    """Keeps every resolution that it gives."""

    def __init__(self, *sources: FakeSource) -> None:
        super().__init__(sources)
        self.given: list[Resolution] = []

    def resolve(self, *arguments: object) -> Resolution:
        self.given.append(super().resolve(*arguments))  # type: ignore[arg-type]  # passed on
        return self.given[-1]


def test_the_call_uses_the_very_looks_that_the_explanation_shows():
    env = Spy(Origin.ENV, absent(Origin.ENV, "A"), found(Origin.ENV, "B"))
    store = Spy(Origin.STORE, found(Origin.STORE))
    service = Watched(env, store)
    known = catalog(ACME)
    transport = FakeTransport([ANSWER])
    chat = ChatService(
        catalog=known,
        credentials=service,
        selection=SelectionService(known, service, Config(), lambda: False),
        transport_for=lambda _wire: transport,
        environ={},
    )
    asyncio.run(chat.complete(ORDER))
    [used] = service.given
    explained = service.explain(ACME)
    assert explained == used == service.given[1]
    assert [id(look) for look in used.looks] == [id(look) for look in env.handed_out[:2]]
    assert [id(look) for look in explained.looks] == [id(look) for look in env.handed_out[2:]]
    [call] = transport.calls
    assert call.credential is used.credential
    assert call.place is used.place
    assert store.asked == []


def test_explaining_asks_as_the_call_does_and_peeks_behind_the_winner():
    shadow = Look(Place(Origin.STORE, "acme"), "present")
    sources = [
        FakeSource(Origin.FLAG, [absent(Origin.FLAG)]),
        FakeSource(Origin.ENV, [found(Origin.ENV, "A")], present=[found(Origin.ENV, "A")]),
        FakeSource(Origin.STORE, [found(Origin.STORE)], present=[shadow]),
    ]
    resolution = CredentialService(sources).explain(ACME)
    assert resolution.place.detail == "A"
    assert resolution.shadowed == (shadow,)
    assert [source.asked for source in sources] == [["acme"], ["acme"], []]
    assert [source.peeked for source in sources] == [[], ["acme"], ["acme"]]


def test_a_second_variable_behind_the_first_is_shadowed():
    second = Look(Place(Origin.ENV, "B"), "present")
    first = Look(Place(Origin.ENV, "A"), "present")
    source = FakeSource(Origin.ENV, [found(Origin.ENV, "A")], present=[first, second])
    assert CredentialService([source]).explain(ACME).shadowed == (second,)


def test_nothing_is_shadowed_where_nothing_won():
    store = FakeSource(Origin.STORE, error=StoreLocked("locked"))
    ambient = FakeSource(Origin.AMBIENT, [found(Origin.AMBIENT)], present=[found(Origin.AMBIENT)])
    resolution = CredentialService([store, ambient]).explain(ACME)
    assert resolution.shadowed == ()
    assert ambient.asked == ambient.peeked == []
    with pytest.raises(StoreLocked):
        resolution.require()


def test_every_origin_has_its_turn_whatever_the_order_of_the_sources():
    sources = [FakeSource(origin, [absent(origin)]) for origin in reversed(PRECEDENCE)]
    resolution = CredentialService(sources).resolve(ACME)
    assert [look.place.origin for look in resolution.looks] == list(PRECEDENCE)


def test_a_provider_that_takes_no_credential_is_never_looked_up():
    source = FakeSource(Origin.ENV, [found(Origin.ENV)])
    resolution = CredentialService([source]).resolve(profile(credential="none"))
    assert (resolution.credential, resolution.place.origin) == (Keyless(), Origin.NONE)
    assert source.asked == []


def test_an_optional_credential_is_used_where_there_is_one():
    optional = profile(credential="optional")
    with_key = FakeSource(Origin.ENV, [found(Origin.ENV)])
    without = FakeSource(Origin.ENV, [absent(Origin.ENV)])
    assert CredentialService([with_key]).resolve(optional).credential == key()
    assert CredentialService([without]).resolve(optional).credential == Keyless()


def test_being_ready_is_told_without_asking():
    source = FakeSource(Origin.ENV, present=[found(Origin.ENV)])
    assert CredentialService([source]).ready(ACME) == found(Origin.ENV)
    assert source.asked == []
    assert CredentialService([FakeSource(Origin.ENV)]).ready(ACME) is None


@pytest.mark.parametrize(
    ("fields", "first"),
    [({}, "export ACME_API_KEY=…"), ({"env": (), "login": ("api-key",)}, "zot login acme")],
)
def test_there_is_always_a_way_on(fields, first):
    ways = ways_on(profile(**fields))
    assert ways[0] == first
    assert len(ways) > 1
