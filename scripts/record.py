"""Record one exchange with a live server as a fixture folder of the contract tests.

    python scripts/record.py --base-url URL --key KEY --case NAME --call call.json

writes `tests/contract/fixtures/<wire>/<case>/`. The request is kept as it is before any
credential is put on it, and with the address of `call.json`, not the one it was sent to; the
answer is kept byte for byte. Nothing is written when something in it looks like a key or a
mail address.
"""

from __future__ import annotations

import argparse
import asyncio  # noqa: TID253 (this program always needs it)
import json
import re
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx  # noqa: TID253 (this program always needs it)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.contract.cases import FIXTURES, Case, as_json, call_from, codec_of
from zot.adapters.authorizers.header import authorizer
from zot.domain.credential import ApiKey, Keyless
from zot.domain.request import ModelCall, WireRequest
from zot.domain.secret import Secret

TIMEOUT = 300.0
"""Seconds without a byte after which the server is given up."""
LOOKS_SECRET = {
    "an API key": r"\b(?:sk|pk|rk|gsk|xai|csk|fw|hf|nvapi|tgp|r8)[-_][A-Za-z0-9_-]{16,}",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{30,}",
    "an AWS key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\bgh[opsu]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}",
    "a bearer token": r"(?i)\bbearer\s+[a-z0-9._~+/-]{16,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an organisation": r"\borg-[A-Za-z0-9]{16,}",
    "a mail address": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}",
}


@dataclass(frozen=True)
class Answered:
    """What came back; `body` is raw."""

    status: int
    content_type: str
    body: bytes


def main() -> None:
    """Record the exchange that the arguments describe."""
    arguments = _arguments()
    data = json.loads(arguments.call.read_text("utf-8"))
    call = call_from(arguments.wire, data)
    key = sys.stdin.readline().strip() if arguments.key == "-" else arguments.key
    request = codec_of(call.wire).encode(call)
    answer = send(replace(call, base_url=arguments.base_url), key)
    shown = as_shown(request)
    for text in (json.dumps([data, shown], ensure_ascii=False), answer.body.decode("latin-1")):
        if found := secrets_in(text, key):
            sys.exit(f"nothing is written: there is {' and '.join(found)} in the exchange")
    meta: dict[str, Any] = {"content_type": answer.content_type, "source": arguments.source}
    if answer.status != 200:
        meta["status"] = answer.status
    folder = arguments.into / call.wire / arguments.case
    if folder.exists():
        sys.exit(f"nothing is written: {folder} is there already")
    try:
        write(folder, data, shown, meta, answer.body)
        events = as_json(Case(call.wire, folder).decode([answer.body]))
        _put(folder / "events.json", events)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    print(f"{folder}: status {answer.status}, {len(answer.body)} bytes, {len(events)} events")


def send(call: ModelCall, key: str) -> Answered:
    """Send a call with its credential and return the answer, whatever its status."""
    credential = ApiKey(Secret(key)) if key else Keyless()
    call = replace(call, credential=credential)
    plain = codec_of(call.wire).encode(call)
    request = asyncio.run(authorizer(call.endpoint.auth).authorize(plain, call))
    headers = {"accept-encoding": "identity", **request.headers}
    with (
        httpx.Client(timeout=TIMEOUT) as client,
        client.stream(
            request.method, request.url, headers=headers, content=request.body
        ) as response,
    ):
        body = b"".join(response.iter_raw())
    return Answered(response.status_code, response.headers.get("content-type", ""), body)


def as_shown(request: WireRequest) -> dict[str, Any]:
    """Return a request as `request.json` has it."""
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": json.loads(request.body),
    }


def secrets_in(text: str, key: str) -> list[str]:
    """Name what looks like a secret in a text; `key` is the one that was used."""
    found = [name for name, pattern in LOOKS_SECRET.items() if re.search(pattern, text)]
    if key and key in text:
        found.insert(0, "the very key that was used")
    return found


def write(
    folder: Path, call: dict[str, Any], request: dict[str, Any], meta: dict[str, Any], body: bytes
) -> None:
    """Write everything but the events."""
    folder.mkdir(parents=True)
    _put(folder / "call.json", call)
    _put(folder / "request.json", request)
    _put(folder / "meta.json", meta)
    (folder / "response.bin").write_bytes(body)


def _put(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8", newline="\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base-url", required=True, help="where the live server is")
    parser.add_argument("--key", default="", help="its key; - reads one line of standard input")
    parser.add_argument("--case", required=True, type=_name, help="name of the new folder")
    parser.add_argument("--call", required=True, type=Path, help="the call.json to make")
    parser.add_argument("--wire", default="openai-chat", help="the wire to speak")
    parser.add_argument("--into", type=Path, default=FIXTURES, help="where the folders are")
    parser.add_argument("--source", default="recorded", help="who answered, for meta.json")
    return parser.parse_args()


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise argparse.ArgumentTypeError("lower-case words joined by hyphens, please")
    return text


if __name__ == "__main__":
    main()
