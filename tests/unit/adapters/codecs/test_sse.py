"""Server-sent events, against a slow parser that follows the standard word by word."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zot.adapters.codecs._sse import LONGEST_LINE, EventStream
from zot.domain.error import StreamBroken


def by_the_book(body: bytes) -> list[tuple[bytes, bytes]]:
    """Parse a whole stream, one character after the other.

    Departures that zot makes on purpose: what follows the last blank line counts, and a line
    of the field `error` is data of an event of that name.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    lines, line, position = [], b"", 0
    while position < len(body):
        byte = body[position : position + 1]
        if byte in {b"\n", b"\r"}:
            lines.append(line)
            line = b""
            position += 2 if body[position : position + 2] == b"\r\n" else 1
        else:
            line += byte
            position += 1
    events, name, data = [], b"", None
    for each in [*lines, line, b""]:
        if not each:
            if data is not None:
                events.append((name, data[:-1]))
            name, data = b"", None
            continue
        field, _, value = each.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if each[:1] == b":":
            continue
        if field == b"data":
            data = (data or b"") + value + b"\n"
        elif field == b"event":
            name = value
        elif field == b"error" and value:
            name, data = b"error", (data or b"") + value + b"\n"
    return events


def cut(body: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(body[:size])
        body = body[size:]
    return [*pieces, body]


def read(*pieces: bytes) -> list[tuple[bytes, bytes]]:
    stream = EventStream()
    events = [event for piece in pieces for event in stream.feed(piece)]
    return [*events, *stream.close()]


PARTS = [
    b"data: x",
    b"data:x",
    b"data",
    b"data:",
    b"data:  two",
    b"event: ping",
    b"error: {}",
    b"id: 1",
    b": comment",
    b"datax: 1",
    "data: caf\u00e9 \u2028\u2029\u0085\x0b\x0c \U0001f600".encode(),
    b"\xef\xbb\xbf",
    b"\n",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n",
    b"\r\n\r\n",
    b"\r\r",
    b"\n\r\n",
]
streams = st.lists(st.sampled_from(PARTS), max_size=24).map(b"".join)


@given(streams | st.binary(max_size=64), st.lists(st.integers(0, 9), max_size=60))
@example(b"\xef\xbb\xbfdata: x\r\n\r\n", [1, 1, 1, 8, 1, 1])
@settings(max_examples=300, deadline=None)
def test_any_stream_cut_anywhere_reads_as_the_standard_says(body: bytes, sizes: list[int]) -> None:
    assert read(*cut(body, sizes)) == by_the_book(body)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_is_given_with_its_blank_line_and_no_later(end: bytes) -> None:
    stream = EventStream()
    assert stream.feed(b"data: x" + end) == []
    assert stream.feed(end) == [(b"", b"x")]


def test_several_lines_of_data_are_joined() -> None:
    assert read(b"data: a\ndata:b\ndata\n\n") == [(b"", b"a\nb\n")]


def test_only_one_space_after_the_colon_is_taken_away() -> None:
    assert read(b"data:  x\n\n") == [(b"", b" x")]


def test_separators_that_are_no_line_ends_stay_in_the_data() -> None:
    text = '"\u2028\u2029\u0085\x0b\x0c\x1c\x1d\x1e"'.encode()
    assert read(b"data: " + text + b"\n\n") == [(b"", text)]


def test_comments_and_unknown_fields_are_passed_by() -> None:
    assert read(b": hi\nretry: 5\nid: 7\nnonsense\ndata: x\n\n") == [(b"", b"x")]


def test_a_line_without_end_is_refused() -> None:
    stream = EventStream()
    for _ in range(8):
        stream.feed(b"x" * (LONGEST_LINE // 8))
    with pytest.raises(StreamBroken) as raised:
        stream.feed(b"x")
    assert not raised.value.retryable


def test_a_huge_line_that_comes_at_once_is_refused() -> None:
    with pytest.raises(StreamBroken):
        EventStream().feed(b"data: " + b"x" * LONGEST_LINE + b"\n\n")
