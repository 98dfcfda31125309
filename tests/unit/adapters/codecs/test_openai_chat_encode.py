"""Requests of the openai-chat wire, quirk by quirk."""

# Over 300 lines, since the cases of one wire are read side by side.

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.cases import call_to, plain_profile
from zot.adapters.codecs.openai_chat import codec
from zot.domain.credential import NOWHERE, Keyless
from zot.domain.error import UsageError
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
)
from zot.domain.model import ModelSpec
from zot.domain.provider import Endpoint
from zot.domain.quirks import Quirks
from zot.domain.request import ChatRequest, ModelCall, WireRequest

PNG = b"\x89PNG\r\n\x1a\nx"
PNG_URL = "data:image/png;base64,iVBORw0KGgp4"
ME = Author("acme", "openai-chat", "small")
SCHEMA = {"$schema": "x", "type": "object", "properties": {"a": {"type": "string"}}}
TOOL = Tool("f", "does it", SCHEMA)
OTHER = Tool("g", "does not", {"type": "object"})
HI = Message.user("hi")
DONE = (
    b'data: {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
)


def call(
    *messages: Message,
    model: ModelSpec | None = None,
    quirks: Quirks | None = None,
    endpoint: Endpoint | None = None,
    stream: bool = True,
    **request: Any,
) -> ModelCall:
    profile = plain_profile("acme", "openai-chat", quirks)
    endpoint = endpoint or profile.endpoints["openai-chat"]
    return ModelCall(
        profile,
        endpoint,
        "openai-chat",
        endpoint.base_url,
        model or ModelSpec("acme", "small"),
        ChatRequest(messages or (HI,), **request),
        Keyless(),
        NOWHERE,
        stream,
    )


def body(*messages: Message, **more: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(codec.encode(call(*messages, **more)).body)
    return loaded


def sent(*messages: Message, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(*messages, **more)["messages"]
    return found


def notices(**more: Any) -> list[str]:
    events = codec.decoder(call(**more), "").feed(DONE)
    return [event.text for event in events if isinstance(event, Notice)]


def spec(**fields: Any) -> ModelSpec:
    return ModelSpec("acme", "small", **fields)


# --- the request itself --------------------------------------------------------------------


def test_a_plain_question_is_a_plain_request() -> None:
    assert codec.encode(call()) == WireRequest(
        "POST",
        "https://api.example.com/v1/chat/completions",
        {"content-type": "application/json", "accept": "text/event-stream"},
        b'{"model":"small","messages":[{"role":"user","content":"hi"}],'
        b'"stream":true,"stream_options":{"include_usage":true}}',
    )


def test_without_streaming_nothing_is_said_of_it() -> None:
    request = codec.encode(call(stream=False))
    assert json.loads(request.body) == {
        "model": "small",
        "messages": [{"role": "user", "content": "hi"}],
    }
    assert request.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("endpoint", "stream", "url"),
    [
        (Endpoint("https://a.test"), True, "https://a.test/v1/chat/completions"),
        (Endpoint("https://a.test/v4"), True, "https://a.test/v4/chat/completions"),
        (Endpoint("https://a.test/x", path="/y"), True, "https://a.test/x/y"),
        (Endpoint("https://a.test/x", "/y", "/z"), False, "https://a.test/x/z"),
        (Endpoint("https://a.test/x", "/y", "/z"), True, "https://a.test/x/y"),
    ],
)
def test_the_url_is_of_the_endpoint(endpoint: Endpoint, stream: bool, url: str) -> None:
    assert codec.encode(call(endpoint=endpoint, stream=stream)).url == url


def test_the_id_that_is_sent_may_be_another() -> None:
    assert body(model=spec(wire_id="deployment"))["model"] == "deployment"
    assert "model" not in body(quirks=Quirks(model_in_body=False))


def test_text_is_utf_8_and_half_characters_disappear() -> None:
    request = codec.encode(call(Message.user("é\ud83d x \ud83d\ude00")))
    assert "é x 😀".encode() in request.body


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        codec.encode(call(temperature=float("nan")))


def test_what_a_provider_never_takes_is_never_sent() -> None:
    quirks = Quirks(
        never_send=("stream_options", "temperature", "stop"), store=True, send_store=False
    )
    made = body(quirks=quirks, temperature=1.0, stop=("x",))
    assert made.keys() == {"model", "messages", "store", "stream"}
    assert len(notices(quirks=quirks, temperature=1.0, stop=("x",))) == 2


@pytest.mark.parametrize(
    ("store", "send", "expected"), [(True, False, False), (True, None, None), (False, False, None)]
)
def test_store_is_sent_where_it_is_known(store: bool, send: Any, expected: Any) -> None:
    assert body(quirks=Quirks(store=store, send_store=send)).get("store") is expected


def test_usage_is_asked_for_unless_the_provider_refuses() -> None:
    assert "stream_options" not in body(quirks=Quirks(stream_usage=False))


def test_headers_say_who_began_and_whether_there_is_a_picture() -> None:
    quirks = Quirks(initiator_header="X-Initiator", vision_header="X-Vision")
    asked = codec.encode(call(quirks=quirks)).headers
    assert (asked["x-initiator"], asked.get("x-vision")) == ("user", None)
    result = Message.tool_result("a", Image(PNG))
    again = codec.encode(call(HI, Message.assistant(ToolCall("a", "f", {})), result, quirks=quirks))
    assert (again.headers["x-initiator"], again.headers["x-vision"]) == ("agent", "true")


# --- messages ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("developer", "reasoning", "role"),
    [(True, True, "developer"), (True, None, "system"), (False, True, "system")],
)
def test_instructions_have_the_role_of_the_model(
    developer: bool, reasoning: Any, role: str
) -> None:
    made = sent(
        HI,
        Message.system("and"),
        system="be",
        quirks=Quirks(developer_role=developer),
        model=spec(reasoning=reasoning),
    )
    assert made == [
        {"role": role, "content": "be"},
        {"role": "user", "content": "hi"},
        {"role": role, "content": "and"},
    ]


