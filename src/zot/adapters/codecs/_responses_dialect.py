"""How a service departs from the public Responses API: data for the codec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dialect:
    """Departures from https://platform.openai.com/docs/api-reference/responses/create.

    With `instructions` the system prompt travels in the field of that name, which then is
    never empty: it holds this text where there is no prompt. `fields` are sent with every
    request, `tool_fields` with every one that offers tools; the request's own win.
    `cache_key` says that requests with the same beginning have to name it to find the cache.
    """

    instructions: str = ""
    always_stream: bool = False
    fields: Mapping[str, object] = field(default_factory=dict)
    tool_fields: Mapping[str, object] = field(default_factory=dict)
    cache_key: bool = False


PUBLIC = Dialect()
