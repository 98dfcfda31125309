"""Real peers, each started when the first test asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import llama_server
from tests.integration.llama_server import LlamaServer

# Read before any test replaces the home folder.
FOUND = llama_server.weights()
IN_CI = os.environ.get("CI") == "true"


@pytest.fixture(scope="session")
def weights() -> Path:
    """Return the weights of the tiny built-in model; without them CI fails, a laptop skips."""
    if isinstance(FOUND, str):
        (pytest.fail if IN_CI else pytest.skip)(FOUND)
    return FOUND


def _running(weights: Path, kind: str) -> Iterator[LlamaServer]:
    server = llama_server.start(weights, kind)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def llama_plain(weights: Path) -> Iterator[LlamaServer]:
    """Serve the model with its own chat template."""
    yield from _running(weights, "plain")


@pytest.fixture(scope="session")
def llama_tools(weights: Path) -> Iterator[LlamaServer]:
    """Serve the model so that it calls the first tool of the request."""
    yield from _running(weights, "tools")


@pytest.fixture(scope="session")
def llama_reasoning(weights: Path) -> Iterator[LlamaServer]:
    """Serve the model so that it thinks before it answers."""
    yield from _running(weights, "reasoning")
