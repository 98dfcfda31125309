"""Answers of the google wires: a stream, an array or one document into events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zot.adapters.codecs import _failure
from zot.adapters.codecs._answer import WireAnswer
from zot.adapters.codecs._google_body import OVER, Chunks
from zot.adapters.codecs._google_failure import refused
from zot.adapters.codecs._google_outcome import Outcome
from zot.adapters.codecs._google_parts import Parts
from zot.adapters.codecs._google_plan import AnswerTool
from zot.adapters.codecs._json import parse, shown
from zot.domain.error import StreamBroken, ZotError
from zot.domain.event import StreamEvent
from zot.domain.message import ToolCall
from zot.domain.request import ModelCall

_ABOUT_ALL = ("groundingMetadata", "citationMetadata", "urlContextMetadata")

Raw = Mapping[str, object]


class Answer(WireAnswer):
    """The state of one answer; the calls of `answer_tool` come as text.

    The end is known only when no more bytes come: nothing marks the last chunk, and counts
    may follow the reason to stop.
    """

    def __init__(
        self,
        call: ModelCall,
        content_type: str,
        notices: Sequence[str] = (),
        answer_tool: AnswerTool | None = None,
    ) -> None:
        super().__init__(call, content_type, notices)
        self._body = Chunks(content_type)
        earlier = (part for message in call.request.messages for part in message.parts)
        made = sum(isinstance(part, ToolCall) for part in earlier)
        self._parts = Parts(answer_tool, made)
        self._outcome = Outcome()
        self._extras: dict[str, object] = {}

    def _event(self, name: bytes, data: bytes, out: list[StreamEvent]) -> None:
        if not data or data.startswith(b"[DONE]"):  # the latter of gateways that copy a wire
            if name == OVER[0] and self._outcome.raw_stop is not None:
                self._end(out)
            return
        chunk = parse(data)
        if not isinstance(chunk, dict):
            if _failure.from_document(chunk).message:
                raise self._refused(chunk)
            raise StreamBroken("a chunk of the answer is no object", facts=[shown(data)])
        if name == b"error":
            raise self._refused(chunk)
        self._chunk(chunk, out)

    def _document(self, document: object, out: list[StreamEvent]) -> None:
        if not isinstance(document, dict):
            if _failure.from_document(document).message:
                raise self._refused(document)
            raise StreamBroken("the answer is no object", facts=[str(document)[:500]])
        self._chunk(document, out)
        if not document.get("candidates") and self._outcome.raw_stop is None:
            raise StreamBroken("the answer holds no candidate", facts=[str(document)[:500]])
        self._end(out)

    def _chunk(self, chunk: Raw, out: list[StreamEvent]) -> None:
        if chunk.get("error"):
            raise self._refused(chunk)
        self._begun = True
        if isinstance(usage := chunk.get("usageMetadata"), dict):
            self._outcome.count(usage)
        if isinstance(candidates := chunk.get("candidates"), list):
            for candidate in candidates:
                if candidate.get("index") in {0, None}:
                    self._candidate(candidate, out)
                    break
        elif candidates is not None:
            raise StreamBroken("the candidates of a chunk are no list")
        if isinstance(feedback := chunk.get("promptFeedback"), dict):
            self._outcome.block(feedback)

    def _candidate(self, candidate: Raw, out: list[StreamEvent]) -> None:
        content = candidate.get("content")
        if isinstance(content, dict):
            parts = content.get("parts")
            if isinstance(parts, list):
                self._parts.add(parts, out)
            elif parts is not None:
                raise StreamBroken("the parts of a chunk are no list")
        elif content is not None:
            raise StreamBroken("the content of a chunk is no object")
        self._outcome.read(candidate)
        for name in _ABOUT_ALL:
            if told := candidate.get(name):
                self._extras[name] = told

    def _refused(self, document: object) -> ZotError:
        return refused(self._call, _failure.from_document(document), str(document))

    def _end(self, out: list[StreamEvent]) -> None:
        if self._extras:
            self._parts.cite(self._extras, out)
        out.extend(self._outcome.end(called=self._parts.called))
        self._ended = True
