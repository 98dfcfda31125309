"""What each vendor says it refuses, as a check of a request's JSON body.

Every function returns the complaints that the vendor would have; an empty list means that
nothing documented speaks against the request.
"""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Body = Mapping[str, Any]
Validator = Callable[[Body], list[str]]
PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
PLAIN_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def messages(body: Body) -> list[str]:
    """https://platform.claude.com/docs/en/api/messages and the pages it leads to."""
    return list(_messages(body))


def chat(body: Body) -> list[str]:
    """https://platform.openai.com/docs/api-reference/chat/create."""
    return list(_chat(body))


def responses(body: Body) -> list[str]:
    """https://platform.openai.com/docs/api-reference/responses/create."""
    return list(_responses(body))


def generative(body: Body) -> list[str]:
    """https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/function-calling."""
    return list(_generative(body))


def converse(body: Body) -> list[str]:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html."""
    return list(_converse(body))


VALIDATORS: Mapping[str, Validator] = {
    "openai-chat": chat,
    "openai-responses": responses,
    "anthropic-messages": messages,
    "google-generative": generative,
    "bedrock-converse": converse,
}


# --- anthropic-messages --------------------------------------------------------------------


def _messages(body: Body) -> Iterator[str]:
    body = _in_blocks(body)
    limit = body.get("max_tokens")
    if not isinstance(limit, int) or limit < 1:
        yield "max_tokens is needed"
    turns = body["messages"]
    if not turns:
        yield "no turn"
    for position, turn in enumerate(turns):  # turns of one role are joined, and any may begin
        if turn["role"] not in {"user", "assistant"} or not turn["content"]:
            yield f"{turn['role']} at {position}, or nothing in it"
    for block in body.get("system") or ():
        if not block["text"].strip():
            yield "an empty system block"
    seen: set[str] = set()
    due: list[str] = []
    for position, turn in enumerate(turns):
        blocks = turn["content"]
        for block in blocks:
            yield from _messages_block(turn["role"], block)
        answered = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        head = [b["type"] for b in blocks[: len(answered)]]
        if answered != due or any(kind != "tool_result" for kind in head):
            yield f"turn {position} answers {answered}, not {due}"
        due = [b["id"] for b in blocks if b["type"] == "tool_use"]
        yield from _new_ids(due, seen)
    if due:
        yield "tool calls without a result at the end"
    if turns and turns[-1]["role"] == "assistant":
        text = turns[-1]["content"][-1].get("text", "")
        if text != text.rstrip():
            yield "white space at the end of the last answer"
    yield from _messages_settings(body)
    yield from _messages_marks(body)


def _messages_marks(body: Body) -> Iterator[str]:
    marks = [b for b in _blocks_within(body) if "cache_control" in b]
    if len(marks) > 4:
        yield f"{len(marks)} cache marks"
    if any(mark.get("type") in {"thinking", "redacted_thinking"} for mark in marks):
        yield "a cache mark on thinking"


def _in_blocks(body: Body) -> Body:
    """Return the request with every text written as a block."""
    turns = [{**turn, "content": _as_blocks(turn["content"])} for turn in body["messages"]]
    return {**body, "messages": turns, "system": _as_blocks(body.get("system") or [])}


def _as_blocks(content: Any) -> list[Body]:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [
        {**block, "content": _as_blocks(block["content"])}
        if block["type"] == "tool_result" and "content" in block
        else block
        for block in blocks
    ]


def _messages_block(role: str, block: Body) -> Iterator[str]:
    kind = block["type"]
    if kind == "text" and not block["text"].strip():
        yield "an empty text"
    if role == "user" and kind in {"tool_use", "thinking", "redacted_thinking"}:
        yield f"{kind} in a turn of the user"
    if role == "assistant" and kind in {"image", "document", "tool_result"}:
        yield f"{kind} in a turn of the model"
    if kind == "thinking" and not block.get("signature"):
        yield "thinking without a signature"
    if kind == "tool_result":
        for inner in block.get("content") or ():
            if inner["type"] == "text" and not inner["text"].strip():
                yield "an empty text in a result"
    if kind == "image" and block["source"].get("media_type", "image/png") not in PICTURES:
        yield f"a picture of type {block['source']['media_type']}"


def _messages_settings(body: Body) -> Iterator[str]:
    thinking = body.get("thinking") or {"type": "disabled"}
    tools = {tool["name"] for tool in body.get("tools") or ()}
    choice = body.get("tool_choice") or {"type": "auto"}
    if thinking["type"] == "enabled":
        budget = thinking["budget_tokens"]
        if not 1024 <= budget < body["max_tokens"]:
            yield f"a budget of {budget} of {body['max_tokens']}"
        turns = body["messages"]
        last = turns[-1]["content"][0]["type"] if turns and turns[-1]["content"] else ""
        if last == "tool_result":
            first = turns[-2]["content"][0]["type"]
            if first not in {"thinking", "redacted_thinking"}:
                yield f"a turn under way that begins with {first} although there is thinking"
    if thinking["type"] != "disabled":
        if choice["type"] in {"any", "tool"}:
            yield "a forced tool although there is thinking"
        if body.get("temperature") not in {None, 1}:
            yield "a temperature although there is thinking"
    if choice["type"] != "auto" and not tools:
        yield "a tool choice without tools"
    if choice["type"] == "tool" and choice["name"] not in tools:
        yield f"the choice of {choice['name']}, which is not offered"
    if any(not text.strip() for text in body.get("stop_sequences") or ()):
        yield "an empty stop sequence"


def _blocks_within(body: Body) -> Iterator[Body]:
    yield from body.get("system") or ()
    yield from body.get("tools") or ()
    for turn in body["messages"]:
        yield from turn["content"]


# --- openai-chat ---------------------------------------------------------------------------


def _chat(body: Body) -> Iterator[str]:
    items = body["messages"]
    if all(item["role"] in {"system", "developer"} for item in items):
        yield "no message"
    due: list[str] = []
    for position, item in enumerate(items):
        if item["role"] == "tool":
            if item["tool_call_id"] not in due:
                yield f"a result of {item['tool_call_id']!r} at {position}, which is not due"
                continue
            due.remove(item["tool_call_id"])
            if not isinstance(item["content"], str | list):
                yield "a result without content"
            continue
        if due:
            yield f"{item['role']} at {position} while results of {due} are due"
        due = [call["id"] for call in item.get("tool_calls") or ()]
        yield from _chat_item(item)
    if due:
        yield f"no results of {due} at the end"


def _chat_item(item: Body) -> Iterator[str]:
    calls = item.get("tool_calls")
    if calls == []:
        yield "an empty list of tool calls"
    for call in calls or ():
        if not isinstance(json.loads(call["function"]["arguments"]), dict):
            yield "arguments that are no object"
        if not 0 < len(call["id"]) <= 40:
            yield f"the id {call['id']!r}"
    if len({call["id"] for call in calls or ()}) != len(calls or ()):
        yield "one id for two calls"
    if not item.get("content") and not calls:
        yield f"{item['role']} without content"
    if item["role"] == "assistant" and _has(item.get("content"), "image_url"):
        yield "a picture in a turn of the model"


def _has(content: object, kind: str) -> bool:
    return isinstance(content, list) and any(part.get("type") == kind for part in content)


# --- openai-responses ----------------------------------------------------------------------


def _responses(body: Body) -> Iterator[str]:
    items = body["input"]
    if isinstance(items, str):
        return
    if not items:
        yield "no input"
    called: list[str] = []
    answered: list[str] = []
    for position, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "message":
            yield from _responses_message(item)
        elif kind == "function_call":
            called.append(item["call_id"])
            yield from _responses_call(item)
        elif kind == "function_call_output":
            if item["call_id"] not in called:
                yield f"a result of {item['call_id']!r}, which nobody called"
            answered.append(item["call_id"])
        elif kind == "reasoning":
            after = items[position + 1].get("type", "message") if items[position + 1 :] else ""
            if after not in {"reasoning", "function_call", "message"}:
                yield "reasoning without the item that it led to"
    yield from _new_ids(called, set())
    if sorted(called) != sorted(answered):
        yield f"calls {called}, results {answered}"


def _responses_call(item: Body) -> Iterator[str]:
    if not isinstance(json.loads(item["arguments"]), dict):
        yield "arguments that are no object"
    if "id" in item and not re.fullmatch(r"fc_[a-zA-Z0-9_-]{1,61}", item["id"]):
        yield f"the item id {item['id']!r}"


def _responses_message(item: Body) -> Iterator[str]:
    content = item["content"]
    if not content:
        yield "a message without content"
    allowed = (
        {"output_text", "refusal"}
        if item["role"] == "assistant"
        else {
            "input_text",
            "input_image",
            "input_file",
        }
    )
    for part in content if isinstance(content, list) else ():
        if part["type"] not in allowed:
            yield f"{part['type']} in a turn of {item['role']}"


# --- google-generative ---------------------------------------------------------------------


def _generative(body: Body) -> Iterator[str]:
    contents = body["contents"]
    yield from _alternating(contents, ("user", "model"), "parts")
    due: list[str] = []
    for position, turn in enumerate(contents):
        parts = turn["parts"]
        results = [part["functionResponse"] for part in parts if "functionResponse" in part]
        if [result["name"] for result in results] != due:
            yield f"turn {position} answers {[r['name'] for r in results]}, not {due}"
        if any(not isinstance(result["response"], dict) for result in results):
            yield "a response that is no object"
        due = [part["functionCall"]["name"] for part in parts if "functionCall" in part]
        for part in parts:
            yield from _generative_part(turn["role"], part)
    if due:
        yield f"no results of {due} at the end"


def _generative_part(role: str, part: Body) -> Iterator[str]:
    kinds = {"text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode"}
    if len(part.keys() & kinds) > 1:
        yield f"a part of several kinds: {sorted(part.keys() & kinds)}"
    if part.get("text") == "" and "thoughtSignature" not in part:
        yield "an empty text"
    if role == "model" and {"inlineData", "fileData"} & part.keys():
        yield "a picture in a turn of the model"


# --- bedrock-converse ----------------------------------------------------------------------


def _converse(body: Body) -> Iterator[str]:
    turns = body["messages"]
    yield from _alternating(turns, ("user", "assistant"))
    seen: set[str] = set()
    due: list[str] = []
    tools = False
    for position, turn in enumerate(turns):
        blocks = turn["content"]
        results = [block["toolResult"] for block in blocks if "toolResult" in block]
        if [result["toolUseId"] for result in results] != due:
            yield f"turn {position} answers {[r['toolUseId'] for r in results]}, not {due}"
        if any(not result["content"] for result in results):
            yield "a result without content"
        due = [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]
        tools = tools or bool(due)
        yield from _new_ids(due, seen)
        for block in blocks:
            if "text" in block and not block["text"].strip():
                yield "an empty text"
            if turn["role"] == "assistant" and {"image", "document"} & block.keys():
                yield "a picture in a turn of the model"
        if any("document" in b for b in blocks) and not any("text" in b for b in blocks):
            yield "a document without any text"
    if due:
        yield f"no results of {due} at the end"
    if tools and not body.get("toolConfig"):
        yield "tool calls without toolConfig"


# --- shared --------------------------------------------------------------------------------


def _new_ids(ids: Iterable[str], seen: set[str]) -> Iterator[str]:
    """Every id is of plain characters and comes once; those that come are put into `seen`."""
    for call_id in ids:
        if not PLAIN_ID.fullmatch(call_id) or call_id in seen:
            yield f"the id {call_id!r}"
        seen.add(call_id)


def _alternating(
    turns: Iterable[Body], roles: tuple[str, str], content: str = "content"
) -> Iterator[str]:
    """The user begins, the roles alternate, and no turn is empty."""
    position = -1
    for position, turn in enumerate(turns):
        if turn["role"] != roles[position % 2]:
            yield f"{turn['role']} at {position}"
        if not turn[content]:
            yield f"an empty turn at {position}"
    if position < 0:
        yield "no turn"
