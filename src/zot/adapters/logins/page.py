"""A page on this machine that takes in one key."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from http import HTTPStatus

from zot.adapters.logins._form import HEADERS, STYLE, form, message
from zot.adapters.logins._request import LONGEST_HEAD, BadRequest, Request, read
from zot.domain.provider import ProviderProfile
from zot.domain.secret import Secret

OPEN_FOR = 600.0
MOST_CONNECTIONS = 32
FORM = "application/x-www-form-urlencoded"

Submit = Callable[[Secret], Awaitable[str]]
"""Takes the key in; returns what is wrong with it, or an empty string once it is stored."""


class LoginPage:
    """Serve one form on a random port of 127.0.0.1 until a key is stored, or ten minutes.

    Only this page may post: the Host has to be exact (no rebinding), the Origin this one,
    and the form has to carry the token that it was served with (256 bits, used once).
    """

    def __init__(self, open_browser: Callable[[str], None], open_for: float = OPEN_FOR) -> None:
        self._open_browser = open_browser
        self._open_for = open_for

    async def __call__(
        self, profile: ProviderProfile, submit: Submit, notify: Callable[[str], None]
    ) -> bool:
        """Show the page and wait; tell whether a key was stored."""
        visit = _Visit(profile, submit)
        server = await asyncio.start_server(visit.serve, "127.0.0.1", 0, limit=LONGEST_HEAD)
        async with server:
            visit.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            url = f"http://{visit.host}/"
            notify(f"opening {url} in the browser; it closes by itself, or stop with Ctrl-C")
            self._open_browser(url)
            try:
                async with asyncio.timeout(self._open_for):
                    await visit.stored.wait()
            except TimeoutError:
                return False
            finally:
                server.close()
                await asyncio.sleep(0)  # who was let in last begins now
                await visit.finish()
        return True


class _Visit:
    """The state of one login."""

    def __init__(self, profile: ProviderProfile, submit: Submit) -> None:
        self.host = ""
        self.stored = asyncio.Event()
        self._profile = profile
        self._submit = submit
        self._token = secrets.token_urlsafe(32)
        self._busy = asyncio.Lock()
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection with one page."""
        task = asyncio.current_task()
        if task is None or self._over or len(self._open) >= MOST_CONNECTIONS:
            writer.close()
            return
        self._open.add(task)
        try:
            try:
                status, page = await self._answer(await read(reader))
            except BadRequest as bad:
                status, page = bad.status, message("No", HTTPStatus(bad.status).phrase)
            await _write(writer, status, page)
            if status == HTTPStatus.OK and self._profile_stored:
                self.stored.set()
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # the visitor left, or the page closes
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def finish(self) -> None:
        """End what is still connected, after a moment for answers on their way."""
        self._over = True
        if self._open:
            await asyncio.wait(self._open, timeout=0.5)
        left = list(self._open)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    _profile_stored = False
    _over = False

    async def _answer(self, request: Request) -> tuple[int, str]:
        if request.headers.get("host") != self.host:
            raise BadRequest(421)
        if request.target != "/":
            raise BadRequest(404)
        if request.method == "GET":
            if request.body:
                raise BadRequest(400)
            return 200, form(self._profile, self._token)
        if request.method != "POST":
            raise BadRequest(405)
        return await self._posted(request)

    async def _posted(self, request: Request) -> tuple[int, str]:
        if request.headers.get("origin") != f"http://{self.host}":
            raise BadRequest(403)
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise BadRequest(403)
        if request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
            raise BadRequest(415)
        fields = request.form()
        if fields.keys() != {"token", "key"}:
            raise BadRequest(400)
        async with self._busy:
            if self._profile_stored or not hmac.compare_digest(
                fields["token"].encode(), self._token.encode()
            ):
                raise BadRequest(403)
            self._token = secrets.token_urlsafe(32)
            wrong = await self._submit(Secret(fields["key"]))
            if wrong:
                return 422, form(self._profile, self._token, wrong)
            self._profile_stored = True
            return 200, message(
                "The key is stored", "zot has it. You can close this page and go back."
            )


async def _write(writer: asyncio.StreamWriter, status: int, page: str) -> None:
    body = page.encode()
    style = b64encode(sha256(STYLE.encode()).digest()).decode()
    head = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(header.replace("{style}", style) for header in HEADERS),
        f"Content-Length: {len(body)}",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    await writer.drain()