def test_text_alone_is_one_string() -> None:
    assert sent(Message.user("a", "b")) == [{"role": "user", "content": "a\n\nb"}]


@pytest.mark.parametrize(("flat", "url"), [("object", {"url": PNG_URL}), ("string", PNG_URL)])
def test_a_picture_is_a_url(flat: str, url: Any) -> None:
    message = Message.user("see", Image(PNG), Image(url="https://a.test/b.png"))
    made = sent(message, quirks=Quirks(image_url=flat))[0]["content"]
    assert made[0] == {"type": "text", "text": "see"}
    assert made[1] == {"type": "image_url", "image_url": url}
    assert json.dumps(made[2]).count("https://a.test/b.png") == 1


def test_a_provider_without_pictures_gets_words_unless_the_catalog_knows_better() -> None:
    blind = Quirks(images="no")
    assert "image" in str(sent(Message.user(Image(PNG)), quirks=blind)[0]["content"])
    seeing = spec(inputs=("text", "image"))
    assert sent(Message.user(Image(PNG)), quirks=blind, model=seeing)[0]["content"] == [
        {"type": "image_url", "image_url": {"url": PNG_URL}}
    ]


def test_a_document_is_a_file_and_a_text_file_is_text() -> None:
    message = Message.user(
        Document(b"%PDF", "application/pdf", "a.pdf"), Document(b"b", "text/plain", "b.txt")
    )
    assert sent(message)[0]["content"] == [
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        },
        {"type": "text", "text": "b.txt:\n\nb"},
    ]


def test_a_tool_turn_has_calls_then_results_then_pictures() -> None:
    made = sent(
        HI,
        Message.assistant("look", ToolCall("a", "f", {"x": "é"}), ToolCall("b", "g", {})),
        Message.tool_result("b", "went wrong", error=True),
        Message.tool_result("a", (Text("fine"), Image(PNG))),
    )
    assert made[1:] == [
        {
            "role": "assistant",
            "content": "look",
            "tool_calls": [
                {
                    "id": "a",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"x":"é"}'},
                },
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": made[2]["content"]},
        {"role": "tool", "tool_call_id": "b", "content": "error: went wrong"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG_URL}}]},
    ]
    assert made[2]["content"].startswith("fine")


def test_a_result_without_text_says_so() -> None:
    made = sent(HI, Message.assistant(ToolCall("a", "f", {})), Message.tool_result("a", ""))
    assert (made[1]["content"], made[2]["content"]) == (None, "(empty)")


