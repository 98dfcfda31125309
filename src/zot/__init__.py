"""One command line, one Python API and one credential policy for every LLM provider."""

TYPE_CHECKING = False  # type checkers know the name; importing `typing` would double `--version`
if TYPE_CHECKING:
    from zot.domain.error import ZotError
    from zot.domain.message import Document, Image, Message, Tool
    from zot.domain.reply import Reply
    from zot.entrypoints.api import AsyncZot
    from zot.entrypoints.blocking import Zot

__version__ = "0.1.0"

__all__ = ["AsyncZot", "Document", "Image", "Message", "Reply", "Tool", "Zot", "ZotError"]

_HOME = {
    "AsyncZot": "zot.entrypoints.api",
    "Document": "zot.domain.message",
    "Image": "zot.domain.message",
    "Message": "zot.domain.message",
    "Reply": "zot.domain.reply",
    "Tool": "zot.domain.message",
    "Zot": "zot.entrypoints.blocking",
    "ZotError": "zot.domain.error",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `import zot` itself loads nothing."""
    if (home := _HOME.get(name)) is None:
        raise AttributeError(f"module 'zot' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
