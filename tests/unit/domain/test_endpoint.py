"""Where a request goes, and what may stand in a URL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import profile
from zot.domain.endpoint import check_destination, expand, is_loopback, join, path_segment
from zot.domain.error import BadSetting, InsecureDestination, SetupIncomplete, UsageError
from zot.domain.provider import Setting

CLOUD = profile(
    "cloud",
    settings={
        "account_id": Setting(("ACCOUNT", "CF_ACCOUNT"), pattern="^[a-z0-9_-]+$", required=True),
        "region": Setting(("REGION",), default="us-east-1", pattern="^[a-z0-9-]+$"),
        "suffix": Setting(("SUFFIX",)),
    },
)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://host", "https://host/v1/chat"),
        ("https://host/", "https://host/v1/chat"),
        ("https://host/v1", "https://host/v1/chat"),
        ("https://host/v1/", "https://host/v1/chat"),
        ("https://host/openai/v1", "https://host/openai/v1/chat"),
        ("https://host/openai", "https://host/openai/v1/chat"),
        ("https://host/api/paas/v4", "https://host/api/paas/v4/chat"),
        ("https://host/v1beta", "https://host/v1beta/chat"),
        ("https://host/gateway/compat", "https://host/gateway/compat/chat"),
        ("https://v1.host", "https://v1.host/v1/chat"),
        ("https://host/version1", "https://host/version1/v1/chat"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/chat"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1/chat"),
    ],
)
def test_a_base_url_with_or_without_a_version_names_the_same_service(base, url):
    assert join(base, "/chat") == url


def test_another_wire_brings_its_own_version():
    assert join("https://host", "/models", "v1beta") == "https://host/v1beta/models"


def test_placeholders_are_filled_from_the_first_variable_that_is_set():
    url = "https://{region}.host/{account_id}/ai"
    both = {"ACCOUNT": "first", "CF_ACCOUNT": "second"}
    assert expand(url, CLOUD, both) == "https://us-east-1.host/first/ai"
    assert expand(url, CLOUD, {"ACCOUNT": " ", "CF_ACCOUNT": "b", "REGION": "eu-1"}) == (
        "https://eu-1.host/b/ai"
    )


def test_the_model_and_what_is_no_setting_are_left_alone():
    assert expand("https://h/{model}/{other}", CLOUD, {}) == "https://h/{model}/{other}"


def test_an_optional_setting_may_be_nothing():
    assert expand("https://h/{suffix}", CLOUD, {}) == "https://h"


def test_a_missing_setting_names_its_variables():
    with pytest.raises(SetupIncomplete) as raised:
        expand("https://h/{account_id}", CLOUD, {})
    assert raised.value.message == "`cloud` needs ACCOUNT or CF_ACCOUNT (account id)"
    assert "export ACCOUNT=" in raised.value.hint


@pytest.mark.parametrize(
    "value",
    ["evil.com/x", "a b", "a/../b", "a@b", "a#b", "a?b", "a\nb", "ä", "{region}", "a:1"],
)
def test_a_value_that_cannot_stand_in_a_url_is_refused_without_being_shown(value):
    with pytest.raises(BadSetting) as raised:
        expand("https://{account_id}.host", CLOUD, {"ACCOUNT": value})
    assert value not in str(raised.value)
    assert "ACCOUNT" in str(raised.value)


def test_a_model_id_becomes_one_segment():
    assert path_segment("a/b c?d#e:f%") == "a%2Fb%20c%3Fd%23e%3Af%25"


HERE = ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "[::1]"]
ELSEWHERE = [
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "notlocalhost",
    "evil.example",
    "128.0.0.1",
    "127.0.0",
    "127.0.0.256",
    "127.0.0.1.1",
    "127.0.0.1x",
    "127.0.0.\N{ARABIC-INDIC DIGIT ONE}",
    "127.0.0.\N{FULLWIDTH DIGIT ONE}",
    "0.0.0.0",
    "::2",
    "::ffff:10.0.0.1",
    "",
]
UNSURE = [
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "localhost.",
    "::ffff:127.0.0.1",
    "0::1",
]
"""Some resolvers take these for this machine; zot does not rely on it."""


@pytest.mark.parametrize("host", HERE)
def test_what_can_only_be_this_machine_is_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE + UNSURE)
def test_what_may_be_another_machine_is_not_loopback(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.acme.example",
        "https://api.acme.example:8443/v1/",
        "http://localhost:1234",
        "HTTP://127.0.0.1:1234/v1",
        "http://[::1]:1234/v1",
        "HTTPS://API.ACME.EXAMPLE",
    ],
)
def test_a_good_destination_passes(url):
    check_destination(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.acme.example/v1",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0:1",
        "http://127.1",
    ],
)
def test_plain_http_to_another_machine_is_refused_unless_it_is_wanted(url):
    with pytest.raises(InsecureDestination):
        check_destination(url)
    check_destination(url, insecure_http=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.acme.example/v1",
        "//api.acme.example/v1",
        "ftp://user:canary@host",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///v1",
        "https://host:port/v1",
        "https://host:99999/v1",
        "https://[::1/v1?key=canary",
        "https://user:canary@host/v1",
        "https://canary@host/v1",
        "http://127.0.0.1@evil.example/v1",
        "http://127.0.0.1\\@evil.example/v1",
        "https://host/v1?key=canary",
        "https://host/v1#canary",
        "https://host/v1?",
        "canary@host:80",
    ],
)
def test_what_is_no_base_url_is_refused_and_shows_no_secret(url):
    with pytest.raises(UsageError) as raised:
        check_destination(url, insecure_http=True)
    assert "canary" not in f"{raised.value} {raised.value.hint}"


@given(st.text(max_size=40))
def test_no_text_at_all_breaks_the_check(text):
    try:
        check_destination(text)
    except (UsageError, InsecureDestination):
        pass
    else:
        assert text.lower().strip().startswith(("https://", "http://"))
