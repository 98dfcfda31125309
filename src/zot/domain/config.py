"""What a person set for good in `config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of `$ZOT_HOME/config.json`; unknown keys are kept and named in `unknown`.

    `provider` and `model` are the last selection, `last_models` that of each provider.
    """

    provider: str | None = None
    model: str | None = None
    secret_store: str | None = None
    http_proxy: str | None = field(default=None, repr=False)  # it may hold a password
    allow_metered: bool = True
    residency: str = "any"
    last_models: Mapping[str, str] = field(default_factory=dict)
    oauth: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
