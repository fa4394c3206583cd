"""What of a figure goes into a file."""

from __future__ import annotations

import json
import re

from bokeh.layouts import column
from bokeh.plotting import figure

from app.reports.figures import drawn, library


def line() -> object:
    plot = figure()
    plot.line([1, 2], [3, 4])
    return column(plot, sizing_mode="stretch_width")


def test_the_same_figure_made_twice_is_the_same_text() -> None:
    assert json.dumps(drawn(line(), "figure1")) == json.dumps(drawn(line(), "figure1"))


def test_ids_are_of_the_figure_so_that_two_on_a_page_differ() -> None:
    def ids(target: str) -> set[str]:
        return set(re.findall(r'"id": "([^"]+)"', json.dumps(drawn(line(), target))))

    assert ids("figure1") and not ids("figure1") & ids("figure2")


def test_the_wheel_scrolls_the_page_and_the_page_shows_through() -> None:
    plot = figure(tools="wheel_zoom", active_scroll="wheel_zoom")
    plot.line([1, 2], [3, 4])
    drawn(plot, "figure1")
    assert plot.toolbar.active_scroll is None
    assert (plot.background_fill_alpha, plot.border_fill_alpha) == (0, 0)


def test_the_library_has_lost_the_addresses_it_loads_from() -> None:
    script = library()
    assert "Bokeh" in script
    assert not re.findall(r"https?://(?:cdn|maps|fonts|unpkg)[^\s\"']*", script)
    assert "</script" not in script.lower()
