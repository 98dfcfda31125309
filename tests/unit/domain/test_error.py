"""The names of everything that can go wrong."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

import zot.domain.error as errors
from tests.fakes import absent
from zot.domain.credential import Origin
from zot.domain.error import ConfigError, MissingCredential, UnknownModel, UnknownProvider, ZotError
from zot.domain.reply import Reply

CONTRACT = {
    2: "usage unknown-provider unknown-model",
    3: "config-broken override-broken bad-setting",
    4: "missing-credential credential-rejected login-needed login-failed setup-incomplete"
    " store-locked store-broken command-failed metered-shadows-subscription"
    " insecure-destination",
    5: "unreachable timeout stream-broken tls-failed",
    6: "request-rejected model-not-found context-too-long content-blocked rate-limited"
    " quota-spent overloaded provider-failed redirect-refused region-unsupported",
}
"""Exit status, and the slugs of the public contract that have it."""
PROMISED = {slug: status for status, slugs in CONTRACT.items() for slug in slugs.split()}


def classes(root: type[ZotError] = ZotError) -> Iterator[type[ZotError]]:
    for kind in root.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
            yield from classes(kind)


def named() -> list[type[ZotError]]:
    """Return the classes that name a failure, not a family of them."""
    return [kind for kind in classes() if "slug" in vars(kind)]


def test_the_slugs_are_those_of_the_contract():
    assert {kind.slug for kind in named()} == PROMISED.keys()


def test_no_two_classes_share_a_slug():
    assert len(named()) == len(PROMISED)


@pytest.mark.parametrize("kind", named(), ids=lambda kind: kind.slug)
def test_the_exit_status_is_that_of_the_contract(kind):
    assert kind.exit_code == PROMISED[kind.slug]


@pytest.mark.parametrize("kind", named(), ids=lambda kind: kind.slug)
def test_every_class_says_what_it_means(kind):
    assert kind.__doc__


def test_every_class_of_a_failure_stands_in_the_tree_at_the_top():
    tree = errors.__doc__ or ""
    assert [kind.__name__ for kind in classes() if kind.__name__ not in tree] == []


def test_an_error_has_what_the_contract_promises():
    error = ZotError("what happened", hint="do this", facts=["one"])
    assert (error.message, error.hint, error.facts) == ("what happened", "do this", ("one",))
    assert (error.slug, error.exit_code, error.retryable) == ("unexpected", 1, False)
    assert (error.status, error.code, error.request_id, error.retry_after) == (None,) * 4
    assert error.partial is None


def test_what_one_error_carries_is_not_on_the_next():
    first = ZotError("a")
    first.status, first.partial = 500, Reply()
    assert (ZotError("b").status, ZotError("b").partial) == (None, None)


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (UnknownProvider("grok", ["groq"]), "no provider named `grok`", "did you mean `groq`?"),
        (UnknownProvider("?"), "no provider named `?`", "`zot providers` lists them"),
        (
            UnknownModel("lama", ["a/llama", "b/llama"]),
            "no model named `lama`, and no provider was named",
            "did you mean `a/llama` or `b/llama`?",
        ),
        (ConfigError("auth.json:1:2", "no JSON"), "auth.json:1:2: no JSON", ""),
        (
            MissingCredential("acme", [absent(Origin.ENV, "ACME_API_KEY").place]),
            "no credential for `acme`",
            "`zot auth explain acme` shows every place",
        ),
    ],
)
def test_what_the_errors_say(error, message, hint):
    assert (error.message, error.hint, str(error)) == (message, hint, message)


def test_every_error_survives_the_way_to_another_process():
    error = MissingCredential("acme", [absent(Origin.ENV).place], ["do this"])
    error.status = 401
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.message, again.hint) == (type(error), error.message, error.hint)
    assert (again.status, again.tried, again.facts) == (401, error.tried, error.facts)
