"""Running the event loop for one command."""

from __future__ import annotations

import asyncio

from zot.entrypoints.cli.ask import Question, ask
from zot.entrypoints.cli.screen import Screen


def answer(question: Question, screen: Screen) -> None:
    """Answer one question; raises `ZotError`, or `KeyboardInterrupt` when the user stops it."""
    asyncio.run(ask(question, screen))
