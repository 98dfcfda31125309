"""Requests of the bedrock-converse wire, rule by rule."""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.cases import call_to
from zot.adapters.codecs._bedrock_encode import plan
from zot.adapters.codecs.bedrock_converse import codec
from zot.domain.error import RequestRejected, UsageError
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
from zot.domain.provider import Endpoint
from zot.domain.quirks import Quirks
from zot.domain.request import ChatRequest, ModelCall

WIRE = "bedrock-converse"
SONNET = "anthropic.claude-sonnet-4-6"
NOVA = "amazon.nova-lite-v1:0"
LLAMA = "meta.llama3-3-70b-instruct-v1:0"
MISTRAL = "mistral.mistral-large-2407-v1:0"
PNG = b"\x89PNG\r\n\x1a\nx"
PDF = Document(b"%PDF", "application/pdf", "plan.pdf")
MARKDOWN = Document(b"# Hi", "text/markdown", "hi.md")
HI = Message.user("hi")
CLOCK = Tool("clock", "", {})
OTHER = Tool("other", "does other things", {"type": "object", "properties": {"a": {}}})
MARK = {"cachePoint": {"type": "default"}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def call(
    *messages: Message,
    model: str | ModelSpec = SONNET,
    quirks: dict[str, Any] | None = None,
    stream: bool = True,
    **request: Any,
) -> ModelCall:
    name = model if isinstance(model, str) else model.id
    asked = ChatRequest(messages or (HI,), **request)
    made = call_to("amazon-bedrock", WIRE, name, asked, stream=stream)
    if isinstance(model, ModelSpec):
        made = replace(made, model=model)
    changed = replace(made.endpoint.quirks, **(quirks or {}))
    return replace(made, endpoint=replace(made.endpoint, quirks=changed))


def body(*messages: Message, cache: bool = False, **options: Any) -> Any:
    return json.loads(codec.encode(call(*messages, cache=cache, **options)).body)


def content(*messages: Message, **options: Any) -> Any:
    return body(*messages, **options)["messages"][-1]["content"]


def notices(*messages: Message, **options: Any) -> tuple[str, ...]:
    return plan(call(*messages, **options)).notices


def spec(name: str, **fields: Any) -> ModelSpec:
    return ModelSpec("amazon-bedrock", name, **fields)


def calling(*ids: str) -> Message:
    parts = tuple(ToolCall(each, "clock", {}) for each in ids)
    return Message("assistant", parts, Author("amazon-bedrock", WIRE, SONNET))


# --- where it goes -------------------------------------------------------------------------


@pytest.mark.parametrize(("stream", "tail"), [(True, "converse-stream"), (False, "converse")])
def test_the_model_is_one_segment_of_the_path(stream, tail):
    arn = "arn:aws:bedrock:eu-west-1:1:application-inference-profile/x y"
    request = codec.encode(call(model=spec("mine", wire_id=arn), stream=stream))
    encoded = "arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Aapplication-inference-profile%2Fx%20y"
    assert request.url.endswith(f".amazonaws.com/model/{encoded}/{tail}")


def test_an_endpoint_without_a_path_has_the_wire_s_own():
    made = replace(call(), endpoint=Endpoint("https://x.example.com/"), base_url="https://x.y/")
    assert codec.encode(made).url == f"https://x.y/model/{SONNET}/converse-stream"
    made = replace(made, stream=False)
    assert codec.encode(made).url == f"https://x.y/model/{SONNET}/converse"


def test_the_answer_is_wanted_as_it_will_come():
    assert codec.encode(call()).headers["accept"] == "application/vnd.amazon.eventstream"
    assert codec.encode(call(stream=False)).headers["accept"] == "application/json"


# --- the conversation ----------------------------------------------------------------------


def test_turns_alternate_and_the_user_begins():
    turns = body(
        Message.assistant("hello"), Message.assistant("again"), Message.user("a"), Message.user("b")
    )["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"] == [{"text": "hello"}, {"text": "again"}]
    assert turns[2]["content"] == [{"text": "a"}, {"text": "b"}]


def test_instructions_are_a_block_each_and_none_is_empty():
    asked = body(Message.system("Be brief."), HI, Message.system("Now!"), system="Be kind.")
    assert asked["system"] == [{"text": "Be kind."}, {"text": "Be brief."}]
    assert asked["messages"][0]["content"][-1]["text"].startswith("<system>")
    assert "system" not in body(HI, system=" \n")


def test_white_space_at_the_end_of_the_last_answer_goes():
    assert content(HI, Message.assistant("So \n")) == [{"text": "So"}]


def test_results_stand_in_one_turn_in_the_order_of_the_calls():
    turns = body(
        HI,
        calling("a", "b", "c"),
        Message.tool_result("c", "3"),
        Message.tool_result("a", "1"),
        Message.user("so?"),
        tools=(CLOCK,),
    )["messages"]
    results = [block["toolResult"] for block in turns[2]["content"][:3]]
    assert [result["toolUseId"] for result in results] == ["a", "b", "c"]
    assert [result.get("status") for result in results] == [None, "error", None]
    assert turns[2]["content"][3:] == [{"text": "so?"}]
    assert len(turns) == 3


@pytest.mark.parametrize(("model", "said"), [(SONNET, True), (NOVA, True), (LLAMA, False)])
def test_only_some_models_are_told_that_a_tool_failed(model, said):
    failed = Message.tool_result("a", "no", error=True)
    [block] = content(HI, calling("a"), failed, model=model)
    assert ("status" in block["toolResult"]) is said


def test_a_result_without_content_says_so():
    [block] = content(HI, calling("a"), Message.tool_result("a", ""))
    assert block["toolResult"]["content"] == [{"text": "[empty]"}]


def test_a_result_may_hold_a_picture():
    [block] = content(HI, calling("a"), Message.tool_result("a", Image(PNG)))
    assert block["toolResult"]["content"][0]["image"]["format"] == "png"


def test_objects_have_no_empty_keys():
    given = {"": 1, "a": [{"": 2, "b": 3}], "c": {"": {}}}
    turns = body(HI, Message.assistant(ToolCall("t", "f", given)))["messages"]
    assert turns[1]["content"][0]["toolUse"]["input"] == {"a": [{"b": 3}], "c": {}}


def test_what_the_model_is_to_see_again_goes_only_to_itself():
    parts = (Thinking("hm", {"signature": "c2ln"}), Thinking("", {"redacted": "YQ=="}), Text("a"))
    own = Message("assistant", parts, Author("amazon-bedrock", WIRE, SONNET))
    foreign = Message("assistant", parts, Author("anthropic", "anthropic-messages", "claude"))
    assert content(HI, own) == [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "YQ=="}},
        {"text": "a"},
    ]
    assert content(HI, foreign) == [{"text": "hm\n\n"}, {"text": "a"}]


