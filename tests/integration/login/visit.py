"""A login page that is really served, and a visitor with raw sockets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zot.adapters.logins.page import LoginPage
from zot.domain.provider import Endpoint, ProviderProfile
from zot.domain.secret import Secret

PROFILE = ProviderProfile(
    "groq",
    "Groq",
    "openai-chat",
    {"openai-chat": Endpoint("https://api.groq.com/openai/v1")},
    login=("api-key",),
    key_url="https://console.groq.com/keys",
)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass
class Visit:
    """One open page; `keys` are those that reached the store."""

    url: str
    keys: list[str] = field(default_factory=list)
    done: asyncio.Task[bool] | None = None

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://").rstrip("/")

    async def send(self, raw: bytes) -> Answer:
        """Send bytes as they are and read the whole answer."""
        host, _, port = self.host.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(raw)
        await writer.drain()
        data = await asyncio.wait_for(reader.read(), 15)
        writer.close()
        return parsed(data)

    async def get(self, target: str = "/", **headers: str) -> Answer:
        return await self.send(request("GET", target, {"Host": self.host, **headers}))

    async def token(self) -> str:
        """Return the token of the form as it is served now."""
        match = re.search(r'name="token" value="([^"]+)"', (await self.get()).body)
        assert match is not None
        return match[1]

    async def post(self, body: str, headers: Mapping[str, str | None] = {}) -> Answer:
        """Post the form as a browser on the page does, but for these headers."""
        usual: dict[str, str | None] = {
            "Host": self.host,
            "Origin": f"http://{self.host}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }
        wanted = {name: value for name, value in {**usual, **headers}.items() if value is not None}
        return await self.send(request("POST", "/", wanted) + body.encode())


def request(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def parsed(data: bytes) -> Answer:
    head, _, body = data.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
    return Answer(int(first.split()[1]) if first else 0, headers, body)


async def opened(verdict: Callable[[str], str] = lambda _: "", open_for: float = 60.0) -> Visit:
    """Open a page; `verdict` says what is wrong with a key, or nothing."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    visit = Visit("")

    async def submit(key: Secret) -> str:
        wrong = verdict(key.reveal())
        if not wrong:
            visit.keys.append(key.reveal())
        return wrong

    page = LoginPage(ready.set_result, open_for)
    visit.done = asyncio.create_task(page(PROFILE, submit, lambda _: None))
    visit.url = await asyncio.wait_for(ready, 5)
    return visit


async def closed(visit: Visit) -> None:
    """Close the page, whatever happened on it."""
    assert visit.done is not None
    visit.done.cancel()
    await asyncio.gather(visit.done, return_exceptions=True)
