"""The event stream encoding of AWS: frames out of bytes.

https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html,
https://smithy.io/2.0/aws/amazon-eventstream.html. Big-endian: the length of the frame and of
its headers, the CRC-32 of these 8 bytes, the headers, the payload, and the CRC-32 of all
before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from struct import error as StructError  # noqa: N812  # a class, badly named
from uuid import UUID
from zlib import crc32

from zot.adapters.codecs._json import shown
from zot.domain.error import StreamBroken

MOST_BYTES = 16 * 1024 * 1024
"""So long a frame may be, as the AWS SDKs have it."""
MOST_HEADERS = 128 * 1024
_PRELUDE = Struct(">III")
_CHECKSUM = Struct(">I")
_LEAST_BYTES = _PRELUDE.size + _CHECKSUM.size
_REMEMBERED = 64  # blocks of headers: those of one kind of event are always the same bytes
_LONGEST_REMEMBERED = 1024

Value = bool | int | bytes | str | UUID
Frame = tuple[Mapping[str, Value], bytes]
"""The headers of a frame, and its payload."""


class FrameStream:
    """Cut a stream of bytes into frames, whatever the pieces it comes in.

    No length is believed before its checksum has been, and no frame is given out whose
    checksum is wrong. Frames before a damaged one are returned; then comes the error.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of the frame that has not ended yet
        self._length = 0
        self._needed = _PRELUDE.size
        self._known: dict[bytes, Mapping[str, Value]] = {}
        self._error: StreamBroken | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that these bytes complete; raises `StreamBroken`."""
        if self._error is not None:
            raise self._error
        if self._pieces:
            self._pieces.append(data)
            self._length += len(data)
            if self._length < self._needed:
                return []
            data = b"".join(self._pieces)
            self._pieces.clear()
        frames: list[Frame] = []
        try:
            rest = self._cut(data, frames)
        except StreamBroken as error:
            self._error = error
            if not frames:
                raise
            return frames
        if rest < len(data):
            self._pieces.append(data[rest:] if rest else data)
            self._length = len(data) - rest
        return frames

    def close(self) -> None:
        """Say that no more bytes come; raises `StreamBroken` within a frame."""
        if self._error is not None:
            raise self._error
        if self._pieces:
            raise StreamBroken(
                "the answer broke off within a frame", facts=[shown(b"".join(self._pieces))]
            )

    def _cut(self, data: bytes, frames: list[Frame]) -> int:
        """Take the frames of these bytes; return where the one begins that is not whole."""
        view = memoryview(data)
        at, end = 0, len(data)
        while end - at >= _PRELUDE.size:
            total, length, checksum = _PRELUDE.unpack_from(data, at)
            if crc32(view[at : at + 8]) != checksum:
                raise _damaged("the beginning of a frame does not fit its checksum", data[at:])
            _check_lengths(total, length)
            if end - at < total:
                self._needed = total
                return at
            last = at + total - _CHECKSUM.size
            # the checksum of the whole goes on where that of the beginning ended
            if crc32(view[at + 8 : last], checksum) != _CHECKSUM.unpack_from(data, last)[0]:
                raise _damaged("a frame does not fit its checksum", data[at : at + total])
            begin = at + _PRELUDE.size + length
            frames.append((self._headers(data[at + _PRELUDE.size : begin]), data[begin:last]))
            at += total
        self._needed = _PRELUDE.size
        return at

    def _headers(self, block: bytes) -> Mapping[str, Value]:
        known = self._known.get(block)
        if known is None:
            known = headers(block)
            if len(self._known) < _REMEMBERED and len(block) <= _LONGEST_REMEMBERED:
                self._known[block] = known
        return known


def headers(block: bytes) -> dict[str, Value]:
    """Read the headers of a frame; raises `StreamBroken`."""
    try:
        return _read(block)
    except (IndexError, ValueError, StructError) as error:
        raise _damaged("the headers of a frame cannot be read", block) from error


def _read(block: bytes) -> dict[str, Value]:
    found: dict[str, Value] = {}
    at = 0
    while at < len(block):
        begin = at + 1
        at = begin + block[at]
        name = block[begin:at].decode()
        value, at = _value(block, at)
        if at > len(block) or not name or name in found:
            raise ValueError(name)
        found[name] = value
    return found


def _value(block: bytes, at: int) -> tuple[Value, int]:
    """Read one value, which begins with its type; return it and where it ends."""
    kind = block[at]
    at += 1
    if kind in _SIZED:
        (size,) = _SIZE.unpack_from(block, at)
        at += _SIZE.size
        held = block[at : at + size]
        return (held.decode() if kind == _STRING else held), at + size
    if kind in _NUMBERS:
        number = _NUMBERS[kind]
        return number.unpack_from(block, at)[0], at + number.size
    if kind == _UUID:
        return UUID(bytes=block[at : at + 16]), at + 16
    if kind in _TRUTHS:
        return kind == 0, at
    raise ValueError(kind)


def _check_lengths(total: int, length: int) -> None:
    if total > MOST_BYTES or length > MOST_HEADERS:
        error = StreamBroken(
            f"a frame of {total} bytes with {length} of headers is too long",
            facts=[f"at most {MOST_BYTES >> 20} MiB and {MOST_HEADERS >> 10} KiB"],
        )
        error.retryable = False  # it would come again
        raise error
    if total < _LEAST_BYTES + length:
        raise StreamBroken(f"a frame of {total} bytes cannot hold {length} of headers")


def _damaged(message: str, data: bytes) -> StreamBroken:
    return StreamBroken(message, facts=[shown(data)])


_TRUTHS = (0, 1)  # true and false, in this order
_NUMBERS = {2: Struct(">b"), 3: Struct(">h"), 4: Struct(">i"), 5: Struct(">q"), 8: Struct(">q")}
_STRING = 7
_SIZED = (6, _STRING)
_UUID = 9
_SIZE = Struct(">H")
