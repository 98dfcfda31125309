"""Answers of the anthropic-messages wire: a stream or one document into events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from zot.adapters.codecs import _failure
from zot.adapters.codecs._anthropic_blocks import (
    Block,
    OpaqueBlock,
    RedactedBlock,
    TextBlock,
    ThinkingBlock,
)
from zot.adapters.codecs._anthropic_calls import AnswerBlock, ToolBlock
from zot.adapters.codecs._anthropic_outcome import Outcome
from zot.adapters.codecs._anthropic_plan import AnswerTool
from zot.adapters.codecs._body import Body
from zot.adapters.codecs._json import parse, shown
from zot.adapters.codecs._sse import Event
from zot.domain.error import StreamBroken, ZotError
from zot.domain.event import Notice, Start, StreamEvent
from zot.domain.failure import refusal
from zot.domain.reply import collect
from zot.domain.request import ModelCall

_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError)
_DELTAS = {
    "text_delta": {"type": "text"},
    "thinking_delta": {"type": "thinking"},
    "signature_delta": {"type": "thinking"},
}
_STATUSES = {
    # https://platform.claude.com/docs/en/api/errors, for those that come after status 200
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class Answer:
    """The state of one answer.

    An error is raised at once where nothing came before it in the same bytes, else by the
    next call, so that no event is lost. `notices` come before the first event; the calls of
    `answer_tool` come as text.
    """

    def __init__(
        self,
        call: ModelCall,
        content_type: str,
        notices: Sequence[str] = (),
        answer_tool: AnswerTool | None = None,
    ) -> None:
        self._call = call
        self._content_type = content_type
        self._body = Body(content_type)
        self._notices: list[StreamEvent] = [Notice(text) for text in notices]
        self._answer_tool = answer_tool
        self._open: dict[object, Block] = {}
        self._blocks = 0
        self._called = False
        self._unusable: StreamBroken | None = None
        self._outcome = Outcome()
        self._begun = False
        self._ended = False
        self._failed: ZotError | None = None

    def feed(self, data: bytes) -> Sequence[StreamEvent]:
        """Take the next bytes; see `Decoder`."""
        if self._ended:
            return ()
        self._raise_failure()
        out: list[StreamEvent] = []
        try:
            self._events(self._body.feed(data), out)
        except _MALFORMED as error:
            return self._break(_malformed(error), out)
        except ZotError as error:
            return self._break(error, out)
        return self._given(out)

    def close(self) -> Sequence[StreamEvent]:
        """Say that no more bytes come; see `Decoder`."""
        if self._ended:
            return ()
        self._raise_failure()
        out: list[StreamEvent] = []
        try:
            events = self._body.close()
            if self._body.is_document:
                self._document(parse(events[0][1]), out)
            else:
                self._events(events, out)
                self._check_end()
        except _MALFORMED as error:
            raise self._with_partial(_malformed(error), out) from error
        except ZotError as error:
            raise self._with_partial(error, out) from None
        return self._given(out)

    def _given(self, out: list[StreamEvent]) -> list[StreamEvent]:
        if out and self._notices:
            out[:0] = self._notices
            self._notices.clear()
        return out

    def _with_partial(self, error: ZotError, out: list[StreamEvent]) -> ZotError:
        """Keep what a document held before its fault; a stream has given its events already."""
        if self._body.is_document and out:
            call = self._call
            start = Start(call.profile.id, call.model.id, None, call.place, call.wire)
            error.partial = collect([start, *out])
        return error

    def _raise_failure(self) -> None:
        if self._failed is not None:
            raise self._failed

    def _break(self, error: ZotError, out: list[StreamEvent]) -> Sequence[StreamEvent]:
        self._failed = error
        if not out:
            raise error
        return self._given(out)

    def _check_end(self) -> None:
        if self._ended:
            return
        if self._begun:
            raise StreamBroken("the answer broke off before its end")
        raise StreamBroken(
            "the answer ended before it began",
            facts=[f"content type: {self._content_type}", shown(self._body.beginning)],
        )

    def _events(self, events: Iterable[Event], out: list[StreamEvent]) -> None:
        for name, data in events:
            if self._ended:
                return
            self._event(name, data, out)

    def _event(self, name: bytes, data: bytes, out: list[StreamEvent]) -> None:
        if data.startswith(b"[DONE]"):  # of gateways that copy another wire
            if self._outcome.raw_stop is not None:
                self._end(out)
            return
        chunk = parse(data)
        if not isinstance(chunk, dict):
            raise StreamBroken("an event of the answer is no object", facts=[shown(data)])
        kind = chunk.get("type") or name.decode(errors="replace")
        if kind == "content_block_delta":
            delta = chunk["delta"]
            kind = delta["type"]
            block = self._open.get(chunk["index"])
            if block is None:
                block = self._start(chunk["index"], _DELTAS[kind], out)
            block.delta(kind, delta, out)
        elif kind == "content_block_start":
            self._start(chunk["index"], chunk["content_block"], out)
        elif kind == "content_block_stop":
            self._stop(chunk["index"], out)
        elif kind == "message_start":
            self._message(chunk["message"], out)
        elif kind == "message_delta":
            self._outcome.read(chunk["delta"])
            self._outcome.count(chunk.get("usage"))
        elif kind == "message_stop":
            self._end(out)
        elif kind == "error" or (name == b"error" and "error" in chunk):
            raise self._refused(chunk)
        # `ping`, and what may come to be, says nothing

    def _document(self, document: object, out: list[StreamEvent]) -> None:
        if not isinstance(document, dict) or document.get("type") == "error":
            raise self._refused(document)
        if not isinstance(document.get("content"), list):
            if document.get("error"):
                raise self._refused(document)
            raise StreamBroken("the answer has no content", facts=[str(document)[:500]])
        self._message(document, out)
        self._outcome.read(document)
        self._end(out)

    def _refused(self, document: object) -> ZotError:
        failure = _failure.from_document(document)
        if failure.status is None:
            failure = replace(failure, status=_STATUSES.get(failure.kind))
        return refusal(self._call, failure)

    def _message(self, message: Mapping[str, object], out: list[StreamEvent]) -> None:
        self._begun = True
        self._outcome.count(message.get("usage"))
        content = message.get("content")
        for raw in content if isinstance(content, list) else ():
            whole_block = object()  # has no index, and nothing follows
            self._start(whole_block, raw, out)
            self._stop(whole_block, out)

    def _start(self, index: object, raw: Mapping[str, object], out: list[StreamEvent]) -> Block:
        self._begun = True
        self._stop(index, out)
        block = self._open[index] = self._block(raw, out)
        return block

    def _block(self, raw: Mapping[str, object], out: list[StreamEvent]) -> Block:
        kind = raw["type"]
        if kind == "text":
            return TextBlock(self._begin, raw, out)
        if kind == "thinking":
            return ThinkingBlock(self._begin, raw, out)
        if kind == "redacted_thinking":
            return RedactedBlock(self._begin, raw, out)
        if kind != "tool_use":
            return OpaqueBlock(self._begin, raw)
        tool = self._answer_tool
        if tool is not None and raw.get("name") == tool.name:
            return AnswerBlock(self._begin, raw, wrapped=tool.wrapped)
        self._called = True
        return ToolBlock(self._begin, raw, out)

    def _begin(self) -> int:
        self._blocks += 1
        return self._blocks - 1

    def _stop(self, index: object, out: list[StreamEvent]) -> None:
        block = self._open.pop(index, None)
        if block is not None:
            block.stop(out)
            if isinstance(block, ToolBlock) and self._unusable is None:
                self._unusable = block.unusable

    def _end(self, out: list[StreamEvent]) -> None:
        for index in list(self._open):
            self._stop(index, out)
        if self._unusable is not None:
            raise self._outcome.explain(self._unusable)
        out.extend(self._outcome.end(called=self._called, answered=self._answer_tool is not None))
        self._ended = True


def _malformed(error: Exception) -> StreamBroken:
    return StreamBroken(
        "the answer is not of the form of this wire", facts=[f"{type(error).__name__}: {error}"]
    )
