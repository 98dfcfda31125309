"""Answers that were sound once: changed where it hurts, in the structure and in the bytes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

WORST: Sequence[Any] = (
    None,
    True,
    -1,
    0,
    1.5,
    2**70,
    float("nan"),
    "",
    "text",
    "\ud800",
    [],
    [None],
    {},
    {"type": "text"},
    [[[[]]]],
)
LINES = (b"data:\n\n", b": comment\n", b"event: error\n\n", b"data: {}\n\n", b"data: 7\n\n")


def mutated(body: bytes, random: Random) -> bytes:
    """Return the bytes of an answer with one to three things wrong."""
    for _ in range(random.randint(1, 3)):
        body = random.choice(_CHANGES)(body, random)
    return body


def _structure(body: bytes, random: Random) -> bytes:
    """Change a value, a key or a type somewhere within the JSON of one event."""
    head, data, tail = _an_event(body, random)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return body
    value = _changed(value, random)
    return head + json.dumps(value).encode() + tail


def _changed(value: Any, random: Random) -> Any:
    value = copy.deepcopy(value)
    places = list(_places(value))
    if not places:
        return random.choice(WORST)
    holder, key = random.choice(places)
    match random.randrange(4):
        case 0:
            del holder[key]
        case 1:
            holder[key] = random.choice(WORST)
        case 2:
            other, name = random.choice(places)
            holder[key] = copy.deepcopy(other[name])
        case 3:
            holder[key] = [holder[key]] if random.random() < 0.5 else {"type": holder[key]}
    return value


def _places(value: Any) -> Sequence[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys: Sequence[Any] = ()
        if isinstance(holder, dict):
            keys = list(holder)
        elif isinstance(holder, list):
            keys = range(len(holder))
        found.extend((holder, key) for key in keys)
        waiting.extend(holder[key] for key in keys)
    return found


def _an_event(body: bytes, random: Random) -> tuple[bytes, bytes, bytes]:
    """Return one line of data, with what stands before and after; or the whole document."""
    lines = body.splitlines(keepends=True)
    chosen = [i for i, line in enumerate(lines) if line.startswith(b"data:")]
    if not chosen:
        return b"", body, b""
    at = random.choice(chosen)
    data = lines[at][5:].strip()
    return b"".join(lines[:at]) + b"data: ", data, b"\n" + b"".join(lines[at + 1 :])


def _events(body: bytes, random: Random) -> bytes:
    """Leave an event out, send it twice, or let it change its place."""
    events = body.split(b"\n\n")
    at = random.randrange(len(events))
    match random.randrange(4):
        case 0:
            del events[at]
        case 1:
            events.insert(at, events[random.randrange(len(events))])
        case 2:
            events.insert(random.randrange(len(events)), events.pop(at))
        case 3:
            events.insert(at, random.choice(LINES))
    return b"\n\n".join(events)


def _bytes(body: bytes, random: Random) -> bytes:
    """Change, remove or add bytes somewhere."""
    start = random.randrange(len(body) + 1)
    end = min(len(body), start + random.choice((0, 1, 1, 2, 30)))
    put = random.choice((b"", b"\n", b"\r", b'"', b"\\u", b"\xff", b"}", b"[" * 3000))
    return body[:start] + put + body[end:]


def _cut(body: bytes, random: Random) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def _long(body: bytes, random: Random) -> bytes:
    """Let one line be very long."""
    start = random.randrange(len(body) + 1)
    return body[:start] + random.choice((b" ", b"9", b"x", b"{")) * 50_000 + body[start:]


_CHANGES: Sequence[Callable[[bytes, Random], bytes]] = (
    _structure,
    _structure,
    _structure,
    _structure,
    _events,
    _events,
    _bytes,
    _bytes,
    _cut,
    _long,
)
