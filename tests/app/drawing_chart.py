"""A chart in a tab, the service behind it, and a hand that draws."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from nautilus_data.core.drawing import Drawing
from nautilus_data.services.drawings import Drawings

SCRIPTS = Path(__file__).parents[2] / "app" / "layout" / "chart"
PAGE = Path(__file__).with_name("drawings.html")
CHART = ("local", "CL.NYMEX", "1-MINUTE")
# As in the page.
FIRST_MS, STEP_MS = 1_790_000_000_000, 60_000


class Handler(SimpleHTTPRequestHandler):
    """The scripts, the library where it is installed, and a page with bars from 100 to 124."""

    def translate_path(self, path: str) -> str:
        if path == "/":
            return str(PAGE)
        if path.endswith(".html"):
            return str(PAGE.with_name(path.lstrip("/")))
        if path.endswith("lightweight-charts.js"):
            return str(Path(importlib.util.find_spec("pylightcharts").origin).parent / "js" / "lightweight-charts.js")
        return super().translate_path(path)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served() -> Iterator[str]:
    """The address of the page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=SCRIPTS))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


class Chart:
    """A tab with a chart, the service behind it, and the hand in front."""

    def __init__(self, tab: Page, address: str, drawings: Drawings) -> None:
        self.tab, self.drawings = tab, drawings
        tab.set_default_timeout(8_000)
        tab.goto(address)
        tab.wait_for_function("window.ready")

    def run(self, script: str, *given: Any) -> Any:
        return self.tab.evaluate(script, list(given))

    def at(self, i: float, price: float) -> tuple[float, float]:
        return tuple(self.run("([i, price]) => where(i, price)", i, price))

    def click(self, i: float, price: float) -> None:
        self.tab.mouse.click(*self.at(i, price))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse, begin, goal = self.tab.mouse, self.at(*start), self.at(*end)
        mouse.move(*begin)
        mouse.down()
        mouse.move((begin[0] + goal[0]) / 2, (begin[1] + goal[1]) / 2)
        mouse.move(*goal)
        mouse.up()

    def start(self, tool: str) -> None:
        self.run("([tool]) => plugin.start(tool)", tool)

    def draw(self, tool: str, *points: tuple[float, float]) -> dict[str, Any]:
        self.start(tool)
        if len(points) == 2:
            self.drag(*points)
        else:
            self.click(*points[0])
        return self.shapes()[-1]

    def shapes(self) -> list[dict[str, Any]]:
        return self.run("() => plugin.shapes()")

    def points(self, nth: int = -1) -> list[tuple[float, float]]:
        """Of a drawing, by the bar's number and the price."""
        return [((point["time"] - FIRST_MS) / STEP_MS, point["price"]) for point in self.shapes()[nth]["points"]]

    def sent(self) -> list[dict[str, Any]]:
        return self.run("() => sent.splice(0)")

    def serve(self) -> None:
        """Do as the page on the server does: keep what came, and show what is kept."""
        for message in self.sent():
            where = ("local", message["instrument_id"], message["timeframe"])
            if message["type"] == "drawing_delete":
                self.drawings.delete(*where, message["id"])
                continue
            try:
                self.drawings.put(*where, Drawing.from_message(message))
            except ValueError as error:
                self.show({"type": "drawing_refused", "id": message["id"], "reason": str(error)})
        self.show_kept()

    def show_kept(self) -> None:
        kept = [drawing.to_message() for drawing in self.drawings.list(*CHART)]
        self.show({"type": "drawings", "instrument_id": CHART[1], "timeframe": CHART[2], "drawings": kept})

    def show(self, message: dict[str, Any]) -> None:
        self.run("([message]) => plugin.show(message)", message)

    def view(self) -> dict[str, float]:
        # The library scrolls with the next picture.
        self.run("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.run("() => host.chart.timeScale().getVisibleLogicalRange()")


def swipe(phone: Chart, start: tuple[float, float], end: tuple[float, float]) -> None:
    begin, goal = phone.at(*start), phone.at(*end)
    steps = [begin, *[tuple(b + (g - b) * part / 4 for b, g in zip(begin, goal, strict=True)) for part in (1, 2, 3, 4)]]
    session = phone.tab.context.new_cdp_session(phone.tab)
    for number, (x, y) in enumerate(steps):
        kind = "touchMove" if number else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def is_near(found: list[tuple[float, float]], wanted: list[tuple[float, float]]) -> bool:
    """To a pixel's worth of bars and of price."""
    return len(found) == len(wanted) and all(
        abs(i - wanted_i) < 0.5 and abs(price - wanted_price) < 0.3
        for (i, price), (wanted_i, wanted_price) in zip(found, wanted, strict=True)
    )
