"""Answers of the bedrock-converse wire: frames or one document into events.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
"""

from __future__ import annotations

from collections.abc import Sequence

from zot.adapters.codecs import _failure
from zot.adapters.codecs._answer import WireAnswer
from zot.adapters.codecs._anthropic_calls import AnswerBlock, ToolBlock
from zot.adapters.codecs._bedrock_blocks import (
    Block,
    CallBlock,
    OpaqueBlock,
    Out,
    Raw,
    TextBlock,
    ThinkingBlock,
)
from zot.adapters.codecs._bedrock_body import EXCEPTION, OVER, Frames
from zot.adapters.codecs._bedrock_outcome import (
    STOPS,
    refused,
    refused_inside,
    stop_reason,
    usage_of,
)
from zot.adapters.codecs._bedrock_tools import AnswerTool
from zot.adapters.codecs._json import parse, shown
from zot.domain.error import StreamBroken
from zot.domain.event import End
from zot.domain.request import ModelCall
from zot.domain.usage import Usage

_OWN_CALLS = (None, "tool_use")  # a call of any other type is run by the provider


class Answer(WireAnswer):
    """The state of one answer; the calls of `answer_tool` come as text.

    In a stream the reason to stop comes first, and the counts follow it.
    """

    def __init__(
        self,
        call: ModelCall,
        content_type: str,
        notices: Sequence[str] = (),
        answer_tool: AnswerTool | None = None,
    ) -> None:
        super().__init__(call, content_type, notices)
        self._body = Frames(content_type)
        self._answer_tool = answer_tool
        self._open: dict[object, Block] = {}
        self._blocks = 0
        self._called = False
        self._raw_stop: str | None = None
        self._usage: Usage | None = None
        self._unusable: StreamBroken | None = None

    def _event(self, name: bytes, data: bytes, out: Out) -> None:
        if name.startswith(EXCEPTION):
            raise refused_inside(self._call, name[1:].decode(errors="replace"), data)
        if name == OVER[0]:
            self._end(out)
            return
        chunk = parse(data)
        if not isinstance(chunk, dict):
            raise StreamBroken("an event of the answer is no object", facts=[shown(data)])
        self._begun = True
        if name == b"contentBlockDelta":
            self._delta(chunk["contentBlockIndex"], chunk["delta"], out)
        elif name == b"contentBlockStart":
            self._stop(chunk["contentBlockIndex"], out)
            if start := chunk.get("start"):
                self._open[chunk["contentBlockIndex"]] = self._block(start, out)
        elif name == b"contentBlockStop":
            self._stop(chunk["contentBlockIndex"], out)
        elif name == b"messageStop":
            self._finish(chunk, out)
        elif name == b"metadata":
            self._usage = usage_of(chunk.get("usage"))
            self._end(out)
        # `messageStart`, and what may come to be, says nothing

    def _document(self, document: object, out: Out) -> None:
        if not isinstance(document, dict) or not isinstance(document.get("output"), dict):
            failure = _failure.from_document(document)
            if failure.message:
                raise refused(self._call, failure)
            raise StreamBroken("the answer has no content", facts=[str(document)[:500]])
        self._begun = True
        for raw in document["output"]["message"]["content"]:
            self._whole(raw, out)
        self._usage = usage_of(document.get("usage"))
        self._finish(document, out)
        self._end(out)

    def _delta(self, index: object, delta: Raw, out: Out) -> None:
        block = self._open.get(index)
        if block is not None and block.delta(delta, out):
            return
        self._stop(index, out)  # text and thinking have no event that starts them
        block = self._open[index] = self._block(delta, out)
        if not isinstance(block, OpaqueBlock):  # which holds it already
            block.delta(delta, out)

    def _block(self, raw: Raw, out: Out) -> Block:
        """Return the block that a start or a first delta begins."""
        call = raw.get("toolUse")
        if isinstance(call, dict) and call.get("type") in _OWN_CALLS:
            return self._call_block(call, out)
        if "text" in raw or "citation" in raw:
            return TextBlock(self._begin)
        if "reasoningContent" in raw:
            return ThinkingBlock(self._begin)
        return OpaqueBlock(self._begin, raw)

    def _call_block(self, call: Raw, out: Out) -> CallBlock:
        raw = {"id": call.get("toolUseId"), "name": call["name"], "input": call.get("input")}
        tool = self._answer_tool
        if tool is not None and raw["name"] == tool.name:
            return CallBlock(AnswerBlock(self._begin, raw, wrapped=tool.wrapped))
        self._called = True
        return CallBlock(ToolBlock(self._begin, raw, out))

    def _whole(self, raw: Raw, out: Out) -> None:
        """Take one block of a document."""
        cited, thought = raw.get("citationsContent"), raw.get("reasoningContent")
        if isinstance(cited, dict):
            text = TextBlock(self._begin)
            text.whole(cited, out)
            self._stopped(text, out)
            return
        if isinstance(thought, dict):
            raw = {"reasoningContent": thought.get("reasoningText") or thought}
        block = self._block(raw, out)
        if isinstance(block, TextBlock | ThinkingBlock):
            block.delta(raw, out)
        self._stopped(block, out)

    def _begin(self) -> int:
        self._blocks += 1
        return self._blocks - 1

    def _stop(self, index: object, out: Out) -> None:
        block = self._open.pop(index, None)
        if block is not None:
            self._stopped(block, out)

    def _stopped(self, block: Block, out: Out) -> None:
        block.stop(out)
        if isinstance(block, CallBlock) and self._unusable is None:
            self._unusable = block.unusable

    def _finish(self, chunk: Raw, out: Out) -> None:
        """Take the reason to stop; no more content is meant to follow."""
        self._raw_stop = str(chunk["stopReason"])
        self._close_blocks(out)
        if self._usage is not None:
            self._end(out)

    def _close_blocks(self, out: Out) -> None:
        for index in list(self._open):
            self._stop(index, out)
        if (unusable := self._unusable) is not None:
            if STOPS.get(self._raw_stop or "") == "length":
                unusable.hint = (
                    "the answer reached its limit within them: allow more with --max-tokens"
                )
            raise unusable

    def _end(self, out: Out) -> None:
        """End, once the reason to stop is known and no counts can follow."""
        if self._raw_stop is None or self._ended:
            return
        self._close_blocks(out)
        answered = self._answer_tool is not None
        reason = stop_reason(self._raw_stop, called=self._called, answered=answered)
        out.append(End(reason, self._raw_stop, self._usage or Usage()))
        self._ended = True
