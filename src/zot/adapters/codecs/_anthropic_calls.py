"""Tool calls of the anthropic-messages wire, and the call that stands for an answer."""

from __future__ import annotations

from zot.adapters.codecs._anthropic_blocks import Begin, Out, Raw, string
from zot.adapters.codecs._json import dump, parse_object
from zot.domain.error import StreamBroken, UsageError
from zot.domain.event import TextDelta, ToolCallDelta, ToolCallEnd, ToolCallStart
from zot.domain.message import State

LONGEST_SHOWN = 4000


class ToolBlock:
    """A tool call; `unusable` holds the error for arguments that are no JSON object."""

    def __init__(self, begin: Begin, raw: Raw, out: Out) -> None:
        self._name = string(raw["name"])
        self._number = begin()
        self._id = string(raw.get("id") or "") or f"call_{self._number}"
        self._state = _extras(raw)
        self._arguments = _Arguments(raw)
        self.unusable: StreamBroken | None = None
        out.append(ToolCallStart(self._number, self._id, self._name))

    def delta(self, kind: object, delta: Raw, out: Out) -> None:
        """Take a piece of the arguments."""
        if kind == "input_json_delta" and (piece := string(delta["partial_json"])):
            self._arguments.pieces.append(piece)
            out.append(ToolCallDelta(self._number, piece))

    def stop(self, out: Out) -> None:
        """Give the call, whole."""
        arguments = self._arguments.read()
        if given := self._arguments.given:
            out.append(ToolCallDelta(self._number, given))
        if arguments is not None:
            out.append(ToolCallEnd(self._number, self._id, self._name, arguments, self._state))
            return
        self.unusable = StreamBroken(
            f"the arguments of tool `{self._name}` are no JSON object",
            facts=[f"arguments: {self._arguments.text[:LONGEST_SHOWN]}"],
        )
        self.unusable.retryable = False  # the model said so; the network is sound


class AnswerBlock:
    """The call of the tool that stands for a schema: its arguments are the answer, as text.

    An answer that is no object arrives as the property `value` of one, `wrapped`.
    """

    def __init__(self, begin: Begin, raw: Raw, *, wrapped: bool) -> None:
        self._number = begin()
        self._wrapped = wrapped
        self._arguments = _Arguments(raw)

    def delta(self, kind: object, delta: Raw, out: Out) -> None:
        """Take a piece of the answer."""
        if kind == "input_json_delta" and (piece := string(delta["partial_json"])):
            self._arguments.pieces.append(piece)
            if not self._wrapped:
                out.append(TextDelta(piece, self._number))

    def stop(self, out: Out) -> None:
        """Give what was held back."""
        text = self._arguments.given
        if self._wrapped:
            text = self._arguments.text
            whole = self._arguments.read()
            if whole and "value" in whole:
                text = dump(whole["value"])
        if text or not self._arguments.pieces:
            out.append(TextDelta(text or "{}", self._number))


class _Arguments:
    """The arguments of a call: in pieces, or whole from the start, or none at all."""

    def __init__(self, raw: Raw) -> None:
        self._given = raw.get("input")
        self.pieces: list[str] = []

    @property
    def given(self) -> str:
        """What stood there from the start, as JSON text, where no piece followed."""
        if self.pieces or not self._given:
            return ""
        try:
            return dump(self._given)
        except UsageError:  # a number that JSON does not have
            return str(self._given)

    @property
    def text(self) -> str:
        return "".join(self.pieces) or self.given

    def read(self) -> dict[str, object] | None:
        text = self.text
        return {} if text.strip() in {"", "null"} else parse_object(text)


def _extras(raw: Raw) -> State | None:
    """Return what has to be sent back with a call that the model did not make directly.

    https://platform.claude.com/docs/en/agents-and-tools/tool-use/programmatic-tool-calling
    """
    caller, toolset = raw.get("caller"), raw.get("toolset_name")
    extras: dict[str, object] = {}
    if isinstance(caller, dict) and caller.get("type") != "direct":
        extras["caller"] = caller
    if toolset:
        extras["toolset_name"] = toolset
    return extras or None
