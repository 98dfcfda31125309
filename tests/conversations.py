"""Conversations as they come to be when models are changed in the middle, and worse ones."""

from __future__ import annotations

import re
from random import Random

from zot.domain.message import (
    Author,
    Document,
    Image,
    Message,
    Part,
    State,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

IDS = (
    "call_1",
    "call_1",
    "call:1|fc_2",
    "call_1_fc_2",
    "toolu_01",
    "abcDEF123",
    "",
    "é",
    "a b",
    "a_b",
    "x" * 41,
    "x" * 65,
    "x" * 66,
    "\ud800",
)
_GIVEN_OUT = {
    # ids that the models of a wire come up with
    "openai-chat": ".{1,40}",
    "openai-responses": "[a-zA-Z0-9_-]{1,64}",
    "anthropic-messages": "[a-zA-Z0-9_-]{1,64}",
    "google-generative": ".+",
    "bedrock-converse": "[a-zA-Z0-9_-]{1,64}",
}
TEXTS = ("hello", "", " ", "\n\n", "naïve 😀", "half \ud83d", "\udc00", "trailing \n", "x" * 300)
WIRES = (
    "openai-chat",
    "openai-responses",
    "anthropic-messages",
    "google-generative",
    "bedrock-converse",
)
PNG = Image(b"\x89PNG\r\n\x1a\n")
_STATES: dict[str, tuple[State, State | None, State | None]] = {
    # of thinking, of text, of a call: as the codec of the wire writes them
    "openai-chat": ({"field": "reasoning_content"}, None, None),
    "openai-responses": ({"item": {"type": "reasoning", "id": "rs_1"}}, {"id": "msg_1"}, None),
    "anthropic-messages": (
        {"signature": "c2ln"},
        {"citations": [{"type": "page_location"}]},
        {"caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}},
    ),
    "google-generative": ({"signature": "c2ln"}, {"signature": "c2ln"}, {"signature": "c2ln"}),
    "bedrock-converse": ({"signature": "c2ln"}, None, None),
}


def author_of(wire: str) -> Author:
    """Return the model that speaks a wire."""
    return Author(f"provider-of-{wire}", wire, "model")


def conversation(random: Random, *wires: str) -> tuple[Message, ...]:
    """Return a conversation in which models of these wires, and nobody, have answered."""
    messages: list[Message] = []
    asked: list[str] = []
    for _ in range(random.randint(0, 9)):
        kind = random.choice(("user", "user", "assistant", "assistant", "tool", "tool", "system"))
        if kind == "assistant":
            author = author_of(random.choice(wires)) if random.random() < 0.85 else None
            message = _answer(random, author)
            asked = [part.id for part in message.parts if isinstance(part, ToolCall)] or asked
        elif kind == "tool":
            wanted = [*asked, *asked, *asked, random.choice(IDS)]
            picked = random.sample(wanted, random.randint(1, min(3, len(wanted))))
            message = Message("tool", tuple(_result(random, each) for each in picked))
        elif kind == "system":
            message = Message.system(random.choice(TEXTS))
        else:
            message = Message("user", tuple(_question(random) for _ in range(random.randint(0, 3))))
        messages.append(message)
    if random.random() < 0.8 or not any(map(_asks, messages)):
        messages.append(Message.user("and now?"))
    return tuple(messages)


def _answer(random: Random, author: Author | None) -> Message:
    states = _STATES[author.wire] if author else (None, None, None)
    signed, cited, called = (state if random.random() < 0.7 else None for state in states)
    parts: list[Part] = [
        Thinking(random.choice(TEXTS), signed) for _ in range(random.randint(0, 2))
    ]
    if author and author.wire == "anthropic-messages" and random.random() < 0.2:
        parts.append(Thinking("", {"redacted": "ZW5j"}))
        parts.append(Text("", {"block": {"type": "web_search_tool_result", "content": []}}))
    parts.extend(
        Text(random.choice(TEXTS), cited if random.random() < 0.3 else None)
        for _ in range(random.randint(0, 2))
    )
    if random.random() < 0.1:
        parts.append(PNG)
    ids = [each for each in IDS if author is None or re.fullmatch(_GIVEN_OUT[author.wire], each)]
    parts.extend(
        ToolCall(random.choice(ids), "clock", {"at": random.choice(TEXTS)}, called)
        for _ in range(random.choice((0, 0, 1, 1, 2, 3)))
    )
    return Message("assistant", tuple(parts), author)


def _question(random: Random) -> Part:
    choice = random.random()
    if choice < 0.15:
        return PNG
    if choice < 0.2:
        return Document(b"%PDF-1.4", "application/pdf", "a.pdf")
    return Text(random.choice(TEXTS))


def _result(random: Random, call_id: str) -> ToolResult:
    content = tuple(
        PNG if random.random() < 0.2 else Text(random.choice(TEXTS))
        for _ in range(random.randint(0, 2))
    )
    return ToolResult(call_id, content, error=random.random() < 0.2)


def _asks(message: Message) -> bool:
    return message.role == "user" and bool(message.text.encode(errors="ignore").strip())
