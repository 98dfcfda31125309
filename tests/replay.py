"""A real HTTP/1.1 server on loopback that gives scripted answers and remembers the questions."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

Then = Literal["end", "close", "reset", "hang"]
SSE = (("content-type", "text/event-stream"),)
JSON = (("content-type", "application/json"),)


@dataclass(frozen=True)
class Answer:
    """One answer, as bytes on the wire.

    `cut` sends the body in pieces of so many bytes; `pause` waits before each piece and
    `delay` before the status line. After the body the server ends the answer properly,
    closes or resets the connection, or falls silent. `again` sends the body over and over,
    so many times. `bare` is sent in place of everything.
    """

    status: int = 200
    headers: Sequence[tuple[str, str]] = SSE
    body: bytes = b""
    cut: int = 0
    pause: float = 0.0
    delay: float = 0.0
    then: Then = "end"
    again: int = 1
    length: bool = False
    bare: bytes | None = None


@dataclass(frozen=True)
class Question:
    """One request as it came."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """Return the first header of a name."""
        return next((value for key, value in self.headers if key == name), None)


def events(*payloads: object, done: bool = True) -> bytes:
    """Return payloads as server-sent events of the chat wire."""
    texts = [p if isinstance(p, str) else json.dumps(p, ensure_ascii=False) for p in payloads]
    return "".join(f"data: {text}\n\n" for text in [*texts, *["[DONE]"] * done]).encode()


def document(value: object, status: int = 200, **fields: Any) -> Answer:
    """Return an answer that is one JSON document."""
    return Answer(status, JSON, json.dumps(value).encode(), length=True, **fields)


@dataclass
class Replay:
    """The server, in a thread of its own; the last answer of the script is given ever again."""

    answers: list[Answer] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    connections: int = 0
    left: int = 0
    sent: int = 0
    _port: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)
        ready = threading.Event()
        self._loop.call_soon(self._loop.create_task, self._start(ready))
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def host(self) -> str:
        """Where the server listens, as host and port."""
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The base URL of the server, with the path that most providers have."""
        return f"http://{self.host}/openai/v1"

    def say(self, *answers: Answer | bytes) -> None:
        """Set the script; plain bytes are the body of a good stream."""
        self.answers = [a if isinstance(a, Answer) else Answer(body=a) for a in answers]

    def wait_for(self, condition: str, least: int = 1, seconds: float = 10.0) -> bool:
        """Wait until a counter (`left`, `connections`, `sent`) has come so far."""
        until = time.monotonic() + seconds
        while getattr(self, condition) < least and time.monotonic() < until:
            time.sleep(0.01)
        return bool(getattr(self, condition) >= least)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _start(self, ready: threading.Event) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 24)
        self._port = self._server.sockets[0].getsockname()[1]
        ready.set()

    async def _stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            ahead = bytearray()
            while await self._one(reader, writer, ahead):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left += 1
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ahead: bytearray
    ) -> bool:
        """Answer one request; tell whether the connection stays open."""
        question = await _read(reader, ahead)
        if question is None:
            return False
        self.questions.append(question)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        await asyncio.sleep(answer.delay)
        listening = asyncio.ensure_future(reader.read(1))  # it ends when the client goes away
        sending = asyncio.ensure_future(self._send(writer, answer))
        try:
            await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done() and not listening.result() and not sending.done():
                self.left += 1
                return False
            return await sending
        finally:
            sending.cancel()
            listening.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                ahead += await listening

    async def _send(self, writer: asyncio.StreamWriter, answer: Answer) -> bool:
        chunked = not answer.length and answer.bare is None
        writer.write(_head(answer, chunked=chunked) if answer.bare is None else answer.bare)
        await writer.drain()
        for piece in _pieces(answer):
            if answer.pause:
                await asyncio.sleep(answer.pause)
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            self.sent += len(piece)
            await writer.drain()
        match answer.then:
            case "hang":
                await asyncio.sleep(60)
            case "reset":
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            case "end" if chunked:
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        return answer.then == "end" and answer.bare is None


def _head(answer: Answer, *, chunked: bool) -> bytes:
    headers = list(answer.headers)
    if chunked:
        headers.append(("transfer-encoding", "chunked"))
    else:
        headers.append(("content-length", str(len(answer.body) * answer.again)))
    lines = [f"HTTP/1.1 {answer.status} Scripted", *(f"{name}: {v}" for name, v in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _pieces(answer: Answer) -> Iterable[bytes]:
    if answer.bare is not None or not answer.body:
        return
    size = answer.cut or len(answer.body)
    for _ in range(answer.again):
        for start in range(0, len(answer.body), size):
            yield answer.body[start : start + size]


async def _read(reader: asyncio.StreamReader, ahead: bytearray) -> Question | None:
    try:
        head = bytes(ahead) + await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    ahead.clear()
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = [
        (name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines)
    ]
    question = Question(method, target, headers, b"")
    length = int(question.header("content-length") or 0)
    return replace(question, body=await reader.readexactly(length))
