"""Folders that show what a wire says, and recordings of what providers said.

A folder `fixtures/<wire>/<case>/` holds

- `call.json`: whom to ask and what (see `call_from`),
- `request.json`: the request as it has to be encoded (`method`, `url`, `headers`, `body`),
- `response.bin`: the bytes of the answer,
- `meta.json`: `content_type`, and where the bytes come from (`source`),
- `events.json`: what they mean: the events from the first after `start` to `end`, or to an
  `error` with its `slug`.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from zot.adapters.catalogs.builtin import shipped
from zot.domain.catalog import Catalog
from zot.domain.credential import NOWHERE, Keyless
from zot.domain.error import ZotError
from zot.domain.event import StreamEvent
from zot.domain.message import (
    Author,
    Document,
    Image,
    Message,
    Part,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from zot.domain.model import ModelSpec
from zot.domain.provider import Endpoint, ProviderProfile
from zot.domain.quirks import Quirks
from zot.domain.request import ChatRequest, ModelCall
from zot.ports.wire_codec import Decoder, WireCodec

FIXTURES = Path(__file__).parent / "fixtures"
PLAIN_URL = "https://api.example.com/v1"


@cache
def catalog() -> Catalog:
    """Return the catalog that ships with zot."""
    return shipped()


def codec_of(wire: str) -> WireCodec:
    """Return the codec of a wire."""
    codec: WireCodec = import_module(f"zot.adapters.codecs.{wire.replace('-', '_')}").codec
    return codec


# --- calls ---------------------------------------------------------------------------------


def plain_profile(provider: str, wire: str, quirks: Quirks | None = None) -> ProviderProfile:
    """Return a provider that the catalog does not have, with nothing special about it."""
    endpoint = Endpoint(PLAIN_URL, quirks=quirks or Quirks())
    return ProviderProfile(provider, provider, wire, {wire: endpoint})


def call_to(
    provider: str,
    wire: str,
    model: str,
    request: ChatRequest | None = None,
    *,
    stream: bool = True,
    base_url: str = "",
) -> ModelCall:
    """Return a call to a provider of the catalog, or to a plain one of that name."""
    profile = catalog().providers.get(provider)
    if profile is None or wire not in profile.endpoints:
        profile = plain_profile(provider, wire)
    endpoint = profile.endpoints[wire]
    spec = catalog().models.get(provider, {}).get(model)
    return ModelCall(
        profile=profile,
        endpoint=endpoint,
        wire=wire,
        base_url=base_url or endpoint.base_url,
        model=spec or ModelSpec(provider, model, listed=False),
        request=request or ChatRequest((Message.user("hi"),)),
        credential=Keyless(),
        place=NOWHERE,
        stream=stream,
    )


def call_from(wire: str, data: Mapping[str, Any]) -> ModelCall:
    """Return the call that a `call.json` describes.

    `provider` and `model`; `base_url`, `stream` and `quirks` (over those of the provider)
    where they depart; every other key is a field of `ChatRequest`. The content of a message
    is text or a list of parts; `"author": "self"` says that this model wrote it.
    """
    own = dict(data)
    provider, model = own.pop("provider"), own.pop("model")
    base_url, stream = own.pop("base_url", ""), own.pop("stream", True)
    quirks = own.pop("quirks", None)
    author = Author(provider, wire, model)
    messages = tuple(_message(message, author) for message in own.pop("messages"))
    tools = tuple(Tool(**tool) for tool in own.pop("tools", ()))
    stop = tuple(own.pop("stop", ()))
    request = ChatRequest(messages, tools=tools, stop=stop, **own)
    call = call_to(provider, wire, model, request, stream=stream, base_url=base_url)
    if quirks is None:
        return call
    frozen: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in quirks.items()}
    changed = replace(call.endpoint.quirks, **frozen)
    return replace(call, endpoint=replace(call.endpoint, quirks=changed))


def _message(data: Mapping[str, Any], own: Author) -> Message:
    content = data["content"]
    parts = (Text(content),) if isinstance(content, str) else tuple(map(_part, content))
    author = data.get("author")
    if author is not None:
        author = own if author == "self" else Author(**author)
    return Message(data["role"], parts, author)


def _part(data: Mapping[str, Any]) -> Part:
    own = dict(data)
    kind = own.pop("type")
    if "data" in own:
        own["data"] = b64decode(own["data"])
    if kind == "tool_result":
        content = own["content"]
        pieces = [{"type": "text", "text": content}] if isinstance(content, str) else content
        own["content"] = tuple(map(_part, pieces))
    kinds: Mapping[str, type[Part]] = {
        "text": Text,
        "image": Image,
        "document": Document,
        "thinking": Thinking,
        "tool_call": ToolCall,
        "tool_result": ToolResult,
    }
    return kinds[kind](**own)


# --- answers -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """The events of an answer, and the error it ended with."""

    events: Sequence[StreamEvent]
    error: ZotError | None = None


def decoded(decoder: Decoder, pieces: Iterable[bytes]) -> Outcome:
    """Feed the pieces to a decoder until it ends or fails."""
    events: list[StreamEvent] = []
    try:
        for piece in pieces:
            events.extend(decoder.feed(piece))
        events.extend(decoder.close())
    except ZotError as error:
        if error.partial is not None and not events:
            events = [*_events_of(error)]
        return Outcome(events, error)
    return Outcome(events)


def as_json(outcome: Outcome) -> list[dict[str, Any]]:
    """Return an outcome as `events.json` has it."""
    items = [event_as_json(event) for event in outcome.events]
    if outcome.error is not None:
        items.append({"type": "error", "slug": outcome.error.slug})
    return items


def event_as_json(event: StreamEvent) -> dict[str, Any]:
    """Return one event with all its fields; what is None is left out."""
    return {"type": event.type, **_plain(event)}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {name: _plain(inner) for name, inner in pairs if inner is not None}
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _events_of(error: ZotError) -> Iterable[StreamEvent]:
    """Return the partial answer of a document as events, so that it can be compared."""
    from zot.domain.event import TextDelta, ThinkingDelta, ToolCallEnd, ToolCallStart

    assert error.partial is not None
    for block, part in enumerate(error.partial.parts):
        if isinstance(part, ToolCall):
            yield ToolCallStart(block, part.id, part.name)
            yield ToolCallEnd(block, part.id, part.name, part.arguments, part.state)
        elif isinstance(part, Text):
            yield TextDelta(part.text, block, part.state)
        else:
            yield ThinkingDelta(part.text, block, part.state)


# --- fixture folders -----------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One fixture folder."""

    wire: str
    folder: Path

    @property
    def name(self) -> str:
        """How a test names it."""
        return f"{self.wire}/{self.folder.name}"

    def json(self, name: str) -> Any:
        """Return one of its JSON files."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    @property
    def call(self) -> ModelCall:
        """The call that was made."""
        return call_from(self.wire, self.json("call.json"))

    @property
    def response(self) -> bytes:
        """The bytes of the answer."""
        return (self.folder / "response.bin").read_bytes()

    def decode(self, pieces: Iterable[bytes]) -> Outcome:
        """Return what the codec makes of the answer, cut into these pieces."""
        content_type = self.json("meta.json")["content_type"]
        return decoded(codec_of(self.wire).decoder(self.call, content_type), pieces)


def cases() -> list[Case]:
    """Return every fixture folder, in order."""
    folders = sorted(FIXTURES.glob("*/*/call.json"))
    return [Case(path.parents[1].name, path.parent) for path in folders]
