"""Requests of the google wires, choice by choice."""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.cases import call_to, codec_of, plain_profile
from zot.domain.credential import Ambient, ApiKey, Credential, Keyless
from zot.domain.error import RequestRejected
from zot.domain.event import Notice
from zot.domain.message import (
    Author,
    Document,
    Image,
    Message,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from zot.domain.model import ModelSpec
from zot.domain.quirks import Quirks
from zot.domain.request import ChatRequest, ModelCall
from zot.domain.secret import Secret

GENERATIVE, VERTEX = "google-generative", "google-vertex"
OLD, NEW = "gemini-2.5-flash", "gemini-3.5-flash"
PNG = Image(b"\x89PNG\r\n\x1a\n")
PNG_PART = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
CLOCK = Tool("clock", "Says the time.", {"type": "object", "properties": {}})
BELL = Tool("bell", "", {})
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def call(model: str = OLD, *messages: Message, quirks: Any = None, **fields: Any) -> ModelCall:
    """Return a call; `quirks` go over those of the provider."""
    request = ChatRequest(messages or (Message.user("hi"),), **fields)
    made = call_to("google", GENERATIVE, model, request)
    changed = replace(made.endpoint.quirks, **(quirks or {}))
    return replace(made, endpoint=replace(made.endpoint, quirks=changed))


def body(made: ModelCall) -> dict[str, Any]:
    encoded: dict[str, Any] = json.loads(codec_of(made.wire).encode(made).body)
    return encoded


def config(made: ModelCall) -> dict[str, Any]:
    found: dict[str, Any] = body(made).get("generationConfig", {})
    return found


def notices(made: ModelCall) -> list[str]:
    chunk = b'data: {"candidates":[{"finishReason":"STOP"}]}\n\n'
    decoder = codec_of(made.wire).decoder(made, "")
    events = [*decoder.feed(chunk), *decoder.close()]
    return [event.text for event in events if isinstance(event, Notice)]


def own(model: str, *parts: Any) -> Message:
    return Message("assistant", parts, Author("google", GENERATIVE, model))


# --- addresses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "stream", "url"),
    [
        ("https://h", True, "https://h/v1beta/models/m:streamGenerateContent?alt=sse"),
        ("https://h/", False, "https://h/v1beta/models/m:generateContent"),
        ("https://h/v1beta", True, "https://h/v1beta/models/m:streamGenerateContent?alt=sse"),
        ("https://h/google/v1", False, "https://h/google/v1/models/m:generateContent"),
    ],
)
def test_the_address_of_the_gemini_api(base: str, stream: bool, url: str) -> None:
    made = call_to("somebody", GENERATIVE, "m", stream=stream, base_url=base)
    assert codec_of(GENERATIVE).encode(made).url == url


@pytest.mark.parametrize(
    ("model", "segment"),
    [("models/gemini-x", "gemini-x"), ("google/gemini x", "google%2Fgemini%20x"), ("..", "..")],
)
def test_a_model_id_is_one_segment(model: str, segment: str) -> None:
    made = call_to("somebody", GENERATIVE, model, stream=False, base_url="https://h")
    assert (
        codec_of(GENERATIVE).encode(made).url
        == f"https://h/v1beta/models/{segment}:generateContent"
    )


@pytest.mark.parametrize(
    ("stream", "path", "whole", "url"),
    [
        (True, "/x/{model}:go", "", "https://h/x/m:go"),
        (False, "/x/{model}:go", "/x/{model}:once", "https://h/x/m:once"),
        (False, "/x/{model}:streamGenerateContent?alt=sse", "", "https://h/x/m:generateContent"),
    ],
)
def test_an_endpoint_may_have_its_own_path(stream: bool, path: str, whole: str, url: str) -> None:
    for wire in (GENERATIVE, VERTEX):
        made = call_to("somebody", wire, "m", stream=stream, base_url="https://h")
        endpoint = replace(made.endpoint, path=path, path_non_stream=whole)
        assert codec_of(wire).encode(replace(made, endpoint=endpoint)).url == url


REGION = "https://europe-west4-aiplatform.googleapis.com"
PROJECT = "/v1/projects/{project}/locations/{location}/publishers/google/models/m"
EXPRESS = "/v1/publishers/google/models/m"
KEY = ApiKey(Secret("k"))


