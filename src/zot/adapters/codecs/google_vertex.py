"""The google-vertex wire: what google-generative says, at the addresses of Vertex AI.

https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
"""

from __future__ import annotations

from zot.adapters.codecs._google_url import vertex_url
from zot.adapters.codecs.google_generative import GoogleGenerative
from zot.domain.request import ModelCall
from zot.ports.wire_codec import WireCodec


class GoogleVertex(GoogleGenerative):
    """generateContent under a project, or by an API key alone."""

    def _url(self, call: ModelCall) -> str:
        return vertex_url(call)


codec: WireCodec = GoogleVertex()
