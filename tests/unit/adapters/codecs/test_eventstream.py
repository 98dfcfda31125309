"""Frames of an AWS event stream: nothing damaged is given out, and no length is believed early."""

from __future__ import annotations

from random import Random
from struct import pack
from uuid import UUID
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frames import encoded, event, frame
from zot.adapters.codecs._eventstream import MOST_BYTES, MOST_HEADERS, Frame, FrameStream, headers
from zot.domain.error import StreamBroken

ID = UUID("00112233-4455-6677-8899-aabbccddeeff")
EVERY_TYPE = {
    "true": True,
    "false": False,
    "byte": (2, b"\xff"),
    "short": (3, b"\xff\xfe"),
    "int": (4, b"\x00\x00\x01\x00"),
    "long": -5,
    "bytes": b"\x00\xff",
    "text": "naïve",
    "time": (8, pack(">q", 1_700_000_000_000)),
    "id": ID,
}
KINDS = ("messageStart", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata")
FRAMES = [
    event(KINDS[number % len(KINDS)], {"contentBlockIndex": number, "p": "abc" * number})
    for number in range(10)
]


def read(*pieces: bytes) -> list[bytes]:
    stream = FrameStream()
    payloads = [payload for piece in pieces for _, payload in stream.feed(piece)]
    stream.close()
    return payloads


def test_every_type_of_header_is_read():
    [(found, payload)] = FrameStream().feed(frame(encoded(EVERY_TYPE), b"x"))
    assert found == {
        "true": True,
        "false": False,
        "byte": -1,
        "short": -2,
        "int": 256,
        "long": -5,
        "bytes": b"\x00\xff",
        "text": "naïve",
        "time": 1_700_000_000_000,
        "id": ID,
    }
    assert payload == b"x"


def test_a_frame_may_be_empty():
    assert FrameStream().feed(frame(b"")) == [({}, b"")]


@given(st.lists(st.binary(max_size=300), max_size=5), st.data())
@settings(max_examples=200)
def test_the_pieces_never_matter(payloads, data):
    body = b"".join(frame(encoded({"a": 1}), each) for each in payloads)
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]
    assert read(*pieces) == payloads
    assert read(*(body[i : i + 1] for i in range(len(body)))) == payloads


def flipped(body: bytes, bit: int) -> bytes:
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def read_into(got: list[Frame], stream: FrameStream, body: bytes) -> None:
    got.extend(stream.feed(body))
    got.extend(stream.feed(b""))
    stream.close()


def check_flip(number: int, bit: int) -> None:
    """Flip one bit of a frame in the middle of others: what comes before is given, no more."""
    stream = FrameStream()
    before, after = b"".join(FRAMES[:number]), b"".join(FRAMES[number + 1 :])
    body = before + flipped(FRAMES[number], bit) + after
    got: list[Frame] = []
    with pytest.raises(StreamBroken):
        read_into(got, stream, body)
    assert len(got) == number
    with pytest.raises(StreamBroken):  # for good
        stream.feed(FRAMES[0])
    with pytest.raises(StreamBroken):
        stream.close()


BITS = [(number, bit) for number, each in enumerate(FRAMES) for bit in range(8 * len(each))]


def test_no_flipped_bit_is_accepted():
    for number, bit in Random(9).sample(BITS, 2000):
        check_flip(number, bit)


@pytest.mark.long
def test_no_flipped_bit_of_ten_frames_is_accepted():
    assert len(BITS) > 10_000
    for number, bit in BITS:
        check_flip(number, bit)


@pytest.mark.parametrize("place", range(1, len(FRAMES[2])))
def test_a_frame_that_is_cut_off_is_an_error(place):
    with pytest.raises(StreamBroken, match="within a frame"):
        read(FRAMES[0], FRAMES[2][:place])


def with_lengths(total: int, length: int, *, checked: bool = True) -> bytes:
    """Return the beginning of a frame that claims these lengths."""
    lengths = pack(">II", total, length)
    return lengths + pack(">I", crc32(lengths) ^ (not checked))


@pytest.mark.parametrize(
    ("total", "length"),
    [(MOST_BYTES + 1, 0), (2**32 - 1, 0), (MOST_BYTES, MOST_HEADERS + 1), (100, 2**32 - 1)],
)
def test_a_length_beyond_the_limit_is_an_error_at_once(total, length):
    with pytest.raises(StreamBroken, match="too long") as caught:
        FrameStream().feed(with_lengths(total, length))
    assert not caught.value.retryable


@pytest.mark.parametrize(("total", "length"), [(0, 0), (15, 0), (16, 1), (115, 100)])
def test_lengths_that_do_not_fit_each_other_are_an_error(total, length):
    with pytest.raises(StreamBroken, match="cannot hold"):
        FrameStream().feed(with_lengths(total, length))


@pytest.mark.parametrize("total", [0, 17, MOST_BYTES + 1, 2**32 - 1])
def test_no_length_is_believed_before_its_checksum(total):
    with pytest.raises(StreamBroken, match="checksum"):
        FrameStream().feed(with_lengths(total, 0, checked=False))


def test_the_longest_frame_is_taken():
    payload = b"x" * (MOST_BYTES - 16)
    body = frame(b"", payload)
    assert read(*(body[i : i + 2**16] for i in range(0, len(body), 2**16))) == [payload]


@pytest.mark.parametrize("body", [b'data: {"a": 1}\n\n', b"<html>Sign in</html>", b"\x00" * 12])
def test_other_bytes_are_an_error_that_shows_them(body):
    with pytest.raises(StreamBroken) as caught:
        FrameStream().feed(body)
    assert body.decode() in caught.value.facts


@pytest.mark.parametrize(
    "block",
    [
        b"\x00",
        b"\x00\x00",
        b"\x05ab",
        b"\x01a",
        b"\x01a\x0a",
        b"\x01a\x07\x00",
        b"\x01a\x07\x00\x05abc",
        b"\x01a\x07\x00\x01\xff",
        b"\x01\xff\x00",
        b"\x01a\x05\x00",
        b"\x01a\x09short",
        b"\x01a\x00\x01a\x00",
    ],
)
def test_headers_that_cannot_be_read_are_an_error(block):
    with pytest.raises(StreamBroken, match="headers"):
        headers(block)
    with pytest.raises(StreamBroken, match="headers"):
        FrameStream().feed(frame(block))


@given(st.binary(max_size=200))
@settings(max_examples=500)
def test_any_bytes_are_headers_or_an_error(block):
    try:
        found = headers(block)
    except StreamBroken:
        return
    assert all(found) or not block


def test_only_so_many_headers_are_remembered():
    stream = FrameStream()
    for number in range(200):
        [(found, _)] = stream.feed(frame(encoded({"a": number})))
        assert found == {"a": number}
    assert len(stream._known) <= 64