@pytest.mark.parametrize(
    ("credential", "base", "url"),
    [
        (Ambient("google"), REGION, REGION + PROJECT),
        (Ambient("google"), "https://h/v1/", "https://h" + PROJECT),
        (Keyless(), REGION, REGION + PROJECT),
        (KEY, REGION, "https://aiplatform.googleapis.com" + EXPRESS),
        (
            KEY,
            "https://aiplatform.eu.rep.googleapis.com",
            "https://aiplatform.googleapis.com" + EXPRESS,
        ),
        (KEY, "https://gateway.example/v1", "https://gateway.example" + EXPRESS),
    ],
)
@pytest.mark.parametrize(
    ("stream", "method"), [(True, ":streamGenerateContent?alt=sse"), (False, ":generateContent")]
)
def test_the_address_of_vertex(
    credential: Credential, base: str, url: str, stream: bool, method: str
) -> None:
    made = call_to("google-vertex", VERTEX, "m", stream=stream, base_url=base)
    made = replace(made, credential=credential)
    assert codec_of(VERTEX).encode(made).url == url + method


def test_a_vertex_of_somebody_else_is_asked_without_a_project() -> None:
    made = call_to("somebody", VERTEX, "m", stream=False, base_url="https://h")
    assert codec_of(VERTEX).encode(made).url == f"https://h{EXPRESS}:generateContent"


def test_both_wires_say_the_same() -> None:
    request = ChatRequest((Message.user("hi", PNG),), system="Be kind.", tools=(CLOCK,))
    made = [call_to("somebody", wire, NEW, request) for wire in (GENERATIVE, VERTEX)]
    assert body(made[0]) == body(made[1])


# --- what is said --------------------------------------------------------------------------


def test_a_plain_question_is_nothing_else() -> None:
    assert body(call()) == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def test_instructions_come_first_and_later_ones_are_told_by_the_user() -> None:
    messages = (Message.system("b"), Message.user("c"), Message.system("d"))
    assert body(call(OLD, *messages, system="a")) == {
        "systemInstruction": {"parts": [{"text": "a"}, {"text": "b"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "c"}, {"text": "<system>\nd\n</system>"}]}
        ],
    }


def test_a_turn_in_which_nothing_is_left_disappears() -> None:
    answer = own(OLD, Thinking("\udc00"), Text("", {"groundingMetadata": {}}))
    contents = body(call(OLD, Message.user("a"), answer, Message.user("b")))["contents"]
    assert contents == [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]


def test_a_reply_goes_back_as_it_came() -> None:
    raw = {"executableCode": {"code": "1"}, "thoughtSignature": "c2ln"}
    answer = own(
        OLD,
        Thinking("hm"),
        Thinking("", {"signature": "c2ln"}),
        Text("a", {"groundingMetadata": {}}),
        Text("", {"signature": "c2ln"}),
        Text("", {"part": raw}),
        Text("b", {"signature": "no base64"}),
    )
    assert body(call(OLD, Message.user("q"), answer))["contents"][1]["parts"] == [
        {"text": "hm", "thought": True},
        {"text": "", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "a"},
        {"text": "", "thoughtSignature": "c2ln"},
        raw,
        {"text": "b"},
    ]


def test_what_another_model_thought_is_text_and_unsigned() -> None:
    answer = replace(
        own(NEW, Thinking("hm", {"signature": "c2ln"}), Text("a", {"signature": "c2ln"})),
        author=Author("google", GENERATIVE, "gemini-3.6-flash"),
    )
    parts = body(call(NEW, Message.user("q"), answer))["contents"][1]["parts"]
    assert parts == [{"text": "hm\n\n"}, {"text": "a"}]


def results(*content: Any, error: bool = False) -> Message:
    return Message("tool", (ToolResult("c", content, error),))


@pytest.mark.parametrize(
    ("result", "response"),
    [
        (results(Text("a"), Text("b")), {"output": "a\nb"}),
        (results(), {"output": ""}),
        (results(Text("no"), error=True), {"error": "no"}),
    ],
)
def test_a_result_is_an_output_or_an_error(result: Message, response: Any) -> None:
    asked = own(OLD, ToolCall("c", "clock", {"a": 1}))
    turns = body(call(OLD, Message.user("q"), asked, result))["contents"]
    assert turns[1]["parts"] == [{"functionCall": {"name": "clock", "args": {"a": 1}}}]
    assert turns[2]["parts"] == [{"functionResponse": {"name": "clock", "response": response}}]


def test_all_results_stand_in_one_turn_in_the_order_of_the_calls() -> None:
    asked = own(OLD, ToolCall("c", "clock", {}), ToolCall("b", "bell", {}))
    late = Message.tool_result("c", "noon")
    turns = body(
        call(
            OLD, Message.user("q"), asked, Message.tool_result("b", "ding"), late, Message.user("?")
        )
    )["contents"]
    assert [sorted(part) for part in turns[2]["parts"]] == [
        ["functionResponse"],
        ["functionResponse"],
        ["text"],
    ]
    assert turns[2]["parts"][0]["functionResponse"]["name"] == "clock"


