"""The anthropic-messages wire: Claude, at Anthropic, on Vertex AI and behind gateways.

https://platform.claude.com/docs/en/api/messages; where a provider departs from it, its row
says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs import _failure
from zot.adapters.codecs._anthropic_decode import Answer
from zot.adapters.codecs._anthropic_encode import encode
from zot.adapters.codecs._anthropic_plan import plan
from zot.domain.credential import OAuthToken
from zot.domain.error import ZotError
from zot.domain.failure import refusal
from zot.domain.request import ModelCall, WireRequest
from zot.ports.wire_codec import Decoder, WireCodec


class AnthropicMessages:
    """Messages: turns of blocks out, blocks in deltas or one document in."""

    def encode(self, call: ModelCall) -> WireRequest:
        """Return the HTTP request for a call, without its credential."""
        return encode(call)

    def decoder(self, call: ModelCall, content_type: str) -> Decoder:
        """Return a decoder; its first events say what of the request was left out."""
        planned = plan(call)
        return Answer(call, content_type, planned.notices, planned.answer_tool)

    def error(
        self, call: ModelCall, status: int, headers: Mapping[str, str], body: bytes
    ) -> ZotError:
        """Return the error for an answer with a status of 300 or above."""
        error = refusal(call, _failure.from_response(status, headers, body))
        if (
            isinstance(call.credential, OAuthToken)
            and call.endpoint.quirks.betas
            and (status == 403 or (status == 429 and error.retry_after is None))
        ):
            # how the vendor turns away a subscription that another client presents
            error.hint = (
                "the vendor may not serve this login to third-party clients; use an API key, "
                f"or a client id of your own under `oauth.{call.profile.id}` in config.json"
            )
        return error


codec: WireCodec = AnthropicMessages()
