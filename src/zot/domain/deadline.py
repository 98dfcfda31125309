"""How long a request may take, phase by phase."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds for each phase of one request.

    `connect` is for finding, reaching and trusting the other side, a proxy in between
    included. `first_byte` counts from the start to the first event of the answer, and
    `progress` is the longest silence between two events: a keep-alive comment, or bytes that
    complete no event, are no progress. `total` is for everything, repeats and the waits
    before them included.
    """

    connect: float = 15.0
    first_byte: float = 300.0
    progress: float = 120.0
    total: float = 600.0

    @classmethod
    def of(cls, total: float) -> Deadlines:
        """Return the deadlines for a total: one above the usual gives each wait its share."""
        usual = cls()
        more = max(1.0, total / usual.total)
        return cls(
            connect=usual.connect,
            first_byte=usual.first_byte * more,
            progress=usual.progress * more,
            total=total,
        )
