"""The credential policy, over every set of places that may have something."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, permutations

import pytest

from tests.fakes import absent, found
from zot.domain.credential import Look, Origin, Place
from zot.domain.error import ConfigError, MissingCredential, StoreLocked, ZotError
from zot.domain.precedence import PRECEDENCE, Resolution, resolve

SUBSETS = list(chain.from_iterable(combinations(PRECEDENCE, n) for n in range(6)))


class Places:
    """Five places; each notes that it was asked."""

    def __init__(self, present: tuple[Origin, ...], broken: dict[Origin, ZotError] | None = None):
        self.present = present
        self.broken = broken or {}
        self.asked: list[Origin] = []

    def look(self, origin: Origin) -> Iterator[Look]:
        self.asked.append(origin)
        if origin in self.broken:
            raise self.broken[origin]
        yield found(origin) if origin in self.present else absent(origin)

    def resolve(self, order: tuple[Origin, ...] = PRECEDENCE) -> Resolution:
        lookups = {origin: lambda origin=origin: self.look(origin) for origin in order}
        return resolve("acme", lookups)


def test_the_order_is_flag_variable_store_custom_ambient():
    assert [origin.value for origin in PRECEDENCE] == ["flag", "env", "store", "custom", "ambient"]


def test_there_are_thirty_two_sets_of_places():
    assert len(SUBSETS) == 32


@pytest.mark.parametrize("present", SUBSETS, ids=lambda p: "+".join(o.value for o in p) or "none")
def test_the_first_place_that_has_one_wins_and_no_later_one_is_asked(present):
    places = Places(present)
    resolution = places.resolve()
    if not present:
        assert resolution.winner is None
        assert places.asked == list(PRECEDENCE)
        return
    first = min(present, key=PRECEDENCE.index)
    assert resolution.place.origin is first
    assert places.asked == list(PRECEDENCE[: PRECEDENCE.index(first) + 1])


@pytest.mark.parametrize("present", SUBSETS, ids=lambda p: "+".join(o.value for o in p) or "none")
def test_the_trace_holds_what_each_place_asked_said_in_order(present):
    places = Places(present)
    looks = places.resolve().looks
    assert [look.place.origin for look in looks] == places.asked
    assert [look.outcome for look in looks[:-1]] == ["absent"] * (len(looks) - 1)


@pytest.mark.parametrize("present", SUBSETS, ids=lambda p: "+".join(o.value for o in p) or "none")
def test_the_order_of_wiring_does_not_matter(present):
    usual = Places(present).resolve()
    for order in permutations(PRECEDENCE):
        assert Places(present).resolve(order) == usual


@pytest.mark.parametrize("origin", PRECEDENCE)
@pytest.mark.parametrize("present", SUBSETS, ids=lambda p: "+".join(o.value for o in p) or "none")
def test_a_broken_place_stops_the_search_and_nothing_behind_it_is_used(origin, present):
    error = StoreLocked("locked")
    before = [o for o in present if PRECEDENCE.index(o) < PRECEDENCE.index(origin)]
    places = Places(present, {origin: error})
    resolution = places.resolve()
    if before:
        assert resolution.place.origin is before[0]
        assert origin not in places.asked
        return
    assert places.asked == list(PRECEDENCE[: PRECEDENCE.index(origin) + 1])
    assert resolution.winner is None
    with pytest.raises(StoreLocked) as raised:
        resolution.require()
    assert raised.value is error


def test_a_broken_place_is_the_last_line_of_the_trace_and_says_why():
    places = Places((), {Origin.STORE: ConfigError("auth.json:3:7", "a comma is missing")})
    last = places.resolve().looks[-1]
    assert (last.place.origin, last.outcome) == (Origin.STORE, "broken")
    assert last.note == "auth.json:3:7: a comma is missing"


def test_an_error_that_zot_did_not_foresee_is_no_absence():
    def surprising() -> Iterator[Look]:
        yield absent(Origin.FLAG)
        raise OSError("disk gone")

    lookups = {Origin.FLAG: surprising, Origin.ENV: lambda: [found(Origin.ENV)]}
    with pytest.raises(OSError, match="disk gone"):
        resolve("acme", lookups)


def test_within_one_origin_the_search_stops_at_the_first_credential():
    asked = []

    def variables() -> Iterator[Look]:
        for name in ("A", "B", "C"):
            asked.append(name)
            yield found(Origin.ENV, name) if name == "B" else absent(Origin.ENV, name)

    resolution = resolve("acme", {Origin.ENV: variables})
    assert resolution.place.detail == "B"
    assert asked == ["A", "B"]


def test_what_is_empty_does_not_win():
    empty = Look(Place(Origin.ENV, "ACME_API_KEY"), "empty")
    resolution = resolve(
        "acme", {Origin.ENV: lambda: [empty], Origin.STORE: lambda: [found(Origin.STORE)]}
    )
    assert resolution.place.origin is Origin.STORE


def test_nothing_found_names_every_place_and_the_ways_on():
    lookups = {origin: lambda origin=origin: [absent(origin)] for origin in PRECEDENCE}
    resolution = resolve("acme", lookups, ("do this", "that"))
    with pytest.raises(MissingCredential) as raised:
        _ = resolution.credential
    assert raised.value.facts == ("looked in: flag, env, store, custom, ambient",)
    assert raised.value.hint == "do this\nor that"


def test_a_provider_that_needs_no_key_is_asked_without_one_only_when_there_is_none():
    none = {Origin.NONE: lambda: [found(Origin.NONE)]}
    assert resolve("acme", none).place.origin is Origin.NONE
    both = {**none, Origin.AMBIENT: lambda: [found(Origin.AMBIENT)]}
    assert resolve("acme", both).place.origin is Origin.AMBIENT
