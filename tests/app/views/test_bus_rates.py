"""Rates by kind as stacked areas."""

import pandas as pd

from app.views import bus_rates
from tests.app.conftest import NOW, StandInBus

S = 1_000_000_000


def test_a_kind_that_was_silent_counts_as_zero_in_each_second() -> None:
    columns = bus_rates.columns(StandInBus().rate_history(), "UTC")
    assert columns["second"] == [(NOW - 2 * S) / 1e6, (NOW - S) / 1e6]
    assert (columns["orders"], columns["system"]) == ([4.0, 4.0], [0.0, 0.0])


def test_only_later_seconds_are_streamed() -> None:
    history = StandInBus().rate_history()
    assert len(bus_rates.columns(history, "UTC", NOW - 2 * S)["second"]) == 1
    assert bus_rates.columns(history, "UTC", bus_rates.newest(history))["second"] == []


def test_a_history_of_nothing_still_draws() -> None:
    plot, source = bus_rates.chart(pd.DataFrame(columns=["second", "kind", "rate"]), "UTC")
    assert set(source.data) == {"second", *bus_rates.KINDS} and len(plot.renderers) == len(bus_rates.KINDS)


def test_every_kind_has_a_mark_of_its_colour() -> None:
    css = bus_rates.css()
    assert all(f'[data-key="{kind}"]' in css for kind in bus_rates.KINDS) and len(set(bus_rates.COLORS)) == 5
