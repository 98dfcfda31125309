"""What may stand in a field of models.json; each rule raises `Wrong`, without echoing secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from zot.adapters.catalogs._syntax import code_points, shown
from zot.domain.endpoint import check_destination
from zot.domain.error import InsecureDestination, UsageError
from zot.domain.provider import CustomKey
from zot.domain.secret import Secret

PROVIDER_ID = r"[a-z0-9][a-z0-9._-]{0,63}"
MODEL_ID = r"[!-~]{1,256}"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]{0,127}"
HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}"

APIS: Mapping[str, str] = {
    "openai": "openai-chat",
    "openai-chat": "openai-chat",
    "openai-completions": "openai-chat",
    "chat": "openai-chat",
    "mistral-conversations": "openai-chat",
    "openai-responses": "openai-responses",
    "responses": "openai-responses",
    "azure-openai-responses": "openai-responses",
    "openai-codex-responses": "openai-codex-responses",
    "anthropic": "anthropic-messages",
    "anthropic-messages": "anthropic-messages",
    "messages": "anthropic-messages",
    "google-generative": "google-generative",
    "google-generative-ai": "google-generative",
    "google-vertex": "google-vertex",
    "bedrock-converse": "bedrock-converse",
    "bedrock-converse-stream": "bedrock-converse",
}
"""Every name that people give a wire, and ours."""

ALIASES: Mapping[str, str] = {
    "anthropic-messages": "anthropic",
    "moonshot-ai": "moonshotai",
    "deepseek-chat": "deepseek",
    "deepseek-ai": "deepseek",
}
"""Names of built-in providers in the files of other programs, beside the catalog's own."""

NEVER_SENT = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "host",
        "connection",
        "proxy-connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
        "content-length",
        "content-encoding",
        "content-type",
        "accept-encoding",
    }
)
"""Headers that the credential policy or the transport decides (RFC 9110 7.6.1 and zot)."""

_LONGEST_URL = 2048
_LONGEST_VALUE = 8192
_MOST_HEADERS = 64
_MAY_HOLD_A_KEY = re.compile(r"[A-Za-z0-9_-]{20,}|\bsk-|bearer|password", re.IGNORECASE)
_LOOKS_LIKE_A_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_(KEY|TOKEN|SECRET)")


