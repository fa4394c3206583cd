"""Lines of bars, one row each."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from app.views import history, table
from nautilus_data.core.timerange import NS_PER_DAY


def bars(*closes: float, step_days: int = 1) -> pd.DataFrame:
    frame = pd.DataFrame({"ts_event": [number * step_days * NS_PER_DAY for number in range(1, len(closes) + 1)]})
    frame = frame.assign(open=closes, high=[close + 1 for close in closes], low=[close - 1 for close in closes])
    frame = frame.assign(close=closes, volume=1.0)
    frame.attrs.update(timeframe="1-DAY", source="sample", adjustment="total", total=len(closes))
    return frame


def test_changes_are_to_the_bar_before_and_to_a_year_ago() -> None:
    row = history.summary({"A.B": bars(100, 120, 150, step_days=200)}).iloc[0]
    assert row["change"] == pytest.approx(0.25)
    assert row["year_change"] == pytest.approx(0.5)
    assert (row["year_high"], row["year_low"]) == (151, 119)


def test_what_bars_do_not_reach_is_not_known() -> None:
    row = history.summary({"A.B": bars(100)}).iloc[0]
    assert math.isnan(row["change"]) and math.isnan(row["year_change"])
    shown = table.render(history.summary({"A.B": bars(100)}), history.FIELDS, table.Context())
    assert shown.iloc[0]["One year"] == table.UNKNOWN


def test_a_line_without_bars_has_no_row() -> None:
    assert history.summary({"A.B": bars(100).head(0)}).empty
    assert table.render(history.summary({}), history.FIELDS, table.Context()).empty


def test_a_row_is_written_with_the_decimals_of_its_instrument() -> None:
    context = table.Context(precisions={"A.B": 4})
    shown = table.render(history.summary({"A.B": bars(1, 2)}), history.FIELDS, context).iloc[0]
    assert shown["Last close"] == "2.0000"
    assert shown["Line"] == "1d · sample · total"
