"""Bad input to the charts, in a real browser: a right picture or a clear message, and never a script that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from nautilus_data import open_workspace
from nautilus_data.bus import Message
from nautilus_data.settings import load_settings
from tests.app.strange_bars import DEAR, DUST, HTML, OIL, store
from tests.app.test_market_browser import Chart
from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import RedisServer, wait_until
from tests.services.said import bar

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LIVE = "LIVE.BINANCE"
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def server(python: str, bus: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("strange")
    store(load_settings(nautilus_data_dir=folder / "data", demo="off"))
    server = Server(python, folder, DEMO="off", REDIS_URL=bus.url)
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    visit = Visit(browser)
    yield visit
    visit.tab.close()
    assert visit.wrong == []


@pytest.fixture
def chart_of(server: Server, visit: Visit) -> Callable[..., Chart]:
    """Opens the page; no script of it may fail."""

    def open_page(instrument_id: str, more: str = "") -> Chart:
        visit.tab.goto(f"{server.address}/market?instrument={quote(instrument_id, safe='')}&{more}")
        chart = Chart(visit)
        visit.tab.wait_for_timeout(100)
        expect(chart.root.locator(".fault")).to_be_hidden()
        assert chart.ask("chart.failed ?? ''") == ""
        return chart

    return open_page


def legend(chart: Chart) -> str:
    return chart.root.locator(".legend").inner_text().replace("\n", " ")


def test_an_instrument_without_bars_leads_to_its_backfill(server: Server, visit: Visit) -> None:
    visit.tab.goto(f"{server.address}/market?instrument=NONE.NASDAQ")
    visit.tab.get_by_text("No bars of NONE.NASDAQ are stored yet.").wait_for()
    assert "instrument=NONE.NASDAQ" in visit.tab.get_by_role("link", name="Backfill them").get_attribute("href")


def test_one_bar_is_drawn_in_the_middle_with_prices_around_it(chart_of) -> None:
    chart = chart_of("ONE.NASDAQ")
    assert chart.bars()["close"].tolist() == [12.5]
    assert "O 12.50 H 12.50 L 12.50 C 12.50" in legend(chart)
    x = chart.ask("chart.host.xOfTime(chart.host.bars.time[0])")
    assert 0.2 < x / chart.ask("chart.place.clientWidth") < 0.9
    assert 50 < chart.ask("chart.host.yOfPrice(12.5)") < 500


def test_two_bars_fill_the_width_and_keys_move_them(chart_of) -> None:
    chart = chart_of("TWO.NASDAQ")
    for key in ("-", "+", "ArrowLeft", "End"):
        chart.press(key, 4)
    assert chart.bars()["close"].tolist() == [12.5, 13.0]


@pytest.mark.parametrize("style", ["heikin-ashi", "area"])
def test_bars_of_one_price_are_a_level_line(chart_of, style: str) -> None:
    chart = chart_of("FLAT.NASDAQ", f"style={style}&profile=true&indicators=rsi,atr,bollinger,adx,stochastic")
    assert 50 < chart.ask("chart.host.yOfPrice(42)") < 500
    assert chart.ask("chart.host.priceOfY(10)") > 42 > chart.ask("chart.host.priceOfY(280)")


def test_prices_of_nothing_have_a_linear_scale_and_that_is_said(chart_of) -> None:
    assert "drawn on a linear scale" in legend(chart_of("ZERO.NASDAQ", "scale=percent"))


def test_volumes_that_are_not_known_are_said_not_drawn(chart_of) -> None:
    chart = chart_of("BLANK.NASDAQ", "profile=true&indicators=obv,mfi,vwap,sma")
    found = legend(chart)
    assert "V ?" in found
    assert "more bars or their volumes are needed" in found
    assert not chart.ask("Array.from(chart.host.raw.volume).some((volume) => volume >= 0)")


def test_oil_below_zero_is_drawn_there_on_any_scale(chart_of) -> None:
    chart = chart_of(OIL)
    assert chart.bars()["close"].min() == -37.63
    zero, low = chart.ask("[chart.host.yOfPrice(0), chart.host.yOfPrice(-37.63)]")
    assert zero < low < 500
    assert "have no logarithm" in legend(chart_of(OIL, "scale=log"))
    chart = chart_of(OIL, "scale=percent")
    assert chart.ask("chart.host.base") == 25.09
    # The first bar in view costs less than nothing: the next one that costs something counts.
    time = chart.ask("Array.from(chart.host.bars.time)")
    chart.ask(f"chart.showTimes({time[3]}, {time[8]})")
    chart.settle()
    assert chart.ask("chart.host.base") > 0
    assert chart.ask("chart.host.series.priceFormatter().format(chart.host.base)") == "0.00 %"


def test_nine_decimals_are_written_in_full_and_volumes_are_short(chart_of) -> None:
    chart = chart_of(DUST, "timeframe=1-HOUR&indicators=ema:length=9,atr")
    assert chart.bars()["close"].max() == pytest.approx(12e-9)
    assert "C 0.000000001" in legend(chart)
    assert "V 350T" in legend(chart)
    assert chart.ask("chart.host.series.priceFormatter().format(3e-9)") == "0.000000003"
    atr = chart.ask("chart.host.frame.lines.find((line) => line.pane > 0)")
    assert atr["precision"] >= 9
    assert chart.ask("chart.chart.priceScale('right').width()") > 75


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_million_fold_prices_fit_their_axis_and_nothing_lies_over_it(server: Server, browser: Browser, size) -> None:
    visit = Visit(browser, size)
    visit.tab.goto(f"{server.address}/market?instrument={DEAR}&indicators=sma")
    chart = Chart(visit)
    assert "C 500,000,000.00" in legend(chart)
    assert "1000T" in legend(chart) or "V 0" in legend(chart)
    axis = chart.root.bounding_box()["x"] + chart.root.bounding_box()["width"]
    axis -= chart.ask("chart.chart.priceScale('right').width()")
    for name in (".legend", ".corner"):
        box = chart.root.locator(name).bounding_box()
        assert box["x"] + box["width"] <= axis + 1
    assert visit.tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    visit.tab.close()
    assert visit.wrong == []


def test_a_gap_of_years_is_a_hole_that_leads_to_its_backfill(chart_of) -> None:
    chart = chart_of("YEARS.NASDAQ")
    (hole,) = chart.ask("chart.host.frame.holes")
    assert hole["bars"] == 3_840
    assert "from=2008-" in hole["url"] and "to=2023-" in hole["url"]
    (drawn,) = chart.ask("chart.marks.holes.shapes()")
    assert drawn["right"] - drawn["left"] > 20


def test_thousands_of_holes_are_drawn_and_zoomed_through(chart_of) -> None:
    chart = chart_of("TORN.NASDAQ", "timeframe=5-MINUTE")
    assert chart.ask("chart.marks.holes.shapes().length") > 200
    chart.press("-", 8)
    assert len(chart.bars()) > 200


def test_a_week_as_months_and_indicators_longer_than_it(chart_of) -> None:
    chart = chart_of("WEEK.NASDAQ", "timeframe=1-MONTH")
    assert len(chart.bars()) == 1
    chart = chart_of("WEEK.NASDAQ", "indicators=sma:length=200,rsi,ichimoku")
    assert "200: no value here" in legend(chart)
    assert len(chart.bars()) == 5


def test_what_can_not_be_compared_is_said_and_the_rest_is_drawn(chart_of) -> None:
    found = legend(chart_of("PLAIN.NASDAQ", f"compare=EARLIER.NASDAQ,NONE.NASDAQ,{quote(HTML, safe='')}&scale=percent"))
    assert "EARLIER.NASDAQ has no bars in view" in found
    assert "no bars of NONE.NASDAQ are stored" in found
    assert f"{HTML} yahoo" in found


def test_ids_are_text_whatever_they_say(chart_of, visit: Visit) -> None:
    chart = chart_of(HTML)
    assert HTML in legend(chart)
    assert visit.tab.locator("img[src=x]").count() == 0


def test_absurd_links_show_the_bars_and_say_what_was_left_out(chart_of, visit: Visit) -> None:
    chart = chart_of("PLAIN.NASDAQ", "style=x&scale=log&axis=x&count=9&profile=x&tz=x&compare=garbage,,&others=garbage")
    visit.tab.get_by_text("style=x, axis=x, count=9, profile=x").wait_for()
    assert chart.ask("chart.host.frame.mode") == "log"
    assert "no bars of garbage are stored" in legend(chart)
    chart_of("PLAIN.NASDAQ", "indicators=garbage,%3Cb%3E,sma:length=-1")
    visit.tab.locator(".chart").wait_for()
    visit.tab.get_by_text("garbage").first.wait_for()
    chart_of(
        "PLAIN.NASDAQ", "timeframe=7-BLAH&source=nobody&adjustment=none&run=x&indicators=%7B%7D&compare=1&others=5"
    )


def test_further_charts_nobody_can_show_say_so(chart_of, visit: Visit) -> None:
    chart_of("PLAIN.NASDAQ", "count=4&others=garbage,@,%3Cimg%3E@1-DAY")
    visit.tab.get_by_text("No bars of garbage are stored yet.").wait_for()
    visit.tab.get_by_text("No bars of <img> are stored yet.").wait_for()
    # Where no instrument is named stands one that has bars.
    assert visit.tab.locator(".chart").count() == 2


class Node:
    """Bars of a minute, as a node publishes them."""

    def __init__(self, bus: RedisServer) -> None:
        self._bus = bus
        self.first = int(time.time() * 1_000) // MINUTE_MS * MINUTE_MS - 60 * MINUTE_MS
        self.closes: dict[int, float] = {}

    def publish(self, number: int, close: str) -> None:
        at = self.first + number * MINUTE_MS
        self._put(bar(LIVE, close, at, at, step="1-MINUTE"))
        if close.replace(".", "").isdecimal():
            self.closes[at] = float(close)

    def _put(self, said: Message) -> None:
        with self._bus.client() as client:
            client.xadd(said.stream, {"topic": said.topic, "payload": said.payload})

    def is_drawn(self, chart: Chart) -> bool:
        bars = chart.bars()
        return dict(zip(bars["time"], bars["close"], strict=True)) == self.closes


def test_bars_that_come_late_again_or_broken_leave_what_was_published(
    bus: RedisServer, server: Server, chart_of, visit: Visit
) -> None:
    node = Node(bus)
    for number in range(30):
        if number != 20:
            node.publish(number, f"{100 + number}")
    chart = chart_of(LIVE, "timeframe=1-MINUTE&indicators=sma:length=5")
    wait_until(lambda: node.is_drawn(chart), 10, "all bars")
    chart.press("ArrowLeft", 2)
    view = chart.view
    node.publish(20, "90.5")
    wait_until(lambda: node.is_drawn(chart), 10, "the late bar in its place")
    assert chart.view == pytest.approx(view, abs=1.5 * MINUTE_MS)
    node.publish(29, "150")
    wait_until(lambda: node.is_drawn(chart), 10, "the same bar once more")
    for broken in ("NaN", "Infinity", "-Infinity", "abc", "", "1e400"):
        node.publish(30, broken)
    visit.tab.wait_for_timeout(500)
    assert node.is_drawn(chart)
    node.publish(30, "151")
    wait_until(lambda: node.is_drawn(chart), 10, "the bar after the broken ones")
    assert (chart.bars()["time"].diff().dropna() == MINUTE_MS).all()
    stored = pd.DataFrame(wait_until(lambda: _stored(server, len(node.closes)), 10, "all bars in the store"))
    assert dict(zip(stored["time"], stored["close"], strict=True)) == node.closes
    expect(chart.root.locator(".fault")).to_be_hidden()


def _stored(server: Server, count: int) -> dict[str, list[float]] | None:
    """Of the live instrument, once there are so many."""
    workspace = open_workspace(load_settings(nautilus_data_dir=server.folder / "data", demo="off"))
    try:
        found = workspace.market.bars(LIVE, "1-MINUTE", "nautilus", "raw")
    finally:
        workspace.close()
    if len(found) < count:
        return None
    return {"time": (found["ts_event"] / 1e6).tolist(), "close": found["close"].tolist()}
