"""Navigator: a whole history small, with a handle on the part the chart above shows."""

from __future__ import annotations

from bokeh.models import Range1d, RangeTool
from bokeh.plotting import figure

from app.views import palette, price_axes
from app.views.price import PriceChart


def navigator(chart: PriceChart, height: int = 64) -> figure:
    """Closes of all the chart's bars; drag the band, or its edges, to move the chart."""
    x = chart.bars.data["x"]
    whole = Range1d(float(x[0]), float(x[-1])) if len(x) else Range1d(0, 1)
    plot = figure(
        x_range=whole, height=height, tools="", toolbar_location=None,
        sizing_mode="stretch_width", name="navigator", min_border_left=8,
        min_border_right=chart.price.min_border_right,
    )  # fmt: skip
    plot.line("x", "close", source=chart.bars, line_color=palette.LINE, line_width=1)
    tool = RangeTool(x_range=chart.x_range, start_gesture="pan")
    tool.overlay.update(fill_color=palette.LINE, fill_alpha=0.15, line_color=palette.LINE, line_alpha=0.8)
    plot.add_tools(tool)
    price_axes.show_times([plot], chart.bars, chart.model)
    plot.xaxis.axis_label = None
    plot.yaxis.visible = False
    plot.grid.visible = False
    return plot
