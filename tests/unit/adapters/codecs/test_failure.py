"""Refusals in every shape that has been seen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zot.adapters.codecs import _failure

LONG = "x" * 2000


@pytest.mark.parametrize(
    ("document", "message", "code", "kind"),
    [
        ({"error": {"message": "no", "type": "t", "code": "c", "param": None}}, "no", "c", "t"),
        ({"message": "no", "type": "t", "param": "p", "code": "c"}, "no", "c", "t"),
        ({"object": "error", "message": "no", "type": "t", "code": 1100}, "no", "1100", "t"),
        ({"object": "error", "message": {"detail": [{"loc": ["a"], "msg": "no"}]}}, "no", "", ""),
        ({"detail": [{"type": "missing", "loc": [], "msg": "no"}]}, "no", "", "missing"),
        ({"detail": "no"}, "no", "", ""),
        ({"type": "error", "error": {"type": "t", "message": "no"}}, "no", "", "t"),
        ([{"error": {"code": 400, "message": "no", "status": "S"}}], "no", "400", "S"),
        ({"error": "no"}, "no", "", ""),
        ({"error": {"message": '{"error": {"message": "no", "code": "c"}}'}}, "no", "c", ""),
        ({"success": False, "errors": [{"code": 7, "message": "no"}]}, "no", "7", ""),
        ({"error": {"message": ["no", "not ever"]}}, "no: not ever", "", ""),
        ("no", "no", "", ""),
        (None, "", "", ""),
        (17, "", "", ""),
        ({}, "", "", ""),
        (
            {"error": {"code": 502, "message": "upstream", "metadata": {"raw": '{"error": "no"}'}}},
            "upstream: no",
            "502",
            "",
        ),
        (
            {"error": {"code": "content_filter", "message": "no", "innererror": {"code": "x"}}},
            "no",
            "content_filter",
            "",
        ),
        ({"base_resp": {"status_code": 1004, "status_msg": "no"}}, "no", "", ""),
    ],
)
def test_every_shape_gives_message_code_and_kind(
    document: Any, message: str, code: str, kind: str
) -> None:
    said = _failure.from_body(json.dumps(document).encode())
    assert (said.message, said.code, said.kind) == (message, code, kind)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", ""),
        (b"upstream connect error", "upstream connect error"),
        (b"<html><head><TITLE>502 Bad\n Gateway</TITLE></head></html>", "502 Bad Gateway"),
        (b"<html><body>x</body></html>", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"error":', '{"error":'),
    ],
)
def test_what_is_no_json_is_shown_as_text(body: bytes, message: str) -> None:
    assert _failure.from_body(body).message == message


def test_a_long_message_is_cut() -> None:
    assert len(_failure.from_document({"error": LONG}).message) == _failure.LONGEST_MESSAGE + 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "12"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "12"}, 12.0),
        (
            {
                "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT",
                "date": "Thu, 01 Jan 2026 00:00:00 GMT",
            },
            30.0,
        ),
        (
            {
                "retry-after": "Thu, 01 Jan 2026 00:00:00 GMT",
                "date": "Thu, 01 Jan 2026 00:00:30 GMT",
            },
            0.0,
        ),
        ({"retry-after": "later"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_the_wait_that_is_asked_for(headers: dict[str, str], seconds: float | None) -> None:
    assert _failure.from_response(429, headers, b"").retry_after == seconds


def test_a_date_without_the_date_of_the_answer_is_read_against_the_clock() -> None:
    said = _failure.from_response(429, {"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}, b"")
    assert said.retry_after is not None
    assert said.retry_after > 0


def test_the_wait_may_stand_in_the_body() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12.5s"}]
    body = json.dumps({"error": {"message": "no", "details": details}}).encode()
    assert _failure.from_response(429, {}, body).retry_after == 12.5


@pytest.mark.parametrize(
    ("value", "retryable"), [("true", True), ("False", False), ("maybe", None), (None, None)]
)
def test_the_provider_may_say_whether_to_try_again(
    value: str | None, retryable: bool | None
) -> None:
    headers = {} if value is None else {"X-Should-Retry": value}
    assert _failure.from_response(500, headers, b"").retryable is retryable


@pytest.mark.parametrize(
    ("headers", "body", "found"),
    [
        ({"X-Request-Id": "a", "cf-ray": "b"}, {}, "a"),
        ({"Request-Id": "a"}, {"request_id": "b"}, "a"),
        ({"cf-ray": "b"}, {}, "b"),
        ({}, {"request_id": "b"}, "b"),
        ({}, {}, None),
    ],
)
def test_the_id_of_the_request_is_kept(
    headers: dict[str, str], body: dict[str, str], found: str | None
) -> None:
    assert _failure.from_response(500, headers, json.dumps(body).encode()).request_id == found


def test_the_status_in_a_body_counts_where_it_is_one() -> None:
    assert _failure.from_document({"error": {"code": 503}}).status == 503
    assert _failure.from_document({"error": {"code": 1113}}).status is None
    assert _failure.from_document({"error": {"message": "a", "status_code": 400}}).status == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "errors", "message", "detail", "code", "type", "status", "metadata"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text(max_size=30)))
@settings(max_examples=200, deadline=None)
def test_nothing_a_provider_says_breaks_the_reader(document: Any, headers: dict[str, str]) -> None:
    _failure.from_response(500, headers, json.dumps(document).encode())
