"""A program that forks writers of `auth.json` and kills them: prints what came of it as JSON.

    python -m tests.integration.stores.killing kills FOLDER RUNS
    python -m tests.integration.stores.killing writers FOLDER PROCESSES LOGINS
    python -m tests.integration.stores.killing crowd FOLDER RUNS
    python -m tests.integration.stores.killing holders FOLDER RUNS
    python -m tests.integration.stores.killing readers FOLDER SECONDS

It forks because a fork takes a millisecond, and starting Python a hundred times as long.
"""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from zot.adapters.stores._lock import held
from zot.adapters.stores.file import FileStore
from zot.contract.store_cases import ANTHROPIC, GROQ, key
from zot.domain.credential import ApiKey
from zot.domain.error import ZotError
from zot.domain.provider import Endpoint, ProviderProfile

CHANCE = random.Random(17)


def store(path: Path) -> FileStore:
    return FileStore(path, notice=lambda _: None)


def provider(name: str) -> ProviderProfile:
    return ProviderProfile(name, name, "x", {"x": Endpoint("https://x")}, stored=name)


def number(path: Path, profile: ProviderProfile) -> int:
    """Return the number in the key that is kept, -1 where none is."""
    record = store(path).load(profile)
    if record is None or not isinstance(record.credential, ApiKey):
        return -1
    return int(record.credential.key.reveal().removeprefix("sk-"))


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Run work in a child with a pipe to write to; return its id and the end to read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    try:
        work(writing)
    finally:
        os._exit(0)


def reaped(child: int, pipe: int) -> bytes:
    """Wait for a child and return what it had written."""
    os.waitpid(child, 0)
    data = b""
    while piece := os.read(pipe, 1 << 16):
        data += piece
    os.close(pipe)
    return data


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.endswith(".tmp")]


def kills(folder: Path, runs: int) -> dict[str, Any]:
    """Kill one writer after the other, each after 2 to 12 ms of writing."""
    path = folder / "auth.json"
    store(path).save(ANTHROPIC, key("sk-7"))
    seen = {"unparsable": 0, "lost": 0, "others missing": 0, "lax": 0, "left": 0, "left later": 0}
    written = -1
    for _ in range(runs):

        def work(pipe: int, start: int = written + 1) -> None:
            for turn in range(start, start + 10_000):
                store(path).save(GROQ, key(f"sk-{turn}"))
                os.write(pipe, f"{turn}\n".encode())

        child, pipe = forked(work)
        time.sleep(CHANCE.uniform(0.002, 0.012))
        os.kill(child, signal.SIGKILL)
        acknowledged = [int(line) for line in reaped(child, pipe).split()]
        written = max([written, *acknowledged])
        try:
            now = number(path, GROQ)
            seen["others missing"] += number(path, ANTHROPIC) != 7
        except ZotError:
            seen["unparsable"] += 1
        else:
            seen["lost"] += now < written
            written = max(written, now)
        left = left_over(folder)
        seen["left"] += len(left)
        seen["lax"] += sum(stat.S_IMODE(file.stat().st_mode) & 0o077 != 0 for file in left)
        written += 1
        store(path).save(GROQ, key(f"sk-{written}"))
        seen["left later"] += len(left_over(folder))
    return {**seen, "written": written}


def writers(folder: Path, processes: int, logins: int) -> dict[str, Any]:
    """Let several processes add providers at once; count what is there afterwards."""
    path = folder / "auth.json"

    def work(who: int, pipe: int) -> None:
        for turn in range(logins):
            store(path).save(provider(f"p{who}-{turn}"), key(f"sk-{turn}"))
        os.write(pipe, b"done")

    started = time.monotonic()
    children = [forked(partial(work, who)) for who in range(processes)]
    done = sum(reaped(*child) == b"done" for child in children)
    everybody = [provider(f"p{who}-{n}") for who in range(processes) for n in range(logins)]
    kept = len(store(path).logins(everybody))
    return {"done": done, "kept": kept, "seconds": time.monotonic() - started}


