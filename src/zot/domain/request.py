"""What a person asks of a model, and what zot decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from zot.domain.credential import Credential, Place
from zot.domain.message import Message, Tool
from zot.domain.model import ModelSpec
from zot.domain.provider import Endpoint, ProviderProfile

Effort = Literal["off", "minimal", "low", "medium", "high", "max"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A conversation and how it should be answered.

    `tool_choice` is `auto`, `none`, `required` or the name of one tool; `schema` is a JSON
    Schema that the answer has to fit; `max_tokens` counts output tokens; `cache` lets the
    provider keep the stable beginning of the prompt where it has to be asked to.
    """

    messages: tuple[Message, ...]
    system: str | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: str | None = None
    reasoning: Effort | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    schema: Mapping[str, object] | None = None
    stop: tuple[str, ...] = ()
    cache: bool = True


@dataclass(frozen=True, slots=True)
class ChatOrder:
    """A request and to whom it should go, as the user said it; nothing is looked up yet."""

    request: ChatRequest
    model: str | None = None
    provider: str | None = None
    base_url: str | None = None
    stream: bool = True


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A request, fully decided: nothing is left to look up.

    `seconds` is what this attempt may take of the total deadline; None leaves all of it.
    """

    profile: ProviderProfile
    endpoint: Endpoint
    wire: str
    base_url: str
    model: ModelSpec
    request: ChatRequest
    credential: Credential
    place: Place
    stream: bool = True
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request, encoded; header names are in lower case, and `repr` hides headers."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""
