"""What goes wrong has a name, an exit status, and a way on."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time

import pytest

from tests.integration import groq
from tests.integration.command import Done, run


def check(done: Done, slug: str, code: int) -> None:
    """Check an error's three parts on standard error, and that standard output is empty."""
    assert (done.code, done.out) == (code, ""), done.err
    check_words(done, slug)


def check_words(done: Done, slug: str) -> None:
    lines = [line for line in done.err.splitlines() if not line.startswith("note: ")]
    assert re.match(rf"error\[{slug}\]: [a-z`/-].*[^.]$", lines[0]), lines
    first_hint = next((n for n, line in enumerate(lines) if line.startswith("hint: ")), None)
    assert first_hint is not None, lines
    assert all(line.startswith("  ") for line in lines[1:first_hint])


def check_event(done: Done, slug: str, code: int) -> dict[str, object]:
    """Check that an error came as the only event and in words, and return the event."""
    assert done.code == code, done.err
    [event] = done.events
    assert {"type", "slug", "message", "hint", "status", "retry_after", "retryable"} <= set(event)
    assert (event["type"], event["slug"]) == ("error", slug)
    check_words(done, slug)
    return event


USAGE = [
    (["--no-such-option"], "usage", ""),
    (["-P", "grok", "hi"], "unknown-provider", "did you mean `groq`"),
    (["-P", "opneai", "hi"], "unknown-provider", "`openai`"),
    (["-m", "llama-3.3-70b-versatile", "hi"], "unknown-model", "`groq/llama-3.3-70b-versatile`"),
    (["-m", "lama-9000-xyz", "hi"], "unknown-model", ""),
    (["--max-tokens", "0", "hi"], "usage", ""),
    (["--temperature", "warm", "hi"], "usage", ""),
    (["--reasoning", "hard", "hi"], "usage", ""),
    (["--schema", "{", "hi"], "usage", ""),
    (["--schema", "[1]", "hi"], "usage", ""),
    (["--tools", "no/such/file", "hi"], "usage", ""),
    (["--attach", "no/such/file", "hi"], "usage", ""),
    (["-P", "groq", "--api-key", "k", "--base-url", "nonsense", "hi"], "usage", ""),
    (["-P", "groq"], "usage", ""),
    (["-P", "groq", "--api-key", "-", "hi"], "usage", ""),
    (["auth", "explain", "grok"], "unknown-provider", "did you mean `groq`"),
    (["models", "-P", "grok"], "unknown-provider", "did you mean `groq`"),
]


@pytest.mark.parametrize(("arguments", "slug", "hint"), USAGE, ids=lambda v: str(v)[:40])
def test_a_question_that_makes_no_sense_exits_2(arguments, slug, hint):
    done = run(*arguments)
    check(done, slug, 2)
    assert hint in done.err


@pytest.mark.parametrize(
    "stdin", [b"\x89PNG\r\n\x1a\n\x00\xff", b"text\x00more", b"\xff\xfea\x00", b"caf\xe9"]
)
def test_binary_input_is_an_error_that_says_what_to_do(replay, stdin):
    done = run("-q", "what is it?", replay=replay, stdin=stdin)
    check(done, "usage", 2)
    assert "--attach" in done.err
    assert replay.questions == []


def test_no_credential_exits_4_and_names_every_place_and_three_ways_on():
    done = run("-P", "groq", "hi")
    check(done, "missing-credential", 4)
    for place in ("--api-key", "GROQ_API_KEY", "auth.json"):
        assert place in done.err
    hint = done.err.partition("hint: ")[2]
    assert "export GROQ_API_KEY=" in hint
    assert "zot login groq" in hint
    assert len(hint.splitlines()) == 3


def test_a_set_but_empty_variable_is_no_credential():
    check(run("-P", "groq", "hi", env={"GROQ_API_KEY": " "}), "missing-credential", 4)


def test_a_key_that_no_header_can_carry_is_refused_without_being_shown():
    done = run("-P", "groq", "hi", env={"GROQ_API_KEY": "sk-\u201ccanary\u201d"})
    check(done, "credential-rejected", 4)
    assert "GROQ_API_KEY" in done.err
    assert "canary" not in done.err


BROKEN = [
    ("auth.json", '{\n  "groq": {"api_key": }\n}', ":2:23"),
    ("auth.json", '{\n  "additional_api_key_creds": {"groq": {"api_key": 5}}\n}', ":2:"),
    ("auth.json", "", ":1:1"),
    ("models.json", '{\n  "providers": {\n    "groq": {"apiKey": }\n  }\n}', ":3:24"),
    ("models.json", '{\n  "providers": {\n    "groq": ]\n  }\n}', ":3:13"),
    ("config.json", '{\n  "provider": groq\n}', ":2:15"),
    ("config.json", "[]", ":1:1"),
    ("config.json", '{"provider": 5}', ""),
]


@pytest.mark.parametrize(("name", "text", "place"), BROKEN, ids=lambda v: repr(v)[:40])
def test_a_broken_file_exits_3_and_names_file_line_and_column(zot_home, replay, name, text, place):
    replay.say(groq.saying("Hi"))
    path = zot_home / name
    path.write_text(text)
    path.chmod(0o600)
    url = ["--base-url", replay.url] if name != "models.json" else []
    done = run("-P", "groq", *url, "hi")
    slug = "(override-broken|config-broken)" if name == "models.json" else "config-broken"
    assert done.code == 3, done.err
    assert re.search(rf"error\[{slug}\]", done.err)
    assert f"{path}{place}" in done.err
    assert replay.questions == []
    assert path.read_text() == text


