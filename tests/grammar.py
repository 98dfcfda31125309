"""The order in which the events of one answer may come."""

from __future__ import annotations

from collections.abc import Iterable

from zot.domain.event import (
    End,
    Notice,
    Start,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)


class NotGrammatical(AssertionError):
    """The events of a stream do not come in the promised order."""


def check(events: Iterable[StreamEvent], *, whole: bool = True) -> None:
    """Raise `NotGrammatical` unless the events are a stream, or the beginning of one.

    `whole` says that the answer did not break off, so that one `End` has to be last.
    """
    blocks: dict[int, type] = {}
    calls: dict[int, tuple[str, str]] = {}
    ended = False
    for position, event in enumerate(events):
        _claim(not ended, f"{event.type} after the end")
        _claim((position == 0) == isinstance(event, Start), f"{event.type} at {position}")
        match event:
            case TextDelta(block=block) | ThinkingDelta(block=block):
                kind = blocks.setdefault(block, type(event))
                _claim(kind is type(event), f"block {block} changes its kind")
            case ToolCallStart(block, call_id, name):
                _claim(block not in blocks, f"block {block} begins twice")
                blocks[block] = ToolCallStart
                calls[block] = (call_id, name)
            case ToolCallDelta(block):
                _claim(block in calls, f"a piece of no open call at {block}")
            case ToolCallEnd(block, call_id, name, arguments):
                _claim(calls.pop(block, None) == (call_id, name), f"no such call open at {block}")
                _claim(isinstance(arguments, dict), "arguments are no object")
            case End():
                ended = True
                _claim(not calls, "a tool call is still open at the end")
            case Start() | Notice():
                pass
    if whole:
        _claim(ended, "no end")
        _claim(sorted(blocks) == list(range(len(blocks))), "the blocks are not numbered in order")


def _claim(holds: bool, problem: str) -> None:
    if not holds:
        raise NotGrammatical(problem)
