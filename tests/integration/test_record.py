"""The recorder makes folders that the contract tests take, and keeps no secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.cases import Case, as_json
from tests.replay import Replay, document

RECORDER = Path(__file__).parents[2] / "scripts" / "record.py"
CALL = {
    "provider": "somebody",
    "model": "smol",
    "messages": [{"role": "user", "content": "Say hello."}],
    "max_tokens": 8,
}


def record(place: Path, base_url: str, key: str) -> tuple[subprocess.CompletedProcess[str], Case]:
    (place / "call.json").write_text(json.dumps(CALL))
    where = ["--into", str(place), "--call", str(place / "call.json"), "--case", "hello"]
    done = subprocess.run(
        [sys.executable, str(RECORDER), "--base-url", base_url, "--key", "-", *where],
        input=f"{key}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, Case("openai-chat", place / "openai-chat" / "hello")


def test_an_exchange_with_a_live_server_becomes_a_fixture_folder(llama_plain, tmp_path):
    done, case = record(tmp_path, llama_plain.base_url, llama_plain.key)
    assert done.returncode == 0, done.stderr
    assert case.response.startswith(b"data: {")
    assert case.json("meta.json")["content_type"] == "text/event-stream"
    assert case.json("events.json") == as_json(case.decode([case.response]))
    assert case.json("events.json")[-1]["type"] == "end"


def test_neither_the_key_nor_the_address_of_the_server_is_kept(llama_plain, tmp_path):
    _, case = record(tmp_path, llama_plain.base_url, llama_plain.key)
    kept = b"".join(path.read_bytes() for path in case.folder.iterdir())
    assert llama_plain.key.encode() not in kept
    assert llama_plain.base_url.encode() not in kept
    assert b"authorization" not in kept.lower()


def test_a_refusal_is_kept_with_its_status(llama_plain, tmp_path):
    _, case = record(tmp_path, llama_plain.base_url, "some-other-key")
    assert case.json("meta.json")["status"] == 401
    assert case.json("events.json") == [{"type": "error", "slug": "credential-rejected"}]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("your key is the-key-that-was-used", "the very key that was used"),
        ("ask ada@example.com about it", "a mail address"),
        ("sk-" + "x" * 24, "an API key"),
        ("AKIA" + "X" * 16, "an AWS key"),
    ],
)
def test_an_answer_that_holds_a_secret_is_not_written(tmp_path, replay: Replay, text, named):
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    replay.say(document({"object": "chat.completion", "choices": [choice]}))
    done, case = record(tmp_path, replay.url, "the-key-that-was-used")
    assert done.returncode == 1
    assert named in done.stderr
    assert not case.folder.exists()
