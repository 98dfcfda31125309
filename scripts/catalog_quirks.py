"""The quirks of the shipped provider rows: what departs from the norm of a wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Table = dict[str, Any]

PLAIN_FIELD = re.compile(r"^[a-z_]+$")
NEUTRAL_CHOICE = {"any": "required", "tool": "function"}

CHOICES = {"auto", "none", "required", "function"}
ALWAYS: Table = {
    "tool_choice": CHOICES, "store": False, "developer_role": False, "strict_tools": False,
    "stream_usage": True,
    "reasoning_effort": False, "thinking_format": "none", "reasoning_replay": "none",
    "reasoning_in": [], "reasoning_efforts": [],
}  # fmt: skip
RESPONSES: Table = {
    "max_tokens_field": "max_output_tokens", "thinking_format": "openai-responses",
    "reasoning_replay": "items",
}  # fmt: skip
GEMINI: Table = {
    "max_tokens_field": "maxOutputTokens", "thinking_format": "gemini",
    "reasoning_replay": "blocks", "tool_choice": CHOICES - {"function"},
}  # fmt: skip
NORMS: dict[str, Table] = {
    "openai-chat": {},
    "openai-responses": RESPONSES,
    "openai-codex-responses": RESPONSES,
    "google-generative": GEMINI,
    "google-vertex": GEMINI,
    "anthropic-messages": {
        "max_tokens_field": "max_tokens", "thinking_format": "anthropic",
        "reasoning_replay": "blocks",
    },
    "bedrock-converse": {
        "max_tokens_field": "maxTokens", "thinking_format": "bedrock",
        "reasoning_replay": "blocks",
    },
}  # fmt: skip
FACT_QUIRKS = (
    "max_tokens_field", "min_max_tokens", "store", "send_store", "developer_role",
    "reasoning_effort", "reasoning_efforts", "strict_tools", "stream_usage", "thinking_format",
    "thinking_budget_field", "reasoning_in", "reasoning_replay", "reasoning_details_replay",
    "tool_choice", "tool_id_pattern", "tool_id_max", "images", "image_formats",
    "max_cache_breakpoints",
)  # fmt: skip


@dataclass(frozen=True)
class Sources:
    """Everything the rows are made of."""

    facts: Table
    catalog: Table
    additions: Table

    def fact(self, provider: str) -> Table:
        """Return what the facts say of a provider; empty for a row of our own."""
        found: Table = self.facts["providers"].get(provider, {})
        return found

    def listed(self, provider: str) -> Table:
        """Return what the model catalog says of a provider; empty when it is not there."""
        found: Table = self.catalog.get(provider, {})
        return found


def fact_quirks(fact: Table) -> Table:
    """Return the machine-readable departures that the facts list for the default wire."""
    stated = fact.get("quirks", {})
    quirks = {key: stated[key] for key in FACT_QUIRKS if key in stated}
    if quirks.get("stream_usage") == "native":
        del quirks["stream_usage"]
    if str(quirks.get("reasoning_effort", "")).endswith(" only"):
        quirks["reasoning_effort"] = "listed"
    if not str(quirks.get("tool_id_pattern", "^")).startswith("^"):
        del quirks["tool_id_pattern"]
    native = NORMS[fact["wire"]].get("reasoning_replay")
    fields = [f for f in quirks.get("reasoning_in", []) if PLAIN_FIELD.match(f) and not native]
    return quirks | {"reasoning_in": fields} | tool_choice(quirks)


def tool_choice(quirks: Table) -> Table:
    """Return the tool choices in zot's words, whatever the wire calls them."""
    words = [word.lower() for word in quirks.get("tool_choice", [])]
    return {"tool_choice": list(dict.fromkeys(NEUTRAL_CHOICE.get(word, word) for word in words))}


def departures(wire: str, quirks: Table) -> Table:
    """Drop what merely repeats the norm of the wire."""
    norm = ALWAYS | NORMS.get(wire, {})
    kept: Table = {}
    for key, value in quirks.items():
        same = set(value) if isinstance(norm.get(key), set) else value
        wanted = value == "no" if key == "images" else key not in norm or same != norm[key]
        if wanted:
            kept[key] = value
    return kept


def row_quirks(provider: str, sources: Sources) -> Table:
    """Return the quirks of a row's default wire, inherited ones first."""
    fact = sources.fact(provider)
    inherited = row_quirks(fact["quirks_same_as"], sources) if "quirks_same_as" in fact else {}
    own: Table = sources.additions["rows"].get(provider, {}).get("quirks", {})
    return inherited | fact_quirks(fact) | own if fact else own


def wire_quirks(provider: str, wire: str, sources: Sources) -> Table:
    """Return the quirks of a wire that is not the row's default one."""
    name = sources.additions["wire_quirks"].get(provider, {}).get(wire, "")
    if name.startswith("row:"):
        return row_quirks(name.removeprefix("row:"), sources)
    found: Table = sources.additions["quirk_sets"].get(name, {})
    return found
