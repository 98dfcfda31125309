"""From arguments to an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import takewhile

import click

from zot.domain.error import UsageError, ZotError
from zot.entrypoints.cli.report import interrupted, report, unexpected
from zot.entrypoints.cli.screen import Screen, close_broken_pipe, screen_from


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; all output is flushed."""
    flags = [word for word in takewhile(lambda word: word != "--", arguments) if word[:1] == "-"]
    screen = screen_from(
        os.environ,
        no_color="--no-color" in flags,
        quiet="-q" in flags or "--quiet" in flags,
        verbose=2 if "-vv" in flags else int("-v" in flags or "--verbose" in flags),
    )
    try:
        return _run(list(arguments), screen, as_json="--json" in flags)
    except BrokenPipeError:
        close_broken_pipe()
        return 0


def _run(arguments: list[str], screen: Screen, *, as_json: bool) -> int:
    if _asks_for_help(arguments):
        _prettify_help()
    try:
        from zot.entrypoints.cli.app import zot

        status = zot.main(arguments, prog_name="zot", standalone_mode=False, obj=screen)
    except ZotError as error:
        return report(error, screen, as_json=as_json)
    except click.ClickException as error:
        return report(UsageError(_lowered(error.format_message())), screen, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return interrupted()
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 (the last stop: a traceback could show a secret)
        return unexpected(error, screen, verbose=screen.verbose > 1)
    sys.stdout.flush()
    return status if isinstance(status, int) else 0  # of `click.exceptions.Exit`, which it catches


def _asks_for_help(arguments: list[str]) -> bool:
    """Tell whether a help page may be shown: only then is rich worth its start-up."""
    return bool({"-h", "--help"} & set(arguments)) or arguments in (["auth"], ["local"], ["store"])


def _prettify_help() -> None:
    """Let rich-click draw help pages; commands that are defined from here on use it."""
    import rich_click
    from rich_click.patch import patch

    patch(rich_click.RichHelpConfiguration(text_markup="markdown", width=100))


def _lowered(message: str) -> str:
    return (message[:1].lower() + message[1:]).rstrip(".")
