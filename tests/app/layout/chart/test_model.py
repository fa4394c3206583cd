"""Stored bars with what lies over them."""

from __future__ import annotations

import numpy as np
import pytest

from app.layout.chart.model import stored_line, stored_model


def test_a_model_has_the_lines_of_each_indicator_and_panes_from_above(workspace, store_bars) -> None:
    times = store_bars()
    model = stored_model(workspace, stored_line(workspace, "AAPL.NASDAQ"), "ema:length=5,rsi:length=3,macd")
    assert (len(model), model.title, model.zone) == (len(times), "AAPL.NASDAQ", "America/New_York")
    assert {line.key.partition(":")[0]: line.pane for line in model.lines} == {"ema": 0, "rsi": 1, "macd": 2}
    (ema,) = workspace.indicators.parse_list("ema:length=5")
    found = workspace.indicators.over("AAPL.NASDAQ", "1-DAY", "sample", "total", ema)
    np.testing.assert_array_equal(model.lines[0].values, found["ema"])


def test_days_that_should_be_there_are_holes_also_in_a_whole_history(workspace, store_bars) -> None:
    times = store_bars(span=("2010-01-01", "2024-12-31"), without=slice(100, 105))
    model = stored_model(workspace, stored_line(workspace, "AAPL.NASDAQ"), "ema:length=5")
    (hole,) = model.holes
    assert (hole.bars, len(model)) == (5, len(times) + 5)
    assert np.isnan(model.bars["close"]).sum() == np.isnan(model.lines[0].values[10:]).sum() == 5
    assert "instrument=AAPL.NASDAQ" in hole.url


def test_other_instruments_stand_beside_it_and_one_that_is_missing_is_said(workspace, store_bars) -> None:
    store_bars()
    store_bars("IBM.NYSE")
    line = stored_line(workspace, "AAPL.NASDAQ")
    model = stored_model(workspace, line, compare=["IBM.NYSE", "X.NYSE"], scale="percent", zone="UTC")
    np.testing.assert_allclose(model.lines[0].values, model.bars["close"])
    assert model.note == "no bars of X.NYSE are stored as 1-DAY"
    assert (model.scale, model.zone) == ("percent", "UTC")


def test_more_bars_than_are_wanted_come_as_coarser_ones(workspace, store_bars) -> None:
    store_bars()
    model = stored_model(workspace, stored_line(workspace, "AAPL.NASDAQ", "1d"), "ema:length=5", max_bars=60)
    assert (model.timeframe, len(model), model.holes) == ("1-WEEK", 53, ())
    assert np.isfinite(model.lines[0].values[2:]).all()


def test_an_instrument_without_bars_and_an_indicator_nobody_knows_are_said(workspace, store_bars) -> None:
    with pytest.raises(LookupError, match=r"no bars of X\.NYSE are stored; fetch some"):
        stored_line(workspace, "X.NYSE")
    store_bars()
    with pytest.raises(ValueError, match="there is no indicator 'fancy'"):
        stored_model(workspace, stored_line(workspace, "AAPL.NASDAQ"), "fancy")
