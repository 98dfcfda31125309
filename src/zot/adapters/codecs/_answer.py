"""What every decoder does: feed, close, and say once what went wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from zot.adapters.codecs._body import Body
from zot.adapters.codecs._json import parse, shown
from zot.adapters.codecs._sse import Event
from zot.domain.error import StreamBroken, ZotError
from zot.domain.event import Notice, Start, StreamEvent
from zot.domain.reply import collect
from zot.domain.request import ModelCall

_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError)


class WireAnswer(ABC):
    """The state of one answer that is a stream of events, or one document in place of it.

    An error is raised at once where nothing came before it in the same bytes, else by the
    next call, so that no event is lost. `notices` come before the first event. A wire says
    what an event and a document mean, and sets `_begun` and `_ended`.
    """

    def __init__(self, call: ModelCall, content_type: str, notices: Sequence[str] = ()) -> None:
        self._call = call
        self._content_type = content_type
        self._body = Body(content_type)
        self._notices: list[StreamEvent] = [Notice(text) for text in notices]
        self._begun = False
        self._ended = False
        self._failed: ZotError | None = None

    @abstractmethod
    def _event(self, name: bytes, data: bytes, out: list[StreamEvent]) -> None:
        """Take one event of the stream."""

    @abstractmethod
    def _document(self, document: object, out: list[StreamEvent]) -> None:
        """Take the whole answer."""

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

    def _events(self, events: Sequence[Event], out: list[StreamEvent]) -> None:
        for name, data in events:
            if self._ended:
                return
            self._event(name, data, out)

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


def _malformed(error: Exception) -> StreamBroken:
    return StreamBroken(
        "the answer is not of the form of this wire", facts=[f"{type(error).__name__}: {error}"]
    )
