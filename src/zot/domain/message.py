"""One conversation model for every wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Mapping[str, object]
"""What one wire wants to see again with a part (a signature, an encrypted item).

Opaque to everything but the codec that made it, and only good for the same author.
"""


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, by its bytes or by a URL that the provider fetches."""

    data: bytes = b""
    media_type: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        if not self.url and not self.media_type:
            object.__setattr__(self, "media_type", image_type(self.data))


@dataclass(frozen=True, slots=True)
class Document:
    """A file that the model reads, such as a PDF."""

    data: bytes
    media_type: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Thinking:
    """What the model said to itself."""

    text: str
    state: State | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool to be run."""

    id: str
    name: str
    arguments: Mapping[str, object]
    state: State | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool came to."""

    call_id: str
    content: tuple[Text | Image, ...]
    error: bool = False


Part = Text | Image | Document | Thinking | ToolCall | ToolResult
Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote an assistant message; decides whether its `state` may be replayed."""

    provider: str
    wire: str
    model: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    parts: tuple[Part, ...]
    author: Author | None = None

    @classmethod
    def system(cls, text: str) -> Message:
        """Instructions in the middle of a conversation."""
        return cls("system", (Text(text),))

    @classmethod
    def user(cls, *content: str | Text | Image | Document) -> Message:
        """What the person says: text, pictures, files, in order."""
        return cls("user", tuple(Text(part) if isinstance(part, str) else part for part in content))

    @classmethod
    def assistant(
        cls, *content: str | Text | Thinking | ToolCall, author: Author | None = None
    ) -> Message:
        """What a model said earlier."""
        parts = tuple(Text(part) if isinstance(part, str) else part for part in content)
        return cls("assistant", parts, author)

    @classmethod
    def tool_result(
        cls, call_id: str, content: str | Image | tuple[Text | Image, ...], error: bool = False
    ) -> Message:
        """The outcome of the tool call `call_id`; `error` tells the model that it failed."""
        if isinstance(content, str):
            content = (Text(content),)
        elif isinstance(content, Image):
            content = (content,)
        return cls("tool", (ToolResult(call_id, content, error),))

    @property
    def text(self) -> str:
        """All text of the message, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Tool:
    """Something the model may ask for; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, object]


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def image_type(data: bytes) -> str:
    """Return the media type that the first bytes of a picture show, or an empty string."""
    for magic, media_type in _MAGIC:
        if data.startswith(magic):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return ""
