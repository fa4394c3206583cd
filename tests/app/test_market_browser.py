"""The market page in a real browser: from thirteen years to a day and back, a line that stays, fills on their bars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator

from app.views.chart import PRICES
from nautilus_data import Settings, open_workspace
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
STORED = "BIG.NASDAQ"
DAY_MS = 86_400_000
BARS = Series(instrument_id=STORED, source="yahoo", adjustment="total", timeframe="5-MINUTE")


def walk() -> pd.DataFrame:
    """A random walk of thirteen years of five minutes, as a US stock trades, three of them missing."""
    times = expected(BARS, TimeRange.of("2012-01-01", "2025-01-01")).due
    times = np.delete(times, slice(-50, -47))
    rng = np.random.default_rng(7)
    closes = (100 + np.cumsum(rng.normal(0, 0.01, len(times)))).round(2) * 1e9
    closes = np.maximum(closes, 10**9).astype("int64")
    opens = np.append(closes[:1], closes[:-1])
    spread = rng.integers(0, 5, len(times)) * 10**7
    prices = {"open": opens, "high": np.maximum(opens, closes) + spread, "low": np.minimum(opens, closes) - spread}
    return pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "close": closes, "volume": 100.0})


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    return walk()


@pytest.fixture(scope="module")
def server(python: str, tmp_path_factory: pytest.TempPathFactory, stored: pd.DataFrame) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("market")
    workspace = open_workspace(Settings(_env_file=None, nautilus_data_dir=folder / "data"))
    workspace.store.write(BARS, stored, TimeRange.of("2012-01-01", "2025-01-01"))
    workspace.close()
    server = Server(python, folder)
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


class Chart:
    """The main chart of a page that is open."""

    def __init__(self, visit: Visit) -> None:
        self.tab = visit.tab
        self.root: Locator = visit.tab.locator(".chart").first
        self.root.wait_for()
        wait_until(lambda: self.ask("Boolean(chart && chart.view())"), 30, "the chart to show bars")

    def ask(self, expression: str) -> Any:
        return self.root.evaluate(f"(root) => {{ const chart = root.chart; return {expression} }}")

    @property
    def view(self) -> tuple[float, float]:
        found = self.ask("chart.view()")
        return found["from"], found["to"]

    @property
    def days(self) -> float:
        return (self.view[1] - self.view[0]) / DAY_MS

    def bars(self) -> pd.DataFrame:
        """What is loaded, holes left out."""
        names = "['time', 'open', 'high', 'low', 'close', 'volume']"
        found = self.ask(f"Object.fromEntries({names}.map((name) => [name, Array.from(chart.host.raw[name])]))")
        return pd.DataFrame(found).dropna()

    def settle(self) -> None:
        """Until what is in view was read."""
        self.tab.wait_for_timeout(250)

    def press(self, key: str, times: int) -> None:
        self.root.focus()
        for _ in range(times):
            self.tab.keyboard.press(key)
        self.settle()

    def zoom(self, clicks: int, share: float = 0.9) -> None:
        box = self.root.bounding_box()
        self.tab.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.4)
        for _ in range(abs(clicks)):
            self.tab.mouse.wheel(0, -100 if clicks > 0 else 100)
            self.tab.wait_for_timeout(10)
        self.settle()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    visit = Visit(browser)
    yield visit
    visit.tab.close()
    assert visit.wrong == []


def open_stored(visit: Visit, server: Server, more: str = "") -> Chart:
    visit.open(server, f"market?instrument={STORED}&timeframe=5-MINUTE&source=yahoo{more}")
    return Chart(visit)


def test_from_thirteen_years_to_a_day_and_back(server: Server, visit: Visit, stored: pd.DataFrame) -> None:
    chart = open_stored(visit, server)
    visit.tab.get_by_role("button", name="All", exact=True).click()
    wait_until(lambda: chart.days > 4_700 and chart.ask("chart.host.stepMs") >= DAY_MS, 30, "all years")
    whole = chart.bars()
    assert len(whole) < 2_000
    assert whole["high"].max() == pytest.approx(stored["high"].max() / 1e9)
    assert whole["low"].min() == pytest.approx(stored["low"].min() / 1e9)
    assert whole["volume"].sum() == pytest.approx(100 * len(stored), rel=1e-6)
    chart.press("ArrowLeft", 4)
    while chart.days > 1.2:
        before = chart.days
        chart.press("+", 6 if before > 10 else 1)
        assert chart.days < before
    wait_until(lambda: chart.ask("chart.host.stepMs") == 300_000, 10, "every bar")
    chart.settle()
    start, end = chart.view
    shown = chart.bars()
    shown = shown[(shown["time"] >= start) & (shown["time"] <= end)]
    ms = stored["ts_event"] / 1e6
    wanted = stored[(ms >= start) & (ms <= end)]
    assert 20 < len(wanted) == len(shown)
    assert np.allclose(shown[["open", "high", "low", "close"]], wanted[["open", "high", "low", "close"]] / 1e9)
    chart.zoom(-2)
    while chart.days < 4_000:
        before = chart.days
        chart.press("-", 6)
        assert chart.days > before
    wait_until(lambda: chart.ask("chart.host.stepMs") >= DAY_MS, 10, "coarse candles")


def test_a_hole_is_hatched_and_leads_to_its_backfill(server: Server, visit: Visit) -> None:
    chart = open_stored(visit, server)
    (hole,) = chart.ask("chart.marks.holes.shapes()")
    assert hole["bars"] == 3
    box = chart.root.bounding_box()
    left = chart.ask("chart.place.offsetLeft")
    visit.tab.mouse.click(box["x"] + left + (hole["left"] + hole["right"]) / 2, box["y"] + box["height"] * 0.3)
    link = chart.root.locator("a.bubble")
    assert "3 bars missing, 2024-12-31" in link.inner_text()
    link.click()
    visit.tab.wait_for_url("**/backfill?**from=2024-12-31&to=2024-12-31**")


def test_a_line_that_was_drawn_is_there_after_a_reload(server: Server, visit: Visit) -> None:
    chart = open_stored(visit, server)
    chart.root.locator("button[data-tool=trend_line]").click()
    box = chart.root.bounding_box()
    visit.tab.mouse.move(box["x"] + 300, box["y"] + 260)
    visit.tab.mouse.down()
    visit.tab.mouse.move(box["x"] + 600, box["y"] + 180, steps=5)
    visit.tab.mouse.up()
    (drawn,) = chart.ask("chart.drawings.shapes()")
    visit.tab.wait_for_timeout(1_000)
    visit.tab.reload()
    visit.tab.wait_for_selector(".pill.ok")
    again = Chart(visit)
    wait_until(lambda: again.ask("chart.drawings.shapes().length"), 10, "the line to come back")
    (kept,) = again.ask("chart.drawings.shapes()")
    assert kept["id"] == drawn["id"]
    assert [(at["time"], at["price"]) for at in kept["points"]] == [(at["time"], at["price"]) for at in drawn["points"]]


def test_a_drawing_gets_another_look_and_all_are_removed_once_that_is_sure(server: Server, visit: Visit) -> None:
    chart = open_stored(visit, server, "&adjustment=total")
    chart.root.locator("button[data-tool=rectangle]").click()
    box = chart.root.bounding_box()
    visit.tab.mouse.move(box["x"] + 700, box["y"] + 260)
    visit.tab.mouse.down()
    visit.tab.mouse.move(box["x"] + 800, box["y"] + 180, steps=3)
    visit.tab.mouse.up()
    for look in ("data-color=warn", "data-width='4'", "data-dash=dotted"):
        chart.root.locator(f".styles button[{look}]").click()
    styles = "chart.drawings.shapes().map(({style}) => style)"
    assert {"color": "warn", "width": 4, "dash": "dotted"} in chart.ask(styles)
    before = len(chart.ask(styles))
    visit.tab.keyboard.press("Escape")
    assert chart.root.locator(".styles").is_hidden()
    remove = chart.root.locator("button[data-tool=clear]")
    remove.click()
    visit.tab.keyboard.press("Escape")
    assert len(chart.ask(styles)) == before
    remove.click()
    chart.root.get_by_role("button", name="Remove", exact=True).click()
    assert chart.ask(styles) == []
    visit.tab.keyboard.press("Control+z")
    assert len(chart.ask(styles)) == before
    remove.click()
    chart.root.get_by_role("button", name="Remove", exact=True).click()
    visit.tab.wait_for_timeout(300)


def test_every_tool_is_in_reach_of_a_finger_and_two_fingers_zoom(server: Server, browser: Browser) -> None:
    visit = Visit(browser, SIZES[1], has_touch=True, is_mobile=True)
    visit.open(server, "market?instrument=AAPL.NASDAQ&source=sample&count=2&linked=false")
    chart = Chart(visit)
    assert chart.ask("root.querySelector('.tools').className") == "tools below"
    chart.root.locator("button[data-tool=clear]").tap()
    assert chart.ask("root.querySelector('.tools').classList.contains('above')")
    assert "no drawings" in chart.root.locator(".say").inner_text()
    chart.root.locator("button[data-tool=trend_line]").tap()
    row, pane = chart.root.locator(".styles").bounding_box(), chart.root.bounding_box()
    assert row["x"] + row["width"] <= pane["x"] + pane["width"] and row["height"] < 60
    visit.tab.keyboard.press("Escape")
    visit.tab.keyboard.press("?")
    keys = chart.root.get_by_role("dialog", name="Keys of the chart")
    assert "undo, redo" in keys.inner_text()
    visit.tab.keyboard.press("Escape")
    assert keys.count() == 0
    days = chart.days
    pane = chart.root.bounding_box()
    session, (x, y) = visit.tab.context.new_cdp_session(visit.tab), (pane["x"] + 170, pane["y"] + 150)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchMove", 80)):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        visit.tab.wait_for_timeout(30)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_until(lambda: chart.days < days / 2, 10, "the view to be nearer")
    visit.tab.close()
    assert visit.wrong == []


def test_fills_of_the_demo_appear_on_their_bars(server: Server, visit: Visit) -> None:
    visit.open(server, "market?instrument=AAPL.NASDAQ")
    chart = Chart(visit)
    visit.tab.get_by_role("button", name="All", exact=True).click()
    wait_until(lambda: chart.ask("chart.executions.shapes().fills.length") > 1, 60, "fills")
    bars = chart.bars().set_index("time")
    for fill in chart.ask("chart.executions.shapes().fills"):
        bar = bars.loc[fill["bar"]]
        assert bar["low"] - 0.05 * bar["low"] <= fill["price"] <= bar["high"] * 1.05


def test_live_bars_reach_the_screen_and_the_indicator_with_them(server: Server, visit: Visit) -> None:
    visit.open(server, "market?instrument=AAPL.NASDAQ&indicators=sma:length=5")
    chart = Chart(visit)
    before = chart.bars()["time"].iloc[-1]
    wait_until(lambda: chart.bars()["time"].iloc[-1] > before, 30, "a live bar")
    closes, values = chart.ask("[chart.host.raw.close, chart.host.frame.lines[0].values].map((all) => Array.from(all))")
    assert values[len(closes) - 1] == pytest.approx(np.mean(closes[-5:]))


def test_a_cloud_leads_past_the_last_bar_and_comes_true_as_bars_come(server: Server, visit: Visit) -> None:
    chart = open_stored(visit, server, "&indicators=ichimoku")
    lead = "((line) => ({key: line.key, last: line.values.at(-1), ahead: line.ahead}))(chart.lines.specs[2])"
    before = chart.ask(lead)
    assert len(before["ahead"]) == 26 and all(value > 0 for value in before["ahead"])
    then = chart.ask("chart.host.bars.time.at(-1)") + 300_000
    bar = {"type": "tick", "time": then, "volume": 1, "weight": 0, "day": 0} | dict.fromkeys(PRICES, 1)
    for value in (5, 6):
        chart.ask(f"chart.receive({json.dumps({**bar, 'lines': {before['key']: value}})})")
        after = chart.ask(lead)
        assert after["last"] == before["ahead"][0]
        assert after["ahead"] == [*before["ahead"][1:], value]


def test_two_charts_show_the_same_time(server: Server, visit: Visit) -> None:
    visit.open(server, "market?instrument=AAPL.NASDAQ&count=2&source=sample")
    chart = Chart(visit)
    visit.tab.locator(".chart").nth(1).wait_for()
    other = visit.tab.locator(".chart").nth(1)
    wait_until(lambda: other.evaluate("(root) => Boolean(root.chart?.view())"), 30, "the other chart")
    chart.zoom(3, 0.5)
    mine = chart.view
    theirs = other.evaluate("(root) => root.chart.view()")
    assert theirs["from"] == pytest.approx(mine[0], abs=3 * DAY_MS)


def test_keys_pan_and_zoom_and_a_table_is_saved(server: Server, visit: Visit, tmp_path: Path) -> None:
    chart = open_stored(visit, server)
    chart.root.focus()
    start, end = chart.view
    visit.tab.keyboard.press("ArrowLeft")
    chart.settle()
    assert chart.view[0] < start
    visit.tab.keyboard.press("+")
    chart.settle()
    assert chart.view[1] - chart.view[0] < end - start
    with visit.tab.expect_download() as download:
        chart.root.locator("button[data-tool=table]").click()
    table = pd.read_csv(download.value.path())
    assert list(table.columns) == ["time_utc", "open", "high", "low", "close", "volume"]
    bars = chart.bars()
    assert set(table["close"]) <= set(bars["close"].round(9))
    with visit.tab.expect_download() as download:
        chart.root.locator("button[data-tool=image]").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_the_page_is_clean_at_every_size_and_theme(server: Server, browser: Browser, size, theme: str) -> None:
    visit = Visit(browser, size)
    visit.open(server, f"market?instrument=AAPL.NASDAQ&theme={theme}&indicators=ema,rsi,ichimoku&profile=true")
    chart = Chart(visit)
    assert visit.tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert chart.ask("chart.chart.panes().length") == 2
    assert chart.root.locator("#tv-attr-logo").count() == 1
    visit.tab.close()
    assert visit.wrong == []


def test_a_mistake_in_a_script_is_shown_and_told_to_the_server(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    chart = open_stored(visit, server)
    chart.ask("chart.receive({type: 'nonsense'})")
    assert "unknown message nonsense" in chart.root.locator(".fault").inner_text()
    wait_until(lambda: "unknown message nonsense" in server.log(), 10, "the server to hear of it")
    visit.tab.close()
