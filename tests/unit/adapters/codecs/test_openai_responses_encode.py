"""Requests of the openai-responses wire, and of the back end of Codex, quirk by quirk."""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.cases import catalog, plain_profile
from zot.adapters.codecs.openai_codex_responses import codec as codex
from zot.adapters.codecs.openai_responses import codec
from zot.domain.credential import NOWHERE, Keyless
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
from zot.domain.provider import Endpoint
from zot.domain.quirks import Quirks
from zot.domain.request import ChatRequest, ModelCall

WIRE = "openai-responses"
PNG = Image(b"\x89PNG\r\n\x1a\nx")
ME = Author("acme", WIRE, "small")
CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
TOOL = Tool("f", "does it", CLOSED)
OTHER = Tool("g", "", {"type": "object"})
HI = Message.user("hi")
THINKS = ModelSpec("acme", "small", reasoning=True, efforts=("none", "low", "high", "max"))
ITEM = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
FULL = Quirks(
    store=True, send_store=False, developer_role=True, reasoning_effort=True, strict_tools=True,
    fixed_sampling="reasoning", min_max_tokens=16,
)  # fmt: skip
"""What the row of OpenAI says."""


def said(text: str, **more: str) -> dict[str, object]:
    """Return what a model said earlier, as the wire wants it back."""
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "role": "assistant", "content": content, **more}


def call(
    *messages: Message,
    model: ModelSpec | None = None,
    quirks: Quirks | None = None,
    endpoint: Endpoint | None = None,
    base_url: str = "",
    stream: bool = True,
    **request: Any,
) -> ModelCall:
    profile = plain_profile("acme", WIRE, quirks)
    endpoint = endpoint or profile.endpoints[WIRE]
    return ModelCall(
        profile,
        endpoint,
        WIRE,
        base_url or endpoint.base_url,
        model or ModelSpec("acme", "small"),
        ChatRequest(messages or (HI,), **request),
        Keyless(),
        NOWHERE,
        stream,
    )


