"""Streams that break, lie or never end: a typed error, in bounded time and memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import zlib

import pytest

from tests.integration import groq
from tests.integration.command import asking, run
from tests.replay import JSON, SSE, Answer, events

GOOD = groq.stream("Hi", " there")
LAST = json.dumps(groq.LAST).encode()
PIECE = b"data: " + json.dumps(groq.chunk({"content": "x"})).encode() + b"\n\n"


def named(**answers: Answer | bytes) -> list[object]:
    """Return answers as parameters, each called by its name."""
    return [
        pytest.param(a if isinstance(a, Answer) else Answer(body=a), id=name.replace("_", " "))
        for name, a in answers.items()
    ]


BROKEN = named(
    nothing_at_all=b"",
    no_finish=events(groq.FIRST, groq.chunk({"content": "Hi"}), done=False),
    cut_in_an_event=GOOD[: GOOD.index(b" there")],
    cut_in_a_chunk=Answer(body=GOOD[:-40], then="close"),
    reset=Answer(body=GOOD[:-200], then="reset"),
    too_short=Answer(
        bare=b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + GOOD[:300], then="close"
    ),
    no_json=events(groq.FIRST, "{nonsense"),
    a_page=Answer(headers=(("content-type", "text/html"),), body=b"<html>Sign in</html>"),
    a_document_cut_off=Answer(headers=JSON, body=b'{"choices": [{"message": {"content": "Hi"'),
    a_list=Answer(headers=JSON, body=b"[1, 2]"),
    a_number=events("17"),
    deep=events("[" * 100_000),
    no_utf8=b"data: \xff\xfe{}\n\n",
    choices_of_another_kind=events({"choices": "none"}, done=False),
    brotli=Answer(headers=(*SSE, ("content-encoding", "br")), body=GOOD),
    damaged_gzip=Answer(headers=(*SSE, ("content-encoding", "gzip")), body=b"\x1f\x8b\x08nonsense"),
    no_http=Answer(bare=b"SSH-2.0-OpenSSH_9.6\r\n", then="close"),
    a_wrong_chunk=Answer(
        bare=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", then="close"
    ),
    arguments_cut_off=events(
        groq.FIRST,
        groq.chunk(
            {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a'}}]}
        ),
        groq.chunk({}, "tool_calls"),
    ),
)


@pytest.mark.parametrize("answer", BROKEN)
def test_a_broken_stream_ends_in_an_error_with_a_name(replay, answer):
    replay.say(answer)
    done = run("--json", "--retries", "0", "--timeout", "10", "hi", replay=replay)
    last = done.events[-1]
    assert (done.code, last["type"]) == (5, "error"), (done.out, done.err)
    assert last["slug"] in {"stream-broken", "unreachable"}
    assert "end" not in {event["type"] for event in done.events}
    assert "Traceback" not in done.err


ODD = named(
    byte_by_byte=Answer(headers=groq.HEADERS, body=GOOD, cut=1),
    crlf=GOOD.replace(b"\n", b"\r\n"),
    cr=GOOD.replace(b"\n", b"\r"),
    a_mark_at_the_front=b"\xef\xbb\xbf" + GOOD,
    comments=b": hello\n\n" + GOOD.replace(b"\n\n", b"\n\n: keep-alive\n\n"),
    other_fields=GOOD.replace(b"data:", b"id: 7\nretry: 1\ndata:"),
    no_space=GOOD.replace(b"data: ", b"data:"),
    no_done=GOOD.replace(b"data: [DONE]\n\n", b""),
    no_last_newline=GOOD[:-2],
    no_type=Answer(headers=(), body=GOOD),
    another_type=Answer(headers=(("content-type", "application/json"),), body=GOOD),
    gzip=Answer(headers=(*SSE, ("content-encoding", "gzip")), body=gzip.compress(GOOD), cut=7),
    deflate=Answer(headers=(*SSE, ("content-encoding", "deflate")), body=zlib.compress(GOOD)),
    null_fields=GOOD.replace(b'"index": 0', b'"index": 0, "tool_calls": null, "logprobs": null'),
)


@pytest.mark.parametrize("answer", ODD)
def test_an_odd_stream_is_read_all_the_same(replay, answer):
    replay.say(answer)
    done = run("-q", "hi", replay=replay)
    assert (done.code, done.out) == (0, "Hi there\n"), done.err


MEASURE = """
import resource, subprocess, sys
done = subprocess.run(
    [sys.executable, "-m", "zot", *sys.argv[1:]],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.returncode)
sys.stdout.write(done.stderr.decode())
"""


def measured(replay, answer: Answer, *options: str) -> tuple[float, float, int, str]:
    """Ask in a process of its own; return its seconds, MiB, exit status and standard error."""
    replay.say(answer)
    begun = time.monotonic()
    words = ["-q", "--retries", "0", *options, *asking(replay), "hi"]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=90,
        check=True,
    )
    head, _, err = done.stdout.decode().partition("\n")
    memory, status = head.split()
    scale = 1 if sys.platform == "darwin" else 1024
    return time.monotonic() - begun, int(memory) * scale / 2**20, int(status), err


MIB = b"x" * 2**20
LONG = pytest.mark.long
ENDLESS = [
    pytest.param(Answer(body=b"data: " + MIB, again=200), "8 MiB", id="one line"),
    pytest.param(
        Answer(body=b"data: " + MIB[:-7] + b"\n", again=200), "MiB", id="one event", marks=LONG
    ),
    pytest.param(Answer(headers=JSON, body=b'{"a": "' + MIB, again=200), "64 MiB", id="a document"),
    pytest.param(Answer(body=b" " * 2**20, again=200), "", id="white space", marks=LONG),
    pytest.param(Answer(body=b"\n" * 2**20, again=200), "", id="blank lines", marks=LONG),
    pytest.param(Answer(body=PIECE * 4096, again=200), "64 MiB", id="an answer"),
    pytest.param(Answer(500, JSON, MIB, again=200), "", id="a refusal"),
]


@pytest.mark.parametrize(("answer", "said"), ENDLESS)
def test_what_never_ends_is_stopped_in_bounded_time_and_memory(replay, answer, said):
    seconds, memory, status, err = measured(replay, answer)
    assert status == (6 if answer.status == 500 else 5), err
    assert said in err
    assert seconds < 60
    assert memory < 600
    assert replay.sent < 100 * 2**20


@pytest.mark.parametrize("body", [b": keep-alive\n\n", b"\n"], ids=["comments", "blank lines"])
def test_keeping_alive_is_no_progress(replay, body):
    answer = Answer(body=body, again=1000, pause=0.05)
    seconds, _, status, err = measured(replay, answer, "--timeout", "2")
    assert (status, "error[timeout]" in err) == (5, True), err
    assert seconds < 8


def test_a_compressed_answer_that_swells_is_stopped(replay):
    bomb = gzip.compress(b" " * 2**28)
    answer = Answer(headers=(*SSE, ("content-encoding", "gzip")), body=bomb)
    seconds, memory, status, _ = measured(replay, answer)
    assert (status, seconds < 30, memory < 400) == (5, True, True)


def test_headers_that_never_end_are_stopped(replay):
    head = b"HTTP/1.1 200 OK\r\n" + b"x-filler: " + b"x" * 2**22 + b"\r\n"
    _, memory, status, _ = measured(replay, Answer(bare=head, then="hang"), "--timeout", "5")
    assert (status, memory < 400) == (5, True)
