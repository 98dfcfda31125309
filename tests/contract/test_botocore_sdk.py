"""The official AWS SDK, `botocore`, reads the same bytes in the same way."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from tests.contract.cases import call_to, codec_of, decoded
from tests.contract.recordings import (
    ABSENT,
    ROOT,
    Recording,
    body_of,
    content_type_of,
    recordings,
)
from zot.domain.message import Text, Thinking
from zot.domain.reply import Reply, collect

session = pytest.importorskip("botocore.session")
awsrequest = pytest.importorskip("botocore.awsrequest")
exceptions = pytest.importorskip("botocore.exceptions")

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

WIRE = "bedrock-converse"
ONE_IN = 6
"""So many are compared every time, always the same ones; all of them are with `long`."""


def _lucky(recording: Recording) -> bool:
    return sha256(recording.id.encode()).digest()[0] % ONE_IN == 0


ALL = [
    pytest.param(each, id=each.id, marks=[] if _lucky(each) else [pytest.mark.long])
    for each in recordings(WIRE)
]


@pytest.mark.parametrize("recording", ALL)
def test_zot_and_the_sdk_agree(recording: Recording) -> None:
    exchange = recording.read()
    call = call_to("amazon-bedrock", WIRE, "m", stream=exchange["streaming"])
    by_the_sdk = _by_the_sdk(exchange)
    if not isinstance(by_the_sdk, dict):
        error = _refusal(call, exchange)
        assert by_the_sdk.response["Error"]["Message"] in str(error)
        if exchange["response_status"] != 200:
            status = by_the_sdk.response["ResponseMetadata"]["HTTPStatusCode"]
            assert status == error.status
        return
    outcome = decoded(codec_of(WIRE).decoder(call, content_type_of(exchange)), [body_of(exchange)])
    assert outcome.error is None
    assert _essence(collect(outcome.events)) == by_the_sdk


def _refusal(call: Any, exchange: Mapping[str, Any]) -> Any:
    codec, body = codec_of(WIRE), body_of(exchange)
    status = exchange["response_status"]
    if status != 200:
        return codec.error(call, status, exchange["response_headers"], body)
    return decoded(codec.decoder(call, content_type_of(exchange)), [body]).error


def _essence(reply: Reply) -> dict[str, Any]:
    states = [part.state or {} for part in reply.parts if isinstance(part, Thinking)]
    usage = reply.usage
    return {
        "text": reply.text,
        "thinking": reply.thinking,
        "signatures": [state["signature"] for state in states if "signature" in state],
        "redacted": [state["redacted"] for state in states if "redacted" in state],
        "citations": sum(len(_citations(part)) for part in reply.parts),
        "calls": [(call.id, call.name, dict(call.arguments)) for call in reply.tool_calls],
        "stop": reply.raw_stop_reason,
        "usage": [
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
        ],
    }


def _citations(part: Any) -> list[Any]:
    state: Any = part.state or {}
    return [*state.get("citations", ())] if isinstance(part, Text) else []


# --- the SDK -------------------------------------------------------------------------------


class _Raw:
    """What botocore reads from: bytes, in pieces that cut through frames."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_args: Any, **_options: Any) -> Iterator[bytes]:
        for start in range(0, len(self._body), 100):
            yield self._body[start : start + 100]

    def close(self) -> None:
        """There is nothing to close."""


_ANSWERS: list[Any] = []


@cache
def _client() -> Any:
    made = session.get_session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=pytest.importorskip("botocore.config").Config(retries={"total_max_attempts": 1}),
    )
    made.meta.events.register("before-send.bedrock-runtime.*", lambda **_: _ANSWERS.pop())
    return made


def _by_the_sdk(exchange: Mapping[str, Any]) -> Any:
    """Return what the SDK makes of an exchange, or its error."""
    headers = {"content-type": content_type_of(exchange), **exchange["response_headers"]}
    raw = _Raw(body_of(exchange))
    _ANSWERS[:] = [
        awsrequest.AWSResponse("https://example.com/", exchange["response_status"], headers, raw)
    ]
    asked: Any = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    client = _client()
    try:
        if not exchange["streaming"]:
            return _whole(client.converse(**asked))
        return _folded(client.converse_stream(**asked)["stream"])
    except exceptions.ClientError as error:
        return error


def _whole(answer: Mapping[str, Any]) -> dict[str, Any]:
    folded = _Folded()
    for index, block in enumerate(answer["output"]["message"]["content"]):
        folded.block(index, block)
    return folded.result(answer["stopReason"], answer.get("usage"))


def _folded(stream: Any) -> dict[str, Any]:
    folded = _Folded()
    stop, usage = None, None
    for event in stream:
        [(kind, content)] = event.items()
        if kind == "contentBlockStart" and "toolUse" in content["start"]:
            folded.call(content["contentBlockIndex"], content["start"]["toolUse"])
        elif kind == "contentBlockDelta":
            folded.delta(content["contentBlockIndex"], content["delta"])
        elif kind == "messageStop":
            stop = content["stopReason"]
        elif kind == "metadata":
            usage = content.get("usage")
    return folded.result(stop, usage)


class _Folded:
    """The answer as the SDK gives it, folded by hand."""

    def __init__(self) -> None:
        self.text = self.thinking = ""
        self.citations = 0
        self.signatures: dict[int, str] = {}
        self.redacted: dict[int, bytes] = {}
        self.calls: dict[int, tuple[str, str]] = {}
        self.arguments: dict[int, Any] = {}

    def call(self, index: int, call: Mapping[str, Any]) -> None:
        if call.get("type") in {None, "tool_use"}:
            self.calls[index] = (call["toolUseId"], call["name"])
            self.arguments[index] = call.get("input", "")

    def block(self, index: int, block: Mapping[str, Any]) -> None:
        if "toolUse" in block:
            self.call(index, block["toolUse"])
        elif "citationsContent" in block:
            cited = block["citationsContent"]
            self.text += "".join(piece["text"] for piece in cited.get("content", ()))
            self.citations += len(cited.get("citations", ()))
        elif "reasoningContent" in block:
            thought = block["reasoningContent"]
            self.delta(index, {"reasoningContent": thought.get("reasoningText", thought)})
        else:
            self.delta(index, block)

    def delta(self, index: int, delta: Mapping[str, Any]) -> None:
        self.text += delta.get("text", "")
        self.citations += "citation" in delta
        thought = delta.get("reasoningContent", {})
        self.thinking += thought.get("text", "")
        if "signature" in thought:
            self.signatures[index] = self.signatures.get(index, "") + thought["signature"]
        if "redactedContent" in thought:
            self.redacted[index] = self.redacted.get(index, b"") + thought["redactedContent"]
        if "toolUse" in delta and index in self.calls:
            self.arguments[index] += delta["toolUse"]["input"]

    def result(self, stop: str | None, usage: Mapping[str, Any] | None) -> dict[str, Any]:
        names = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
        return {
            "text": self.text,
            "thinking": self.thinking,
            "signatures": list(self.signatures.values()),
            "redacted": [b64encode(data).decode() for data in self.redacted.values()],
            "citations": self.citations,
            "calls": [
                (*call, _arguments(self.arguments[index])) for index, call in self.calls.items()
            ],
            "stop": stop,
            "usage": [(usage or {}).get(name) for name in names],
        }


def _arguments(given: Any) -> Any:
    return json.loads(given or "{}") if isinstance(given, str) else given
