"""Whoever answered before, no vendor has a documented reason to refuse what is sent next."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from itertools import product
from random import Random

import pytest

from tests.contract.cases import call_to, codec_of
from tests.contract.validators import VALIDATORS
from tests.conversations import WIRES, author_of, conversation
from zot.domain.message import Message, Tool
from zot.domain.model import ModelSpec
from zot.domain.request import ChatRequest, Effort, ModelCall

CLOCK = Tool("clock", "The time of day.", {"type": "object", "properties": {}})
SPOKEN = [w for w in WIRES if find_spec(f"zot.adapters.codecs.{w.replace('-', '_')}") is not None]
PAIRS = [pytest.param(a, b, id=f"{a}-to-{b}") for a, b in product(WIRES, SPOKEN)]
LEVELS: tuple[Effort | None, ...] = (None, "off", "low", "max")
CHOICES = (None, "auto", "none", "required", "clock")


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_nothing_is_refused(before: str, after: str) -> None:
    _try(before, after, 60)


@pytest.mark.long
@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_nothing_is_refused_in_a_thousand_conversations(before: str, after: str) -> None:
    _try(before, after, 1000)


def _try(before: str, after: str, count: int) -> None:
    for seed in range(count):
        random = Random(seed)
        call = _call(after, conversation(random, before, after), random)
        body = json.loads(codec_of(after).encode(call).body)
        assert VALIDATORS[after](body) == [], f"seed {seed}"


def _call(wire: str, messages: tuple[Message, ...], random: Random) -> ModelCall:
    author = author_of(wire)
    style = random.choice(("adaptive", "budget"))
    request = ChatRequest(
        messages,
        system=random.choice((None, "Be kind.")),
        tools=(CLOCK,),
        tool_choice=random.choice(CHOICES),
        reasoning=random.choice(LEVELS),
        max_tokens=random.choice((None, 500, 4000)),
        temperature=random.choice((None, 0.5)),
    )
    model = ModelSpec(
        author.provider,
        author.model,
        inputs=("text", "image", "pdf"),
        reasoning=True,
        reasoning_styles=(style,),
        can_disable_reasoning=random.choice((True, False)),
    )
    call = call_to(author.provider, wire, author.model, request)
    quirks = replace(call.endpoint.quirks, max_cache_breakpoints=4, tool_id_max=40)
    return replace(call, model=model, endpoint=replace(call.endpoint, quirks=quirks))