def test_an_empty_answer_of_the_past_is_left_out() -> None:
    thought = Message.assistant(Thinking("hm", {"field": "reasoning"}), author=ME)
    assert len(sent(HI, Message.assistant(""), thought, Message.user("so?"))) == 2


@pytest.mark.parametrize(
    ("quirks", "fits"),
    [
        (Quirks(tool_id_max=40), lambda each: len(each) <= 40),
        (
            Quirks(tool_id_pattern="^[a-zA-Z0-9]{9}$"),
            lambda each: len(each) == 9 and each.isalnum(),
        ),
        (Quirks(short_tool_id_models=("sm*",)), lambda each: len(each) == 9 and each.isalnum()),
    ],
)
def test_calls_and_results_share_an_id_that_fits(quirks: Quirks, fits: Any) -> None:
    long = "call_|" + "x" * 60
    turn = [Message.assistant(ToolCall(long, "f", {})), Message.tool_result(long, "a")]
    made = sent(HI, *turn, quirks=quirks)
    call_id = made[1]["tool_calls"][0]["id"]
    assert fits(call_id)
    assert made[2]["tool_call_id"] == call_id
    assert sent(HI, *turn, Message.user("more"), quirks=quirks)[:3] == made


def test_the_last_word_of_the_assistant_is_a_beginning() -> None:
    made = sent(HI, Message.assistant("I"), quirks=Quirks(assistant_prefix=True))
    assert made[-1] == {"role": "assistant", "content": "I", "prefix": True}


# --- thinking, sent back -------------------------------------------------------------------

DETAILS = [{"type": "reasoning.text", "text": "hm", "signature": "s"}]
THOUGHT = Thinking("hm", {"field": "reasoning"})
DETAILED = Thinking("hm", {"field": "reasoning", "reasoning_details": DETAILS})
TAGGED = Thinking("hm", {"field": "tags", "gap": "\n"})


@pytest.mark.parametrize(
    ("quirks", "thinking", "expected"),
    [
        (Quirks(), THOUGHT, {"content": "yes"}),
        (
            Quirks(reasoning_replay="reasoning_content"),
            THOUGHT,
            {"content": "yes", "reasoning_content": "hm"},
        ),
        (Quirks(reasoning_replay="reasoning"), THOUGHT, {"content": "yes", "reasoning": "hm"}),
        (
            Quirks(reasoning_replay="reasoning", reasoning_details_replay=True),
            DETAILED,
            {"content": "yes", "reasoning_details": DETAILS},
        ),
        (
            Quirks(reasoning_replay="reasoning", reasoning_details_replay=True),
            THOUGHT,
            {"content": "yes", "reasoning": "hm"},
        ),
        (Quirks(reasoning_replay="reasoning"), DETAILED, {"content": "yes", "reasoning": "hm"}),
        (Quirks(reasoning_replay="tags"), TAGGED, {"content": "<think>hm</think>\nyes"}),
        (Quirks(reasoning_replay="tags"), THOUGHT, {"content": "<think>hm</think>\n\nyes"}),
        (
            Quirks(reasoning_replay="reasoning", tag_replay_models=("sm*",)),
            THOUGHT,
            {"content": "<think>hm</think>\n\nyes"},
        ),
        (
            Quirks(reasoning_replay="blocks"),
            THOUGHT,
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "yes"},
                ]
            },
        ),
        (
            Quirks(reasoning_replay="reasoning", no_reasoning_replay_models=("sm*",)),
            THOUGHT,
            {"content": "yes"},
        ),
    ],
)
def test_thinking_goes_back_to_its_author_as_the_row_says(
    quirks: Quirks, thinking: Thinking, expected: dict[str, Any]
) -> None:
    made = sent(HI, Message.assistant(thinking, "yes", author=ME), Message.user("?"), quirks=quirks)
    assert made[1] == {"role": "assistant", **expected}


@pytest.mark.parametrize(
    "author",
    [
        None,
        Author("acme", "openai-chat", "large"),
        Author("other", "openai-chat", "small"),
        Author("acme", "anthropic-messages", "small"),
    ],
)
def test_nobody_elses_thinking_is_sent(author: Author | None) -> None:
    quirks = Quirks(reasoning_replay="reasoning", reasoning_details_replay=True)
    state = {"extra_content": {"s": 1}}
    said = Message.assistant(DETAILED, "yes", ToolCall("a", "f", {}, state), author=author)
    made = json.dumps(sent(HI, said, quirks=quirks))
    assert '"hm"' not in made
    assert "extra_content" not in made