def test_thinking_goes_back_unsigned_where_that_is_allowed():
    message = Message("assistant", (Thinking("hm"),), Author("amazon-bedrock", WIRE, SONNET))
    found = content(HI, message, quirks={"unsigned_thinking": True})
    assert found == [{"reasoningContent": {"reasoningText": {"text": "hm"}}}]


def test_of_what_came_through_only_tools_go_back():
    own = Author("amazon-bedrock", WIRE, SONNET)
    blocks = [{"toolUse": {"name": "search"}}, {"image": {"format": "png"}}]
    parts = (*(Text("", {"block": block}) for block in blocks), Text("", {"citations": [{}]}))
    assert content(HI, Message("assistant", (*parts, Text("a")), own)) == [blocks[0], {"text": "a"}]


def test_ids_are_of_the_narrower_alphabet():
    foreign = Message.assistant(ToolCall("a:b.c", "clock", {}))
    turns = body(HI, foreign)["messages"]
    assert turns[1]["content"][0]["toolUse"]["toolUseId"] == "a_b_c"


def test_some_models_want_short_ids():
    turns = body(HI, calling("a-long-one", "abcDEF123"), model=f"us.{MISTRAL}")["messages"]
    first, second = (block["toolUse"]["toolUseId"] for block in turns[1]["content"])
    assert len(first) == 9
    assert first.isalnum()
    assert second == "abcDEF123"


# --- pictures and documents ----------------------------------------------------------------


