"""Pictures and documents of the bedrock-converse wire.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html and
API_runtime_DocumentBlock.html beside it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64  # says what it means
from collections.abc import Mapping
from dataclasses import dataclass, field

from zot.domain.error import RequestRejected
from zot.domain.message import Document, Image

FORMATS = ("jpeg", "png", "gif", "webp")
_DOCUMENTS: Mapping[str, str] = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/markdown": "md",
    "application/json": "txt",
}
_LONGEST_NAME = 200

Fields = dict[str, object]


def image(part: Image, formats: tuple[str, ...]) -> Fields:
    """Return a picture; the wire takes bytes, or an object of S3, and no other URL."""
    data, kind, url = part.data, part.media_type, part.url
    if url.startswith("data:"):
        head, _, text = url[5:].partition(",")
        kind, url = head.removesuffix(";base64"), ""
        try:
            data = b64decode(text, validate=True)
        except NotBase64:
            raise RequestRejected("the URL of a picture holds data that is no base64") from None
    if url and not url.startswith("s3://"):
        raise RequestRejected(
            "a picture cannot be sent here by its URL", hint="give the file itself"
        )
    suffix = url.rpartition(".")[2].lower() if url else kind.removeprefix("image/")
    name = {"jpg": "jpeg"}.get(suffix, suffix)
    allowed = formats or FORMATS
    if name not in allowed:
        raise RequestRejected(
            f"a picture of the type `{kind or name or 'unknown'}` cannot be sent here",
            hint=f"it has to be one of {', '.join(allowed)}",
        )
    source: Fields = {"s3Location": {"uri": url}} if url else {"bytes": b64encode(data).decode()}
    return {"image": {"format": name, "source": source}}


@dataclass(slots=True)
class Documents:
    """The documents of one conversation: no two may have the same name."""

    _names: set[str] = field(default_factory=set)

    def block(self, part: Document) -> Fields:
        """Return a document; raises `RequestRejected` for a type that the wire has not."""
        kind = part.media_type
        name = _DOCUMENTS.get(kind) or ("txt" if kind.startswith("text/") else "")
        if not name:
            raise RequestRejected(
                f"a document of the type `{kind or 'unknown'}` cannot be sent here",
                hint="PDF, plain text, Markdown, HTML, CSV, Word and Excel can",
            )
        source = {"bytes": b64encode(part.data).decode()}
        return {"document": {"format": name, "name": self._name(part.name), "source": source}}

    def _name(self, wanted: str) -> str:
        """Return a name of letters, digits, single spaces, hyphens and brackets."""
        stem = re.sub(r"\.[a-zA-Z0-9]{1,5}$", "", wanted)
        plain = " ".join(re.sub(r"[^a-zA-Z0-9\s()\[\]-]+", "-", stem).split()) or "document"
        name, number = plain[:_LONGEST_NAME], 1
        while name in self._names:
            number += 1
            ending = f" ({number})"
            name = plain[: _LONGEST_NAME - len(ending)] + ending
        self._names.add(name)
        return name
