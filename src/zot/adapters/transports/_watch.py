"""The deadlines of one attempt: which comes next, and what to say when it passes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from zot.adapters.transports._failures import named
from zot.domain.deadline import Deadlines
from zot.domain.error import TimedOut
from zot.domain.request import ModelCall

Trace = Callable[[str, Mapping[str, Any]], Awaitable[None]]


class Watch:
    """Say until when to wait, phase by phase.

    An attempt waits for its first event, then for each next one; an event is what the
    decoder makes of the bytes, so that bytes which complete none, and comments that only
    keep a connection alive, move no deadline. A timeout is armed for one read at a time and
    never while the caller has an event in hand.
    """

    def __init__(self, call: ModelCall, deadlines: Deadlines) -> None:
        self._call = call
        self._deadlines = deadlines
        self._clock = asyncio.get_running_loop().time
        began = self._clock()
        total = deadlines.total if call.seconds is None else min(call.seconds, deadlines.total)
        self._total = began + total
        self._first = began + deadlines.first_byte
        self._begin("first", self._first)

    def _begin(self, phase: str, until: float) -> None:
        self._phase = phase if until <= self._total else "total"
        self.until = min(until, self._total)

    def progress(self) -> None:
        """Note that there is progress: the silence is counted from now."""
        self._begin("progress", self._clock() + self._deadlines.progress)

    def at_most(self, seconds: float) -> None:
        """Wait no longer than `seconds` from now for all that is still to come."""
        self._begin(self._phase, min(self.until, self._clock() + seconds))

    def trace(self, timer: asyncio.Timeout) -> Trace:
        """Return what tells the HTTP library's progress to a timeout that is running."""

        async def told(event: str, facts: Mapping[str, Any]) -> None:
            if event.endswith(".connect_tcp.started"):
                self._begin("connect", self._clock() + self._deadlines.connect)
            elif event.endswith(".send_request_headers.started"):
                if facts["request"].method == b"CONNECT":
                    return  # to a proxy: that is still on the way
                self._begin("first", self._first)
            else:
                return
            timer.reschedule(self.until)

        return told

    def late(self) -> TimedOut:
        """Return the error for the deadline that passed."""
        name = named(self._call)
        limits = self._deadlines
        if self._phase == "connect":
            return TimedOut(
                f"no connection to {name} within {limits.connect:g} s",
                hint="check the network, the proxy and the address given with --base-url",
            )
        hint = "allow more with --timeout, or try another model"
        if self._phase == "first":
            return TimedOut(f"{name} sent no answer within {limits.first_byte:g} s", hint=hint)
        if self._phase == "progress":
            return TimedOut(
                f"the answer of {name} stood still for {limits.progress:g} s", hint=hint
            )
        return TimedOut(f"{name} took longer than {limits.total:g} s", hint=hint)
