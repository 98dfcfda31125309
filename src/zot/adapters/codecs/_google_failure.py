"""What the google wires refuse: https://ai.google.dev/gemini-api/docs/troubleshooting."""

from __future__ import annotations

from dataclasses import replace

from zot.domain.error import ZotError
from zot.domain.failure import Failure, refusal
from zot.domain.request import ModelCall

_SPENT_FOR_THE_DAY = "PerDay"  # in the `quotaId` of a google.rpc.QuotaFailure


def refused(call: ModelCall, failure: Failure, said: str) -> ZotError:
    """Return the error for a refusal; `said` is its whole text.

    The status word (`RESOURCE_EXHAUSTED`) is the code. Google calls every limit a quota and
    says when to come back where waiting helps; then it is a limit of the rate.
    """
    failure = replace(failure, code=failure.kind or failure.code)
    waiting_helps = failure.retry_after is not None and _SPENT_FOR_THE_DAY not in said
    if failure.status != 429 or not waiting_helps:
        return refusal(call, failure)
    error = refusal(call, replace(failure, message=""))
    if failure.message:
        error.message = f"{error.message}: {failure.message}"
        error.args = (error.message,)
    return error