def test_pictures_of_a_result_stand_within_it_or_behind_it() -> None:
    asked = Message.assistant(ToolCall("c", "clock", {}))
    messages = (Message.user("q"), asked, results(Text("a"), PNG))
    new = body(call(NEW, *messages))["contents"][2]["parts"]
    assert new == [
        {"functionResponse": {"name": "clock", "response": {"output": "a"}, "parts": [PNG_PART]}}
    ]
    old = body(call(OLD, *messages))["contents"][2]["parts"]
    assert [sorted(part) for part in old] == [["functionResponse"], ["inlineData"]]


@pytest.mark.parametrize(
    ("model", "state", "signature"),
    [
        (NEW, None, "skip_thought_signature_validator"),
        (NEW, {"signature": "c2ln"}, "c2ln"),
        (NEW, {"signature": "REDACTED_1"}, "skip_thought_signature_validator"),
        (NEW, {"signature": 1}, "skip_thought_signature_validator"),
        (OLD, None, None),
        (OLD, {"signature": "c2ln"}, "c2ln"),
        ("gemini-3.9-unlisted", None, "skip_thought_signature_validator"),
        ("gemini-latest", None, "skip_thought_signature_validator"),
        ("gemini-2.0-flash", None, None),
        ("somebody-s", None, None),
    ],
)
def test_a_newer_gemini_gets_a_signature_with_the_first_call(
    model: str, state: Any, signature: str | None
) -> None:
    asked = own(model, ToolCall("c", "clock", {}, state), ToolCall("b", "bell", {}))
    first, second = body(call(model, Message.user("q"), asked))["contents"][1]["parts"]
    assert first.get("thoughtSignature") == signature
    assert "thoughtSignature" not in second


def test_ids_go_to_whom_they_come_from_or_who_wants_them() -> None:
    def sent(model: str, state: Any = None) -> tuple[Any, Any]:
        asked = own(model, ToolCall("a:b", "clock", {}, state))
        messages = (Message.user("q"), asked, Message.tool_result("a:b", "noon"))
        _, called, answered = body(call(model, *messages))["contents"]
        part, result = called["parts"][0], answered["parts"][0]
        return part["functionCall"].get("id"), result["functionResponse"].get("id")

    assert sent(OLD) == (None, None)
    assert sent(OLD, {"id": "given:1"}) == ("given:1", "given:1")
    claude = sent("claude-sonnet-4-5")
    assert claude[0] == claude[1] is not None


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (PNG, PNG_PART),
        (
            Image(b"x", "image/jpg"),
            {"inlineData": {"mimeType": "image/jpeg", "data": "eA=="}},
        ),
        (
            Image(url="https://h/a.HEIC#x"),
            {"fileData": {"mimeType": "image/heic", "fileUri": "https://h/a.HEIC#x"}},
        ),
        (
            Image(url="https://h/a"),
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://h/a"}},
        ),
        (
            Image(url="gs://b/a", media_type="image/png"),
            {"fileData": {"mimeType": "image/png", "fileUri": "gs://b/a"}},
        ),
        (Image(url="data:image/png;base64,iVBORw0KGgo="), PNG_PART),
        (
            Document(b"x", "application/pdf", "a"),
            {"inlineData": {"mimeType": "application/pdf", "data": "eA=="}},
        ),
        (
            Document(b"x", "application/json"),
            {"inlineData": {"mimeType": "text/plain", "data": "eA=="}},
        ),
        (
            Document(b"x", "audio/wav"),
            {"inlineData": {"mimeType": "audio/wav", "data": "eA=="}},
        ),
    ],
)
def test_files_are_sent_inline_or_by_their_address(part: Any, written: Any) -> None:
    contents = body(call(OLD, Message.user(part)))["contents"]
    assert contents == [{"role": "user", "parts": [written]}]


@pytest.mark.parametrize(
    "part", [Image(b"GIF89a"), Image(b"?"), Document(b"x", "application/zip"), Document(b"x", "")]
)
def test_a_file_of_another_kind_is_refused(part: Any) -> None:
    with pytest.raises(RequestRejected):
        body(call(OLD, Message.user(part)))


