"""Is it a stream or a document? The bytes decide."""

from __future__ import annotations

import pytest

from zot.adapters.codecs import _body
from zot.adapters.codecs._body import Body
from zot.domain.error import StreamBroken


def read(content_type: str, *pieces: bytes) -> tuple[bool, list[bytes]]:
    body = Body(content_type)
    events = [data for piece in pieces for _, data in body.feed(piece)]
    events += [data for _, data in body.close()]
    return body.is_document, events


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json", ""])
@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b'{"a": 1}', True),
        (b' \r\n {"a": 1}', True),
        (b"\xef\xbb\xbf[1]", True),
        (b'data: {"a": 1}\n\n', False),
        (b'\n\ndata: {"a": 1}\n\n', False),
        (b": hello\n\ndata: 1\n\n", False),
        (b"event: x\ndata: 1\n\n", False),
        (b"", False),
        (b"  ", False),
    ],
)
def test_the_bytes_decide_whatever_the_header_says(
    content_type: str, body: bytes, document: bool
) -> None:
    assert read(content_type, body)[0] is document
    assert read(content_type, *(body[i : i + 1] for i in range(len(body))))[0] is document


def test_a_document_is_one_event_at_the_end() -> None:
    assert read("", b'{"a"', b": 1}\n") == (True, [b'{"a": 1}\n'])


def test_what_is_called_json_and_is_neither_is_a_document() -> None:
    assert read("application/json", b"<html>") == (True, [b"<html>"])


def test_a_page_for_people_is_a_stream_without_events() -> None:
    assert read("text/html", b"<html>\n<body>oops</body>") == (False, [])


def test_white_space_without_end_is_not_kept_forever() -> None:
    assert read("", b" " * 5000, b"\ndata: 1\n\n") == (False, [b"1"])


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_body, "MOST_BYTES", 1000)
    body = Body("")
    for _ in range(100):
        body.feed(b"data: 12\n\n")
    with pytest.raises(StreamBroken) as raised:
        body.feed(b"d")
    assert not raised.value.retryable
