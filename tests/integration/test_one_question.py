"""One question through the installed command, against a server that replays Groq."""

from __future__ import annotations

import json

import pytest

from tests.integration import groq
from tests.integration.command import WAYS, run
from tests.replay import Answer, document

END = {
    "type": "end",
    "stop_reason": "stop",
    "raw_stop_reason": "stop",
    "usage": {
        "input_tokens": 36,
        "output_tokens": 3,
        "cache_read_tokens": None,
        "cache_write_tokens": None,
        "reasoning_tokens": None,
        "cost_usd": pytest.approx(groq.COST),
    },
}
START = {
    "type": "start",
    "provider": "groq",
    "model": groq.MODEL,
    "request_id": groq.REQUEST_ID,
    "credential": {"origin": "flag", "detail": "--api-key"},
}


@pytest.mark.parametrize("way", WAYS)
def test_the_events_are_exactly_those_of_the_contract(replay, way):
    replay.say(groq.saying("Hi", " there"))
    done = run("--json", "hi", replay=replay, way=way)
    assert (done.code, done.events) == (
        0,
        [
            START,
            {
                "type": "notice",
                "text": f"sending to {replay.host} with the credential from --api-key",
            },
            {"type": "text", "text": "Hi", "block": 0},
            {"type": "text", "text": " there", "block": 0},
            END,
        ],
    )
    assert list(done.events[0]) == list(START)
    assert list(done.events[-1]["usage"]) == list(END["usage"])


def test_the_request_is_that_of_the_wire(replay):
    replay.say(groq.saying("Hi"))
    run("hi", replay=replay)
    [asked] = replay.questions
    assert (asked.method, asked.target) == ("POST", "/openai/v1/chat/completions")
    assert asked.header("authorization") == "Bearer test-key"
    assert asked.header("content-type") == "application/json"
    assert asked.json["model"] == groq.MODEL
    assert asked.json["messages"] == [{"role": "user", "content": "hi"}]
    assert asked.json["stream"] is True


def test_a_tool_call_comes_as_its_pieces_and_then_whole(replay, tmp_path):
    tools = tmp_path / "tools.json"
    tools.write_text(json.dumps([groq.TOOL]))
    replay.say(groq.calling(city="Oslo"))
    done = run("--json", "--tools", str(tools), "-q", "weather?", replay=replay)
    kinds = [event["type"] for event in done.events]
    assert kinds == [
        "start",
        "notice",
        "tool_call_start",
        "tool_call_delta",
        "tool_call_delta",
        "tool_call",
        "end",
    ]
    assert done.events[2] == {
        "type": "tool_call_start",
        "block": 0,
        "id": "tk85n1k4m",
        "name": "weather",
    }
    assert "".join(e["json"] for e in done.events[3:5]) == '{"city": "Oslo"}'
    assert done.events[5] == {
        "type": "tool_call",
        "block": 0,
        "id": "tk85n1k4m",
        "name": "weather",
        "arguments": {"city": "Oslo"},
    }
    assert done.events[6]["stop_reason"] == "tool_calls"
    assert replay.questions[0].json["tools"][0]["function"]["name"] == "weather"


def test_piped_the_answer_is_plain_text_and_nothing_else(replay):
    replay.say(groq.saying("# Hi\n", "**there** \x1b[31m é 😀"))
    done = run("hi", replay=replay)
    assert (done.code, done.out) == (0, "# Hi\n**there** \x1b[31m é 😀\n")


def test_notices_go_to_standard_error_and_quiet_is_quiet(replay):
    replay.say(groq.saying("Hi"))
    assert f"sending to {replay.host}" in run("hi", replay=replay).err
    assert run("-q", "hi", replay=replay).err == ""


def test_the_answer_is_flushed_as_it_arrives(replay):
    replay.say(groq.saying("first", then="hang"))
    with run.started("hi", replay=replay) as process:
        assert process.stdout is not None
        assert process.stdout.read(5) == b"first"
        process.terminate()


def test_piped_input_stands_below_the_question(replay):
    replay.say(groq.saying("Hi"))
    run("explain", "this:", replay=replay, stdin=b"line one\nline two\n")
    assert replay.questions[0].json["messages"] == [
        {"role": "user", "content": "explain this:\n\nline one\nline two"}
    ]


def test_piped_input_alone_is_the_question(replay):
    replay.say(groq.saying("Hi"))
    run(replay=replay, stdin="wie groß?\n".encode())
    assert replay.questions[0].json["messages"][0]["content"] == "wie groß?"