class Wrong(ValueError):
    """A value breaks a rule; `problem` reads on from the name of its field.

    `member` is the name of the member that is wrong, in a value that is an object.
    """

    def __init__(self, problem: str, hint: str = "", member: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.member = member


def did_you_mean(name: str, known: list[str]) -> str:
    """Return a hint that names what is like a name, or an empty text."""
    low = {known_name.lower(): known_name for known_name in reversed(known)}
    near = get_close_matches(name[:64].lower(), low, n=1, cutoff=0.6)
    return f"did you mean `{low[near[0]]}`?" if near else ""


def provider_id(name: str) -> str:
    """Check the id of a provider."""
    if re.fullmatch(PROVIDER_ID, name):
        return name
    if odd := code_points(name):
        raise Wrong(f"holds {odd}", "an id has plain small letters, digits, `.`, `_` and `-`")
    if name != name.lower() and re.fullmatch(PROVIDER_ID, name.lower()):
        raise Wrong("has capital letters", f"did you mean `{name.lower()}`?")
    raise Wrong(
        "is not allowed", "small letters, digits, `.`, `_` and `-`, at most 64, no mark first"
    )


def model_id(name: str) -> str:
    """Check the id of a model; what a URL or a body can carry without a doubt."""
    if re.fullmatch(MODEL_ID, name):
        return name
    if odd := code_points(name):
        raise Wrong(f"holds {odd}", "an id has plain printable letters and no white space")
    raise Wrong("is empty" if not name else "is longer than 256 characters")


def sent_id(name: str) -> str:
    """Check the id that is really sent; empty means the model's own."""
    return model_id(name) if name else ""


def label(text: str) -> str:
    """Check a name that is only shown."""
    if len(text) > 256 or not text.isprintable():
        raise Wrong("has to be one line of at most 256 printable characters")
    return text


def api(name: str) -> str:
    """Return the wire that a name means; empty means the default."""
    if not name or name in APIS:
        return APIS.get(name, "")
    hint = did_you_mean(name, list(APIS)) or f"one of {', '.join(APIS)}"
    raise Wrong(f"names no wire that zot knows: `{shown(name)}`", hint)


def base_url(url: str) -> str:
    """Check a base URL; empty means the default. Plain http goes to this machine only."""
    if not url:
        return ""
    if len(url) > _LONGEST_URL or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        odd = code_points(url) or "a character that no URL has, or too many of them"
        raise Wrong(f"holds {odd}", "write it as https://host/v1")
    try:
        check_destination(url)
        host = urlsplit(url).hostname or ""
    except InsecureDestination:
        raise Wrong(
            "goes over plain http to another machine",
            "use https://, or --base-url with --insecure-http for one call",
        ) from None
    except UsageError as error:
        raise Wrong(f"is refused: {error.message}", error.hint) from None
    if "%" in host:
        raise Wrong("has a host that no name server knows", "write it as https://host/v1")
    return url.rstrip("/")


def headers(given: dict[str, str]) -> dict[str, str]:
    """Check the names and the values of headers."""
    if len(given) > _MOST_HEADERS:
        raise Wrong(f"holds more than {_MOST_HEADERS} headers")
    seen: set[str] = set()
    for name, value in given.items():
        if not re.fullmatch(HEADER_NAME, name):
            raise Wrong(f"has `{shown(name)}`, which is no name of a header", member=name)
        if name.lower() in NEVER_SENT:
            key = name.lower().endswith("authorization")
            hint = "the key belongs in `apiKey`" if key else "leave it out"
            raise Wrong(f"sets `{name}`, which is not yours to set", hint, name)
        if name.lower() in seen:
            raise Wrong(f"sets `{name}` twice", "capital letters make no difference", name)
        seen.add(name.lower())
        if len(value) > _LONGEST_VALUE or not re.fullmatch(r"[ -~]*", value):
            raise Wrong(f"has a value of `{name}` that no header can carry", member=name)
        if value.startswith(("$", "!")):
            raise Wrong(
                f"has a value of `{name}` that would be sent as it stands",
                "headers know no variables and no commands; a key belongs in `apiKey`",
                name,
            )
    return given


def api_key(given: Any) -> CustomKey:
    """Return where a key is found: a variable, a command, or the text itself."""
    match given:
        case str():
            return _key_text(given)
        case {"env": str(name), **others} if not others:
            if not re.fullmatch(VARIABLE, name):
                raise Wrong("names no environment variable", 'as in {"env": "MY_KEY"}')
            return CustomKey(env=name)
        case {"command": [*words], **others} if not others:
            return CustomKey(command=_command(words))
        case {"command": str(line), **others} if not others:
            raise Wrong("has a command that is no list", f"write {_as_list(line)}")
        case {"env": _, "command": _}:
            raise Wrong("names a variable and a command", "keep one of them")
        case dict():
            near = "".join(did_you_mean(name, ["env", "command"]) for name in list(given)[:1])
            raise Wrong("is neither a variable nor a command", near or _FORMS)
        case _:
            raise Wrong("has to be text or an object", _FORMS)


_FORMS = '{"env": "NAME"}, {"command": ["program", "argument"]} or the key itself'


def _key_text(text: str) -> CustomKey:
    """Read the small language of a sibling program, but for its shell."""
    text = text.strip()
    if text.startswith("!"):
        raise Wrong("has a command for a shell, and zot uses none", f"write {_as_list(text[1:])}")
    if named := re.fullmatch(rf"\$(?:({VARIABLE})|\{{({VARIABLE})\}})", text):
        return CustomKey(env=named[1] or named[2])
    if text.startswith(("$$", "$!")):
        text = text[1:]
    elif text.startswith("$"):
        raise Wrong("begins with `$` and names no variable", 'as in {"env": "NAME"}')
    if _LOOKS_LIKE_A_VARIABLE.fullmatch(text):
        raise Wrong("looks like the name of a variable", 'write {"env": "NAME"}')
    if not re.fullmatch(r"[!-~]+", text):
        raise Wrong("is empty" if not text else "holds a character that no header can carry", "")
    return CustomKey(literal=Secret(text))


def _command(words: list[Any]) -> tuple[str, ...]:
    if not words or not all(isinstance(word, str) and "\0" not in word for word in words):
        raise Wrong("has a command that is no list of texts", 'as in ["op", "read", "op://…"]')
    if not words[0]:
        raise Wrong("has a command without a program", 'as in ["op", "read", "op://…"]')
    return tuple(words)


def _as_list(line: str) -> str:
    """Return a command line as the argument list that zot takes, where that is certain."""
    import shlex  # noqa: PLC0415 (only an error pays for it)

    try:
        words = shlex.split(line[:512])
    except ValueError:
        words = []
    if not words or re.search(r"[|&;<>$`*?]", line) or _MAY_HOLD_A_KEY.search(line):
        return '{"command": ["program", "argument"]}'
    listed = ", ".join(f'"{shown(word)}"' for word in words[:8])
    return f'{{"command": [{listed}]}}'
