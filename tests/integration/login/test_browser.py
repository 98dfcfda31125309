"""The page in a real browser: what a person sees, and what a foreign page cannot do."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.integration.login.visit import Visit, closed, opened

pytest.importorskip("selenium", reason="selenium is not installed")

CHROMIUM = shutil.which("chromium")
PICTURES = os.environ.get("ZOT_PICTURES", "")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="chromium is not installed"
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    yield from started(tmp_path)


def started(folder: Path, *more: str) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or "/usr/bin/chromium"
    for flag in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--no-first-run", f"--user-data-dir={folder / 'profile'}", *more,
    ):  # fmt: skip
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(20)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def page() -> Iterator[Visit]:
    """Open a page whose server runs in a thread of its own; the browser blocks this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def refused(key: str) -> str:
        return "`groq` refused the key (401); nothing was stored" if key == "bad" else ""

    visit = asyncio.run_coroutine_threadsafe(opened(refused), loop).result(10)
    yield visit
    asyncio.run_coroutine_threadsafe(closed(visit), loop).result(10)
    asyncio.run_coroutine_threadsafe(settled(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def settled() -> None:
    """Wait for the connections that the browser opened while the page closed."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=5)


def test_a_person_pastes_a_key_and_sees_success(browser: Any, page: Visit):
    browser.implicitly_wait(10)
    browser.get(page.url)
    browser.find_element("id", "key").send_keys("bad")
    browser.find_element("css selector", "button").click()
    assert "refused the key" in browser.find_element("css selector", "[role=alert]").text
    assert page.keys == []
    browser.find_element("id", "key").send_keys("sk-good")
    browser.find_element("css selector", "button").click()
    assert browser.find_element("xpath", "//h1[contains(., 'The key is stored')]")
    assert page.keys == ["sk-good"]


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_the_window_and_can_be_read(browser: Any, page: Visit, width, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    browser.get(page.url)
    wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert browser.execute_script(wide)
    for selector in ("h1", "p", "label", "button", "a"):
        assert contrast(browser, selector) >= 4.5, selector
    if PICTURES:
        browser.save_screenshot(str(Path(PICTURES) / f"login-{width}-{scheme}.png"))


def test_a_page_of_another_origin_plants_nothing(browser: Any, page: Visit):
    with foreign_page(page) as url:
        browser.get(url)
        browser.implicitly_wait(3)
        browser.find_element("id", "done")
    assert page.keys == []


def test_a_rebinding_host_name_reads_and_plants_nothing(tmp_path: Path, page: Visit):
    port = page.host.rpartition(":")[2]
    for browser in started(tmp_path, "--host-resolver-rules=MAP evil.example 127.0.0.1"):
        browser.get(f"http://evil.example:{port}/")
        assert "token" not in browser.page_source
    assert page.keys == []


COLOURS = """
const element = document.querySelector(arguments[0]);
let back = element, ground = 'rgba(0, 0, 0, 0)';
while (back && ground === 'rgba(0, 0, 0, 0)') {
  ground = getComputedStyle(back).backgroundColor; back = back.parentElement; }
return [getComputedStyle(element).color, ground];
"""


def contrast(browser: Any, selector: str) -> float:
    """Return the contrast of text and ground (WCAG 2.2, 1.4.3)."""
    bright, dark = sorted(
        (luminance(colour) for colour in browser.execute_script(COLOURS, selector)), reverse=True
    )
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [float(p) / 255 for p in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class foreign_page:  # noqa: N801 (used as a statement)
    """A page elsewhere that tries all it can: fetch, form, image, frame."""

    def __init__(self, page: Visit) -> None:
        target = page.url
        html = f"""<!doctype html><body>
        <form id="f" method="post" action="{target}" target="t">
        <input name="key" value="planted"><input name="token" value="x"></form>
        <iframe name="t"></iframe><iframe src="{target}"></iframe><img src="{target}?key=planted">
        <script>
        const body = new URLSearchParams({{key: 'planted', token: 'x'}});
        const tries = [
          fetch('{target}', {{method: 'POST', mode: 'no-cors', body}}),
          fetch('{target}').then(r => r.text()).then(t => {{ window.leak = t }}),
        ];
        document.getElementById('f').submit();
        Promise.allSettled(tries).then(() => setTimeout(() => {{
          if (!window.leak) document.body.insertAdjacentHTML('beforeend', '<p id="done">.</p>');
        }}, 500));
        </script>"""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