def body(*messages: Message, **more: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(codec.encode(call(*messages, **more)).body)
    return loaded


def codex_body(*messages: Message, **more: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(codex.encode(call(*messages, **more)).body)
    return loaded


def items(*messages: Message, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(*messages, **more)["input"]
    return found


def mine(*parts: Text | Thinking | ToolCall) -> list[dict[str, Any]]:
    """Return the items of a turn of this very model, after the question."""
    return items(HI, Message.assistant(*parts, author=ME))[1:]


def notices(**more: Any) -> list[str]:
    done = b'data: {"type": "response.completed", "response": {}}\n\n'
    events = codec.decoder(call(**more), "").feed(done)
    return [event.text for event in events if isinstance(event, Notice)]


# --- where to ------------------------------------------------------------------------------

AZURE = "https://me.openai.azure.com/openai/v1"
CODEX = "https://chatgpt.com/backend-api"


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://host", "", "https://host/v1/responses"),
        ("https://host/v1/", "", "https://host/v1/responses"),
        ("https://host/v1/responses", "", "https://host/v1/responses"),
        ("https://host/api", "/responses", "https://host/api/responses"),
        (AZURE, "/responses?api-version=v1", f"{AZURE}/responses?api-version=v1"),
        (f"{AZURE}/responses", "/responses?api-version=v1", f"{AZURE}/responses?api-version=v1"),
        (CODEX, "/codex/responses", f"{CODEX}/codex/responses"),
        (f"{CODEX}/codex", "/codex/responses", f"{CODEX}/codex/responses"),
        (f"{CODEX}/codex/responses", "/codex/responses", f"{CODEX}/codex/responses"),
        ("https://host", "/m/{model}/responses", "https://host/m/small/responses"),
    ],
)
def test_the_path_follows_the_base_url(base: str, path: str, url: str) -> None:
    assert codec.encode(call(endpoint=Endpoint(base, path))).url == url


def test_a_whole_document_may_have_another_path() -> None:
    endpoint = Endpoint("https://host", "/stream", "/whole")
    assert codec.encode(call(endpoint=endpoint)).url == "https://host/stream"
    assert codec.encode(call(endpoint=endpoint, stream=False)).url == "https://host/whole"


def test_the_headers_say_what_is_expected() -> None:
    assert codec.encode(call()).headers["accept"] == "text/event-stream"
    request = codec.encode(call(stream=False))
    assert request.headers["accept"] == "application/json"
    assert "stream" not in json.loads(request.body)


@pytest.mark.parametrize(
    ("messages", "initiator", "vision"),
    [
        ((HI,), "user", None),
        ((Message.user(PNG),), "user", "true"),
        ((HI, Message.assistant("a")), "agent", None),
        ((HI, Message.tool_result("c", PNG)), "agent", "true"),
    ],
)
def test_headers_tell_who_asks(
    messages: tuple[Message, ...], initiator: str, vision: str | None
) -> None:
    quirks = Quirks(initiator_header="X-Initiator", vision_header="X-Vision")
    headers = codec.encode(call(*messages, quirks=quirks)).headers
    assert headers["x-initiator"] == initiator
    assert headers.get("x-vision") == vision


# --- the conversation ----------------------------------------------------------------------


def test_one_text_is_plain_and_several_are_parts() -> None:
    assert items(HI) == [{"role": "user", "content": "hi"}]
    parts = [{"type": "input_text", "text": text} for text in ("a", "b")]
    assert items(Message.user("a", "b")) == [{"role": "user", "content": parts}]


@pytest.mark.parametrize(
    ("model", "quirks", "role"),
    [
        (THINKS, FULL, "developer"),
        (THINKS, None, "system"),
        (ModelSpec("acme", "small", reasoning=False), FULL, "system"),
        (None, FULL, "system"),
    ],
)
def test_instructions_have_the_role_that_the_model_knows(
    model: ModelSpec | None, quirks: Quirks | None, role: str
) -> None:
    said = items(HI, Message.system("b"), HI, model=model, quirks=quirks, system="a")
    assert [(each["role"], each["content"]) for each in said] == [
        (role, "a"),
        ("user", "hi"),
        (role, "b"),
        ("user", "hi"),
    ]


@pytest.mark.parametrize(
    ("image", "url"),
    [
        (PNG, "data:image/png;base64,iVBORw0KGgp4"),
        (Image(b"x", "image/jpg"), "data:image/jpeg;base64,eA=="),
        (Image(url="https://example.com/a"), "https://example.com/a"),
    ],
)
def test_pictures_are_urls(image: Image, url: str) -> None:
    part = {"type": "input_image", "detail": "auto", "image_url": url}
    assert items(Message.user(image)) == [{"role": "user", "content": [part]}]


@pytest.mark.parametrize(
    ("image", "formats", "hint"),
    [
        (Image(b"x"), (), "PNG, JPEG, WEBP, GIF"),
        (Image(b"GIF89a"), ("image/png", "image/jpeg"), "PNG, JPEG"),
    ],
)
def test_a_picture_of_another_type_is_refused(
    image: Image, formats: tuple[str, ...], hint: str
) -> None:
    with pytest.raises(RequestRejected) as caught:
        body(Message.user(image), quirks=Quirks(image_formats=formats))
    assert hint in caught.value.hint


def test_a_model_that_cannot_see_gets_a_notice_in_place_of_a_picture() -> None:
    blind = items(Message.user(PNG), quirks=Quirks(images="no"), model=ModelSpec("acme", "small"))
    assert blind == [{"role": "user", "content": "[an image that this model cannot see]"}]


def test_documents_are_files_and_texts_are_texts() -> None:
    pdf, text = Document(b"x", "application/pdf", "a.pdf"), Document(b"y", "text/plain")
    assert items(Message.user(pdf, text))[0]["content"] == [
        {
            "type": "input_file",
            "filename": "a.pdf",
            "file_data": "data:application/pdf;base64,eA==",
        },
        {"type": "input_text", "text": "document.pdf:\n\ny"},
    ]


@pytest.mark.parametrize(
    ("content", "error", "output"),
    [
        ((Text("a"),), False, "a"),
        ((), False, "(empty)"),
        ((Text(""),), False, "(empty)"),
        ((Text("a"),), True, "error: a"),
        ((), True, "error: (empty)"),
        (
            (PNG,),
            True,
            [
                {"type": "input_text", "text": "error:"},
                {
                    "type": "input_image",
                    "detail": "auto",
                    "image_url": "data:image/png;base64,iVBORw0KGgp4",
                },
            ],
        ),
    ],
)
def test_results_follow_their_calls(
    content: tuple[Text | Image, ...], error: bool, output: Any
) -> None:
    result = Message("tool", (ToolResult("c", content, error),))
    assert items(HI, Message.assistant(ToolCall("c", "f", {"x": "é"})), result)[1:] == [
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"x":"é"}'},
        {"type": "function_call_output", "call_id": "c", "output": output},
    ]


