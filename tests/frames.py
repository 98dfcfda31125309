"""Frames of an AWS event stream, put together by hand.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from struct import pack
from typing import Any
from uuid import UUID
from zlib import crc32


def frame(headers: bytes, payload: bytes = b"") -> bytes:
    """Return a frame around headers that are encoded already."""
    prelude = pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + pack(">I", crc32(prelude)) + headers + payload
    return body + pack(">I", crc32(body))


def encoded(headers: Mapping[str, Any]) -> bytes:
    """Return headers as they are written; a tuple is a type and the bytes of its value."""
    return b"".join(
        pack(">B", len(n.encode())) + n.encode() + _value(v) for n, v in headers.items()
    )


def event(kind: str, content: Any) -> bytes:
    """Return the frame of an event, as Bedrock writes it."""
    return _message("event", "event", kind, content)


def exception(kind: str, content: Any) -> bytes:
    """Return the frame of an exception."""
    return _message("exception", "exception", kind, content)


def stream(*events: tuple[str, Any]) -> bytes:
    """Return events, one after the other, from `messageStart` on."""
    return b"".join(event(*each) for each in (("messageStart", {"role": "assistant"}), *events))


def delta(content: Any, index: int = 0) -> tuple[str, Any]:
    """Return a piece of a block."""
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": content, "p": "abcde"}


def begin(content: Any, index: int = 0) -> tuple[str, Any]:
    """Return the start of a block."""
    return "contentBlockStart", {"contentBlockIndex": index, "start": content, "p": "abc"}


def done(index: int = 0) -> tuple[str, Any]:
    """Return the end of a block."""
    return "contentBlockStop", {"contentBlockIndex": index, "p": "abcdefg"}


def stop(reason: str = "end_turn") -> tuple[str, Any]:
    """Return the reason to stop."""
    return "messageStop", {"stopReason": reason, "p": "ab"}


def counts(fresh: int = 7, output: int = 5, **others: int) -> tuple[str, Any]:
    """Return the counts that come last."""
    usage = {"inputTokens": fresh, "outputTokens": output, "totalTokens": fresh + output, **others}
    return "metadata", {"metrics": {"latencyMs": 321}, "usage": usage, "p": "abcd"}


def _message(message: str, prefix: str, kind: str, content: Any) -> bytes:
    names = {
        f":{prefix}-type": kind,
        ":content-type": "application/json",
        ":message-type": message,
    }
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return frame(encoded(names), payload)


def _value(value: Any) -> bytes:
    if isinstance(value, tuple):
        return bytes([value[0]]) + bytes(value[1])
    if isinstance(value, bool):
        return b"\x00" if value else b"\x01"
    if isinstance(value, int):
        return pack(">Bq", 5, value)
    if isinstance(value, UUID):
        return b"\x09" + value.bytes
    data = value if isinstance(value, bytes) else str(value).encode()
    return pack(">BH", 6 if isinstance(value, bytes) else 7, len(data)) + data
