"""The headers of a request that every wire over HTTP has in common."""

from __future__ import annotations

from zot.domain.message import Image, ToolResult
from zot.domain.request import ModelCall


def headers_for(call: ModelCall, *, stream: bool) -> dict[str, str]:
    """Return what the body is, what is expected, and what the row of the provider asks for.

    The initiator and the pictures are told to GitHub Copilot, which counts by them.
    """
    quirks = call.endpoint.quirks
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if stream else "application/json",
    }
    if quirks.initiator_header:
        last = call.request.messages[-1].role if call.request.messages else "user"
        headers[quirks.initiator_header.lower()] = "user" if last == "user" else "agent"
    if quirks.vision_header and _has_images(call):
        headers[quirks.vision_header.lower()] = "true"
    return headers


def _has_images(call: ModelCall) -> bool:
    parts = [part for message in call.request.messages for part in message.parts]
    inner = [piece for part in parts if isinstance(part, ToolResult) for piece in part.content]
    return any(isinstance(part, Image) for part in (*parts, *inner))
