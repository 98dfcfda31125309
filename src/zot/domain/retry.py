"""How long to wait before trying again."""

from __future__ import annotations

import math
from collections.abc import Callable

from zot.domain.error import ZotError

LONGEST_ASKED = 120.0
LONGEST_STEP = 8.0


def delay(
    error: ZotError, attempt: int, random: Callable[[], float], left: float = math.inf
) -> float | None:
    """Return the seconds to wait after failure number `attempt` (from 1), or None to give up.

    What the provider asked for is honoured up to two minutes; a longer wait is the user's
    to decide, so it is an error at once. Otherwise full jitter under 1, 2, 4, 8 s
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). `left` is
    what remains of the total deadline, in seconds; a wait that leaves nothing is none.
    """
    if not error.retryable:
        return None
    asked = error.retry_after
    if asked is None or not math.isfinite(asked) or asked < 0:
        wait = random() * min(2.0 ** (attempt - 1), LONGEST_STEP)
    elif asked <= LONGEST_ASKED:
        wait = asked
    else:
        return None
    return wait if wait < left else None
