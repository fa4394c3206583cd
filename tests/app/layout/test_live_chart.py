"""The viewport asks for what it shows; live bars are patched in; following ends where a hand pans away."""

import numpy as np
import pandas as pd
import pytest

from app.layout.live_chart import FIRST_BARS, MOST_BARS, LiveChart
from app.views.clock import wall_clock_ms
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns

FIRST = to_ns("2000-01-03T21:00Z")


class Line:
    """Daily bars, one every day, kept in memory."""

    timeframe = live_timeframe = "1-DAY"
    precision = 2

    def __init__(self, count: int) -> None:
        self.count, self.asked, self.bar, self.version = count, [], None, 0
        self.made = pd.DataFrame(columns=["ts_plot", "side", "last_qty", "last_px", "position_id", "strategy_id"])

    def read(self, span: TimeRange, max_bars: int) -> pd.DataFrame:
        self.asked.append(span)
        times = FIRST + np.arange(self.count) * NS_PER_DAY
        times = times[(times >= span.start) & (times < span.end)]
        bucket = max(1, -(-len(times) // max_bars))
        times = times[bucket - 1 :: bucket]
        close = np.full(len(times), 100.0)
        columns = {"open": close - 1, "high": close + 2, "low": close - 2, "close": close, "volume": close}
        frame = pd.DataFrame({"ts_event": times, **columns})
        frame.attrs.update(bucket=bucket, timeframe=self.timeframe)
        return frame

    def extent(self) -> TimeRange | None:
        return TimeRange(FIRST, FIRST + (self.count - 1) * NS_PER_DAY + 1) if self.count else None

    def fills(self, span: TimeRange) -> pd.DataFrame:
        return self.made

    def fills_version(self) -> int:
        return self.version

    def last_bar(self) -> dict[str, float] | None:
        return self.bar

    def publish(self, close: float = 101.0, days: int = 1) -> None:
        self.count += days
        ts = FIRST + (self.count - 1) * NS_PER_DAY
        prices = {"open": 100.0, "high": 103.0, "low": 99.0, "close": close}
        self.bar = {"ts_event": ts, "ts_init": ts, **prices, "volume": 7.0}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(line: Line, clock: Clock) -> LiveChart:
    chart = LiveChart(clock=clock)
    assert chart.open(line, "UTC")
    return chart


def drag(chart: LiveChart, by_days: float) -> None:
    """As a hand does: both edges, the left one first."""
    x_range, by = chart.chart.x_range, by_days * NS_PER_DAY / 1e6
    start, end = x_range.start + by, x_range.end + by
    x_range.start = start
    x_range.end = end


def test_a_chart_opens_at_the_end_of_a_long_history_without_reading_all_of_it(clock):
    line = Line(15_000)
    chart = opened(line, clock)
    assert len(chart.chart.bars.data["x"]) <= 6 * FIRST_BARS
    assert chart.chart.x_range.end > chart.chart.bars.data["x"][-1]


def test_a_line_without_bars_is_not_drawn(clock):
    chart = LiveChart(clock=clock)
    assert chart.open(Line(0), "UTC") is False
    assert chart.open(None, "UTC") is False
    chart.live()
    chart.refresh()


def test_all_of_a_long_history_comes_in_few_candles(clock):
    chart = opened(Line(15_000), clock)
    chart.show_days(0)
    assert len(chart.chart.bars.data["x"]) <= MOST_BARS
    assert chart.bucket > 1


def test_panning_within_what_is_loaded_reads_nothing(clock):
    line = Line(10_000)
    chart = opened(line, clock)
    drag(chart, -20)
    assert len(line.asked) == 1


def test_panning_further_reads_the_viewport_and_one_width_on_each_side(clock):
    line = Line(10_000)
    chart = opened(line, clock)
    drag(chart, -3_000)
    view, asked = chart.view(), line.asked[-1]
    assert asked.duration_ns == pytest.approx(3 * view.duration_ns, rel=0.01)
    assert asked.start < view.start < view.end < asked.end


def test_a_new_bar_moves_the_view_by_itself(clock):
    line = Line(500)
    chart = opened(line, clock)
    end = chart.chart.x_range.end
    line.publish()
    chart.live()
    assert chart.chart.x_range.end - end == NS_PER_DAY / 1e6
    assert chart.follow is True
    assert len(line.asked) == 1


def test_a_view_panned_away_stays_where_it_is(clock):
    line = Line(500)
    chart = opened(line, clock)
    drag(chart, -40)
    assert chart.follow is False
    end = chart.chart.x_range.end
    line.publish()
    chart.live()
    assert chart.chart.x_range.end == end
    assert chart.chart.bars.data["close"][-1] == 101.0


def test_another_line_is_followed_from_its_end(clock):
    chart = opened(Line(500), clock)
    drag(chart, -40)
    chart.open(Line(300), "UTC")
    assert chart.follow is True


def test_following_again_brings_the_last_bar_back(clock):
    line = Line(5_000)
    chart = opened(line, clock)
    drag(chart, -3_000)
    chart.follow = True
    assert chart.chart.x_range.end > wall_clock_ms([line.extent().end], "UTC")[0]
    assert chart.chart.bars.data["x"][-1] == wall_clock_ms([line.extent().end - 1], "UTC")[0]


def test_history_in_view_is_not_joined_to_the_running_bar(clock):
    line = Line(5_000)
    chart = opened(line, clock)
    drag(chart, -3_000)
    last = chart.chart.bars.data["x"][-1]
    line.publish()
    chart.live()
    assert chart.chart.bars.data["x"][-1] == last
    assert chart.chart.last_line.location == 101.0


def test_the_running_bar_is_patched_without_reading(clock):
    line = Line(500)
    chart = opened(line, clock)
    line.publish(101.0)
    chart.live()
    line.bar["close"] = 102.5
    chart.live()
    assert chart.chart.bars.data["close"][-1] == 102.5
    assert len(line.asked) == 1


def test_bars_that_came_between_two_looks_are_read_from_the_store(clock):
    line = Line(500)
    chart = opened(line, clock)
    clock.now = 10.0
    line.publish(days=30)
    chart.live()
    x = chart.chart.bars.data["x"]
    assert np.diff(x).max() == NS_PER_DAY / 1e6


def test_reads_caused_by_live_bars_keep_their_distance(clock):
    line = Line(500)
    chart = opened(line, clock)
    for tick in range(40):
        clock.now = tick * 0.25
        line.publish(days=5)
        chart.live()
    assert len(line.asked) <= 1 + 10 / 2


def test_a_replay_that_began_anew_is_drawn_from_its_own_bars(clock):
    line = Line(500)
    chart = opened(line, clock)
    clock.now = 10.0
    line.count = 100
    line.publish()
    chart.live()
    assert chart.chart.bars.data["x"][-1] == wall_clock_ms([line.extent().end - 1], "UTC")[0]


def test_a_candle_of_many_bars_takes_in_the_live_one(clock):
    line = Line(15_000)
    chart = opened(line, clock)
    chart.show_days(0)
    line.publish(101.5)
    chart.live()
    assert chart.chart.bars.data["close"][-1] == 101.5


def test_fills_appear_once_the_store_has_them(clock):
    line = Line(500)
    chart = opened(line, clock)
    line.version = 1
    chart.live()
    clock.now = 1.5
    line.made = pd.DataFrame([{"ts_plot": FIRST, "side": "BUY", "last_qty": 100.0, "last_px": 100.0,
                               "position_id": "P", "strategy_id": "S"}])  # fmt: skip
    chart.live()
    assert len(chart.chart.buys.data["x"]) == 1
