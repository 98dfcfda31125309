"""`zot models`: what can be asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import click

from zot.domain.error import UsageError
from zot.domain.model import ModelSpec, Price
from zot.entrypoints import jsonl
from zot.entrypoints.cli.ask import Question, zot_for
from zot.entrypoints.cli.run import run
from zot.entrypoints.cli.screen import Screen


def show(screen: Screen, given: Question, query: str) -> None:
    """Print the models that match, one a line."""
    wanted = query.lower().split()
    for spec in zot_for(given, screen).models(given.provider):
        text = f"{spec.ref} {spec.name}".lower()
        if all(word in text for word in wanted):
            screen.out((jsonl.line(_object(spec)) if given.as_json else plain(spec)) + "\n")


def show_served(screen: Screen, given: Question) -> None:
    """Print the list that the provider itself gives."""
    if given.provider is None:
        raise UsageError("name the provider to ask: zot models --live --provider ID")
    provider = given.provider
    zot = zot_for(given, screen)

    async def whole() -> None:
        async with zot:
            for spec in await zot.served(provider):
                screen.out((jsonl.line(_object(spec)) if given.as_json else plain(spec)) + "\n")

    run(whole())


def check(screen: Screen, given: Question) -> None:
    """Print each mistake of models.json; raises the first one where there is any."""
    catalog = zot_for(given, replace(screen, quiet=True)).container.catalog()
    for problem in catalog.problems:
        if given.as_json:
            where, said, hint = problem.where, problem.problem, problem.hint
            screen.out(jsonl.line({"where": where, "problem": said, "hint": hint}) + "\n")
        else:
            screen.out(f"{screen.safe(problem.message)}\n")
            if problem.hint:
                screen.out(f"  hint: {screen.safe(problem.hint)}\n")
    if catalog.problems:
        count = len(catalog.problems)
        screen.err(f"models.json: {count} mistake{'s' if count > 1 else ''}")
        raise click.exceptions.Exit(catalog.problems[0].exit_code)
    screen.notice("models.json: no mistake")


def plain(spec: ModelSpec) -> str:
    """Return a model as one line of tab-separated fields: id, window, prices, abilities."""
    return "\t".join((spec.ref, _size(spec.context), _price(spec.price), ",".join(_can(spec))))


def _size(tokens: int | None) -> str:
    return "-" if tokens is None else str(tokens)


def _price(price: Price | None) -> str:
    return "-" if price is None else f"{price.input:g}/{price.output:g}"


def _can(spec: ModelSpec) -> Iterable[str]:
    if "image" in spec.inputs:
        yield "images"
    if spec.tools:
        yield "tools"
    if spec.reasoning:
        yield "reasoning"


def _object(spec: ModelSpec) -> jsonl.Json:
    price = spec.price
    return {
        "provider": spec.provider,
        "id": spec.id,
        "name": spec.name,
        "context": spec.context,
        "max_output": spec.max_output,
        "inputs": list(spec.inputs),
        "reasoning": spec.reasoning,
        "tools": spec.tools,
        "structured": spec.structured,
        "price": price
        and {
            "input": price.input,
            "output": price.output,
            "cache_read": price.cache_read,
            "cache_write": price.cache_write,
        },
        "status": spec.status,
        "released": spec.released,
        "retires": spec.retires,
        "source": spec.layer,
    }
