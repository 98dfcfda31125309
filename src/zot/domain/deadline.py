"""How long a request may take, phase by phase."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds for each phase of one request.

    `progress` is the longest silence between two pieces of an answer; keep-alive comments
    are no progress.
    """

    connect: float = 15.0
    first_byte: float = 300.0
    progress: float = 120.0
    total: float = 600.0
