"""A chart as the browser takes it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.views.chart import PRICES, Band, ChartModel, Hole, Line, Profile, chart_model
from app.views.chart_message import frame_message, profile_message, tick_message, to_span
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns

FIRST = to_ns("2013-01-02T21:00Z")
NAN = float("nan")


def model(count: int = 100, **options: object) -> ChartModel:
    close = 100 + np.sin(np.arange(count))
    frame = pd.DataFrame({"ts_event": FIRST + np.arange(count) * NS_PER_DAY, "volume": 1e6})
    frame = frame.assign(open=close - 0.5, high=close + 1, low=close - 1, close=close)
    frame.attrs["timeframe"] = "1-DAY"
    return chart_model(frame, **options)


def arrays(message: dict) -> list[np.ndarray]:
    return [value for part in ("bars", "raw") for value in message[part].values()]


def test_a_bar_costs_at_most_60_bytes() -> None:
    message = frame_message(model(1_000))
    assert sum(values.nbytes for values in arrays(message)) <= 60 * 1_000
    rest = {**message, "bars": None, "raw": None}
    assert len(json.dumps(rest)) < 600


def test_prices_as_traded_are_sent_beside_only_where_others_are_drawn() -> None:
    assert frame_message(model())["raw"] == {}
    shown = model(style="heikin-ashi")
    sent = frame_message(shown)
    for name in PRICES:
        np.testing.assert_array_equal(sent["raw"][name], shown.bars[name])
        np.testing.assert_array_equal(sent["bars"][name], shown.drawn[name])


def test_prices_are_sent_as_exact_as_they_are() -> None:
    shown = model(3)
    exact = replace(shown, drawn={**shown.drawn, "close": np.array([0.123456789, 98_765_432.123456, 1e-9])})
    assert frame_message(exact)["bars"]["close"].tolist() == [0.123456789, 98_765_432.123456, 1e-9]


def test_times_are_milliseconds_and_a_view_is_told_as_such() -> None:
    message = frame_message(model(2), TimeRange(FIRST, FIRST + NS_PER_DAY), has_newer=True)
    assert message["bars"]["time"].tolist() == [FIRST / 1e6, (FIRST + NS_PER_DAY) / 1e6]
    assert message["show"] == {"from": FIRST / 1e6, "to": (FIRST + NS_PER_DAY) / 1e6}
    assert (message["step"], message["has_newer"]) == (86_400_000, True)
    assert frame_message(model(2))["show"] is None


def test_lines_bands_and_holes_are_told_in_full() -> None:
    hole = Hole(FIRST + NS_PER_DAY // 2, FIRST + NS_PER_DAY // 2, 1, "backfill?instrument=A.B")
    shown = model(2, holes=[hole])
    line = Line("bb/up", "bb", "Bands 20", "upper", np.array([1.0, NAN, 3.0]), pane=1, style="step", color=4,
                ahead=np.array([7.0]), levels=(30.0,), parameters=({"name": "length", "value": 20},))  # fmt: skip
    message = frame_message(replace(shown, lines=(line,), bands=(Band("bb/up", "bb/low", 2),)))
    (sent,) = message["lines"]
    np.testing.assert_array_equal(sent.pop("values"), line.values)
    np.testing.assert_array_equal(sent.pop("ahead"), [7.0])
    assert sent == {
        "key": "bb/up", "name": "bb", "kind": "indicator", "label": "Bands 20", "title": "upper", "pane": 1,
        "style": "step", "color": 4, "precision": 2, "levels": [30.0], "parameters": [{"name": "length", "value": 20}],
    }  # fmt: skip
    assert message["bands"] == [{"upper": "bb/up", "lower": "bb/low", "color": 2}]
    (told,) = message["holes"]
    assert (told["bars"], told["text"], told["url"]) == (1, "2013-01-03", "backfill?instrument=A.B")
    assert len(message["bars"]["time"]) == 3


def test_the_days_of_a_hole_are_told_from_first_to_last() -> None:
    assert Hole(FIRST, FIRST + 3 * NS_PER_DAY, 3).text == "2013-01-02 to 2013-01-05"


def test_what_is_not_known_at_the_running_bar_is_null() -> None:
    bar = {"ts_event": FIRST, "open": 1.0, "high": 3.0, "low": 1.0, "close": 2.0, "volume": 7.0}
    drawn = {"open": 1.5, "high": 3.0, "low": 1.0, "close": 1.75}
    message = tick_message(bar, drawn, 50, 15_707, {"ema/ema": 2.5, "rsi/rsi": NAN})
    assert message["lines"] == {"ema/ema": 2.5, "rsi/rsi": None}
    assert (message["time"], message["close"], message["raw"]["close"]) == (FIRST / 1e6, 1.75, 2.0)
    json.dumps(message, allow_nan=False)


def test_a_running_bar_of_unknown_volume_is_sent_without_one() -> None:
    bar = {"ts_event": FIRST, "open": 1.0, "high": 3.0, "low": 1.0, "close": 2.0, "volume": NAN}
    message = tick_message(bar, bar, 50, 15_707, {})
    assert message["volume"] is None
    json.dumps(message, allow_nan=False)


def test_a_profile_is_lists_and_none_says_there_is_none() -> None:
    profile = Profile(1.0, 2.0, np.array([1.0, 0.0]), np.array([0.0, 2.0]), 1, (0, 1))
    assert profile_message(profile) == {
        "type": "profile",
        "profile": {"low": 1.0, "high": 2.0, "up": [1.0, 0.0], "down": [0.0, 2.0], "poc": 1, "value": [0, 1]},
    }
    assert profile_message(None)["profile"] is None


def test_a_span_a_browser_tells_is_cut_and_put_in_order() -> None:
    assert to_span(2_000, 1_000) == TimeRange(1_000_000_000, 2_000_000_000)
    assert to_span(-5e20, 5e20) == TimeRange(0, int(9e18))
    assert to_span(float("-inf"), float("inf")) == TimeRange(0, int(9e18))
    assert to_span(10**30, 0).end == int(9e18)


@pytest.mark.parametrize("bad", [None, "now", NAN, [1], {}, True])
def test_what_is_no_time_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="not a time"):
        to_span(bad, 1)
    with pytest.raises(ValueError, match="not a time"):
        to_span(1, bad)
