"""What a provider says when it refuses, in every shape seen: one reader for all wires."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from zot.domain.failure import Failure

LONGEST_MESSAGE = 600
REQUEST_IDS = (
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "apim-request-id",
    "x-goog-request-id",
    "x-generation-id",
    "cf-ray",
)
_DEEPEST = 6
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")


def from_response(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """Read an answer whose status says that the request failed."""
    names = {name.lower(): value for name, value in headers.items()}
    said = from_body(body)
    return Failure(
        status=status,
        message=said.message,
        code=said.code,
        kind=said.kind or names.get("x-amzn-errortype", "").split(":")[0],
        request_id=request_id(names) or said.request_id,
        retry_after=_first(retry_after(names), said.retry_after),
        retryable=_should_retry(names),
    )


def from_body(body: bytes) -> Failure:
    """Read the body of a refusal: JSON in any known shape, or a page for people."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        title = _TITLE.search(body)
        text = title[1] if title else b"" if body.lstrip()[:1] == b"<" else body
        return Failure(None, _short(text[: 4 * LONGEST_MESSAGE].decode(errors="replace")))
    return from_document(document)


def from_document(document: object) -> Failure:
    """Read an error object; its own HTTP status is kept where it names one."""
    said = _Said()
    said.read(document)
    return Failure(
        status=said.status,
        message=_short(": ".join(dict.fromkeys(said.messages))),
        code=said.code,
        kind=said.kind,
        request_id=said.request_id,
        retry_after=said.retry_after,
    )


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the id by which the provider can find the request; names are in lower case."""
    return next((headers[name] for name in REQUEST_IDS if headers.get(name)), None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait that the headers ask for; names are in lower case.

    `retry-after-ms` first, then `retry-after` in seconds or as a date, which is read
    against the `date` of the same answer.
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after", "").strip()
    if not asked or (seconds := _number(asked)) is not None:
        return seconds if asked else None
    if (until := _moment(asked)) is None:
        return None
    now = _moment(headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


@dataclass(slots=True)
class _Said:
    """What has been read so far; the first word on each point counts."""

    messages: list[str] = field(default_factory=list)
    status: int | None = None
    code: str = ""
    kind: str = ""
    request_id: str | None = None
    retry_after: float | None = None

    def read(self, value: object, depth: int = 0) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(value, str):
            self._text(value, depth)
        elif isinstance(value, list):
            for item in value[:3]:
                self.read(item, depth + 1)
        elif isinstance(value, dict):
            self._object(value, depth)

    def _text(self, text: str, depth: int) -> None:
        if text.lstrip()[:1] in {"{", "["}:
            try:
                inner = json.loads(text)
            except (ValueError, RecursionError):
                pass
            else:
                self.read(inner, depth + 1)
                return
        if text.strip():
            self.messages.append(text.strip())

    def _object(self, value: Mapping[str, object], depth: int) -> None:
        self.code = self.code or _word(value.get("code")) or _word(value.get("error_code"))
        self.kind = self.kind or _kind(value)
        self._numbers(value)
        if self.request_id is None and (found := value.get("request_id")):
            self.request_id = str(found)
        for name in ("message", "Message", "msg", "status_msg", "error_description"):
            self.read(value.get(name), depth + 1)
        for name in ("error", "errors", "detail", "details", "metadata", "innererror", "base_resp"):
            inner = value.get(name)
            if name == "metadata" and isinstance(inner, dict):
                inner = inner.get("raw")
            self.read(inner, depth + 1)

    def _numbers(self, value: Mapping[str, object]) -> None:
        for name in ("status", "status_code", "code", "error_code"):
            found = value.get(name)
            if self.status is None and isinstance(found, int) and 400 <= found < 600:
                self.status = found
        delay = value.get("retryDelay")  # google.rpc.RetryInfo, such as "12s"
        if isinstance(delay, str) and (seconds := _SECONDS.fullmatch(delay)):
            self.retry_after = float(seconds[1])


def _kind(value: Mapping[str, object]) -> str:
    for name in ("type", "status", "__type"):
        found = value.get(name)
        if isinstance(found, str) and found != "error" and "/" not in found:
            return found
    return ""


def _word(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def _should_retry(headers: Mapping[str, str]) -> bool | None:
    """https://github.com/anthropics/anthropic-sdk-python and openai-python obey this header."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").lower())


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
