"""Price curve: the closes of a chart model as a HoloViews element, to lay over or beside others in a notebook."""

from __future__ import annotations

import holoviews as hv
import pandas as pd

from app.views import palette
from app.views.chart import ChartModel
from app.views.clock import wall_clock_ms
from app.views.price_columns import base

hv.extension("bokeh", logo=False)


def price_curve(model: ChartModel, *, label: str = "") -> hv.Curve:
    """Closes as drawn, on the model's scale; x is the wall clock of its zone.

    On a percent scale values are what changed since the first bar, in percent.
    """
    closes, first = model.drawn["close"], base(model)
    name = "change in percent" if first else "close"
    times = pd.to_datetime(wall_clock_ms(model.bars["time"], model.zone), unit="ms")
    data = pd.DataFrame({"time": times, name: (closes / first - 1) * 100 if first else closes})
    curve = hv.Curve(data, hv.Dimension("time", label=f"time ({model.zone})"), name, label=label or model.title)
    return curve.opts(color=palette.LINE, responsive=True, height=320, show_grid=True, logy=model.scale == "log")
