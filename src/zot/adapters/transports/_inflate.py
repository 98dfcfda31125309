"""Answers that come compressed although they were asked for plain: small steps, no bombs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from zot.domain.error import StreamBroken

STEP = 1 << 16
LONGEST_RATIO = 200
FREE = 1 << 20

Inflate = Callable[[bytes], Iterator[bytes]]


def plain(encoding: str) -> Inflate:
    """Return a function from the bytes of an answer to its plain bytes, in steps of 64 KiB.

    Raises `StreamBroken` for an encoding that was not asked for and cannot be undone, and
    later for one that swells beyond all measure.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return lambda data: iter((data,))
    if name not in {"gzip", "x-gzip", "deflate"}:
        raise StreamBroken(f"the answer came compressed as {name}, which was not asked for")
    engine = zlib.decompressobj(zlib.MAX_WBITS | 32)
    seen = [0, 0]

    def inflate(data: bytes) -> Iterator[bytes]:
        seen[0] += len(data)
        while data:
            try:
                piece = engine.decompress(data, STEP)
            except zlib.error as error:
                raise StreamBroken(f"the compressed answer is damaged: {error}") from None
            data = engine.unconsumed_tail
            seen[1] += len(piece)
            if seen[1] > FREE and seen[1] > seen[0] * LONGEST_RATIO:
                raise StreamBroken("the compressed answer swells beyond all measure")
            if piece:
                yield piece
            elif not data:
                return

    return inflate
