"""The format of `auth.enc`: one document, encrypted under a passphrase.

    zot-encrypted 1
    {"cipher":"aes-256-gcm","kdf":"scrypt","logins":{…},"n":131072,"nonce":"…","p":1,"r":8,"salt":"…"}
    <bytes: ciphertext, then the tag of 16 bytes>

The header is one line of canonical JSON (keys sorted, no spaces, ASCII). The key is
scrypt(passphrase in Unicode NFC as UTF-8, salt of 32 bytes, n, r, p), 32 bytes long. The
nonce of 12 bytes is new with every write, the salt with every passphrase. Both lines are
authenticated with the ciphertext, so nothing of them can be changed. `logins` names what
is kept and of what kind, for those who have no passphrase.

Cost: scrypt as OWASP ASVS 5.0 (appendix C) asks; work factors outside `LOWEST` and
`HIGHEST` are refused before any work is done.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from zot.domain.error import StoreBroken, StoreLocked
from zot.domain.secret import Secret

MAGIC = b"zot-encrypted "
VERSION = b"1"
LOWEST = 1 << 17
HIGHEST = 1 << 20
"""Of scrypt's n; with r = 8 it takes 1 KiB of memory for each."""

BLOCK = 8
PARALLEL = 1
SALT = 32
NONCE = 12
TAG = 16
KEY = 32
LONGEST_HEADER = 64 << 10

_CIPHER = "aes-256-gcm"
_KDF = "scrypt"


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in the clear; `n` is the cost."""

    salt: bytes
    nonce: bytes
    n: int = LOWEST
    logins: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> bytes:
        """Return the two lines of a container."""
        fields = {
            "cipher": _CIPHER,
            "kdf": _KDF,
            "logins": dict(self.logins),
            "n": self.n,
            "nonce": _text(self.nonce),
            "p": PARALLEL,
            "r": BLOCK,
            "salt": _text(self.salt),
        }
        return MAGIC + VERSION + b"\n" + _canonical(fields) + b"\n"


def new_header(n: int = LOWEST) -> Header:
    """Return a header with a fresh salt."""
    return Header(os.urandom(SALT), os.urandom(NONCE), n)


def derive(passphrase: Secret, header: Header) -> bytes:
    """Return the key; takes half a second and 128 MiB at the lowest cost.

    Raises `StoreBroken` where `cryptography` is not installed.
    """
    try:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # late  # noqa: PLC0415
    except ImportError:
        raise StoreBroken(
            "the store `encrypted-file` needs the package `cryptography`",
            hint="`pip install zot[encrypted]`",
        ) from None
    text = unicodedata.normalize("NFC", passphrase.reveal()).encode("utf-8", "surrogateescape")
    return Scrypt(salt=header.salt, length=KEY, n=header.n, r=BLOCK, p=PARALLEL).derive(text)


def seal(key: bytes, header: Header, document: bytes) -> bytes:
    """Return a container with a document in it, under a nonce of its own."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # late  # noqa: PLC0415

    header = replace(header, nonce=os.urandom(NONCE))
    lines = header.lines()
    return lines + AESGCM(key).encrypt(header.nonce, document, lines)


def unseal(key: bytes, header: Header, container: bytes, path: Path) -> bytes:
    """Return the document; raises `StoreLocked`, the same for a wrong key and a changed byte."""
    from cryptography.exceptions import InvalidTag  # late  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # late  # noqa: PLC0415

    lines = header.lines()
    try:
        return AESGCM(key).decrypt(header.nonce, container[len(lines) :], lines)
    except InvalidTag:
        raise wont_open(path) from None


def wont_open(path: Path) -> StoreLocked:
    """Return the one error for a wrong passphrase and for a container that was changed."""
    return StoreLocked(
        f"{path} does not open: the passphrase is wrong, or the file was changed",
        hint="try the passphrase again, or put a backup of the file back",
    )


def read_header(container: bytes, path: Path) -> Header:
    """Return the header of a container, before any work is done for it.

    Raises `StoreBroken` for one that zot did not write, or that asks for too much or too
    little work.
    """
    first, newline, rest = container[: LONGEST_HEADER + 64].partition(b"\n")
    if not first.startswith(MAGIC) or not newline:
        raise StoreBroken(f"{path} is no encrypted store of zot")
    if first != MAGIC + VERSION:
        raise StoreBroken(
            f"{path} was written by a newer zot (format {first[len(MAGIC) :][:8]!r})",
            hint="a newer zot is needed; the file is untouched",
        )
    line, newline, _ = rest.partition(b"\n")
    header = _header(line) if newline and len(line) <= LONGEST_HEADER else None
    if header is None or header.lines() != first + b"\n" + line + b"\n":
        raise StoreBroken(f"{path} has a header that zot does not write")
    if not LOWEST <= header.n <= HIGHEST or header.n & (header.n - 1):
        raise StoreBroken(f"{path} asks for a work factor that zot refuses")
    if len(container) < len(header.lines()) + TAG:
        raise StoreBroken(f"{path} ends too early")
    return header


def _header(line: bytes) -> Header | None:
    try:
        fields = json.loads(line)
        logins = fields["logins"]
        header = Header(
            base64.b64decode(fields["salt"], validate=True),
            base64.b64decode(fields["nonce"], validate=True),
            fields["n"],
            {str(name): str(kind) for name, kind in logins.items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
        return None
    sound = len(header.salt) == SALT and len(header.nonce) == NONCE and type(header.n) is int
    return header if sound else None


def _canonical(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