def test_pictures_are_left_out_where_the_row_says_so() -> None:
    profile = plain_profile("acme", GENERATIVE, Quirks(images="no"))
    made = call_to("acme", GENERATIVE, "m", ChatRequest((Message.user(PNG),)))
    made = replace(made, profile=profile, endpoint=profile.endpoints[GENERATIVE])
    assert body(made)["contents"][0]["parts"] == [{"text": "[an image that this model cannot see]"}]


# --- tools and schemas ---------------------------------------------------------------------


def test_tools_are_declared_with_their_schema() -> None:
    assert body(call(tools=(CLOCK, BELL)))["tools"] == [
        {
            "functionDeclarations": [
                {
                    "name": "clock",
                    "description": "Says the time.",
                    "parametersJsonSchema": {"type": "object", "properties": {}},
                },
                {"name": "bell"},
            ]
        }
    ]


def test_schemas_follow_the_rules_of_the_row() -> None:
    tool = Tool("f", "", {"$schema": "x", "type": "object"})
    made = call(
        tools=(tool,), schema=tool.parameters, quirks={"schema_rules": ("drop-schema-keyword",)}
    )
    assert "$schema" not in json.dumps(body(made))


@pytest.mark.parametrize(
    ("choice", "takes", "names", "calling", "told"),
    [
        (None, None, ["clock", "bell"], None, False),
        ("auto", None, ["clock", "bell"], None, False),
        ("none", None, ["clock", "bell"], {"mode": "NONE"}, False),
        ("required", None, ["clock", "bell"], {"mode": "ANY"}, False),
        (
            "bell",
            None,
            ["clock", "bell"],
            {"mode": "ANY", "allowedFunctionNames": ["bell"]},
            False,
        ),
        ("none", ("auto",), [], None, False),
        ("required", ("auto",), ["clock", "bell"], None, True),
        ("bell", ("auto",), ["bell"], None, True),
        ("bell", ("auto", "required"), ["bell"], {"mode": "ANY"}, False),
    ],
)
def test_how_tools_may_be_called(
    choice: Any, takes: Any, names: list[str], calling: Any, told: bool
) -> None:
    quirks = {"tool_choice": takes} if takes else None
    made = call(tools=(CLOCK, BELL), tool_choice=choice, quirks=quirks)
    sent = body(made)
    declared = sent["tools"][0]["functionDeclarations"] if "tools" in sent else []
    assert [each["name"] for each in declared] == names
    assert (sent.get("toolConfig") or {}).get("functionCallingConfig") == calling
    assert bool(notices(made)) == told


def test_a_choice_without_tools_is_none() -> None:
    assert "toolConfig" not in body(call(tool_choice="required"))


@pytest.mark.parametrize("model", [OLD, NEW])
def test_a_schema_alone_is_the_format(model: str) -> None:
    assert config(call(model, schema=SCHEMA)) == {
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
    }


def test_a_newer_model_takes_a_schema_beside_tools() -> None:
    sent = body(call(NEW, schema=SCHEMA, tools=(CLOCK,)))
    assert "responseJsonSchema" in sent["generationConfig"]
    assert len(sent["tools"][0]["functionDeclarations"]) == 1


@pytest.mark.parametrize(
    ("choice", "names", "calling", "format_", "told"),
    [
        (None, ["answer", "answer_"], {"mode": "ANY"}, False, False),
        ("required", ["answer", "answer_"], {"mode": "ANY"}, False, False),
        ("none", [], None, True, False),
        ("answer", ["answer"], {"mode": "ANY", "allowedFunctionNames": ["answer"]}, False, True),
    ],
)
def test_an_older_model_never_gets_both(
    choice: Any, names: list[str], calling: Any, format_: bool, told: bool
) -> None:
    made = call(OLD, schema=SCHEMA, tools=(replace(CLOCK, name="answer"),), tool_choice=choice)
    sent = body(made)
    declared = sent["tools"][0]["functionDeclarations"] if "tools" in sent else []
    assert [each["name"] for each in declared] == names
    assert (sent.get("toolConfig") or {}).get("functionCallingConfig") == calling
    assert ("responseMimeType" in sent.get("generationConfig", {})) == format_
    assert bool(notices(made)) == told


# --- limits and thinking -------------------------------------------------------------------


def test_limits_have_their_own_names() -> None:
    made = call(max_tokens=100, temperature=0.0, stop=("a", ""))
    assert config(made) == {"maxOutputTokens": 100, "temperature": 0.0, "stopSequences": ["a"]}


def test_what_cannot_be_sent_is_told() -> None:
    quirks = {"min_max_tokens": 16, "temperature_above": 0.0}
    made = call(max_tokens=1, temperature=0.0, stop=tuple("abcdef"), quirks=quirks)
    assert config(made) == {
        "maxOutputTokens": 16,
        "temperature": 0.01,
        "stopSequences": list("abcde"),
    }
    assert len(notices(made)) == 2