@pytest.mark.parametrize(
    "stdin", [b"secret-of-stdin\n", b"secret-of-stdin\r\n", b"secret-of-stdin"]
)
def test_the_key_can_come_from_standard_input(replay, stdin):
    replay.say(groq.saying("Hi"))
    done = run("hi", replay=replay, key="-", stdin=stdin)
    assert done.code == 0
    [asked] = replay.questions
    assert asked.header("authorization") == "Bearer secret-of-stdin"
    assert asked.json["messages"][0]["content"] == "hi"


def test_what_follows_the_key_on_standard_input_belongs_to_the_question(replay):
    replay.say(groq.saying("Hi"))
    run("look:", replay=replay, key="-", stdin=b"secret-of-stdin\nthe rest\n")
    assert replay.questions[0].header("authorization") == "Bearer secret-of-stdin"
    assert replay.questions[0].json["messages"][0]["content"] == "look:\n\nthe rest"


def test_an_answer_that_comes_whole_although_a_stream_was_asked_for_is_read(replay):
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "Hi"},
        "finish_reason": "stop",
    }
    replay.say(document({"id": "x", "model": groq.MODEL, "choices": [choice], "usage": groq.USAGE}))
    done = run("--json", "hi", replay=replay)
    assert [event["type"] for event in done.events] == ["start", "notice", "text", "end"]
    assert done.events[3] == END


def test_a_model_that_the_catalog_does_not_list_is_sent_with_a_notice(replay):
    replay.say(groq.saying("Hi"))
    done = run("--json", "hi", replay=replay, model="llama-9-mega")
    assert replay.questions[0].json["model"] == "llama-9-mega"
    assert done.code == 0
    assert {
        "type": "notice",
        "text": "`llama-9-mega` is not in the catalog; it is sent as it stands",
    } in done.events


def test_a_dry_run_shows_the_request_masked_and_sends_nothing(replay):
    replay.say(groq.saying("Hi"))
    done = run("--dry-run", "-s", "be brief", "--max-tokens", "9", "hi", replay=replay)
    head, _, body = done.out.partition("\n\n")
    first, *headers = head.splitlines()
    assert (done.code, replay.questions) == (0, [])
    assert first == f"POST {replay.url}/chat/completions"
    assert "authorization: Bearer ***(flag: --api-key)***" in headers
    assert json.loads(body)["messages"] == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hi"},
    ]
    assert json.loads(body)["max_completion_tokens"] == 9
    assert "test-key" not in done.out + done.err


def test_a_dry_run_shows_what_is_really_sent(replay):
    replay.say(groq.saying("Hi"))
    shown = run("--dry-run", "hi", replay=replay).out
    run("hi", replay=replay)
    [asked] = replay.questions
    head, _, body = shown.partition("\n\n")
    named = [line.partition(": ")[0] for line in head.splitlines()[1:]]
    assert json.loads(body) == asked.json
    assert set(named) <= {name for name, _ in asked.headers}


def test_the_first_word_is_a_question_after_p_and_after_two_dashes(replay):
    replay.say(groq.saying("Hi"))
    run("-p", "models", replay=replay)
    run("--", "providers", "--json", replay=replay)
    asked = [question.json["messages"][0]["content"] for question in replay.questions]
    assert asked == ["models", "providers --json"]


def test_a_reader_who_goes_away_ends_the_command_in_silence(replay):
    replay.say(groq.saying(*["line\n"] * 200, pause=0, cut=1000))
    done = run.shell("| head -1", "hi", replay=replay)
    assert (done.out, done.err) == ("line\n", "")


def test_a_list_that_is_cut_by_its_reader_ends_in_silence():
    for command in ("--list-models", "models", "models --json", "providers", "--help"):
        done = run.shell("| head -1", *command.split())
        assert (done.out.count("\n"), done.err) == (1, ""), command


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_answer_that_the_terminal_cannot_show_is_no_failure(replay, encoding):
    replay.say(groq.saying("a 😀 b"))
    done = run("hi", replay=replay, env={"PYTHONIOENCODING": encoding})
    assert done.code == 0
    assert done.out.startswith("a ")


def test_half_a_character_is_no_failure(replay):
    body = groq.stream("@").replace(b"@", b"a \\ud83d b")
    replay.say(Answer(headers=groq.HEADERS, body=body))
    for arguments in (["hi"], ["--json", "hi"]):
        done = run(*arguments, replay=replay)
        assert done.code == 0, done.err
