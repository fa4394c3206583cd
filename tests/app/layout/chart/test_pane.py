"""A pane: what is in view is read, sent, and kept up with the bus."""

import numpy as np
import pandas as pd
import pytest

from app.layout.chart.pane import ChartPane
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from tests.app.layout.chart.conftest import Browser
from tests.services.said import bar

MS = 1_000_000
YEAR = 366 * NS_PER_DAY


def look(pane: ChartPane, start: int, end: int, width: int = 1_000) -> None:
    """A hand moved the view."""
    pane.component.hear("view", {"from": start / MS, "to": end / MS, "width": width})


def publish(workspace, when: int, close: str, source_bar: str = "AAPL.NASDAQ") -> None:
    workspace.live.feed([bar(source_bar, close, event_ms=when // MS)])


def test_a_line_opens_at_its_end_and_the_browser_gets_it_once(pane, store_bars, line_of):
    times = store_bars()
    assert pane.open(line_of(), "UTC")
    (frame,) = pane.component.of("frame")
    assert frame["show"]["from"] <= times[-220] / MS <= times[-1] / MS < frame["show"]["to"]
    assert frame["bars"]["close"][-1] == 100 + 0.01 * (len(times) - 1)
    assert frame["title"] == "AAPL.NASDAQ"
    assert frame["axis_zone"] == "America/New_York"
    assert not frame["has_newer"]


def test_nothing_is_sent_before_the_browser_is_ready(workspace, store_bars, line_of):
    store_bars()
    pane = ChartPane(workspace, make_component=Browser)
    pane.open(line_of(), "UTC")
    assert pane.component.sent == []
    pane.component.hear("ready", {"width": 800})
    assert [message["type"] for message in pane.component.sent] == ["options", "frame", "profile"]


def test_a_line_without_bars_is_not_opened(pane):
    assert not pane.open(None, "UTC")
    pane.live()
    look(pane, 0, YEAR)
    assert pane.component.sent == []


def test_one_bar_is_a_chart(pane, store_bars, line_of):
    store_bars(span=("2024-01-02", "2024-01-03"))
    assert pane.open(line_of(), "UTC")
    assert len(pane.model) == 1
    assert pane.component.of("frame")[0]["bars"]["day"].tolist() == [19724]


def test_panning_within_what_is_loaded_reads_nothing(pane, store_bars, line_of):
    times = store_bars(span=("2010-01-01", "2024-12-31"))
    pane.open(line_of(), "UTC")
    look(pane, times[-230], times[-10])
    assert len(pane.component.of("frame")) == 1


def test_panning_past_it_reads_and_leaves_the_view_where_it_is(pane, store_bars, line_of):
    times = store_bars(span=("2010-01-01", "2024-12-31"))
    pane.open(line_of(), "UTC")
    look(pane, times[1_000], times[1_200])
    frame = pane.component.of("frame")[-1]
    assert frame["show"] is None
    assert frame["has_newer"]
    assert frame["bars"]["time"][0] <= times[810] / MS
    assert frame["bars"]["time"][-1] >= times[1_390] / MS


def test_zooming_out_draws_whole_coarser_candles_and_zooming_in_every_bar(pane, store_bars, line_of):
    times = store_bars(timeframe="1-MINUTE", span=("2024-01-01", "2024-03-31"))
    pane.open(line_of(timeframe="1-MINUTE"), "UTC")
    look(pane, times[0], times[-1])
    coarse = pane.component.of("frame")[-1]
    assert pane.model.timeframe != "1-MINUTE"
    assert len(coarse["bars"]["time"]) <= 3 * 500
    assert coarse["bars"]["high"].max() == pytest.approx(100.1 + 0.01 * (len(times) - 1))
    assert coarse["bars"]["volume"].sum() == 1_000 * len(times)
    look(pane, times[5_000], times[5_100])
    assert pane.model.timeframe == "1-MINUTE"


def test_a_view_that_was_answered_is_not_asked_again(pane, store_bars, line_of):
    times = store_bars(timeframe="1-MINUTE", span=("2024-01-01", "2024-03-31"))
    pane.open(line_of(timeframe="1-MINUTE"), "UTC")
    for _ in range(3):
        look(pane, times[0], times[-1])
    assert len(pane.component.of("frame")) == 2


def test_to_the_first_and_to_the_last_bar(pane, store_bars, line_of):
    times = store_bars(span=("2010-01-01", "2024-12-31"))
    pane.open(line_of(), "UTC")
    pane.component.hear("show", {"span": "start"})
    shown = pane.component.of("frame")[-1]["show"]
    assert shown["from"] < times[0] / MS < shown["to"]
    pane.component.hear("show", {"span": "end"})
    shown = pane.component.of("frame")[-1]["show"]
    assert shown["from"] < times[-1] / MS < shown["to"]


def test_all_there_is_and_the_last_month(pane, store_bars, line_of):
    times = store_bars(span=("2010-01-01", "2024-12-31"))
    pane.open(line_of(), "UTC")
    pane.show_days(0)
    assert pane.component.of("frame")[-1]["show"]["from"] == times[0] / MS
    pane.show_days(31)
    assert pane.component.of("frame")[-1]["show"]["from"] == (times[-1] + 1 - 31 * NS_PER_DAY) / MS


def test_holes_lead_to_their_backfill_and_ends_are_none(pane, store_bars, line_of):
    times = store_bars(without=slice(150, 155))
    pane.open(line_of(), "UTC")
    (hole,) = pane.component.of("frame")[-1]["holes"]
    assert hole["bars"] == 5
    assert "instrument=AAPL.NASDAQ&timeframe=1-DAY&source=sample&adjustment=total&from=2024-08-0" in hole["url"]
    closes = pane.component.of("frame")[-1]["bars"]["close"]
    assert np.isnan(closes).sum() == 5
    assert len(closes) == len(times) + 5


def test_a_new_bar_is_one_tick_and_a_repainted_one_another(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus")
    pane.open(line_of(source="nautilus"), "UTC")
    publish(workspace, times[-1] + NS_PER_DAY, "177")
    pane.take_price()
    pane.take_price()
    publish(workspace, times[-1] + NS_PER_DAY, "178")
    pane.take_price()
    ticks = pane.component.of("tick")
    when = (times[-1] + NS_PER_DAY) / MS
    assert [(tick["time"], tick["close"]) for tick in ticks] == [(when, 177.0), (when, 178.0)]
    assert len(pane.component.of("frame")) == 1


def test_a_replay_that_begins_anew_is_opened_at_its_end_once_things_settle(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus")
    pane.open(line_of(source="nautilus"), "UTC")
    workspace.live.feed([bar("AAPL.NASDAQ", "50", 1_795_000_000_000, event_ms=times[10] // MS)])
    pane.take_price()
    assert pane.component.of("tick") == []
    assert len(pane.component.of("frame")) == 1
    pane._clock.now += 5
    pane.take_price()
    _, frame = pane.component.of("frame")
    assert frame["bars"]["time"][-1] == times[10] / MS
    assert frame["show"] is not None


def test_a_bar_that_comes_late_is_drawn_once_it_is_stored_and_moves_no_view(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus", without=slice(-30, -29))
    pane.open(line_of(source="nautilus"), "UTC")
    late = times[-30] + NS_PER_DAY
    publish(workspace, late, "50")
    for _ in range(3):
        pane._clock.now += 5
        pane.take_price()
    assert {frame["show"] is None for frame in pane.component.of("frame")[1:]} == {True}
    row = {"ts_event": [late], "ts_init": [late], "volume": [1.0]}
    prices = {name: [50 * 10**9] for name in ("open", "high", "low", "close")}
    series = workspace.store.series_list("bars", instrument_id="AAPL.NASDAQ")[0]
    workspace.store.write(series, pd.DataFrame({**row, **prices}))
    pane._clock.now += 5
    pane.take_price()
    told = len(pane.component.of("frame"))
    assert 50 in pane.component.of("frame")[-1]["bars"]["close"]
    assert len(pane.component.of("frame")[-1]["bars"]["close"]) == len(times) + 1
    pane._clock.now += 5
    pane.take_price()
    assert len(pane.component.of("frame")) == told


def test_who_looks_at_the_newest_bar_sees_it_again_after_many_were_skipped(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus", span=("2024-01-01", "2024-02-01"))
    pane.open(line_of(source="nautilus"), "UTC")
    later = store_bars(source="nautilus", span=("2024-02-01", "2024-08-01"))
    pane._clock.now += 5
    publish(workspace, later[-1] + NS_PER_DAY, "50")
    pane.take_price()
    frame = pane.component.of("frame")[-1]
    assert frame["bars"]["time"][-1] == later[-1] / MS < frame["show"]["to"]
    publish(workspace, later[-1] + 2 * NS_PER_DAY, "51")
    pane.take_price()
    assert pane.component.of("tick")[-1]["close"] == 51
    look(pane, times[0], times[5])
    again = store_bars(source="nautilus", span=("2024-08-01", "2024-09-01"))
    pane._clock.now += 5
    publish(workspace, again[-1] + NS_PER_DAY, "50")
    pane.take_price()
    assert pane.component.of("frame")[-1]["show"] is None


def test_a_live_bar_moves_nothing_where_no_bars_are_in_view(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus")
    pane.open(line_of(source="nautilus"), "UTC")
    pane._clock.now += 5
    pane.show(TimeRange(int(times[-1]) + 5 * YEAR, int(times[-1]) + 6 * YEAR))
    assert "no bars here" in pane.component.of("frame")[-1]["note"]
    publish(workspace, times[-1] + NS_PER_DAY, "50")
    pane.live()
    assert pane.component.of("tick") == []


def test_a_live_bar_widens_the_candle_that_stands_for_many(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus", span=("2010-01-01", "2024-12-31"))
    pane.open(line_of(source="nautilus"), "UTC")
    pane.show_days(0)
    assert pane.model.timeframe == "1-WEEK"
    publish(workspace, times[-1] + NS_PER_DAY, "500")
    pane.take_price()
    (tick,) = pane.component.of("tick")
    assert (tick["high"], tick["close"]) == (500.0, 500.0)
    assert tick["time"] == pane.model.bars["time"][-1] / MS
    publish(workspace, times[-1] + 2 * NS_PER_DAY, "400")
    pane.take_price()
    assert [pane.component.of("tick")[-1][name] for name in ("high", "close")] == [500.0, 400.0]
    pane._clock.now += 5
    publish(workspace, times[-1] + 3 * NS_PER_DAY, "501")
    pane.take_price()
    assert len(pane.component.of("frame")) == 3


def test_a_live_bar_out_of_view_moves_nothing(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus", span=("2010-01-01", "2024-12-31"))
    pane.open(line_of(source="nautilus"), "UTC")
    look(pane, times[100], times[300])
    publish(workspace, times[-1] + NS_PER_DAY, "177")
    pane.take_price()
    assert pane.component.of("tick") == []


def test_heikin_ashi_ticks_continue_what_was_drawn(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus")
    pane.open(line_of(source="nautilus"), "UTC")
    pane.style = "heikin-ashi"
    pane.refresh()
    frame = pane.component.of("frame")[-1]
    middle = (frame["bars"]["open"][-1] + frame["bars"]["close"][-1]) / 2
    for close in ("150", "177"):
        publish(workspace, times[-1] + NS_PER_DAY, close)
        pane.take_price()
        assert pane.component.of("tick")[-1]["open"] == middle
    assert pane.component.of("tick")[-1]["raw"]["close"] == 177.0


def test_indicators_run_with_the_live_bar(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus")
    pane.overlays.chosen = list(workspace.indicators.parse_list("sma:length=3"))
    pane.open(line_of(source="nautilus"), "UTC")
    (sma,) = pane.component.of("frame")[-1]["lines"]
    closes = pane.model.bars["close"]
    assert sma["values"][-1] == pytest.approx(closes[-3:].mean())
    publish(workspace, times[-1] + NS_PER_DAY, "177")
    pane.take_price()
    value = pane.component.of("tick")[-1]["lines"]["sma:length=3/sma"]
    assert value == pytest.approx((closes[-2:].sum() + 177) / 3)


def test_the_next_live_bar_reads_no_bars_for_its_indicators(pane, workspace, store_bars, line_of, monkeypatch):
    times = store_bars(source="nautilus")
    publish(workspace, times[-1] + NS_PER_DAY, "176")
    pane.overlays.chosen = list(workspace.indicators.parse_list("sma:length=3"))
    pane.open(line_of(source="nautilus"), "UTC")
    monkeypatch.setattr(workspace.indicators, "running", lambda *_: pytest.fail("all bars were read"))
    publish(workspace, times[-1] + NS_PER_DAY, "177")
    pane.take_price()
    value = pane.component.of("tick")[-1]["lines"]["sma:length=3/sma"]
    assert value == pytest.approx((pane.model.bars["close"][-2:].sum() + 177) / 3)


def test_the_profile_is_of_what_is_in_view(pane, store_bars, line_of):
    times = store_bars()
    pane.open(line_of(), "UTC")
    assert pane.component.of("profile")[-1]["profile"] is None
    pane.profile = True
    look(pane, times[-50], times[-1] + MS)
    found = pane.component.of("profile")[-1]["profile"]
    assert sum(found["up"]) + sum(found["down"]) == pytest.approx(50_000)


def test_a_store_that_fails_is_told_on_the_chart_and_the_next_read_heals(pane, workspace, store_bars, line_of):
    store_bars(span=("2010-01-01", "2024-12-31"))
    line = line_of()
    pane.open(line, "UTC")

    class Broken:
        def __getattr__(self, name: str):
            raise OSError("the disk is gone")

    object.__setattr__(line, "workspace", Broken())
    pane.refresh()
    assert "the disk is gone" in pane.component.of("fail")[-1]["text"]
    object.__setattr__(line, "workspace", workspace)
    pane.refresh()
    assert len(pane.component.of("frame")) == 2


@pytest.mark.parametrize("data", [{}, {"from": "x", "to": 1}, {"from": float("nan"), "to": 1.0}, {"from": None}])
def test_what_is_no_time_is_refused_in_words(pane, data):
    with pytest.raises(ValueError, match="not a time"):
        pane.component.hear("view", data)


def test_a_view_of_before_1970_and_of_far_ahead_is_cut(pane, store_bars, line_of):
    store_bars()
    pane.open(line_of(), "UTC")
    look(pane, -(10**20), 10**24)
    assert pane.view == TimeRange(0, 9 * 10**18)


def test_the_rest_of_a_line_is_read_once_bars_are_on_screen(workspace, store_bars, line_of, monkeypatch):
    store_bars()
    held = []
    monkeypatch.setattr(workspace.market, "hold", lambda *place: held.append((place, len(pane.component.of("frame")))))
    pane = ChartPane(workspace, make_component=Browser)
    pane.open(line_of(), "UTC")
    assert held == []
    pane.component.hear("ready", {"width": 800})
    pane.refresh()
    assert held == [(("AAPL.NASDAQ", "1-DAY", "sample", "total"), 1)]


def test_a_late_bar_among_those_that_came_since_the_read_is_drawn_already(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus", span=("2024-01-01", "2024-02-01"))
    pane.open(line_of(source="nautilus"), "UTC")
    later = store_bars(source="nautilus", span=("2024-01-01", "2024-02-06"))[len(times) :]
    for when, close in ((later[0], "177"), (later[1], "178"), (later[0], "177")):
        pane._clock.now += 5
        publish(workspace, when, close)
        pane.take_price()
    assert [tick["close"] for tick in pane.component.of("tick")] == [177.0, 178.0]
    assert len(pane.component.of("frame")) == 1


def test_who_looks_at_the_newest_bar_is_not_left_behind_when_more_come_than_fit(pane, workspace, store_bars, line_of):
    store_bars(source="nautilus", span=("2024-01-01", "2024-02-01"))
    pane.open(line_of(source="nautilus"), "UTC")
    times = store_bars(source="nautilus", span=("2024-01-01", "2024-12-01"))
    pane.refresh()
    assert pane.component.of("frame")[-1]["has_newer"]
    pane._clock.now += 5
    publish(workspace, times[-1], "177")
    pane.take_price()
    frame = pane.component.of("frame")[-1]
    assert frame["bars"]["time"][-1] == times[-1] / MS < frame["show"]["to"]
    assert not frame["has_newer"]


def test_who_looks_at_older_bars_is_left_there(pane, workspace, store_bars, line_of):
    times = store_bars(source="nautilus", span=("2010-01-01", "2024-12-31"))
    pane.open(line_of(source="nautilus"), "UTC")
    look(pane, times[100], times[300])
    pane._clock.now += 5
    publish(workspace, times[-1] + NS_PER_DAY, "177")
    told = len(pane.component.of("frame"))
    pane.take_price()
    assert len(pane.component.of("frame")) == told
