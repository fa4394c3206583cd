"""Closes for a notebook."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import pandas as pd

from app.views.chart import ChartModel, chart_model
from app.views.price_curve import price_curve
from nautilus_data.core.timerange import NS_PER_DAY, to_ns


def model(title: str = "", scale: str = "linear", zone: str = "UTC", start: float = 100.0) -> ChartModel:
    close = start + np.arange(20.0)
    frame = pd.DataFrame({"ts_event": to_ns("2013-01-02T21:00Z") + np.arange(20) * NS_PER_DAY, "volume": 1.0})
    return chart_model(
        frame.assign(open=close, high=close, low=close, close=close), title=title, scale=scale, zone=zone
    )


def test_closes_come_as_a_curve_in_the_models_zone() -> None:
    curve = price_curve(model("AAPL", zone="America/New_York"))
    assert (len(curve), curve.label) == (20, "AAPL")
    assert pd.Timestamp(curve.dimension_values(0)[0]) == pd.Timestamp("2013-01-02 16:00")


def test_two_instruments_are_compared_in_percent_since_their_first_bar() -> None:
    first, second = (price_curve(model(name, "percent", start=start)) for name, start in (("A", 100.0), ("B", 50.0)))
    np.testing.assert_allclose(first.dimension_values(1), np.arange(20))
    np.testing.assert_allclose(second.dimension_values(1), np.arange(20) * 2)
    together = hv.render(first * second, backend="bokeh")
    assert [item.label.value for item in together.legend[0].items] == ["A", "B"]
