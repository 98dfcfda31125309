"""One order in, events out."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from tests import grammar
from tests.fakes import ANSWER, FakeSource, FakeTransport, catalog, found, profile
from zot.app.chat import ChatService
from zot.app.credentials import CredentialService
from zot.app.selection import SelectionService
from zot.domain.catalog import Catalog
from zot.domain.config import Config
from zot.domain.credential import ApiKey, Look, Origin, Place
from zot.domain.error import (
    InsecureDestination,
    MissingCredential,
    Overloaded,
    RequestRejected,
    StreamBroken,
    Unreachable,
    ZotError,
)
from zot.domain.event import End, Notice, Start, StreamEvent, TextDelta
from zot.domain.message import Message, Tool
from zot.domain.model import ModelSpec, Price
from zot.domain.provider import Endpoint
from zot.domain.request import ChatOrder, ChatRequest
from zot.domain.secret import Secret

MODEL = ModelSpec("acme", "small", price=Price(1.0, 2.0), tools=False)
KNOWN = catalog(profile(), models=[MODEL])
KEY = "sk-canary-4711"


def at_once(error: ZotError) -> ZotError:
    """Return the error as one that may be tried again without waiting."""
    error.retryable, error.retry_after = True, 0.0
    return error


def service(
    transport: FakeTransport,
    source: FakeSource | None = None,
    known: Catalog = KNOWN,
    **settings: Any,
) -> ChatService:
    source = source or FakeSource(Origin.ENV, [found(Origin.ENV, "ACME_API_KEY", KEY)])
    credentials = CredentialService([source])
    return ChatService(
        catalog=known,
        credentials=credentials,
        selection=SelectionService(known, credentials, Config(), lambda: False),
        transport_for=lambda _wire: transport,
        **{"environ": {}, **settings},
    )


def order(**fields: Any) -> ChatOrder:
    request = ChatRequest((Message.user("hi"),), **fields.pop("request", {}))
    return ChatOrder(request, **{"model": "small", "provider": "acme", **fields})


def events(chat: ChatService, asked: ChatOrder | None = None) -> list[StreamEvent]:
    async def run() -> list[StreamEvent]:
        async with aclosing(chat.stream(asked or order())) as stream:
            return [event async for event in stream]

    return asyncio.run(run())


def test_an_order_becomes_a_call_with_its_credential_and_its_answer_comes_back():
    transport = FakeTransport([ANSWER])
    said = events(service(transport))
    [call] = transport.calls
    assert (call.profile.id, call.model.id, call.wire) == ("acme", "small", "openai-chat")
    assert call.credential == ApiKey(Secret(KEY))
    assert call.base_url == "https://api.acme.example/v1"
    assert said[:2] == list(ANSWER[:2])
    grammar.check(said)


def test_the_cost_stands_at_the_end():
    *_, end = events(service(FakeTransport([ANSWER])))
    assert isinstance(end, End)
    assert end.usage.cost_usd == (10 * 1.0 + 5 * 2.0) / 1_000_000


def test_without_a_price_there_is_no_cost():
    known = catalog(profile(), models=[ModelSpec("acme", "small")])
    *_, end = events(service(FakeTransport([ANSWER]), known=known))
    assert isinstance(end, End)
    assert end.usage.cost_usd is None


def test_a_failure_before_the_first_event_is_tried_again():
    transport = FakeTransport([[at_once(Overloaded("busy"))], [at_once(Unreachable("no"))], ANSWER])
    assert [type(event) for event in events(service(transport))] == [Start, TextDelta, End]
    assert len(transport.calls) == transport.closed == 3


def test_it_is_tried_again_only_so_often():
    transport = FakeTransport([[at_once(Overloaded(str(n)))] for n in range(9)])
    with pytest.raises(Overloaded, match="3"):
        events(service(transport, retries=3))
    assert len(transport.calls) == 4


def test_no_retries_means_one_call():
    transport = FakeTransport([[at_once(Overloaded("busy"))], ANSWER])
    with pytest.raises(Overloaded):
        events(service(transport, retries=0))
    assert len(transport.calls) == 1


def test_a_refusal_is_not_tried_again():
    transport = FakeTransport([[RequestRejected("no")], ANSWER])
    with pytest.raises(RequestRejected) as raised:
        events(service(transport))
    assert len(transport.calls) == 1
    assert raised.value.partial is None


def test_a_failure_after_the_first_event_is_not_tried_again_and_carries_the_partial_reply():
    broken = [*ANSWER[:2], TextDelta(" wor"), at_once(StreamBroken("cut off"))]
    transport = FakeTransport([broken, ANSWER])
    with pytest.raises(StreamBroken) as raised:
        events(service(transport))
    assert len(transport.calls) == 1
    assert raised.value.partial is not None
    assert raised.value.partial.text == "hello wor"
    assert raised.value.partial.stop_reason is None


def test_a_failure_after_the_start_alone_is_not_tried_again():
    transport = FakeTransport([[ANSWER[0], at_once(StreamBroken("cut off"))], ANSWER])
    with pytest.raises(StreamBroken) as raised:
        events(service(transport))
    assert raised.value.partial is not None
    assert raised.value.partial.provider == "acme"


def test_an_error_that_repeats_the_key_does_not_show_it():
    transport = FakeTransport([[RequestRejected(f"bad key {KEY}", facts=[KEY])]])
    with pytest.raises(RequestRejected) as raised:
        events(service(transport))
    assert raised.value.message == "bad key ***(env: ACME_API_KEY)***"
    assert KEY not in str(raised.value.facts)


def test_notices_come_right_after_the_start():
    tool = Tool("weather", "", {"type": "object"})
    asked = order(request={"tools": (tool,)}, base_url="https://other.example/v1")
    said = events(service(FakeTransport([ANSWER])), asked)
    assert [type(event) for event in said] == [Start, Notice, Notice, TextDelta, End]
    assert said[1:3] == [
        Notice("sending to other.example with the credential from ACME_API_KEY"),
        Notice("`small` takes no tools; they are left out"),
    ]
    grammar.check(said)


def test_notices_are_said_once_however_often_it_is_tried():
    transport = FakeTransport([[at_once(Overloaded("busy"))], ANSWER])
    said = events(service(transport), order(base_url="https://other.example"))
    assert sum(isinstance(event, Notice) for event in said) == 1


@pytest.mark.parametrize("given", ["order", "service"])
def test_a_base_url_that_was_given_replaces_the_providers(given):
    url = "https://other.example/v1/"
    transport = FakeTransport([ANSWER])
    chat = service(transport, base_url=url if given == "service" else None)
    events(chat, order(base_url=url if given == "order" else None))
    assert transport.calls[0].base_url == "https://other.example/v1"


def test_a_base_url_in_the_clear_is_refused_before_anything_is_sent():
    transport = FakeTransport([ANSWER])
    with pytest.raises(InsecureDestination):
        events(service(transport), order(base_url="http://other.example"))
    assert transport.calls == []


def test_the_providers_own_address_is_checked_too():
    plain = profile(endpoints={"openai-chat": Endpoint("http://gpu.example/v1")})
    with pytest.raises(InsecureDestination):
        events(service(FakeTransport([ANSWER]), known=catalog(plain)))
    events(service(FakeTransport([ANSWER]), known=catalog(plain), insecure_http=True))


def test_a_model_that_is_not_listed_is_sent_with_a_notice():
    said = events(service(FakeTransport([ANSWER])), order(model="brand-new"))
    assert said[1] == Notice("`brand-new` is not in the catalog; it is sent as it stands")


def test_a_key_in_a_plain_file_is_said():
    place = Place(Origin.CUSTOM, "apiKey", "models.json:3:5")
    source = FakeSource(Origin.CUSTOM, [Look(place, "found", "", ApiKey(Secret(KEY)))])
    said = events(service(FakeTransport([ANSWER]), source))
    assert said[1] == Notice("the key of `acme` stands in a plain file: models.json:3:5")


def test_without_a_credential_nothing_is_sent():
    transport = FakeTransport([ANSWER])
    with pytest.raises(MissingCredential):
        events(service(transport, FakeSource(Origin.ENV)))
    assert transport.calls == []


def test_closing_the_stream_closes_the_transports():
    transport = FakeTransport([ANSWER])

    async def run() -> None:
        async with aclosing(service(transport).stream(order())) as stream:
            await anext(stream)

    asyncio.run(run())
    assert transport.closed == 1


def test_a_whole_reply_is_the_fold_of_the_stream():
    reply = asyncio.run(service(FakeTransport([ANSWER])).complete(order()))
    assert (reply.text, reply.stop_reason) == ("hello", "stop")
    assert reply.usage.cost_usd is not None


def test_preparing_sends_nothing_and_decides_everything():
    transport = FakeTransport([])
    request = asyncio.run(service(transport).prepare(order()))
    assert request.url == "https://api.acme.example/v1"
    assert transport.calls[0].credential == ApiKey(Secret(KEY))
