"""Answers of the openai-chat wire: chunks or one document into events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from zot.adapters.codecs import _failure
from zot.adapters.codecs._blocks import Blocks
from zot.adapters.codecs._body import Body
from zot.adapters.codecs._json import parse, shown, whole
from zot.adapters.codecs._openai_chat_calls import ToolCalls
from zot.adapters.codecs._openai_chat_reasoning import ReasoningDetails, reasoning_fields
from zot.adapters.codecs._openai_chat_stop import ended_badly, refused_inside, stop_reason
from zot.adapters.codecs._openai_chat_usage import buckets, counts_in
from zot.adapters.codecs._think_tags import Piece, ThinkTags
from zot.domain.error import StreamBroken, ZotError
from zot.domain.event import End, Notice, Start, StreamEvent, ThinkingDelta
from zot.domain.failure import Failure, refusal
from zot.domain.reply import collect
from zot.domain.request import ModelCall

_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError)


class Answer:
    """The state of one answer.

    An error is raised at once where nothing came before it in the same bytes, else by the
    next call, so that no event is lost. `notices` are given with the first event.
    """

    def __init__(self, call: ModelCall, content_type: str, notices: Sequence[str] = ()) -> None:
        quirks = call.endpoint.quirks
        self._call = call
        self._content_type = content_type
        self._body = Body(content_type)
        self._notices: list[StreamEvent] = [Notice(text) for text in notices]
        self._fields = reasoning_fields(quirks)
        self._tags = ThinkTags() if quirks.think_tags else None
        self._details = ReasoningDetails()
        self._blocks = Blocks()
        self._calls = ToolCalls(self._blocks.begin)
        self._refusal: list[str] = []
        self._counts: dict[str, object] = {}
        self._raw_stop: str | None = None
        self._ended = False
        self._failed: ZotError | None = None

    def feed(self, data: bytes) -> Sequence[StreamEvent]:
        """Take the next bytes; see `Decoder`."""
        if self._ended:
            return ()
        self._raise_failure()
        out: list[StreamEvent] = []
        try:
            for name, event in self._body.feed(data):
                self._event(name, event, out)
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
            for name, event in self._body.close():
                if self._body.is_document:
                    self._document(parse(event), out)
                else:
                    self._event(name, event, out)
            if not self._ended:
                if self._raw_stop is None and not self._body.is_document:
                    raise self._broken_off()
                self._end(out)
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

    def _broken_off(self) -> StreamBroken:
        if self._blocks.count or self._counts:
            return StreamBroken("the answer broke off before its end")
        return StreamBroken(
            "the answer ended before it began",
            facts=[f"content type: {self._content_type}", shown(self._body.beginning)],
        )

    def _event(self, name: bytes, data: bytes, out: list[StreamEvent]) -> None:
        if self._ended:
            return
        if data == b"[DONE]" or data.strip() == b"[DONE]":
            self._end(out)
        elif data.strip():
            chunk = parse(data)
            if not isinstance(chunk, dict):
                raise StreamBroken("a chunk of the answer is no object", facts=[shown(data)])
            if name == b"error":
                raise refusal(self._call, _failure.from_document(chunk))
            self._chunk(chunk, out)

    def _document(self, document: object, out: list[StreamEvent]) -> None:
        if not isinstance(document, dict):
            if (said := _failure.from_document(document)).message:
                raise refusal(self._call, said)
            raise StreamBroken("the answer is no object", facts=[str(document)[:500]])
        self._chunk(document, out)
        if not document.get("choices"):
            raise StreamBroken("the answer holds no choice", facts=[str(document)[:500]])

    def _chunk(self, chunk: Mapping[str, object], out: list[StreamEvent]) -> None:
        if (failure := refused_inside(chunk)) is not None:
            raise refusal(self._call, failure)
        choices = chunk.get("choices")
        for counts in counts_in(chunk):
            self._counts.update({name: n for name, n in counts.items() if n is not None})
        if isinstance(choices, list):
            for choice in choices:
                if choice.get("index") in {0, None}:
                    self._choice(choice, out)
                    break

    def _choice(self, choice: Mapping[str, object], out: list[StreamEvent]) -> None:
        # some documents hold an empty delta too, some streams a growing message
        names = ("message", "delta") if self._body.is_document else ("delta", "message")
        delta = choice.get(names[0])
        if delta is None:
            delta = choice.get(names[1])
        if isinstance(delta, dict):
            self._delta(delta, out)
        elif delta is not None:
            raise StreamBroken("the delta of a chunk is no object", facts=[str(delta)[:500]])
        if raw := choice.get("finish_reason"):
            self._raw_stop = str(raw)
            if ended_badly(self._raw_stop):
                raise refusal(self._call, Failure(None, f"it ended with `{raw}`", str(raw)))

    def _delta(self, delta: Mapping[str, object], out: list[StreamEvent]) -> None:
        for field in self._fields:
            if value := delta.get(field):
                self._reasoning(field, value, delta, out)
                break
        if content := delta.get("content"):
            if isinstance(content, str):
                self._text(content, out)
            else:
                self._parts(content, out)
        if refused := delta.get("refusal"):
            self._refusal.append(str(refused))
        if calls := delta.get("tool_calls"):
            self._calls.add(calls if isinstance(calls, list) else [calls], out)
        if isinstance(function := delta.get("function_call"), dict):
            self._calls.legacy(function, out)

    def _reasoning(
        self, field: str, value: object, delta: Mapping[str, object], out: list[StreamEvent]
    ) -> None:
        if field != "reasoning_details":
            self._blocks.think(_joined(value), out, {"field": field})
        if isinstance(details := delta.get("reasoning_details"), list):
            text = self._details.add(details)
            if field == "reasoning_details":
                self._blocks.think(text, out, {"field": field})
            if self._blocks.thinking is None:
                self._blocks.begin("thinking")  # for what is encrypted

    def _parts(self, content: object, out: list[StreamEvent]) -> None:
        if isinstance(content, dict):  # an object in place of its JSON text
            self._blocks.text(json.dumps(content, ensure_ascii=False), out)
            return
        if not isinstance(content, list):
            raise StreamBroken("the content of a chunk is no text", facts=[str(content)[:500]])
        for part in content:
            if isinstance(part, str):
                self._text(part, out)
            elif thought := part.get("thinking"):
                self._blocks.think(_joined(thought), out, {"field": "blocks"})
            elif said := part.get("text"):
                self._text(_joined(said), out)
            elif refused := part.get("refusal"):
                self._refusal.append(str(refused))

    def _text(self, text: str, out: list[StreamEvent]) -> None:
        if self._tags is None:
            self._blocks.text(text, out)
        else:
            self._tagged(self._tags.feed(text), out)

    def _tagged(self, pieces: Iterable[Piece], out: list[StreamEvent]) -> None:
        for kind, piece in pieces:
            if kind == "text":
                self._blocks.text(piece, out)
            else:
                self._blocks.think(piece, out, {"field": "tags"})

    def _end(self, out: list[StreamEvent]) -> None:
        state = self._details.state()
        if self._tags is not None:
            self._tagged(self._tags.close(), out)
            if self._tags.gap:
                state["gap"] = self._tags.gap
        if state and self._blocks.thinking is not None:
            out.append(ThinkingDelta("", self._blocks.thinking, state))
        refused = "".join(self._refusal)
        if refused:
            out.append(Notice(f"the model refused: {whole(refused)}"))
        stop = stop_reason(self._raw_stop, calls=bool(self._calls), refused=bool(refused))
        self._calls.end(out, cut_off=stop == "length")
        out.append(End(stop, self._raw_stop, buckets(self._counts)))
        self._ended = True


def _joined(value: object) -> str:
    """Return the text of a part: a string, a list of parts, or a part."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_joined, value))
    return _joined(value.get("text") or "") if isinstance(value, dict) else ""


def _malformed(error: Exception) -> StreamBroken:
    return StreamBroken(
        "the answer is not of the form of this wire", facts=[f"{type(error).__name__}: {error}"]
    )
