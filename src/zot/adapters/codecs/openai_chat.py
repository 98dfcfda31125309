"""The openai-chat wire, spoken by most providers.

https://platform.openai.com/docs/api-reference/chat; where a provider departs from it, its
row says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs import _failure
from zot.adapters.codecs._openai_chat_decode import Answer
from zot.adapters.codecs._openai_chat_encode import dropped, encode
from zot.domain.error import ZotError
from zot.domain.failure import refusal
from zot.domain.request import ModelCall, WireRequest
from zot.ports.wire_codec import Decoder, WireCodec


class OpenAIChat:
    """Chat completions: messages out, chunks or one document in."""

    def encode(self, call: ModelCall) -> WireRequest:
        """Return the HTTP request for a call, without its credential."""
        return encode(call)

    def decoder(self, call: ModelCall, content_type: str) -> Decoder:
        """Return a decoder; its first events say what of the request was left out."""
        return Answer(call, content_type, dropped(call))

    def error(
        self, call: ModelCall, status: int, headers: Mapping[str, str], body: bytes
    ) -> ZotError:
        """Return the error for an answer with a status of 300 or above."""
        return refusal(call, _failure.from_response(status, headers, body))


codec: WireCodec = OpenAIChat()
