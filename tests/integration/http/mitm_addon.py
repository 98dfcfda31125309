"""What mitmproxy does to a call, by the first word of its path. Runs inside mitmproxy."""

import asyncio
import os
from pathlib import Path

from mitmproxy import http  # type: ignore[import-not-found]  # it is not installed here

TARGET = int(os.environ["ZOT_TEST_TARGET"])
SEEN = Path(os.environ["ZOT_TEST_SEEN"])


def server_connect(data):
    """Lead every name to the server of the test."""
    data.server.address = ("127.0.0.1", TARGET)


def note(line):
    with SEEN.open("a") as seen:
        seen.write(line)


async def request(flow):
    note(f"{flow.request.pretty_host} {flow.request.path}\n")
    match flow.request.path_components[0]:
        case "kill":
            flow.kill()
        case "slow":
            await asyncio.sleep(0.5)
        case "busy":
            flow.response = http.Response.make(503, b"{}", {"retry-after": "0.1"})
        case "moved":
            flow.response = http.Response.make(302, b"", {"location": "https://portal.example/"})


def responseheaders(flow):
    match flow.request.path_components[0]:
        case "cut":
            flow.response.stream = lambda data: data[: len(data) // 2] if data else data
        case "garble":
            flow.response.stream = lambda data: data.replace(b'"choices"', b'"choi\x00')
        case _:
            flow.response.stream = True