def test_a_picture_is_its_bytes():
    [block] = content(Message.user(Image(PNG)))
    assert block == {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgp4"}}}


def test_a_picture_may_lie_in_s3_or_in_its_url():
    data = "data:image/jpg;base64,aGk="
    [one, two] = content(Message.user(Image(url="s3://b/c.JPG"), Image(url=data)))
    assert one["image"] == {"format": "jpeg", "source": {"s3Location": {"uri": "s3://b/c.JPG"}}}
    assert two["image"] == {"format": "jpeg", "source": {"bytes": "aGk="}}


@pytest.mark.parametrize(
    "image",
    [
        Image(url="https://example.com/a.png"),
        Image(b"BM", "image/bmp"),
        Image(b"nothing known"),
        Image(url="data:image/png;base64,no base64"),
        Image(url="s3://bucket/none"),
    ],
)
def test_a_picture_that_cannot_be_sent_is_an_error(image):
    with pytest.raises(RequestRejected):
        body(Message.user(image))


def test_which_pictures_an_endpoint_takes_is_data():
    with pytest.raises(RequestRejected, match="png"):
        body(Message.user(Image(PNG)), quirks={"image_formats": ("jpeg",)})


def test_a_picture_that_nobody_would_see_becomes_a_notice():
    [block] = content(Message.user(Image(PNG)), model=LLAMA, quirks={"images": "no"})
    assert "cannot see" in block["text"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/pdf", "pdf"),
        ("text/csv", "csv"),
        ("text/html", "html"),
        ("text/markdown", "md"),
        ("text/plain", "txt"),
        ("text/x-python", "txt"),
        ("application/json", "txt"),
        ("application/msword", "doc"),
        ("application/vnd.ms-excel", "xls"),
    ],
)
def test_a_document_has_a_format(kind, name):
    [block, _] = content(Message.user(Document(b"x", kind)))
    assert block == {"document": {"format": name, "name": "document", "source": {"bytes": "eA=="}}}


