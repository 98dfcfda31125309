"""Loading the engine of the tiny built-in model, and saying what is missing for it."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from importlib import import_module
from pathlib import Path
from typing import Any

from zot.domain.error import SetupIncomplete

CONTEXT = 4096
"""Tokens of prompt and answer together."""
BATCH = 32
"""Tokens of the prompt between two chances to stop: under half a second on one core."""
CPUINFO = Path("/proc/cpuinfo")

_NEEDED = ("avx2", "fma", "f16c", "bmi2")
_QUIET_WORKERS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}


def load(
    weights: Path,
    threads: int,
    variables: MutableMapping[str, str],
    cpuinfo: Path = CPUINFO,
) -> Any:
    """Return the engine with the weights loaded; takes about a second.

    `variables` is the process environment, where idle workers are told not to spin; a value
    that is there already stays. Raises `SetupIncomplete` naming what is missing.
    """
    _check_processor(cpuinfo)
    for name, value in _QUIET_WORKERS.items():
        variables.setdefault(name, value)
    library = _library()
    settings = library.CommonParams()
    settings.model.path = str(weights)
    settings.n_ctx = CONTEXT
    settings.n_parallel = 1
    settings.n_batch = settings.n_ubatch = BATCH
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
    settings.verbosity = -1
    settings.warmup = False
    settings.ui = False
    settings.endpoint_slots = False
    settings.cache_ram_mib = 0
    # The engine always listens on a port; nobody else on this machine may use it.
    settings.hostnames = ["127.0.0.1"]
    settings.api_keys = [secrets.token_urlsafe(24)]
    try:
        return library.Server(settings)
    except RuntimeError:
        raise SetupIncomplete(
            f"the tiny built-in model does not load from {weights}",
            hint="remove that file, and it is fetched again",
        ) from None


def _library() -> Any:
    try:
        return import_module("xllamacpp")
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "xllamacpp":
            raise SetupIncomplete(
                "the tiny built-in model needs the `local` extra",
                hint="pip install 'zot[local]'",
            ) from None
        if "libgomp" in str(error):
            raise SetupIncomplete(
                "the tiny built-in model needs the system library libgomp",
                facts=[str(error)],
                hint="apt-get install libgomp1, or the like on this system",
            ) from None
        raise SetupIncomplete(
            "the engine of the tiny built-in model does not load",
            facts=[str(error)],
            hint="pip install --force-reinstall 'zot[local]'",
        ) from None


def _check_processor(cpuinfo: Path) -> None:
    """Refuse a processor on which the engine would die of an illegal instruction.

    Only x86 on Linux says so in a file; there is nothing to read anywhere else.
    """
    try:
        lines = cpuinfo.read_text(errors="replace").splitlines()
    except OSError:
        return
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    missing = [name.upper() for name in _NEEDED if name not in flags] if flags else []
    if missing:
        raise SetupIncomplete(
            f"the tiny built-in model needs a newer processor: this one has no {missing[0]}",
            hint="choose a provider instead: zot login",
        )
