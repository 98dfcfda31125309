"""The openai-responses wire: OpenAI, Azure, xAI, GitHub Copilot and local servers.

https://platform.openai.com/docs/api-reference/responses; where a provider departs from it,
its row says so, and where a whole service does, a `Dialect`.
"""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs import _failure
from zot.adapters.codecs._responses_decode import Answer
from zot.adapters.codecs._responses_dialect import PUBLIC, Dialect
from zot.adapters.codecs._responses_encode import dropped, encode
from zot.domain.error import ZotError
from zot.domain.failure import refusal
from zot.domain.request import ModelCall, WireRequest
from zot.ports.wire_codec import Decoder, WireCodec


class OpenAIResponses:
    """Responses: items out, items in deltas or one document in."""

    def __init__(self, dialect: Dialect = PUBLIC) -> None:
        self._dialect = dialect

    def encode(self, call: ModelCall) -> WireRequest:
        """Return the HTTP request for a call, without its credential."""
        return encode(call, self._dialect)

    def decoder(self, call: ModelCall, content_type: str) -> Decoder:
        """Return a decoder; its first events say what of the request was left out."""
        return Answer(call, content_type, dropped(call))

    def error(
        self, call: ModelCall, status: int, headers: Mapping[str, str], body: bytes
    ) -> ZotError:
        """Return the error for an answer with a status of 300 or above."""
        return refusal(call, _failure.from_response(status, headers, body))


codec: WireCodec = OpenAIResponses()
