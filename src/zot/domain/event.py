"""A streamed answer, item by item.

A stream is `Start (TextDelta | ThinkingDelta | ToolCallStart | ToolCallDelta | ToolCallEnd
| Notice)* End`, with exactly one `End`, last. Failures are raised, never streamed. `block`
numbers the parts of the answer in the order in which they began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from zot.domain.credential import NOWHERE, Place
from zot.domain.message import State
from zot.domain.usage import Usage

StopReason = Literal["stop", "length", "tool_calls", "content_filter", "refusal", "other"]


@dataclass(frozen=True, slots=True)
class Start:
    """The provider has begun to answer."""

    type: ClassVar[str] = "start"
    provider: str
    model: str
    request_id: str | None = None
    credential: Place = NOWHERE
    wire: str = ""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of text."""

    type: ClassVar[str] = "text"
    text: str
    block: int = 0
    state: State | None = None


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """A piece of the model's thinking."""

    type: ClassVar[str] = "thinking"
    text: str
    block: int = 0
    state: State | None = None


@dataclass(frozen=True, slots=True)
class ToolCallStart:
    """The model has begun to ask for a tool."""

    type: ClassVar[str] = "tool_call_start"
    block: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of the arguments, as JSON text."""

    type: ClassVar[str] = "tool_call_delta"
    block: int
    json: str


@dataclass(frozen=True, slots=True)
class ToolCallEnd:
    """The tool call, whole."""

    type: ClassVar[str] = "tool_call"
    block: int
    id: str
    name: str
    arguments: Mapping[str, object]
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know and the model did not say."""

    type: ClassVar[str] = "notice"
    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The answer is complete."""

    type: ClassVar[str] = "end"
    stop_reason: StopReason
    raw_stop_reason: str | None = None
    usage: Usage = field(default_factory=Usage)


StreamEvent = (
    Start | TextDelta | ThinkingDelta | ToolCallStart | ToolCallDelta | ToolCallEnd | Notice | End
)
