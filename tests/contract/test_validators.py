"""What a provider took, the validator of its wire takes too, but for what nobody documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.recordings import ABSENT, ROOT, recordings
from tests.contract.validators import VALIDATORS

if ROOT is None:
    pytest.skip(ABSENT, allow_module_level=True)

RECORDED = {
    "openai-chat": ("openai-chat",),
    "openai-responses": ("openai-responses",),
    "anthropic-messages": ("anthropic-messages", "vertex-anthropic"),
    "google-generative": ("google-generative", "google-vertex"),
    "bedrock-converse": ("bedrock-converse",),
}
LEAST_SHARE = 0.95
"""A few recordings show more than is documented: a role left out, turns that do not alternate."""


@pytest.mark.parametrize("wire", RECORDED)
def test_recorded_requests_are_sound(wire: str) -> None:
    bodies = [each.read()["request_body"] for each in recordings(*RECORDED[wire]) if each.ok]
    bodies = [body for body in bodies if isinstance(body, dict)]
    sound = [body for body in bodies if not _complaints(wire, body)]
    assert len(sound) >= LEAST_SHARE * len(bodies)


def _complaints(wire: str, body: Mapping[str, Any]) -> list[str]:
    try:
        return VALIDATORS[wire](body)
    except (KeyError, TypeError, ValueError) as error:
        return [f"not of the form of the wire: {error!r}"]
