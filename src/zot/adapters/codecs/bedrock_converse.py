"""The bedrock-converse wire: every model of Amazon Bedrock in one form.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html; where a
provider departs from it, its row says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs import _failure
from zot.adapters.codecs._bedrock_decode import Answer
from zot.adapters.codecs._bedrock_encode import encode, plan
from zot.adapters.codecs._bedrock_outcome import refused
from zot.domain.error import ZotError
from zot.domain.request import ModelCall, WireRequest
from zot.ports.wire_codec import Decoder, WireCodec


class BedrockConverse:
    """Converse: turns of blocks out, frames of an event stream or one document in."""

    def encode(self, call: ModelCall) -> WireRequest:
        """Return the HTTP request for a call, without its credential."""
        return encode(call)

    def decoder(self, call: ModelCall, content_type: str) -> Decoder:
        """Return a decoder; its first events say what of the request was left out."""
        planned = plan(call)
        return Answer(call, content_type, planned.notices, planned.offer.answer_tool)

    def error(
        self, call: ModelCall, status: int, headers: Mapping[str, str], body: bytes
    ) -> ZotError:
        """Return the error for an answer with a status of 300 or above."""
        return refused(call, _failure.from_response(status, headers, body))


codec: WireCodec = BedrockConverse()