def test_the_author_may_be_known_by_either_id() -> None:
    quirks = Quirks(reasoning_replay="reasoning")
    renamed = spec(wire_id="deployment")
    for name in ("small", "deployment"):
        said = Message.assistant(THOUGHT, "yes", author=replace(ME, model=name))
        assert sent(HI, said, quirks=quirks, model=renamed)[1]["reasoning"] == "hm"


def test_where_thinking_is_required_every_answer_has_the_field() -> None:
    quirks = Quirks(reasoning_replay="reasoning_content", reasoning_required_on_replay=True)
    made = sent(HI, Message.assistant("a"), Message.user("b"), quirks=quirks)
    assert made[1] == {"role": "assistant", "content": "a", "reasoning_content": ""}


def test_what_came_with_a_call_goes_back_with_it() -> None:
    said = Message.assistant(ToolCall("a", "f", {}, {"extra_content": {"s": 1}}), author=ME)
    assert sent(HI, said)[1]["tool_calls"][0]["extra_content"] == {"s": 1}


# --- tools ---------------------------------------------------------------------------------


def test_tools_come_before_the_conversation_and_choice_is_left_open() -> None:
    made = body(tools=(TOOL,))
    assert list(made)[:3] == ["model", "tools", "messages"]
    assert made["tools"] == [
        {
            "type": "function",
            "function": {"name": "f", "description": "does it", "parameters": SCHEMA},
        }
    ]


def test_without_tools_there_is_no_choice() -> None:
    assert body(tool_choice="required").keys() == body().keys()


def test_rules_for_schemas_are_applied() -> None:
    made = body(tools=(TOOL,), quirks=Quirks(schema_rules=("drop-schema-keyword",)))
    assert "$schema" not in made["tools"][0]["function"]["parameters"]


NAMED = {"type": "function", "function": {"name": "g"}}
ALL = ("auto", "none", "required", "function")


@pytest.mark.parametrize(
    ("wanted", "quirks", "choice", "names", "told"),
    [
        ("auto", Quirks(), "auto", "fg", 0),
        ("auto", Quirks(tool_choice=()), None, "fg", 0),
        ("none", Quirks(), "none", "fg", 0),
        ("none", Quirks(tool_choice=("auto",)), None, "", 0),
        ("required", Quirks(), "required", "fg", 0),
        ("required", Quirks(tool_choice_required="any"), "any", "fg", 0),
        ("required", Quirks(tool_choice=("auto", "none")), "auto", "fg", 1),
        ("required", Quirks(auto_tool_choice_models=("sm*",)), "auto", "fg", 1),
        ("required", Quirks(no_tool_choice_models=("sm*",)), None, "fg", 1),
        ("g", Quirks(), NAMED, "fg", 0),
        ("g", Quirks(named_tool_choice="filter", tool_choice_required="any"), "any", "g", 0),
        ("g", Quirks(tool_choice=("auto", "none", "required")), "required", "g", 0),
        ("g", Quirks(tool_choice=("auto",)), "auto", "g", 1),
    ],
)
def test_the_choice_among_tools_is_as_the_endpoint_takes_it(
    wanted: str, quirks: Quirks, choice: Any, names: str, told: int
) -> None:
    made = body(tools=(TOOL, OTHER), tool_choice=wanted, quirks=quirks)
    assert made.get("tool_choice") == choice
    assert "".join(each["function"]["name"] for each in made.get("tools", [])) == names
    assert len(notices(tools=(TOOL, OTHER), tool_choice=wanted, quirks=quirks)) == told


def test_breakpoints_for_the_cache_are_few_and_at_the_ends() -> None:
    quirks = Quirks(cache_control_models=("sm*",), max_cache_breakpoints=4)
    made = body(
        Message.user("a"),
        Message.assistant("b"),
        Message.user("c"),
        system="s",
        tools=(TOOL,),
        quirks=quirks,
    )
    assert made["tools"][0]["cache_control"] == {"type": "ephemeral"}
    assert [type(each["content"]) for each in made["messages"]] == [list, str, str, list]
    assert json.dumps(made).count("cache_control") == 3
    one = body(system="s", tools=(TOOL,), quirks=replace(quirks, max_cache_breakpoints=1))
    assert json.dumps(one).count("cache_control") == 1


