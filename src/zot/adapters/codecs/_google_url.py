"""Where a request of the google wires goes."""

from __future__ import annotations

import re

from zot.domain.credential import ApiKey
from zot.domain.endpoint import join, path_segment
from zot.domain.provider import Endpoint
from zot.domain.request import ModelCall

STREAM = ":streamGenerateContent?alt=sse"
WHOLE = ":generateContent"
_VERSION = re.compile(r"/v\d+[a-z0-9]*(?=/)")
_PLACEHOLDER = re.compile(r"\\\{[a-z_]+\\\}")


def generative_url(call: ModelCall) -> str:
    """Return the URL of a call to the Gemini API: https://ai.google.dev/api/generate-content."""
    path = _path(call.endpoint, stream=call.stream)
    if path:
        return _filled(call, _under(call.base_url, path))
    tail = "/models/{model}" + (STREAM if call.stream else WHOLE)
    return _filled(call, join(call.base_url, tail, "v1beta"))


def vertex_url(call: ModelCall) -> str:
    """Return the URL of a call to Vertex AI.

    An API key names its project itself, so the address does not: https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference.
    A base URL that a person gave stays.
    """
    endpoint = call.endpoint
    if isinstance(call.credential, ApiKey) and endpoint.express_path:
        usual = endpoint.express_base_url and _is_usual(call)
        base = endpoint.express_base_url if usual else call.base_url
        return _filled(call, _under(base, _method(endpoint.express_path, stream=call.stream)))
    path = _path(endpoint, stream=call.stream)
    if path:
        return _filled(call, _under(call.base_url, path))
    tail = "/publishers/google/models/{model}" + (STREAM if call.stream else WHOLE)
    return _filled(call, join(call.base_url, tail))


def _path(endpoint: Endpoint, *, stream: bool) -> str:
    if not stream and endpoint.path_non_stream:
        return endpoint.path_non_stream
    return _method(endpoint.path, stream=stream)


def _method(path: str, *, stream: bool) -> str:
    """Return a path with the method that gives one document where no stream is wanted."""
    return path if stream else path.replace(STREAM, WHOLE)


def _filled(call: ModelCall, url: str) -> str:
    model = call.model.sent_id.removeprefix("models/")  # as the API's own list names it
    return url.replace("{model}", path_segment(model))


def _under(base_url: str, path: str) -> str:
    """Append a path, but not the version a second time: `https://host/v1` is `https://host`."""
    base = base_url.rstrip("/")
    version = _VERSION.match(path)
    return (base.removesuffix(version[0]) if version else base) + path


def _is_usual(call: ModelCall) -> bool:
    """Tell whether the base URL is the endpoint's own, whatever its settings were."""
    hosts = {url for setting in call.profile.settings.values() for url in setting.hosts.values()}
    pattern = _PLACEHOLDER.sub("[^/]+", re.escape(call.endpoint.base_url))
    return call.base_url in hosts or re.fullmatch(pattern, call.base_url) is not None
