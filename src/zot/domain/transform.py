"""A conversation made fit for whoever is asked next, whoever answered before.

One pure function for every pair of wires. A codec states what its wire takes as `Rules` and
writes what comes back as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

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
from zot.domain.tool_ids import ToolIds, whole

NO_RESULT = "no result: the tool was not run"
BEGINNING = "[the conversation begins here]"
UNSEEN = "[an image that this model cannot see]"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a wire takes; the defaults are those of a wire without demands.

    `tool_id` is a pattern that an id has to match as a whole, `tool_id_max` its most
    characters. Without `result_images` pictures of a tool result follow in a message of
    their own. Thinking that the same model left unsigned stays thinking with
    `unsigned_thinking`; thinking of another model becomes text with `foreign_thinking` and
    is dropped without. `system_inside` allows instructions after the first turn; with
    `user_first` the first turn has to be the user's.
    """

    tool_id: str = ""
    tool_id_max: int | None = None
    images: bool = True
    result_images: bool = True
    unsigned_thinking: bool = False
    foreign_thinking: bool = True
    system_inside: bool = True
    user_first: bool = False


def adapt(messages: Sequence[Message], target: Author, rules: Rules) -> tuple[Message, ...]:
    """Return the conversation as the target can take it.

    - `state` stays only in messages of the same author: provider and model are equal, and
      the wire too where both name one.
    - Every tool call is followed at once by its result, in the order of the calls, under an
      id that the wire takes and that no other call has; what the target itself has given
      out, it takes. A call without a result gets one
      that says so; a result without a call is dropped. Where several calls share an id, a
      result belongs to the last turn that still lacks one.
    - What is empty disappears: text without a visible character, thinking without text or
      state, messages with nothing left. So do halves of characters.

    The same beginning always comes out the same, so prompt caches keep their hold, and what
    came out once goes through unchanged.
    """
    results = _matched(messages)
    ids = ToolIds(rules.tool_id, rules.tool_id_max)
    out: list[Message] = []
    begun = False
    for position, message in enumerate(messages):
        if message.role == "assistant":
            turns = tuple(_answer(message, results.get(position, ()), ids, target, rules))
        else:
            turns = tuple(_question(message, rules, begun=begun))
        begun = begun or any(turn.role != "system" for turn in turns)
        out.extend(turns)
    return tuple(_begun(out, rules))


def same_author(author: Author | None, target: Author) -> bool:
    """Tell whether a message is the target's own, so that its `state` may be sent back."""
    return (
        author is not None
        and (author.provider, author.model) == (target.provider, target.model)
        and (author.wire == target.wire or not author.wire or not target.wire)
    )


@dataclass(slots=True, eq=False)
class _Call:
    """A tool call of the turn at `position`, and its result once that is found."""

    call: ToolCall
    position: int
    result: ToolResult | None = None


def _matched(messages: Iterable[Message]) -> dict[int, list[_Call]]:
    """Return the calls of each assistant turn with their results, wherever these stand."""
    turns: dict[int, list[_Call]] = {}
    waiting: dict[str, list[_Call]] = {}
    for position, message in enumerate(messages):
        for part in message.parts:
            if isinstance(part, ToolCall) and message.role == "assistant":
                call = _Call(part, position)
                turns.setdefault(position, []).append(call)
                waiting.setdefault(part.id, []).append(call)
            elif isinstance(part, ToolResult) and (asked := waiting.get(part.call_id)):
                first = len(asked) - 1  # of those in the last turn that still lacks a result
                while first and asked[first - 1].position == asked[-1].position:
                    first -= 1
                asked.pop(first).result = part
    return turns


def _answer(
    message: Message, calls: Sequence[_Call], ids: ToolIds, target: Author, rules: Rules
) -> Iterator[Message]:
    own = same_author(message.author, target)
    names = [ids.fit(each.call.id, own=own) for each in calls]
    fitting = iter(names)
    parts: list[Part] = []
    for part in message.parts:
        match part:
            case ToolCall(_, name, arguments, state):
                call = ToolCall(next(fitting), name, arguments, state if own else None)
                parts.append(call)
            case Thinking():
                parts.extend(_thinking(part, rules, own=own))
            case Text(text, state):
                parts.extend(_text(text, state if own else None))
            case _:
                pass  # no wire takes pictures or files of an assistant back
    if parts:
        yield replace(message, parts=tuple(parts))
    if calls:
        pairs = list(zip(calls, names, strict=True))
        contents = [_content(each.result, rules) for each in calls]
        yield Message(
            "tool",
            tuple(
                ToolResult(name, content[0], each.result is None or each.result.error)
                for (each, name), content in zip(pairs, contents, strict=True)
            ),
        )
        moved = tuple(part for content in contents for part in content[1])
        if moved:
            yield Message("user", moved)


def _thinking(part: Thinking, rules: Rules, *, own: bool) -> Iterator[Part]:
    if own and part.state:
        yield part
    elif not part.text.strip():
        return
    elif own and rules.unsigned_thinking:
        yield part
    elif own or rules.foreign_thinking:
        yield from _text(part.text.rstrip() + "\n\n", None)


def _text(text: str, state: State | None) -> Iterator[Part]:
    text = whole(text)
    if state:
        yield Text(text, state)
    elif text.strip():
        yield Text(text)


def _content(
    result: ToolResult | None, rules: Rules
) -> tuple[tuple[Text | Image, ...], tuple[Part, ...]]:
    """Return what a result holds, and what has to follow it in a message of its own."""
    if result is None:
        return (Text(NO_RESULT),), ()
    content = tuple(part for part in _seen(result.content, rules) if isinstance(part, Text | Image))
    images = tuple(part for part in content if isinstance(part, Image))
    if not images or rules.result_images:
        return content, ()
    texts = tuple(part for part in content if isinstance(part, Text))
    return (*texts, Text("[the picture follows]")), images


def _question(message: Message, rules: Rules, *, begun: bool) -> Iterator[Message]:
    parts = tuple(
        part for part in _seen(message.parts, rules) if isinstance(part, Text | Image | Document)
    )
    if not parts:
        return
    if message.role != "system":
        yield Message("user", parts)
        return
    text = "\n\n".join(part.text for part in parts if isinstance(part, Text))
    if not text:
        return
    if rules.system_inside or not begun:
        yield Message("system", (Text(text),))
    else:
        yield Message("user", (Text(f"<system>\n{text}\n</system>"),))


def _seen(parts: Iterable[Part], rules: Rules) -> Iterator[Part]:
    """Leave out text that nobody can see, and pictures that the model cannot."""
    blind = False
    for part in parts:
        if isinstance(part, Image) and not rules.images:
            if not blind:
                yield Text(UNSEEN)
            blind = True
            continue
        blind = False
        if not isinstance(part, Text):
            yield part
        else:
            yield from _text(part.text, None)


def _begun(out: list[Message], rules: Rules) -> list[Message]:
    """Make sure that there is a turn, and that the first is the user's where it has to be."""
    first = next((i for i, each in enumerate(out) if each.role != "system"), len(out))
    if first == len(out) or (rules.user_first and out[first].role == "assistant"):
        out.insert(first, Message.user(BEGINNING))
    return out