def test_what_a_row_never_wants_is_not_sent() -> None:
    made = call(temperature=0.5, tools=(CLOCK,), quirks={"never_send": ("temperature", "tools")})
    assert body(made).keys() == {"contents"}


@pytest.mark.parametrize(
    ("model", "level", "sent"),
    [
        ("gemini-2.5-pro", "minimal", 128),
        ("gemini-2.5-pro", "low", 2048),
        ("gemini-2.5-pro", "medium", 8192),
        ("gemini-2.5-pro", "high", 32768),
        ("gemini-2.5-pro", "max", 32768),
        ("gemini-2.5-flash", "minimal", 128),
        ("gemini-2.5-flash", "high", 24576),
        ("gemini-2.5-flash-lite", "minimal", 512),
        ("gemini-2.5-flash-lite", "max", 24576),
        ("gemini-2.5-unlisted", "medium", 8192),
        (NEW, "minimal", "MINIMAL"),
        (NEW, "medium", "MEDIUM"),
        (NEW, "max", "HIGH"),
        ("gemini-3.1-pro-preview", "minimal", "LOW"),
        ("gemini-3.1-pro-preview", "medium", "MEDIUM"),
        ("gemini-3-pro-preview", "minimal", "LOW"),
        ("gemini-3-pro-preview", "medium", "HIGH"),
        ("gemini-9-unlisted", "low", "LOW"),
        ("gemini-latest", "high", "HIGH"),
        ("gemma-4-31b-it", "low", "HIGH"),
    ],
)
def test_each_family_thinks_in_its_own_way(model: str, level: Any, sent: Any) -> None:
    name = "thinkingBudget" if isinstance(sent, int) else "thinkingLevel"
    made = call(model, reasoning=level)
    assert config(made) == {"thinkingConfig": {"includeThoughts": True, name: sent}}
    assert notices(made) == []


@pytest.mark.parametrize(
    ("model", "sent", "told"),
    [
        ("gemini-2.5-flash", {"thinkingBudget": 0}, False),
        ("gemini-2.5-pro", {"thinkingBudget": 128}, True),
        (NEW, {"thinkingLevel": "MINIMAL"}, True),
        ("gemini-3.1-pro-preview", {"thinkingLevel": "LOW"}, True),
        ("gemma-4-31b-it", {"thinkingLevel": "MINIMAL"}, False),
        ("gemini-2.0-flash", None, False),
        ("somebody-s", None, False),
    ],
)
def test_off_is_off_or_as_little_as_can_be(model: str, sent: Any, told: bool) -> None:
    made = call(model, reasoning="off")
    assert config(made).get("thinkingConfig") == sent
    assert bool(notices(made)) == told


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "gemini-1.5-pro", "somebody-s"])
def test_a_model_that_takes_no_level_is_not_asked(model: str) -> None:
    made = call(model, reasoning="high")
    assert config(made) == {}
    assert len(notices(made)) == 1


def test_a_model_of_a_fixed_kind_is_not_asked() -> None:
    spec = ModelSpec("google", "gemini-2.5-x", reasoning=True, reasoning_styles=("fixed",))
    assert config(replace(call(reasoning="high"), model=spec)) == {}


@pytest.mark.parametrize(
    ("limit", "budget"), [(100_000, 24576), (4000, 2976), (1100, 128), (10, 128)]
)
def test_a_budget_leaves_room_for_the_answer(limit: int, budget: int) -> None:
    made = call(OLD, reasoning="high", max_tokens=limit)
    assert config(made)["thinkingConfig"]["thinkingBudget"] == budget


def test_efforts_of_the_catalog_count() -> None:
    spec = ModelSpec("google", "x", reasoning_styles=("effort",), efforts=("low", "high", "xhigh"))
    made = replace(call(reasoning="max"), model=spec)
    assert config(made)["thinkingConfig"]["thinkingLevel"] == "XHIGH"


def test_the_same_beginning_is_always_written_the_same() -> None:
    asked = own(OLD, ToolCall("c", "clock", {}))
    messages = (Message.user("q"), asked, Message.tool_result("c", "noon"))
    short = codec_of(GENERATIVE).encode(call(OLD, *messages, tools=(CLOCK,))).body
    more = (*messages, Message.assistant("yes"), Message.user("and?"))
    long = codec_of(GENERATIVE).encode(call(OLD, *more, tools=(CLOCK,))).body
    assert long.startswith(short.removesuffix(b"]}"))