def test_a_custom_tool_is_answered_as_one() -> None:
    custom = ToolCall("c", "f", {"x": 1}, {"type": "custom_tool_call", "id": "ctc_1"})
    turn = Message.assistant(custom, author=ME)
    assert items(HI, turn, Message.tool_result("c", "a"))[1:] == [
        {
            "type": "custom_tool_call",
            "call_id": "c",
            "name": "f",
            "input": '{"x":1}',
            "id": "ctc_1",
        },
        {"type": "custom_tool_call_output", "call_id": "c", "output": "a"},
    ]


@pytest.mark.parametrize("call_id", ["a:b", "x" * 65, "", "é"])
def test_ids_of_calls_are_made_to_fit(call_id: str) -> None:
    said = items(
        HI, Message.assistant(ToolCall(call_id, "f", {})), Message.tool_result(call_id, "a")
    )
    assert said[1]["call_id"] == said[2]["call_id"] != call_id


# --- what goes back to its author ----------------------------------------------------------


def test_thinking_goes_back_unchanged_before_what_it_led_to() -> None:
    full = {**ITEM, "summary": [{"type": "summary_text", "text": "Hm"}], "status": "completed"}
    said = mine(Thinking("Hm", {"item": full}), Text("a", {"id": "msg_1", "phase": "commentary"}))
    assert said == [
        full,
        {
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "a", "annotations": []}],
            "id": "msg_1",
            "phase": "commentary",
        },
    ]


def test_a_summary_is_there_even_if_it_is_empty() -> None:
    bare = {"type": "reasoning", "encrypted_content": "x"}
    assert mine(Thinking("", {"item": bare}), Text("a"))[0] == {**bare, "summary": []}


def test_open_thoughts_go_back_too() -> None:
    thoughts = {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm"}]}
    assert mine(Thinking("Hm", {"item": thoughts}), Text("a"))[0] == {**thoughts, "summary": []}


@pytest.mark.parametrize("state", [{"item": {"type": "reasoning", "id": "rs_1"}}, {"x": 1}])
def test_without_the_thinking_what_it_led_to_has_no_id(state: dict[str, Any]) -> None:
    before = Text("a", {"id": "msg_1"})
    after = ToolCall("c", "f", {}, {"id": "fc_1"})
    said = mine(before, Thinking("Hm", state), after)
    assert [each.get("id") for each in said[:2]] == ["msg_1", None]


def test_thinking_that_the_provider_keeps_goes_back_by_its_id() -> None:
    kept = {"type": "reasoning", "id": "rs_1"}
    turn = Message.assistant(Thinking("", {"item": kept}), "a", author=ME)
    quirks = Quirks(store=True, send_store=True)
    sent = body(HI, turn, quirks=quirks, model=THINKS)
    assert sent["input"][1] == {**kept, "summary": []}
    assert sent["store"] is True
    assert "include" not in sent


def test_thinking_that_led_to_nothing_is_left_out() -> None:
    thought = Thinking("", {"item": ITEM})
    assert mine(Text("a"), thought, thought) == [said("a")]
    assert mine(thought) == []


@pytest.mark.parametrize("own_id", ["x_1", "msg_" + "x" * 61, "msg_é", "bXNn+", None])
def test_an_id_that_would_be_refused_is_left_out(own_id: Any) -> None:
    assert mine(Text("a", {"id": own_id, "phase": "x"})) == [said("a", phase="x")]


def test_other_items_go_back_as_they_came() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "result": None}
    assert mine(Text("", {"item": search}), Text("a"))[0] == search


def test_nothing_of_it_goes_to_anybody_else() -> None:
    parts = (
        Thinking("Hm", {"item": ITEM}),
        Thinking("", {"item": ITEM}),
        Text("", {"item": {"type": "web_search_call"}}),
        Text("a", {"id": "msg_1"}),
        ToolCall("c", "f", {}, {"id": "fc_1"}),
    )
    turn = Message.assistant(*parts, author=Author("acme", WIRE, "large"))
    assert items(HI, turn)[1:4] == [
        said("Hm\n\n"),
        said("a"),
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ]


# --- tools ---------------------------------------------------------------------------------


