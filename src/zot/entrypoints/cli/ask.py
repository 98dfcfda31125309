"""One question, answered."""

from __future__ import annotations

import json
import os
import sys
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zot.app.settings import settings_from
from zot.domain.error import UsageError
from zot.domain.message import Document, Image, Message, Tool, image_type
from zot.domain.secret import Secret
from zot.entrypoints.api import AsyncZot
from zot.entrypoints.cli.passphrase import passphrase
from zot.entrypoints.cli.render import renderer
from zot.entrypoints.cli.screen import Screen
from zot.entrypoints.options import Options

LARGEST_INPUT = 32 << 20


@dataclass(frozen=True, slots=True)
class Question:
    """What the options of the command line say, before anything is read."""

    words: tuple[str, ...] = ()
    provider: str | None = None
    model: str | None = None
    api_key: str | None = None
    base_url: str | None = None
    system: str | None = None
    attach: tuple[str, ...] = ()
    reasoning: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    schema: str | None = None
    tools: str | None = None
    as_json: bool = False
    dry_run: bool = False
    timeout: float = 600.0
    retries: int = 2
    insecure_http: bool = False


def zot_for(question: Question, screen: Screen) -> AsyncZot:
    """Return zot as the options want it."""
    settings = replace(
        settings_from(os.environ, sys.platform),
        api_key=_key(question, screen),
        key_name="--api-key",
        base_url=question.base_url,
        insecure_http=question.insecure_http,
        retries=question.retries,
        timeout=question.timeout,
        variables=os.environ,
        passphrase=passphrase,
        one_run=True,
        progress=screen.progress,
    )
    return AsyncZot.of(settings, screen.notice)


def _key(question: Question, screen: Screen) -> Secret | None:
    if question.api_key is None:
        return None
    if question.api_key != "-":
        screen.notice("--api-key KEY shows in the process list; `--api-key -` reads it from input")
        return Secret(question.api_key)
    key = (
        "" if sys.stdin is None else sys.stdin.buffer.readline().decode("utf-8", "replace").strip()
    )
    if not key:
        raise UsageError("--api-key - found no key on standard input")
    return Secret(key)


async def ask(question: Question, screen: Screen) -> None:
    """Answer a question on standard output; raises `ZotError`."""
    async with zot_for(question, screen) as zot:
        prompt = Message.user(*_content(question))
        options = options_from(question)
        if question.dry_run:
            request = await zot.prepare(prompt, **options)
            screen.out(_shown(request.method, request.url, request.headers, request.body))
            return
        show = renderer(screen, as_json=question.as_json)
        async with aclosing(zot.stream(prompt, **options)) as events:
            async for event in events:
                show(event)


def _content(question: Question) -> list[str | Image | Document]:
    text = " ".join(question.words)
    piped = _piped(question)
    whole = "\n\n".join(part for part in (text, piped) if part.strip())
    if not whole and not question.attach:
        raise UsageError(
            "there is nothing to ask",
            hint='zot "a question", or pipe text in; on a terminal, `zot` alone opens a chat',
        )
    attached = [_attached(Path(name)) for name in question.attach]
    return [*attached, whole] if whole else [*attached]


def _piped(question: Question) -> str:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return ""
    if question.words and not _has_input():
        return ""
    data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if len(data) > LARGEST_INPUT:
        raise UsageError("standard input is larger than 32 MiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"standard input is no UTF-8 text (byte {error.start} is 0x{data[error.start]:02x})",
            hint="send a picture or a PDF with --attach PATH",
        ) from None
    if "\0" in text:
        raise UsageError(
            "standard input holds binary data", hint="send a picture or a PDF with --attach PATH"
        )
    return text.rstrip("\n")


def _has_input() -> bool:
    """Tell whether standard input is a file or a pipe, not a device such as /dev/null."""
    import stat

    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return True
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _attached(path: Path) -> Image | Document | str:
    try:
        if path.stat().st_size > LARGEST_INPUT:
            raise UsageError(f"{path} is larger than 32 MiB")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if media_type := image_type(data):
        return Image(data, media_type)
    if data.startswith(b"%PDF-"):
        return Document(data, "application/pdf", path.name)
    try:
        return f"{path.name}:\n{data.decode('utf-8')}"
    except UnicodeDecodeError:
        raise UsageError(f"{path} is neither text nor a PNG, JPEG, GIF, WebP or PDF file") from None


def options_from(question: Question) -> Options:
    """Return the keywords that the options make."""
    options: Options = {
        "model": question.model,
        "provider": question.provider,
        "system": question.system,
        "reasoning": question.reasoning,  # type: ignore[typeddict-item]  # checked against EFFORTS
        "max_tokens": question.max_tokens,
        "temperature": question.temperature,
    }
    if question.schema is not None:
        options["schema"] = _object(question.schema, "--schema")
    if question.tools is not None:
        options["tools"] = _tools(question.tools)
    return options


def _json(source: str, option: str) -> Any:
    """Read JSON from the option itself, or from the file it names."""
    text, name = source, option
    if not source.lstrip().startswith(("{", "[")):
        name = source
        try:
            text = Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{option}: cannot read {source}: {error}") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{name}:{error.lineno}:{error.colno}: {error.msg.lower()}") from None
    except RecursionError:
        raise UsageError(f"{name}: nested too deeply") from None


def _object(source: str, option: str) -> dict[str, object]:
    value = _json(source, option)
    if not isinstance(value, dict):
        raise UsageError(f"{option} has to be a JSON object")
    return value


def _tools(source: str) -> list[Tool]:
    """Read tools: a list of `{name, description, parameters}`, also inside `function`."""
    value = _json(source, "--tools")
    tools = []
    for entry in value if isinstance(value, list) else [value]:
        tool = entry.get("function", entry) if isinstance(entry, dict) else {}
        name = tool.get("name")
        parameters = tool.get("parameters", tool.get("input_schema", {"type": "object"}))
        if not isinstance(name, str) or not isinstance(parameters, dict):
            raise UsageError(
                "--tools: each tool needs a name and an object of parameters",
                hint='[{"name": "weather", "description": "…", "parameters": {"type": "object"}}]',
            )
        tools.append(Tool(name, str(tool.get("description", "")), parameters))
    return tools


def _shown(method: str, url: str, headers: object, body: bytes) -> str:
    """Return a request as text that a person can read and a program can parse."""
    lines = [f"{method} {url}"]
    lines += [f"{name}: {value}" for name, value in dict(headers).items()]  # type: ignore[call-overload]
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        text = body.decode("utf-8", "replace")
    return "\n".join([*lines, "", text, ""])
