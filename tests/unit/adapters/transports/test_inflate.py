"""Compressed bytes into plain ones: in small steps, and not beyond all measure."""

from __future__ import annotations

import gzip
import zlib

import pytest

from zot.adapters.transports._inflate import FREE, STEP, plain
from zot.domain.error import StreamBroken

TEXT = b"".join(b"data: line %d\n\n" % n for n in range(20_000))


def opened(encoding: str, data: bytes, size: int = 1 << 16) -> bytes:
    inflate = plain(encoding)
    return b"".join(
        piece for at in range(0, len(data), size) for piece in inflate(data[at : at + size])
    )


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_plain_bytes_pass_as_they_are(encoding):
    assert opened(encoding, TEXT) == TEXT


@pytest.mark.parametrize("size", [1, 3, 1000, 1 << 20])
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress)],
)
def test_what_was_packed_comes_out_again_however_it_is_cut(encoding, pack, size):
    assert opened(encoding, pack(TEXT), size) == TEXT


def test_a_step_is_never_larger_than_it_may_be():
    packed = gzip.compress(b"\0" * FREE)
    assert max(len(piece) for piece in plain("gzip")(packed)) <= STEP


def test_a_bomb_stops_near_the_limit():
    pieces = plain("gzip")(gzip.compress(b"\0" * (64 << 20)))
    seen: list[int] = []
    with pytest.raises(StreamBroken, match="beyond all measure"):
        seen.extend(map(len, pieces))
    assert sum(seen) < 16 << 20


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "\x00"])
def test_what_nobody_asked_for_is_refused_by_name(encoding):
    with pytest.raises(StreamBroken, match="not asked for"):
        plain(encoding)


def test_damaged_bytes_are_said_to_be_damaged():
    with pytest.raises(StreamBroken, match="damaged"):
        opened("gzip", gzip.compress(TEXT)[:50] + b"\xff" * 500)