def test_a_broken_store_is_not_passed_by_for_the_next_place(zot_home, replay):
    (zot_home / "auth.json").write_text("{")
    (zot_home / "models.json").write_text('{"providers": {"groq": {"apiKey": "from-models-json"}}}')
    done = run("-P", "groq", "--base-url", replay.url, "hi")
    assert done.code == 3
    assert replay.questions == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_store_that_may_not_be_read_is_loud(zot_home):
    path = zot_home / "auth.json"
    path.write_text("{}")
    path.chmod(0)
    done = run("-P", "groq", "hi")
    assert done.code in {3, 4}
    assert str(path) in done.err


def test_a_store_that_is_a_folder_is_loud(zot_home):
    (zot_home / "auth.json").mkdir()
    done = run("-P", "groq", "hi")
    assert done.code in {3, 4}
    assert "missing-credential" not in done.err
    assert str(zot_home / "auth.json") in done.err


def test_a_key_in_the_environment_wins_before_a_broken_store_is_looked_at(zot_home, replay):
    (zot_home / "auth.json").write_text("{")
    replay.say(groq.saying("Hi"))
    done = run("-P", "groq", "--base-url", replay.url, "hi", env={"GROQ_API_KEY": "sk-env-key"})
    assert (done.code, done.out) == (0, "Hi\n")


def test_a_prompt_in_the_clear_to_another_machine_exits_4():
    done = run(
        "-P", "groq", "--api-key", "sk-k", "--base-url", "http://groq.example/v1", "-q", "hi"
    )
    check(done, "insecure-destination", 4)
    assert "--insecure-http" in done.err


REFUSALS = [
    (groq.BAD_KEY, "credential-rejected", 4),
    (groq.refusing(403, "forbidden", "x"), "credential-rejected", 4),
    (groq.refusing(400, "bad", "x"), "request-rejected", 6),
    (groq.refusing(404, "The model `x` does not exist", "model_not_found"), "model-not-found", 6),
    (groq.refusing(413, "Request too large", "x"), "context-too-long", 6),
    (groq.refusing(429, "slow", "rate_limit_exceeded", ("retry-after", "12")), "rate-limited", 6),
    (groq.refusing(429, "spent", "insufficient_quota"), "quota-spent", 6),
    (groq.refusing(500, "oops", "x"), "provider-failed", 6),
    (groq.refusing(503, "over capacity", "x"), "overloaded", 6),
    (groq.refusing(307, "go", "x", ("location", "https://evil.example/")), "redirect-refused", 6),
]


@pytest.mark.parametrize(
    ("answer", "slug", "code"), REFUSALS, ids=lambda v: getattr(v, "status", v)
)
def test_a_refusal_has_its_name_and_its_status(replay, answer, slug, code):
    replay.say(answer)
    event = check_event(run("-q", "--retries", "0", "--json", "hi", replay=replay), slug, code)
    assert event["retry_after"] == (12.0 if slug == "rate-limited" else None)
    assert len(replay.questions) == 1


def test_an_error_in_words_leaves_standard_output_empty(replay):
    replay.say(groq.BAD_KEY)
    check(run("-q", "hi", replay=replay), "credential-rejected", 4)


def test_a_failure_is_tried_again_and_the_answer_then_comes(replay):
    wait = ("retry-after-ms", "10")
    replay.say(groq.refusing(503, "busy", "x", wait), groq.saying("Hi"))
    done = run("hi", replay=replay)
    assert (done.code, done.out, len(replay.questions)) == (0, "Hi\n", 2)


def test_nobody_at_home_exits_5(replay):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        done = run("-P", "groq", "--api-key", "k", "--base-url", url, "-q", "--retries", "0", "hi")
    check(done, "unreachable", 5)


def test_silence_exits_5(replay):
    replay.say(groq.saying(delay=30))
    words = ("-q", "--retries", "0", "--timeout", "0.5", "--json", "hi")
    assert check_event(run(*words, replay=replay), "timeout", 5)["retryable"] is True


@pytest.mark.parametrize("arguments", [["hi"], ["--json", "hi"]])
def test_an_interrupt_exits_130_at_once_and_keeps_what_had_come(replay, arguments):
    replay.say(groq.saying("half an", then="hang"))
    with run.started(*arguments, replay=replay) as process:
        assert replay.wait_for("sent")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=5)
    assert process.returncode == 130
    assert b"half an" in out
    assert b"Traceback" not in err


@pytest.mark.parametrize("after", [0.08, 0.12, 0.16, 0.2, 0.25, 0.3])
def test_an_interrupt_while_it_is_loading_shows_no_traceback(replay, after):
    replay.say(groq.saying(delay=30))
    with run.started("hi", replay=replay) as process:
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=5)
    assert process.returncode == 130 or (after < 0.1 and process.returncode == -signal.SIGINT)
    assert process.returncode != 130 or b"Traceback" not in err


def test_an_error_event_is_one_line_of_json_whatever_the_provider_says(replay):
    said = 'a\nb\u2028c "quoted" \x1b[31m'
    replay.say(groq.refusing(400, said, "x"))
    done = run("--json", "hi", replay=replay)
    assert done.out.count("\n") == 1
    assert json.loads(done.out)["slug"] == "request-rejected"
    assert "\x1b" not in done.err