def test_a_document_of_another_type_is_an_error():
    with pytest.raises(RequestRejected, match="application/zip"):
        body(Message.user(Document(b"x", "application/zip")))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("plan.pdf", "plan"),
        ("the  plan\t(v2) [a].pdf", "the plan (v2) [a]"),
        ("../résumé_1.pdf", "-r-sum-1"),
        ("", "document"),
        (".pdf", "document"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_document_has_a_name_that_the_wire_takes(given, sent):
    [block, _] = content(Message.user(replace(PDF, name=given)))
    assert block["document"]["name"] == sent


def test_no_two_documents_have_the_same_name():
    long = replace(PDF, name="x" * 300)
    turns = body(Message.user(PDF, PDF), Message.assistant("a"), Message.user(PDF, long, long))
    names = [
        b["document"]["name"] for t in turns["messages"] for b in t["content"] if "text" not in b
    ]
    assert names == ["plan", "plan (2)", "plan (3)", "x" * 200, "x" * 196 + " (2)"]


def test_no_document_comes_without_text():
    assert content(Message.user(PDF))[-1] == {"text": "[a document is attached]"}
    assert len(content(Message.user(PDF, "what is it?"))) == 2


def test_no_document_stands_beside_a_result_of_claude():
    messages = (HI, calling("a"), Message.tool_result("a", "noon"), Message.user("see", PDF))
    turns = body(*messages)["messages"]
    assert [next(iter(block)) for turn in turns for block in turn["content"]] == [
        *("text", "toolUse", "toolResult", "text", "text", "document"),
    ]
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 2 + ["user"]
    assert len(body(*messages, model=NOVA)["messages"]) == 3


# --- tools ---------------------------------------------------------------------------------


def test_tools_are_written_without_what_is_empty():
    assert body(tools=(CLOCK, OTHER))["toolConfig"] == {
        "tools": [
            {
                "toolSpec": {
                    "name": "clock",
                    "inputSchema": {"json": {"type": "object", "properties": {}}},
                }
            },
            {
                "toolSpec": {
                    "name": "other",
                    "description": "does other things",
                    "inputSchema": {"json": {"type": "object", "properties": {"a": {}}}},
                }
            },
        ]
    }


@pytest.mark.parametrize(
    ("model", "wanted", "choice", "offered"),
    [
        (SONNET, None, None, 2),
        (SONNET, "auto", None, 2),
        (SONNET, "required", {"any": {}}, 2),
        (SONNET, "other", {"tool": {"name": "other"}}, 2),
        (f"us.{NOVA}", "other", {"tool": {"name": "other"}}, 2),
        (f"arn:aws:bedrock:us-east-1:1:inference-profile/us.{SONNET}", "other", "named", 2),
        (MISTRAL, "required", {"any": {}}, 2),
        (MISTRAL, "other", {"any": {}}, 1),
        (LLAMA, "required", None, 2),
        (f"us.{LLAMA}", "other", None, 1),
        ("openai.gpt-oss-120b-1:0", "required", None, 2),
        (LLAMA, "auto", None, 2),
    ],
)
def test_the_choice_is_one_that_the_model_takes(model, wanted, choice, offered):
    config = body(model=model, tools=(CLOCK, OTHER), tool_choice=wanted)["toolConfig"]
    expected = {"tool": {"name": "other"}} if choice == "named" else choice
    assert config.get("toolChoice") == expected
    assert len(config["tools"]) == offered


def test_a_choice_that_cannot_be_sent_is_said():
    said = notices(model=LLAMA, tools=(CLOCK,), tool_choice="required")
    assert said == (f"`{LLAMA}` cannot be made to call a tool; it is left to choose",)
    assert not notices(model=LLAMA, tools=(CLOCK,), tool_choice="auto")


def test_no_tools_are_offered_where_none_is_to_be_called():
    assert "toolConfig" not in body(tools=(CLOCK,), tool_choice="none")
    config = body(HI, calling("a"), tools=(CLOCK,), tool_choice="none")["toolConfig"]
    assert [each["toolSpec"]["name"] for each in config["tools"]] == ["_placeholder"]
    assert "toolChoice" not in config


def test_a_model_of_a_plain_endpoint_takes_every_choice():
    made = call(tools=(CLOCK,), tool_choice="clock", model=LLAMA)
    made = replace(made, endpoint=replace(made.endpoint, quirks=Quirks()))
    assert json.loads(codec.encode(made).body)["toolConfig"]["toolChoice"] == {
        "tool": {"name": "clock"}
    }


def test_a_model_that_always_thinks_is_not_forced():
    always = spec(SONNET, reasoning_styles=("adaptive",), can_disable_reasoning=False)
    asked: dict[str, Any] = {"tools": (CLOCK,), "tool_choice": "required", "model": always}
    assert "toolChoice" not in body(**asked)["toolConfig"]
    assert "none can be forced" in notices(**asked)[0]


def test_schemas_are_cleaned_as_the_row_says():
    tool = Tool("f", "", {"$schema": "x", "type": "object", "properties": {}})
    config = body(tools=(tool,), quirks={"schema_rules": ("drop-schema-keyword",)})["toolConfig"]
    assert "$schema" not in config["tools"][0]["toolSpec"]["inputSchema"]["json"]


# --- the form of the answer ----------------------------------------------------------------


def test_a_schema_is_the_output_format_where_the_model_takes_one():
    asked = body(schema={**SCHEMA, "title": "my answer!"}, tools=(CLOCK,))
    described = asked["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert described["name"] == "my_answer_"
    assert json.loads(described["schema"])["additionalProperties"] is False
    assert len(asked["toolConfig"]["tools"]) == 1


@pytest.mark.parametrize(
    "model",
    [
        NOVA,
        "anthropic.claude-sonnet-4-20250514-v1:0",
        "us.anthropic.claude-3-haiku-20240307-v1:0",
        "mistral.pixtral-large-2502-v1:0",
    ],
)
def test_a_schema_is_a_tool_for_every_other_model(model):
    asked = body(schema=SCHEMA, model=model)
    assert "outputConfig" not in asked
    assert asked["toolConfig"]["tools"][0]["toolSpec"]["name"] == "answer"
    named = {"tool": {"name": "answer"}}
    assert asked["toolConfig"]["toolChoice"] == ({"any": {}} if "mistral" in model else named)


def test_the_tool_for_a_schema_has_a_name_of_its_own():
    other = replace(CLOCK, name="answer")
    config = body(schema=SCHEMA, model=NOVA, tools=(other,))["toolConfig"]
    assert [each["toolSpec"]["name"] for each in config["tools"]] == ["answer", "answer_"]
    assert config["toolChoice"] == {"any": {}}


def test_a_model_without_tools_is_told_the_schema():
    asked = body(schema=SCHEMA, model=spec("deepseek.r1-v1:0", tools=False), system="Be brief.")
    assert "toolConfig" not in asked
    assert json.dumps(SCHEMA, separators=(",", ":")) in asked["system"][1]["text"]


# --- limits --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "asked", "sent"),
    [
        ({}, None, 8192),
        ({"max_output": 4000}, None, 4000),
        ({"max_output": 100_000, "context": 100_000}, None, 50_000),
        ({"max_output": 4000}, 5, 5),
        ({"max_output": 4000, "context": 100}, 90, 90),
    ],
)
def test_a_limit_is_always_sent(fields, asked, sent):
    found = body(model=spec("x.y", **fields), max_tokens=asked)
    assert found["inferenceConfig"] == {"maxTokens": sent}


def test_the_least_limit_of_an_endpoint_holds():
    found = body(max_tokens=5, quirks={"min_max_tokens": 16})
    assert found["inferenceConfig"]["maxTokens"] == 16


def test_stop_sequences_are_sent_unless_they_are_blank():
    assert body(stop=("END", " ", ""))["inferenceConfig"]["stopSequences"] == ["END"]
    assert "stopSequences" not in body(stop=("\n",))["inferenceConfig"]


@pytest.mark.parametrize(
    ("wanted", "quirks", "sent"),
    [
        (0.0, {}, 0.0),
        (0.5, {}, 0.5),
        (1.5, {}, 1.0),
        (0.9, {"temperature_max": 0.8}, 0.8),
        (0.0, {"temperature_above": 0.0}, 0.01),
        (0.5, {"never_send": ("temperature",)}, None),
    ],
)
def test_a_temperature_is_one_that_is_taken(wanted, quirks, sent):
    config = body(temperature=wanted, quirks=quirks)["inferenceConfig"]
    assert config.get("temperature") == sent
    said = notices(temperature=wanted, quirks=quirks)
    assert bool(said) is (sent not in {None, wanted})


def test_what_an_endpoint_never_takes_is_not_sent():
    asked = body(tools=(CLOCK,), quirks={"never_send": ("inferenceConfig",)})
    assert asked.keys() == {"toolConfig", "messages"}


def test_what_cannot_be_written_is_an_error():
    with pytest.raises(UsageError):
        body(tools=(Tool("f", "", {"x": object()}),))


# --- caching -------------------------------------------------------------------------------


def test_what_stays_the_same_is_marked_for_the_cache():
    asked = body(
        HI, Message.assistant("a"), Message.user("b"), system="s", tools=(CLOCK,), cache=True
    )
    assert asked["system"] == [{"text": "s"}, MARK]
    assert asked["toolConfig"]["tools"][-1] == MARK
    assert asked["messages"][-1]["content"] == [{"text": "b"}, MARK]
    assert MARK not in asked["messages"][0]["content"]


@pytest.mark.parametrize(
    ("model", "marks"),
    [
        (SONNET, True),
        ("global.anthropic.claude-opus-4-8", True),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", True),
        ("anthropic.claude-3-5-haiku-20241022-v1:0", True),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", False),
        ("anthropic.claude-3-haiku-20240307-v1:0", False),
        ("anthropic.claude-v2:1", False),
        (NOVA, False),
        (LLAMA, False),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", False),
    ],
)
def test_only_models_that_take_marks_get_them(model, marks):
    assert (MARK in content(model=model, cache=True)) is marks


def test_marks_can_be_switched_off_and_are_limited():
    assert MARK not in content(cache=False)
    assert MARK not in content(cache=True, quirks={"max_cache_breakpoints": None})
    asked = body(HI, system="s", tools=(CLOCK,), cache=True, quirks={"max_cache_breakpoints": 2})
    assert json.dumps(asked).count("cachePoint") == 2
    assert MARK not in asked["toolConfig"]["tools"]


def test_no_mark_stands_right_behind_a_document_that_is_no_pdf():
    kinds = [
        next(iter(block)) for block in content(Message.user("a", MARKDOWN, MARKDOWN), cache=True)
    ]
    assert kinds == ["text", "cachePoint", "document", "document"]
    kinds = [next(iter(block)) for block in content(Message.user("a", PDF), cache=True)]
    assert kinds == ["text", "document", "cachePoint"]


def test_a_mark_may_stand_behind_results():
    found = content(HI, calling("a"), Message("tool", (ToolResult("a", (Text("1"),)),)), cache=True)
    assert found[-1] == MARK
