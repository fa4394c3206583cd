"""A bar in Redis until it is painted in a real browser, and what many open charts cost the server.

Run: python -m benchmarks.chart_live [--bars 50] [--charts 10] [--seconds 20]. A Redis, a server, a Chromium; bars are
written as NautilusTrader writes them. Promise: less than 100 ms to the screen. What is measured:

screen    from XADD of a bar until it (or, on a machine that is late, a newer one) is painted; bars come at uneven
          times, no two within 150 ms, each with a close of its own. Beside it redis-py alone, reading the same.
CPU       the server process, with so many charts open, each of its own instrument whose running bar changes four times
          a second, with three indicators; and with the same bus and no page.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import psutil
import redis
from playwright.sync_api import Browser

from benchmarks.browser import VIEWPORT, Tab, chromium, tab_of
from benchmarks.bus_to_page import dashboard
from benchmarks.chart_page import wait_for, words
from benchmarks.server import cpu_s, load, own_redis
from nautilus_data import Settings, open_workspace
from nautilus_data.bus import SOURCE
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_S, TimeRange

INDICATORS = "ema:length=20,bollinger:length=20,rsi:length=14"
_MINUTE = 60 * NS_PER_S
_STORED = 20_000
_UPDATES_A_SECOND = 4
_WARM_UP_S = 4.0
_LATER = 1_000 * _MINUTE
_LEAST_S, _MOST_S = 0.15, 0.45


def instrument(number: int) -> str:
    return f"BENCH{number}.SIM"


def store(folder: Path, url: str, charts: int, now: int) -> None:
    """Minutes up to now, as a node has published them."""
    times = now // _MINUTE * _MINUTE - np.arange(_STORED)[::-1] * _MINUTE
    rng = np.random.default_rng(7)
    workspace = open_workspace(Settings(_env_file=None, nautilus_data_dir=folder / "data", demo="off", redis_url=url))
    for number in range(charts):
        close = (100 + np.cumsum(rng.normal(0, 0.02, _STORED))).round(2)
        ticks = (close * 100).round().astype("int64") * 10**7
        prices = {"open": ticks, "high": ticks + 10**7, "low": ticks - 10**7, "close": ticks}
        bars = pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 10.0})
        series = Series(instrument_id=instrument(number), source=SOURCE, timeframe="1-MINUTE")
        workspace.store.write(series, bars, TimeRange(int(times[0]), int(times[-1]) + 1))
    workspace.close()


def publish(client: redis.Redis, number: int, close: str, ts_event: int) -> float:
    """Write one bar; the time (ms since 1970) it was written."""
    bar_type = f"{instrument(number)}-1-MINUTE-LAST-EXTERNAL"
    topic, now = f"data.bars.{bar_type}", time.time_ns()
    body = {"type": "Bar", "bar_type": bar_type, "open": close, "high": close, "low": close, "close": close,
            "volume": "10", "ts_event": str(ts_event), "ts_init": str(now)}  # fmt: skip
    client.xadd(f"trader-BENCH-001:stream:{topic}", {"topic": topic, "payload": msgspec.msgpack.encode(body)})
    return now / 1e6


def open_chart(tab: Tab, address: str, number: int) -> None:
    asked = f"instrument={instrument(number)}&timeframe=1-MINUTE&source={SOURCE}&adjustment=raw"
    tab.open(f"{address}/market?{asked}&indicators={INDICATORS}")
    tab.until(lambda: tab.count("frame"), f"the chart of {instrument(number)}")


class RawReader:
    """When redis-py, which waits for entries of one stream, got each close (ms since 1970)."""

    def __init__(self, url: str) -> None:
        self.seen: dict[str, float] = {}
        self._client = redis.Redis.from_url(url)
        self._is_done = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_done = True
        self._thread.join()

    def _read(self) -> None:
        stream = f"trader-BENCH-001:stream:data.bars.{instrument(0)}-1-MINUTE-LAST-EXTERNAL"
        position = "$"
        while not self._is_done:
            for _, entries in self._client.xread({stream: position}, block=200) or ():
                now = time.time_ns() / 1e6
                position = entries[-1][0]
                for _, fields in entries:
                    self.seen[msgspec.msgpack.decode(fields[b"payload"])["close"]] = now


def to_screen(browser: Browser, address: str, url: str, count: int, now: int) -> tuple[list[float], list[float]]:
    """Milliseconds until each bar was painted, and until redis-py had it."""
    client, reader, rng = redis.Redis.from_url(url), RawReader(url), np.random.default_rng(3)
    written: dict[str, float] = {}
    with tab_of(browser) as tab:
        open_chart(tab, address, 0)
        tab.settle(int(_WARM_UP_S * 1_000))
        for place in range(count):
            close = f"{100 + place / 100:.2f}"
            # Each second bar is a new one, the other changes it.
            written[close] = publish(client, 0, close, now // _MINUTE * _MINUTE + (1 + place // 2) * _MINUTE)
            tab.settle(int(rng.uniform(_LEAST_S, _MOST_S) * 1_000))
        tab.settle(1_000)
        origin, ticks = tab.page.evaluate("[performance.timeOrigin, window.marks.tick]")
    reader.stop()
    painted = {f"{tick['close']:.2f}": origin + tick["at"] for tick in reversed(ticks)}
    return _waits(written, painted), _waits(written, reader.seen)


def _waits(written: dict[str, float], came: dict[str, float]) -> list[float]:
    """Of each bar, until it or a newer one came."""
    waits, at = [], np.inf
    for close in reversed(written):
        at = min(at, came.get(close, np.inf))
        waits.append(at - written[close])
    return waits[::-1]


@contextmanager
def updates(url: str, charts: int, now: int) -> Iterator[None]:
    """Each instrument's running bar changes, evenly over time."""
    client, is_done, pause = redis.Redis.from_url(url), threading.Event(), 1 / charts / _UPDATES_A_SECOND

    def write() -> None:
        started, count = time.monotonic(), 0
        while not is_done.is_set():
            number, turn = count % charts, count // charts
            minutes = 1 + int((time.monotonic() - started) / 5)
            publish(client, number, f"{100 + turn % 97 / 100:.2f}", now // _MINUTE * _MINUTE + minutes * _MINUTE)
            count += 1
            time.sleep(max(0.0, started + count * pause - time.monotonic()))

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def share(process: psutil.Process, wait: Tab | None, seconds: float) -> float:
    """Of one core, what the server took."""
    before, started = cpu_s(process), time.monotonic()
    wait.settle(int(seconds * 1_000)) if wait else time.sleep(seconds)
    return (cpu_s(process) - before) / (time.monotonic() - started)


def many_charts(
    browser: Browser, address: str, process: psutil.Process, url: str, charts: int, seconds: float, now: int
) -> None:
    with updates(url, charts, now):
        time.sleep(_WARM_UP_S)
        alone = share(process, None, seconds)
    with ExitStack() as opened:
        context = browser.new_context(viewport=VIEWPORT)
        tabs = [opened.enter_context(tab_of(context)) for _ in range(charts)]
        for number, tab in enumerate(tabs):
            open_chart(tab, address, number)
        opened.enter_context(updates(url, charts, now + _LATER))
        tabs[0].settle(int(_WARM_UP_S * 1_000))
        before = [tab.count("tick") for tab in tabs]
        busy = share(process, tabs[0], seconds)
        rate = sum(tab.count("tick") - count for tab, count in zip(tabs, before, strict=True)) / charts / seconds
    print(
        f"{charts} charts, {_UPDATES_A_SECOND} updates/s each, {INDICATORS.count(',') + 1} indicators: server CPU"
        f" {busy:.0%} of a core ({rate:.1f} updates/s painted a chart); the same bus, no page: {alone:.0%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=50)
    parser.add_argument("--charts", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    os.environ["ENV_FILE"] = os.devnull
    now = time.time_ns()
    with tempfile.TemporaryDirectory() as name, own_redis(Path(name)) as server, chromium() as browser:
        store(Path(name), server.url, asked.charts, now)
        with dashboard(Path(name), REDIS_URL=server.url, DEMO="off") as (address, process):
            with tab_of(browser) as tab:
                wait_for(tab, address)
            painted, raw = to_screen(browser, address, server.url, asked.bars, now)
            print(load(), flush=True)
            ratio = np.median(painted) / np.median(raw)
            print(f"bar in Redis to screen: {words(painted)}, max {max(painted):,.0f} ms; {ratio:.0f} times redis-py")
            print(f"  redis-py, blocking read of the same entries: {words(raw, show='{:,.1f}'.format)}")
            later = now + asked.bars * _MINUTE
            many_charts(browser, address, process, server.url, asked.charts, asked.seconds, later)


if __name__ == "__main__":
    main()
