"""A real Chromium for benchmarks: when its charts were ready and drawn, and what came over its websockets."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

VIEWPORT = {"width": 1440, "height": 900}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
_TEXT = 1
# Times are ms since navigation began. Drawn: the frame after the message is through, its canvases painted.
_MARKS = """
const marks = window.marks = {ready: [], frame: [], tick: [], pressed: 0}
window.onceDrawn = (then) => requestAnimationFrame(() => {
  const {port1, port2} = new MessageChannel()
  port1.onmessage = () => then(performance.now())
  port2.postMessage(0)
})
const charts = new WeakMap()
const watch = (chart) => {
  marks.ready.push(performance.now())
  const receive = chart.receive.bind(chart)
  chart.receive = (message) => {
    const came = performance.now()
    receive(message)
    if (!["frame", "tick"].includes(message.type)) { return }
    const mark = {came, close: message.close, bars: message.bars?.time.length, step: message.step}
    onceDrawn((at) => marks[message.type].push({...mark, at}))
  }
}
Object.defineProperty(HTMLElement.prototype, "chart", {
  configurable: true, get() { return charts.get(this) }, set(chart) { charts.set(this, chart); watch(chart) },
})
window.addEventListener("keydown", () => { marks.pressed = performance.now() }, true)
"""


class Tab:
    """A page that remembers; `received` are the bytes of each websocket message since the last `forget`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.received: list[int] = []
        self.before_ready = 0
        page.add_init_script(_MARKS)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.webSocketFrameReceived", lambda event: self.received.append(_size(event["response"])))
        devtools.on("Network.webSocketFrameSent", lambda event: self._see(event["response"]["payloadData"]))

    def open(self, address: str) -> None:
        self.forget()
        self.page.goto(address, wait_until="commit")

    def forget(self) -> None:
        self.received.clear()
        self.before_ready = 0

    def marks(self) -> dict[str, Any]:
        return self.page.evaluate("window.marks")

    def chart(self, expression: str) -> Any:
        """Ask the main chart, which is called `chart`."""
        root = self.page.locator(".chart").first
        return root.evaluate(f"(root) => {{ const chart = root.chart; return {expression} }}")

    def count(self, kind: str) -> int:
        return self.page.evaluate(f"window.marks?.{kind}.length ?? 0")

    def until(self, condition: Callable[[], object], what: str, timeout_s: float = 90.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {timeout_s:.0f} s for {what}; see the server's log")
            self.page.wait_for_timeout(10)

    def settle(self, ms: int = 400) -> None:
        self.page.wait_for_timeout(ms)

    def _see(self, sent: str) -> None:
        # What comes before a chart says it is ready is the page.
        if '"ready"' in sent and not self.before_ready:
            self.before_ready = len(self.received)


def _size(frame: dict[str, Any]) -> int:
    return len(frame["payloadData"]) if frame["opcode"] == _TEXT else len(base64.b64decode(frame["payloadData"]))


@contextmanager
def chromium() -> Iterator[Browser]:
    """One that is closed afterwards."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise SystemExit("no Chromium found: install chromium, the charts are drawn in it")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def tab_of(browser: Browser | BrowserContext) -> Iterator[Tab]:
    """Of a browser: one with nothing in its cache."""
    page = browser.new_page(viewport=VIEWPORT) if isinstance(browser, Browser) else browser.new_page()
    try:
        yield Tab(page)
    finally:
        page.close()
