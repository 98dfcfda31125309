"""The google-generative wire: Gemini at the Gemini API, and behind gateways.

https://ai.google.dev/api/generate-content; where a provider departs from it, its row says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from zot.adapters.codecs import _failure
from zot.adapters.codecs._google_decode import Answer
from zot.adapters.codecs._google_encode import body
from zot.adapters.codecs._google_failure import refused
from zot.adapters.codecs._google_plan import plan
from zot.adapters.codecs._google_url import generative_url
from zot.adapters.codecs._headers import headers_for
from zot.adapters.codecs._json import dump
from zot.domain.error import ZotError
from zot.domain.request import ModelCall, WireRequest
from zot.ports.wire_codec import Decoder, WireCodec


class GoogleGenerative:
    """generateContent: contents of parts out, chunks or one document in."""

    def encode(self, call: ModelCall) -> WireRequest:
        """Return the HTTP request for a call, without its credential."""
        headers = headers_for(call, stream=call.stream)
        return WireRequest("POST", self._url(call), headers, dump(body(call)).encode())

    def decoder(self, call: ModelCall, content_type: str) -> Decoder:
        """Return a decoder; its first events say what of the request was left out."""
        planned = plan(call)
        return Answer(call, content_type, planned.notices, planned.answer_tool)

    def error(
        self, call: ModelCall, status: int, headers: Mapping[str, str], body: bytes
    ) -> ZotError:
        """Return the error for an answer with a status of 300 or above."""
        said = body.decode(errors="replace")
        return refused(call, _failure.from_response(status, headers, body), said)

    def _url(self, call: ModelCall) -> str:
        return generative_url(call)


codec: WireCodec = GoogleGenerative()