def test_tools_are_flat_and_always_say_whether_they_are_strict() -> None:
    empty = Tool("h", "", {})
    sent = body(tools=(TOOL, OTHER, empty), quirks=FULL)["tools"]
    assert sent[0] == {
        "type": "function",
        "name": "f",
        "description": "does it",
        "parameters": CLOSED,
        "strict": True,
    }
    assert [each["strict"] for each in sent] == [True, False, False]
    assert sent[2]["parameters"] == {"type": "object", "properties": {}}
    assert [each["strict"] for each in body(tools=(TOOL,))["tools"]] == [False]


@pytest.mark.parametrize(
    "inner",
    [
        {"type": "string", "minLength": 1},
        {"oneOf": []},
        {"type": "array", "items": {"type": "string", "default": "x"}},
        {"anyOf": [{"type": "string", "format": "x"}]},
        {"type": "object", "properties": [], "required": [], "additionalProperties": False},
    ],
)
def test_a_schema_that_strict_tools_do_not_take_is_not_strict(inner: dict[str, Any]) -> None:
    tool = Tool("f", "", {**CLOSED, "properties": {"a": inner}})
    assert body(tools=(tool,), quirks=FULL)["tools"][0]["strict"] is False


def test_the_rules_of_the_row_are_applied() -> None:
    quirks = Quirks(strict_tools=True, strict_schema_rules=("drop-number-bounds",))
    tool = Tool("f", "", {**CLOSED, "properties": {"a": {"type": "integer", "minimum": 1}}})
    sent = body(tools=(tool,), quirks=quirks)["tools"][0]
    assert sent["parameters"]["properties"]["a"] == {"type": "integer"}
    quirks = Quirks(strict_tools=True, no_strict_models=("sm*",))
    assert body(tools=(tool,), quirks=quirks)["tools"][0]["strict"] is False


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (None, None),
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ("g", {"type": "function", "name": "g"}),
    ],
)
def test_the_choice_of_a_tool(wanted: str | None, sent: Any) -> None:
    assert body(tools=(TOOL, OTHER), tool_choice=wanted).get("tool_choice") == sent


def test_a_named_tool_is_the_only_one_where_names_are_not_taken() -> None:
    quirks = Quirks(tool_choice=("auto", "none", "required"))
    sent = body(tools=(TOOL, OTHER), tool_choice="g", quirks=quirks)
    assert sent["tool_choice"] == "required"
    assert [each["name"] for each in sent["tools"]] == ["g"]


def test_without_tools_there_is_no_choice() -> None:
    assert {"tools", "tool_choice"}.isdisjoint(body(tool_choice="auto"))


# --- limits and reasoning ------------------------------------------------------------------


@pytest.mark.parametrize(("wanted", "sent"), [(None, None), (1, 16), (16, 16), (900, 900)])
def test_a_limit_has_at_least_sixteen_tokens(wanted: int | None, sent: int | None) -> None:
    assert body(max_tokens=wanted).get("max_output_tokens") == sent


def test_a_limit_may_be_demanded_or_not_allowed() -> None:
    model = ModelSpec("acme", "small", max_output=5000)
    demanding = Quirks(max_tokens_required=True, min_max_tokens=32)
    assert body(quirks=demanding, model=model)["max_output_tokens"] == 5000
    assert body(quirks=demanding)["max_output_tokens"] == 4096
    assert body(quirks=demanding, max_tokens=20)["max_output_tokens"] == 32
    without = Quirks(max_tokens_field="none")
    assert "max_output_tokens" not in body(quirks=without, max_tokens=20)
    assert notices(quirks=without, max_tokens=20) == [
        "`acme` takes no limit; 20 tokens is left out"
    ]


@pytest.mark.parametrize(
    ("quirks", "model", "level", "sent"),
    [
        (Quirks(), THINKS, "low", 0.5),
        (FULL, None, None, 0.5),
        (FULL, THINKS, None, None),
        (FULL, THINKS, "off", 0.5),
        (Quirks(fixed_sampling_models=("sm*",)), None, None, None),
        (Quirks(never_send=("temperature",)), None, None, None),
        (Quirks(temperature_max=0.3), None, None, 0.3),
        (Quirks(temperature_above=0.5), None, None, 0.51),
    ],
)
def test_a_model_that_reasons_takes_no_temperature(
    quirks: Quirks, model: ModelSpec | None, level: Any, sent: float | None
) -> None:
    asked = {"quirks": quirks, "model": model, "reasoning": level, "temperature": 0.5}
    assert body(**asked).get("temperature") == sent
    assert any("temperature" in each for each in notices(**asked)) is (sent != 0.5)


