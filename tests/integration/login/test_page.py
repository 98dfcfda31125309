"""The page takes a key from the person in front of it, and from nobody else."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.integration.login.visit import Visit, closed, opened, request
from zot.adapters.logins._form import form
from zot.adapters.logins.browser import safe_to_open


def on_a_page(scene, verdict=lambda _: "", open_for=60.0):
    """Run a scene on an open page and close it."""

    async def whole():
        visit = await opened(verdict, open_for)
        try:
            return await scene(visit)
        finally:
            await closed(visit)

    return asyncio.run(whole())


def test_a_pasted_key_is_stored_and_the_page_says_so_and_closes():
    async def scene(visit: Visit):
        answer = await visit.post(f"token={await visit.token()}&key=sk-1")
        assert visit.done is not None
        stored = await asyncio.wait_for(visit.done, 1)
        with pytest.raises(ConnectionError):
            await visit.get()
        return answer, stored, visit.keys

    answer, stored, keys = on_a_page(scene)
    assert (answer.status, stored, keys) == (200, True, ["sk-1"])
    assert "The key is stored" in answer.body


def test_a_refused_key_is_said_on_the_page_and_can_be_tried_again():
    async def scene(visit: Visit):
        first = await visit.post(f"token={await visit.token()}&key=bad")
        second = await visit.post(f"token={await visit.token()}&key=good")
        return first, second, visit.keys

    first, second, keys = on_a_page(scene, lambda key: "<b>refused</b>" if key == "bad" else "")
    assert first.status == 422
    assert "&lt;b&gt;refused" in first.body
    assert (second.status, keys) == (200, ["good"])


HOSTS = [
    "evil.example", "localhost", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}",
    "127.0.0.1:{port}.evil.example", "evil.example:{port}", "0.0.0.0:{port}", "127.1:{port}",
    "127.0.0.1:0{port}", "127.0.0.1.:{port}", "user@127.0.0.1:{port}", "", " ", "*",
    "http://127.0.0.1:{port}", "127.0.0.1:{port}/", "127.0.0.1:{port}#", "127.0.0.1:{port}?",
    "2130706433:{port}", "0x7f.0.0.1:{port}", "LOCALHOST:{port}", "127.0.0.1:{port},evil",
    "127.0.0.1%00:{port}", "127.0.0.1 :{port}", "\t127.0.0.2:{port}",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_name_reads_and_changes_nothing(host):
    async def scene(visit: Visit):
        name = host.replace("{port}", visit.host.rpartition(":")[2])
        token = await visit.token()
        read = await visit.send(request("GET", "/", {"Host": name}))
        posted = await visit.post(f"token={token}&key=planted", {"Host": name})
        return read, posted, visit.keys

    read, posted, keys = on_a_page(scene)
    assert (read.status, posted.status, keys) == (421, 421, [])
    assert "token" not in read.body


@pytest.mark.parametrize("extra", ["Host: evil.example", "host: x", "Origin: http://evil.example"])
def test_a_header_that_stands_twice_is_refused(extra):
    async def scene(visit: Visit):
        token = await visit.token()
        body = f"token={token}&key=planted"
        head = (
            f"POST / HTTP/1.1\r\nHost: {visit.host}\r\nOrigin: http://{visit.host}\r\n{extra}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return await visit.send(head.encode() + body.encode()), visit.keys

    answer, keys = on_a_page(scene)
    assert (answer.status, keys) == (400, [])


FORGED: list[dict[str, str | None]] = [
    {"Origin": None},
    {"Origin": "null"},
    {"Origin": "http://evil.example"},
    {"Origin": "https://{host}"},
    {"Origin": "http://localhost:{port}"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/json"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": None},
]


@pytest.mark.parametrize("headers", FORGED, ids=str)
def test_a_post_from_elsewhere_stores_nothing(headers):
    async def scene(visit: Visit):
        token = await visit.token()
        port = visit.host.rpartition(":")[2]
        real = {
            k: v and v.replace("{host}", visit.host).replace("{port}", port)
            for k, v in headers.items()
        }
        return await visit.post(f"token={token}&key=planted", real), visit.keys

    answer, keys = on_a_page(scene)
    assert answer.status in {403, 415}
    assert keys == []


@pytest.mark.parametrize(
    "body",
    ["key=x", "token=&key=x", "token=wrong&key=x", "token={token}x&key=x", "token={token}",
     "token={token}&token={token}&key=x", "token={token}&key=x&more=y", "{token}", "",
     "token={token}&key=x;key=y&key=z"],
)  # fmt: skip
def test_a_form_without_the_one_token_and_the_one_key_stores_nothing(body):
    async def scene(visit: Visit):
        token = await visit.token()
        return await visit.post(body.replace("{token}", token)), visit.keys

    answer, keys = on_a_page(scene)
    assert answer.status in {400, 403}
    assert keys == []


def test_a_token_serves_once():
    async def scene(visit: Visit):
        token = await visit.token()
        await visit.post(f"token={token}&key=bad")
        return await visit.post(f"token={token}&key=good"), visit.keys

    answer, keys = on_a_page(scene, lambda key: "no" if key == "bad" else "")
    assert (answer.status, keys) == (403, [])


def test_ten_posts_at_once_store_one_key():
    async def scene(visit: Visit):
        token = await visit.token()
        posts = [visit.post(f"token={token}&key=sk-{n}") for n in range(10)]
        answers = await asyncio.gather(*posts, return_exceptions=True)
        return answers, visit.keys

    answers, keys = on_a_page(scene)
    assert len(keys) == 1
    assert sum(getattr(answer, "status", 0) == 200 for answer in answers) == 1


def test_reading_the_page_changes_nothing():
    async def scene(visit: Visit):
        token = await visit.token()
        statuses = [(await visit.get(f"/?token={token}&key=planted")).status]
        for method in ("PUT", "DELETE", "HEAD", "OPTIONS"):
            statuses.append((await visit.send(request(method, "/", {"Host": visit.host}))).status)  # noqa: PERF401 (one after the other)
        return statuses, visit.keys

    statuses, keys = on_a_page(scene)
    assert statuses == [404, 405, 405, 405, 405]
    assert keys == []


def test_the_page_listens_on_loopback_alone():
    async def scene(visit: Visit):
        return visit.host

    host, _, port = on_a_page(scene).rpartition(":")
    assert host == "127.0.0.1"
    assert int(port) > 1023


def test_the_page_loads_and_runs_nothing():
    async def scene(visit: Visit):
        return await visit.get()

    page = on_a_page(scene)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.body
    assert "src=" not in page.body
    assert "@import" not in page.body
    assert page.body.count("http") == page.body.count("https://console.groq.com") + page.body.count(
        "http-equiv"
    )


@pytest.mark.parametrize(
    "text", ['"><script>alert(1)</script>', "'-alert(1)-'", "</style><img src=x>", "{{7*7}}", "\0"]
)
def test_what_a_provider_says_is_shown_as_text(text):
    from tests.integration.login.visit import PROFILE

    page = form(PROFILE, "token", text)
    assert "<script" not in page
    assert "<img" not in page


def test_after_its_time_the_page_is_gone():
    async def scene(visit: Visit):
        assert visit.done is not None
        return await asyncio.wait_for(visit.done, 2), visit.keys

    assert on_a_page(scene, open_for=0.2) == (False, [])


def test_a_flood_does_not_keep_the_person_out():
    async def scene(visit: Visit):
        host, _, port = visit.host.rpartition(":")
        idle = []
        for _ in range(200):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET / HTTP/1.1\r\nHost: x")
            idle.append((reader, writer))
        await asyncio.sleep(0.1)
        for _, writer in idle[:40]:
            writer.close()
        started = time.monotonic()
        answer = None
        while answer is None and time.monotonic() - started < 12:
            try:
                answer = await visit.post(f"token={await visit.token()}&key=sk-1")
            except (AssertionError, ConnectionError):
                await asyncio.sleep(0.05)
        for _, writer in idle:
            writer.close()
        return answer, time.monotonic() - started

    answer, waited = on_a_page(scene)
    assert answer is not None
    assert answer.status == 200
    assert waited <= 2


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10485760\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : {host}\r\n\r\n", 400),
    ],
)
def test_what_is_no_sound_request_is_refused(raw, status):
    async def scene(visit: Visit):
        try:
            return (await visit.send(raw.replace(b"{host}", visit.host.encode()))).status
        except ConnectionError:
            return status

    assert on_a_page(scene) in {status, 0}


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "javascript:alert(1)", "-https://x", "--new", "https://x y", "ftp://x",
     "https://x'$(id)", 'https://x"', "https://x`id`", "https://x;id", "https://x|id", "https://x\n",
     "https://x\\y", "http://evil.example", "http://127.0.0.1.evil.example", "data:text/html,x",
     "https://user:pw@x", "https://", "", "vbscript:x", "https://é.example", "chrome://x",
     "http://localhost@evil.example", "https://x<y", "smb://x"],
)  # fmt: skip
def test_only_a_plain_https_or_loopback_address_is_opened(url):
    assert not safe_to_open(url)


@pytest.mark.parametrize(
    "url", ["https://x.example/a?b=c&d=e", "http://127.0.0.1:4/", "http://[::1]:4/"]
)
def test_an_honest_address_is_opened(url):
    assert safe_to_open(url)