def crowd(folder: Path, runs: int) -> dict[str, Any]:
    """Kill one of four writers, again and again; a new one takes its place."""
    path = folder / "auth.json"
    turn = [0]
    acknowledged: dict[str, int] = {}
    seen = {"unparsable": 0, "lost": 0}

    def start() -> tuple[int, int, str]:
        turn[0] += 1
        name, first = f"w{turn[0] % 8}", turn[0] * 100_000

        def work(pipe: int) -> None:
            for number in range(first, first + 10_000):
                store(path).save(provider(name), key(f"sk-{number}"))
                os.write(pipe, f"{number}\n".encode())

        return (*forked(work), name)

    alive = [start() for _ in range(4)]
    for _ in range(runs):
        time.sleep(CHANCE.uniform(0.002, 0.012))
        child, pipe, name = alive.pop(0)
        os.kill(child, signal.SIGKILL)
        numbers = [int(line) for line in reaped(child, pipe).split()]
        acknowledged[name] = max([acknowledged.get(name, -1), *numbers])
        try:
            for known, last in acknowledged.items():
                seen["lost"] += number(path, provider(known)) < last
        except ZotError:
            seen["unparsable"] += 1
        alive.append(start())
    for child, pipe, _ in alive:
        os.kill(child, signal.SIGKILL)
        reaped(child, pipe)
    store(path).save(GROQ, key("sk-1"))
    return {**seen, "left": len(left_over(folder)), "written": sum(acknowledged.values()) > 0}


def holders(folder: Path, runs: int) -> dict[str, Any]:
    """Kill processes that hold the lock; measure how soon the next one has it."""
    lock = folder / ".auth.json.lock"
    waits = []
    for _ in range(runs):

        def work(pipe: int) -> None:
            with held(lock):
                os.write(pipe, b"x")
                time.sleep(60)

        child, pipe = forked(work)
        os.read(pipe, 1)
        os.kill(child, signal.SIGKILL)
        started = time.monotonic()
        with held(lock, 5):
            waits.append(time.monotonic() - started)
        reaped(child, pipe)
    return {"waits": len(waits), "longest": max(waits)}


def readers(folder: Path, seconds: float) -> dict[str, Any]:
    """Read while two write, and while a third holds the lock all the time."""
    path = folder / "auth.json"
    store(path).save(GROQ, key("sk-0"))
    end = time.monotonic() + seconds

    def write(who: int, pipe: int) -> None:
        turn = 0
        while time.monotonic() < end:
            turn += 1
            store(path).save(provider(f"w{who}"), key(f"sk-{turn}"))

    def read(pipe: int) -> None:
        times, bad = [], 0
        while time.monotonic() < end:
            started = time.perf_counter()
            try:
                bad += number(path, GROQ) != 0
            except ZotError:
                bad += 1
            times.append(time.perf_counter() - started)
            time.sleep(0.001)
        times.sort()
        late = times[int(len(times) * 0.99)]
        os.write(pipe, json.dumps([len(times), bad, late]).encode())

    children = [forked(partial(write, who)) for who in range(2)]
    reading = [forked(read) for _ in range(4)]
    results = [json.loads(reaped(*child)) for child in reading]
    for child in children:
        reaped(*child)
    with held(folder / ".auth.json.lock"):
        end = time.monotonic() + min(seconds, 2)
        under_lock = json.loads(reaped(*forked(read)))
    return {
        "reads": sum(result[0] for result in results),
        "bad": sum(result[1] for result in results) + under_lock[1],
        "p99 under lock": under_lock[2],
    }


if __name__ == "__main__":
    name, where, *numbers = sys.argv[1:]
    signal.alarm(1800)
    outcome = globals()[name](Path(where), *map(int, numbers))
    print(json.dumps(outcome))  # noqa: T201  # a program
