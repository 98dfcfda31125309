"""A plain conversation, line by line."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

from zot.domain.error import ZotError
from zot.domain.event import StreamEvent
from zot.domain.message import Message
from zot.domain.reply import collect
from zot.entrypoints.api import AsyncZot
from zot.entrypoints.cli.ask import Question, options_from, zot_for
from zot.entrypoints.cli.login import LoginWish, log_in, log_out
from zot.entrypoints.cli.render import renderer
from zot.entrypoints.cli.report import report
from zot.entrypoints.cli.screen import Screen

HELP = """/login [provider]   store a key        /logout [provider]  forget it
/model [query]      choose a model     /clear              start over
/help               this list          /exit               leave (also Ctrl-D)"""


class Chat:
    """One conversation; Ctrl-C stops an answer and keeps the chat."""

    def __init__(self, zot: AsyncZot, question: Question, screen: Screen) -> None:
        self._zot = zot
        self._question = question
        self._screen = screen
        self._messages: list[Message] = []

    def run(self) -> None:
        """Read lines until the end of input."""
        self._greet()
        with asyncio.Runner() as runner:
            while (line := self._line()) is not None:
                if not line.strip():
                    continue
                try:
                    if not line.startswith("/"):
                        runner.run(self._answer(line))
                    elif not self._command(line, runner):
                        break
                except ZotError as error:
                    report(error, self._screen)
                except KeyboardInterrupt:
                    self._screen.err("")
            runner.run(self._zot.aclose())

    def _greet(self) -> None:
        try:
            model = self._zot.selected(**options_from(self._question))
            self._screen.err(self._screen.dim(f"{model}; /help lists the commands"))
        except ZotError as error:
            self._screen.err(error.message)
            self._screen.err("hint: /login stores a key")

    def _line(self) -> str | None:
        try:
            return input("> ")
        except EOFError:
            self._screen.err("")
            return None
        except KeyboardInterrupt:
            self._screen.err("")
            return ""

    async def _answer(self, line: str) -> None:
        show = renderer(self._screen, as_json=False)
        asked = [*self._messages, Message.user(line)]
        seen: list[StreamEvent] = []
        try:
            stream = self._zot.stream(asked, **options_from(self._question))
            async with aclosing(stream) as events:
                async for event in events:
                    seen.append(event)
                    show(event)
        finally:
            reply = collect(seen)
            if reply.parts:
                self._messages = [*asked, reply.message]

    def _command(self, line: str, runner: asyncio.Runner) -> bool:
        """Carry out a command; tell whether the chat goes on."""
        name, _, rest = line[1:].strip().partition(" ")
        argument = rest.strip() or None
        match name:
            case "exit" | "quit":
                return False
            case "help":
                self._screen.err(HELP)
            case "clear":
                self._messages = []
                self._screen.err("a new conversation")
            case "login":
                runner.run(log_in(self._zot, LoginWish(argument), self._screen))
            case "logout":
                log_out(self._zot, argument, self._screen, everyone=False)
            case "model":
                self._choose(argument)
            case _:
                self._screen.err(f"no command /{self._screen.safe(name)}; /help lists them")
        return True

    def _choose(self, query: str | None) -> None:
        from zot.entrypoints.cli.pick import matches, pick

        container = self._zot.container
        ready = [
            p for p in container.catalog().providers.values() if container.credentials().ready(p)
        ]
        models = [(m.ref, m.name) for p in ready for m in self._zot.models(p.id)]
        found = matches(models, query) if query else models
        if not found and query:
            chosen = query
        elif len(found) == 1:
            chosen = found[0][0]
        else:
            chosen = pick(found, "which model?", self._screen)
        route = container.catalog().route(chosen)
        self._question = replace(self._question, provider=route.profile.id, model=route.model.id)
        container.remember()(route.profile.id, route.model.id)
        self._screen.err(f"now talking to {route.model.ref}")


def open_chat(question: Question, screen: Screen) -> None:
    """Open a chat on this terminal."""
    Chat(zot_for(question, screen), question, screen).run()
