"""A chart over 1,000,000 stored minutes in a real browser, against Lightweight Charts on a bare websocket.

Run: python -m benchmarks.chart_page [--bars 1000000] [--zooms 30]. A server of its own on SQLite, a Chromium. Promises:
first render below 1.2 s and 200 kB, a zoom answered within 150 ms. What is measured:

page      from the start of navigation until the page's chart is there and asks for bars
render    from then until its first frame is painted: read, sent, taken in and drawn
All       from the click on "All" until all years are painted
zoom      from the last key of a burst of six (3.8 times as wide or narrow) until the server's answer to it is painted;
          the browser waits 30 ms for the hand to rest. Zooms go from all years to a day and back; those into every bar
          of what is loaded need no answer and don't count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, BrowserContext

from benchmarks.bare import bare_server
from benchmarks.browser import VIEWPORT, Tab, chromium, tab_of
from benchmarks.bus_to_page import dashboard
from benchmarks.server import load, own_redis
from nautilus_data import Settings, open_workspace
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_S, TimeRange

SERIES = Series(instrument_id="BENCH.NASDAQ", source="yahoo", timeframe="1-MINUTE", adjustment="total")
PAGE = f"market?instrument={SERIES.instrument_id}&timeframe=1-MINUTE&source=yahoo"
_DAY_MS = 86_400_000
_KEYS = 6
_PATIENCE_S = 6.0
_TURNS = 5


@dataclass
class Found:
    """Milliseconds and bytes of one way to do it, each of several turns."""

    page: list[float] = field(default_factory=list)
    render: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)


def make_bars(rows: int) -> pd.DataFrame:
    """A random walk in the minutes a US stock trades, up to the end of 2024."""
    days = rows // 390 * 365 // 250 + 30
    end = pd.Timestamp("2025-01-01", tz="UTC")
    times = expected(SERIES, TimeRange.of(end - pd.Timedelta(days=days), end)).due[-rows:]
    rng = np.random.default_rng(7)
    close = np.maximum((200 + np.cumsum(rng.normal(0, 0.01, len(times)))).round(2), 1)
    opened = np.append(close[:1], close[:-1])
    spread = rng.integers(0, 5, len(times)) / 100
    prices = {"open": opened, "high": np.maximum(opened, close) + spread, "low": np.minimum(opened, close) - spread}
    ticks = {
        name: (values * 100).round().astype("int64") * 10**7 for name, values in {**prices, "close": close}.items()
    }
    return pd.DataFrame(
        {"ts_event": times, "ts_init": times, **ticks, "volume": rng.integers(1, 900, len(times)) * 1.0}
    )


def store(folder: Path, url: str, bars: pd.DataFrame) -> None:
    settings = Settings(_env_file=None, nautilus_data_dir=folder / "data", demo="off", redis_url=url)
    workspace = open_workspace(settings)
    workspace.store.write(SERIES, bars, TimeRange(int(bars["ts_event"].iloc[0]), int(bars["ts_event"].iloc[-1]) + 1))
    workspace.close()


def first_render(tab: Tab, address: str, found: Found) -> None:
    """Open the page and wait for its bars."""
    tab.open(f"{address}/{PAGE}")
    tab.until(lambda: tab.count("frame"), "the first bars")
    tab.settle()
    marks = tab.marks()
    found.page.append(marks["ready"][0])
    found.render.append(marks["frame"][0]["at"] - marks["ready"][0])
    found.sent.append(sum(tab.received[tab.before_ready :]))


def show_all(tab: Tab, found: Found) -> None:
    """Click on "All"."""
    tab.forget()
    clicked = tab.page.get_by_role("button", name="All", exact=True).evaluate(
        "(button) => { button.click(); return performance.now() }"
    )
    tab.until(lambda: tab.count("frame") and tab.marks()["frame"][-1]["came"] > clicked, "all years")
    tab.settle()
    found.render.append(tab.marks()["frame"][-1]["at"] - clicked)
    found.sent.append(sum(tab.received))


def days_in_view(tab: Tab) -> float:
    view = tab.chart("chart.view()")
    return (view["to"] - view["from"]) / _DAY_MS


def zoom(tab: Tab, key: str) -> float | None:
    """Milliseconds until the answer was painted; None where everything was there."""
    is_finest = tab.chart("chart.host.stepMs") <= 60_000
    seen = tab.count("frame")
    tab.page.locator(".chart").first.focus()
    for _ in range(_KEYS):
        tab.page.keyboard.press(key)
    pressed = tab.marks()["pressed"]
    if key == "+" and is_finest:
        tab.settle()
        return None
    try:
        tab.until(lambda: tab.count("frame") > seen and tab.marks()["frame"][-1]["came"] > pressed, "bars", _PATIENCE_S)
    except TimeoutError:
        return None
    tab.settle()
    answers = [frame for frame in tab.marks()["frame"] if frame["came"] > pressed]
    return answers[-1]["at"] - pressed


def zooms(tab: Tab, count: int, all_days: float) -> list[float]:
    """From all years to a day and back, until so many were answered, or twice as many were not."""
    took: list[float] = []
    key = "+"
    tab.page.locator(".chart").first.focus()
    tab.page.keyboard.press("ArrowLeft")
    tab.settle()
    for _ in range(3 * count):
        answer = zoom(tab, key)
        took += [] if answer is None else [answer]
        if len(took) == count:
            break
        days = days_in_view(tab)
        key = "-" if days < 1.2 else "+" if days > 0.8 * all_days else key
    return took


def bare(context: BrowserContext, bars: Mapping[str, np.ndarray], sizes: int) -> tuple[float, list[float]]:
    """Milliseconds from navigation to all bars painted, and of zooms between them and the last day."""
    with bare_server(bars) as address, tab_of(context) as tab:
        tab.open(address)
        tab.until(lambda: tab.page.evaluate("window.took?.length"), "the bare chart")
        first = tab.page.evaluate("window.took[0].at")
        start, end = float(bars["time"][0]), float(bars["time"][-1])
        for width in np.geomspace(end - start, 86_400, sizes):
            seen = tab.page.evaluate("window.took.length")
            tab.page.evaluate(f"window.ask({end - 2 * width}, {end + 1}, 1500)")
            tab.until(lambda seen=seen: tab.page.evaluate("window.took.length") > seen, "the bare chart")
        return first, tab.page.evaluate("window.took.slice(1).map((one) => one.ms)")


def words(values: list[float], unit: str = "ms", show: Callable[[float], str] = "{:,.0f}".format) -> str:
    if len(values) == 1:
        return f"{show(values[0])} {unit} (once)"
    worst = float(np.percentile(values, 95))
    return f"median {show(statistics.median(values))} {unit}, p95 {show(worst)} {unit}, n {len(values)}"


def report(title: str, found: Found) -> None:
    for name, values in (("page", found.page), ("render", found.render)):
        if values:
            print(f"{title:34} {name:7} {words(values)}")
    sent = [size / 1_000 for size in found.sent]
    print(f"{title:34} {'sent':7} {words(sent, 'kB', '{:,.1f}'.format)}", flush=True)


def measure(browser: Browser, folder: Path, url: str, bars: pd.DataFrame, count: int) -> None:
    cold, warm, first_all, again_all = Found(), Found(), Found(), Found()
    settings = {"REDIS_URL": url, "DEMO": "off", "YAHOO_BASE_URL": "http://127.0.0.1:1"}
    context = browser.new_context(viewport=VIEWPORT)
    with dashboard(folder, **settings) as (address, _):
        with tab_of(context) as tab:
            wait_for(tab, address)
            first_render(tab, address, cold)
            report("first page of the server", cold)
            show_all(tab, first_all)
            report('"All", soon after', first_all)
            all_days = days_in_view(tab)
            answered = {title: zooms(tab, count, all_days) for title in ("zoom, first time", "zoom, again")}
        for _ in range(_TURNS):
            with tab_of(context) as tab:
                first_render(tab, address, warm)
                show_all(tab, again_all)
        report("further pages", warm)
        report('"All", further pages', again_all)
    columns = {name: bars[name].to_numpy() / 1e9 for name in ("open", "high", "low", "close")}
    columns |= {"time": bars["ts_event"].to_numpy() / NS_PER_S, "volume": bars["volume"].to_numpy()}
    raw_first, raw_zooms = bare(context, columns, count)
    raw = statistics.median(raw_zooms)
    for title, took in answered.items():
        print(f"{title:42} {words(took)}; {statistics.median(took) / raw:.1f} times the bare chart")
    print(f"{'bare chart: reduceat, websocket, drawn':42} {words(raw_zooms)}; from navigation {raw_first:,.0f} ms")
    print(f"{len(bars):,} bars of 1m over {all_days:,.0f} days, {load()}")


def wait_for(tab: Tab, address: str) -> None:
    """Until the server answers."""
    tab.until(lambda: _answers(tab, address), "the server")


def _answers(tab: Tab, address: str) -> bool:
    try:
        return tab.page.request.get(f"{address}/health").ok
    except Exception:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--zooms", type=int, default=30)
    asked = parser.parse_args()
    os.environ["ENV_FILE"] = os.devnull
    bars = make_bars(asked.bars)
    with tempfile.TemporaryDirectory() as name, own_redis(Path(name)) as redis, chromium() as browser:
        store(Path(name), redis.url, bars)
        measure(browser, Path(name), redis.url, bars, asked.zooms)


if __name__ == "__main__":
    main()
