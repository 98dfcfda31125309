"""A real model behind a real HTTP server on this machine: llama.cpp's own.

It speaks `openai-chat`, `openai-responses` and `anthropic-messages`. The tiny built-in model
never calls a tool and never thinks aloud by itself; the chat templates beside this file make
it do both. As a program it serves until its standard input is closed, so that it never
outlives the tests:

    python tests/integration/llama_server.py WEIGHTS [plain|tools|reasoning]
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

KEY = "key-of-the-test-server"
MODEL = "smol"
KINDS = ("plain", "tools", "reasoning")
TEMPLATES = Path(__file__).parent / "templates"
THINKING_TOKENS = 6
"""The engine ends the thought itself after so many tokens."""


@dataclass(frozen=True)
class LlamaServer:
    """A running server; `base_url` has no version segment."""

    base_url: str
    process: subprocess.Popen[bytes]
    key: str = KEY
    model: str = MODEL

    def stop(self) -> None:
        """End this very process and wait for it."""
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.terminate()
        self.process.wait(timeout=20)


def start(weights: Path, kind: str) -> LlamaServer:
    """Start a server of this kind on a free port and wait until it answers."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(weights), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    server = LlamaServer(address, process)
    if not address.startswith("http://127.0.0.1:"):
        server.stop()
        raise RuntimeError(f"the llama server did not start: {address!r}")
    return server


def weights() -> Path | str:
    """Return the weights, or why there is nothing to serve them with."""
    from zot.adapters.transports._weights import WAYS, Weights, cache_folder

    if find_spec("xllamacpp") is None:
        return "xllamacpp is not installed: pip install 'zot[local]'"
    if given := os.environ.get("ZOT_TEST_WEIGHTS"):
        return Path(given)
    found = Weights(cache_folder(os.environ, sys.platform), os.environ).find()
    return found or f"no weights on this machine; {WAYS}"


def serve(path: str, kind: str) -> None:
    """Serve until standard input is closed."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.model_alias = {MODEL}
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.api_keys = [KEY]
    settings.n_ctx = 8192
    settings.n_parallel = 2
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.sampling.temp = 0
    settings.verbosity = -1
    settings.warmup = False
    settings.ui = False
    settings.cache_ram_mib = 0
    if kind != "plain":
        settings.chat_template = (TEMPLATES / f"{kind}.jinja").read_text("utf-8")
    if kind == "reasoning":
        settings.sampling.reasoning_budget_tokens = THINKING_TOKENS
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)  # noqa: T201 (how the parent learns of it)
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "plain")
