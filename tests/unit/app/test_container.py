"""How zot is put together."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from dependency_injector import providers

from tests.fakes import FakeStore
from zot.app.container import Container
from zot.app.settings import settings_from
from zot.app.transports import IN_PROCESS


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(settings=settings_from({}, "linux", tmp_path), notify=lambda _text: None)


MADE = [
    name for name, part in Container.providers.items() if isinstance(part, providers.BaseSingleton)
]
OTHER = Container.providers.keys() - set(MADE)


def test_the_parts_that_hold_something_are_made_once():
    assert {"catalog", "config", "store", "sources", "credentials", "chat"} <= set(MADE)
    assert {"settings", "notify"} <= OTHER


@pytest.mark.parametrize("name", MADE)
def test_every_part_can_be_made_and_is_made_once(container, name):
    part = getattr(container, name)
    assert part() is part()


def test_two_containers_share_nothing(tmp_path):
    one, two = (
        Container(settings=settings_from({}, "linux", tmp_path), notify=print) for _ in "ab"
    )
    for name in ("catalog", "credentials", "chat"):
        assert getattr(one, name)() is not getattr(two, name)()


def test_making_every_part_writes_nothing(container, tmp_path):
    for name in MADE:
        getattr(container, name)()
    assert list(tmp_path.iterdir()) == []


def test_a_part_can_be_replaced(container):
    store = FakeStore()
    container.store.override(providers.Object(store))
    assert container.store() is store


def test_a_store_that_was_handed_in_is_the_store_in_use(tmp_path):
    from dataclasses import replace

    store = FakeStore()
    settings = replace(settings_from({}, "linux", tmp_path), store=store)
    assert Container(settings=settings, notify=print).store() is store


def test_a_transport_is_made_when_it_is_first_needed_and_kept(container):
    carry = container.transports()
    assert carry("openai-chat") is carry("anthropic-messages")
    assert carry(IN_PROCESS) is not carry("openai-chat")
    asyncio.run(carry.aclose())


@pytest.mark.parametrize("wrong", [{"settings": {}}, {}])
def test_a_container_without_settings_says_so(wrong):
    from dependency_injector.errors import Error

    with pytest.raises(Error):
        Container(**wrong).catalog()
