"""A secret does not come out by accident."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass, replace

import pytest

from zot.domain.credential import ApiKey, Look, OAuthToken, Origin, Place
from zot.domain.error import MissingCredential
from zot.domain.precedence import Resolution
from zot.domain.secret import Secret

TEXT = "sk-canary-4711"
SECRET = Secret(TEXT)


@dataclass(frozen=True)
class Holder:
    key: Secret
    nested: tuple[ApiKey, ...]


HOLDER = Holder(SECRET, (ApiKey(SECRET),))


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        ascii,
        lambda s: f"{s}",
        lambda s: f"{s!r:>30}",
        lambda s: f"{s:>30}",
        lambda s: "%s %r" % (s, s),  # noqa: UP031 (this very way is tried)
        "{0} {0!r} {0:x}".format,
        lambda s: str([s, {s: s}]),
        lambda s: str(ApiKey(s)),
        lambda s: repr(OAuthToken(s, s)),
        lambda s: repr(asdict(HOLDER)),
        lambda s: repr(copy.deepcopy(HOLDER)),
        lambda s: repr(Look(Place(Origin.ENV, "X"), "found", "", ApiKey(s))),
        lambda s: repr(Resolution("x", (Look(Place(Origin.ENV, "X"), "found", "", ApiKey(s)),))),
        lambda s: repr(replace(HOLDER, nested=())),
        lambda s: json.dumps({"key": s}, default=str),
    ],
)
def test_no_way_of_printing_shows_it(show):
    assert TEXT not in show(SECRET)


def test_printing_shows_that_something_is_there():
    assert repr(SECRET) == "Secret(***)"
    assert f"{SECRET}" == "***"


def test_json_refuses_it():
    with pytest.raises(TypeError):
        json.dumps({"key": SECRET})


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled_alone_or_inside_something(protocol):
    for value in (SECRET, HOLDER, [SECRET]):
        with pytest.raises(TypeError, match="cannot be pickled") as raised:
            pickle.dumps(value, protocol)
        assert TEXT not in str(raised.value)


def test_it_has_no_attributes_to_list():
    assert not hasattr(SECRET, "__dict__")
    with pytest.raises(TypeError):
        vars(SECRET)


def test_copies_are_the_same_object():
    assert copy.copy(SECRET) is SECRET
    assert copy.deepcopy(SECRET) is SECRET
    assert asdict(HOLDER)["key"] is SECRET


def test_it_is_no_text_and_equals_none():
    assert not issubclass(Secret, str)
    assert SECRET != TEXT
    assert Secret(TEXT) == SECRET
    assert hash(Secret(TEXT)) == hash(SECRET)
    assert hash(SECRET) != hash(TEXT)


def test_an_empty_one_is_false():
    assert not Secret("")
    assert SECRET


def test_reveal_is_the_way_out():
    assert SECRET.reveal() == TEXT


def test_a_log_line_does_not_show_it(caplog):
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").debug("%s %r", SECRET, HOLDER)
    assert TEXT not in caplog.text
    assert "***" in caplog.text


def test_a_traceback_with_the_values_of_variables_does_not_show_it():
    def fail(key: Secret, holder: Holder) -> None:
        raise MissingCredential("acme", [], [f"{key} {holder}"])

    with pytest.raises(MissingCredential) as raised:
        fail(SECRET, HOLDER)
    told = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    text = "".join(told.format())
    assert "Secret(***)" in text
    assert TEXT not in text