# --- limits --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "quirks", "expected"),
    [
        (None, Quirks(), {}),
        (5, Quirks(), {"max_tokens": 5}),
        (5, Quirks(max_tokens_field="max_completion_tokens"), {"max_completion_tokens": 5}),
        (5, Quirks(min_max_tokens=16), {"max_tokens": 16}),
        (5, Quirks(max_tokens_field="none"), {}),
        (None, Quirks(max_tokens_required=True), {"max_tokens": 100}),
    ],
)
def test_the_limit_has_its_name_and_its_least(
    wanted: int | None, quirks: Quirks, expected: dict[str, int]
) -> None:
    made = body(max_tokens=wanted, quirks=quirks, model=spec(max_output=100))
    assert {name: value for name, value in made.items() if "tokens" in name} == expected


@pytest.mark.parametrize(
    ("quirks", "model", "wanted", "sent_as", "told"),
    [
        (Quirks(), spec(), 1.5, 1.5, 0),
        (Quirks(), spec(reasoning=True), 0.0, 0.0, 0),
        (Quirks(temperature_max=1.0), spec(), 1.5, 1.0, 1),
        (Quirks(temperature_above=0.0), spec(), 0.0, 0.01, 1),
        (Quirks(fixed_sampling="reasoning"), spec(reasoning=True), 0.5, None, 1),
        (Quirks(fixed_sampling="reasoning"), spec(reasoning=False), 0.5, 0.5, 0),
        (Quirks(fixed_sampling_models=("sm*",)), spec(), 0.5, None, 1),
    ],
)
def test_the_temperature_is_one_the_model_takes(
    quirks: Quirks, model: ModelSpec, wanted: float, sent_as: float | None, told: int
) -> None:
    assert body(temperature=wanted, quirks=quirks, model=model).get("temperature") == sent_as
    assert len(notices(temperature=wanted, quirks=quirks, model=model)) == told


def test_a_model_told_not_to_reason_takes_a_temperature() -> None:
    made = body(
        temperature=0.5,
        reasoning="off",
        quirks=Quirks(fixed_sampling="reasoning"),
        model=spec(reasoning=True),
    )
    assert made["temperature"] == 0.5


def test_stop_words_are_a_list_and_not_for_models_that_reason_where_the_row_says_so() -> None:
    assert body(stop=("a", "b"))["stop"] == ["a", "b"]
    quirks = Quirks(reasoning_drops=("stop",))
    assert "stop" not in body(stop=("a",), quirks=quirks, model=spec(reasoning=True))
    assert len(notices(stop=("a",), quirks=quirks, model=spec(reasoning=True))) == 1


def test_an_answer_may_have_to_fit_a_schema() -> None:
    closed = {
        "title": "My answer",
        "type": "object",
        "properties": {"a": {"type": "string", "minLength": 1}},
        "required": ["a"],
        "additionalProperties": False,
    }
    made = body(schema=closed, quirks=Quirks(strict_schema_rules=("drop-length-bounds",)))
    described = made["response_format"]["json_schema"]
    assert made["response_format"]["type"] == "json_schema"
    assert (described["name"], described["strict"]) == ("My_answer", True)
    assert described["schema"]["properties"] == {"a": {"type": "string"}}
    loose = body(schema={"type": "object"})["response_format"]["json_schema"]
    assert loose == {"name": "answer", "schema": {"type": "object"}}
    unable = body(schema=closed, quirks=Quirks(no_strict_models=("sm*",)))
    assert "strict" not in unable["response_format"]["json_schema"]


@pytest.mark.parametrize("provider", ["openai", "groq", "mistral", "deepseek", "openrouter", "zai"])
def test_every_row_makes_a_request(provider: str) -> None:
    request = ChatRequest(
        (HI,), "be", (TOOL,), "required", "high", 10, 0.5, {"type": "object"}, ("x",)
    )
    made = json.loads(codec.encode(call_to(provider, "openai-chat", "m", request)).body)
    assert made["model"] == "m"
    assert made["messages"][-1] == {"role": "user", "content": "hi"}
