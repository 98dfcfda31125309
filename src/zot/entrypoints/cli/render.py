"""Events onto the screen."""

from __future__ import annotations

from collections.abc import Callable

from zot.domain.event import End, Notice, Start, StreamEvent, TextDelta, ThinkingDelta, ToolCallEnd
from zot.entrypoints import jsonl
from zot.entrypoints.cli.screen import Screen

Show = Callable[[StreamEvent], None]


def renderer(screen: Screen, *, as_json: bool) -> Show:
    """Return what shows the events of one answer."""
    if as_json:
        return lambda event: screen.out(jsonl.line(jsonl.event(event)) + "\n")
    return TerminalText(screen) if screen.terminal else PlainText(screen)


class PlainText:
    """The answer as it arrives, flushed piece by piece; all else on standard error."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._open = False

    def __call__(self, event: StreamEvent) -> None:
        """Show one event."""
        match event:
            case TextDelta(text):
                self.text(text)
            case ThinkingDelta(text) if self._screen.verbose:
                self._screen.stderr.write(self._screen.dim(self._screen.safe(text)))
            case ToolCallEnd(_, _, name, arguments):
                self._tool_call(name, arguments)
            case Notice(text):
                self._screen.notice(text)
            case Start(provider, model, _, place, _) if self._screen.verbose:
                self._screen.notice(f"{provider}/{model}, credential: {place}")
            case End():
                self._end(event)
            case _:
                pass

    def text(self, text: str) -> None:
        """Write a piece of the answer."""
        self._screen.out(text)
        self._open = not text.endswith("\n")

    def _tool_call(self, name: str, arguments: object) -> None:
        if self._open:
            self._screen.out("\n")
        self._screen.out(jsonl.line({"tool": name, "arguments": arguments}) + "\n")
        self._open = False

    def _end(self, event: End) -> None:
        if self._open:
            self._screen.out("\n")
        if event.stop_reason in {"length", "content_filter", "refusal"}:
            reason = event.raw_stop_reason or event.stop_reason
            self._screen.notice(f"the answer is not whole: {event.stop_reason} ({reason})")
        if self._screen.verbose:
            usage = event.usage
            cost = "" if usage.cost_usd is None else f", ${usage.cost_usd:.6f}"
            self._screen.notice(f"{usage.prompt_tokens} tokens in, {usage.output_tokens} out{cost}")


class TerminalText(PlainText):
    """The answer on a terminal: what would steer the terminal is taken out."""

    def text(self, text: str) -> None:
        """Write a piece of the answer, made safe."""
        super().text(self._screen.safe(text))