def test_stop_sequences_are_left_out_and_that_is_said() -> None:
    assert "stop" not in body(stop=("x",))
    assert notices(stop=("x",)) == ["`small` takes no stop sequences here; they are left out"]


@pytest.mark.parametrize(
    ("level", "model", "sent"),
    [
        (None, THINKS, None),
        ("off", THINKS, {"effort": "none"}),
        ("low", THINKS, {"effort": "low", "summary": "auto"}),
        ("medium", THINKS, {"effort": "high", "summary": "auto"}),
        ("max", THINKS, {"effort": "max", "summary": "auto"}),
        ("max", None, {"effort": "high", "summary": "auto"}),
        ("off", None, None),
        ("low", ModelSpec("acme", "small", reasoning=False), None),
    ],
)
def test_reasoning_is_asked_for_in_the_words_of_the_model(
    level: Any, model: ModelSpec | None, sent: Any
) -> None:
    assert body(quirks=FULL, model=model, reasoning=level).get("reasoning") == sent


def test_a_level_that_cannot_be_sent_is_said() -> None:
    assert notices(reasoning="low") == ["`small` takes no reasoning level; low is left out"]
    assert notices(reasoning="off") == []
    grok = Quirks(reasoning_effort=True, no_reasoning_effort_models=("sm*",))
    assert "reasoning" not in body(quirks=grok, model=THINKS, reasoning="low")


def test_nothing_is_kept_by_the_provider() -> None:
    assert body()["store"] is False
    assert "include" not in body()
    assert body(model=THINKS)["include"] == ["reasoning.encrypted_content"]
    bare = body(model=THINKS, quirks=Quirks(never_send=("store", "include")))
    assert {"store", "include"}.isdisjoint(bare)


@pytest.mark.parametrize(
    ("schema", "name", "strict"),
    [
        ({**CLOSED, "title": "An answer"}, "An_answer", True),
        ({"type": "object"}, "answer", False),
    ],
)
def test_a_schema_is_the_format_of_the_text(
    schema: dict[str, Any], name: str, strict: bool
) -> None:
    layout = {"type": "json_schema", "name": name, "schema": schema, "strict": strict}
    assert body(schema=schema)["text"] == {"format": layout}


def test_the_model_may_stand_elsewhere() -> None:
    assert body(model=ModelSpec("acme", "small", wire_id="mine"))["model"] == "mine"
    assert "model" not in body(quirks=Quirks(model_in_body=False))


# --- the back end of Codex -----------------------------------------------------------------


def test_codex_departs_from_the_public_service() -> None:
    quirks = catalog().providers["openai-codex"].endpoints["openai-codex-responses"].quirks
    request = codex.encode(call(quirks=quirks, stream=False, max_tokens=50, tools=(TOOL,)))
    sent = json.loads(request.body)
    assert request.headers["accept"] == "text/event-stream"
    assert sent.pop("tools")[0]["name"] == "f"
    assert len(sent.pop("prompt_cache_key")) == 32
    assert sent == {
        "model": "small",
        "instructions": "You are a helpful assistant.",
        "input": [{"role": "user", "content": "hi"}],
        "include": ["reasoning.encrypted_content"],
        "text": {"verbosity": "medium"},
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "store": False,
        "stream": True,
    }


def test_instructions_of_codex_have_a_field_of_their_own() -> None:
    said = (Message.system("b"), HI, Message.system("c"), HI)
    sent = codex_body(*said, system="a")
    assert sent["instructions"] == "a\n\nb"
    assert [each["role"] for each in sent["input"]] == ["user", "developer", "user"]


def test_a_schema_stands_beside_the_verbosity() -> None:
    assert codex_body(schema=CLOSED)["text"].keys() == {"verbosity", "format"}


def test_the_key_of_the_cache_is_that_of_the_conversation() -> None:
    first = codex_body(HI, system="a", tools=(TOOL,))["prompt_cache_key"]
    later = codex_body(HI, Message.assistant("b"), HI, system="a", tools=(TOOL,))
    other = codex_body(HI, system="b", tools=(TOOL,))["prompt_cache_key"]
    assert first == later["prompt_cache_key"] != other
    assert "prompt_cache_key" not in codex_body(cache=False)
    assert "prompt_cache_key" not in body()
