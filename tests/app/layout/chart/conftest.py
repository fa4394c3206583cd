"""A workspace with bars of several kinds, and panes whose browser is a list of what was sent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.layout.chart.choosing import pick
from app.layout.chart.line import Line
from app.layout.chart.pane import ChartPane
from nautilus_data import open_workspace
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.workspace import Workspace


class Browser:
    """What a chart was sent; `hear` is how it answers."""

    def __init__(self, hear: Callable[[str, Mapping[str, Any]], None], **_: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.hear = hear

    def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(dict(message))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == kind]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def workspace(settings) -> Iterator[Workspace]:
    opened = open_workspace(settings)
    yield opened
    opened.close()


@pytest.fixture
def store_bars(workspace) -> Callable[..., np.ndarray]:
    """Write bars where a US stock has them, from a day on; the times (ns) of what was written."""

    def store(
        instrument_id: str = "AAPL.NASDAQ", timeframe: str = "1-DAY", source: str = "sample",
        span: tuple[str, str] = ("2024-01-01", "2024-12-31"), without: slice | None = None, price: float = 100.0,
    ) -> np.ndarray:  # fmt: skip
        series = Series(instrument_id=instrument_id, source=source, adjustment="total", timeframe=timeframe)
        whole = TimeRange.of(*span)
        times = expected(series, whole).due
        times = np.delete(times, without) if without else times
        closes = (price * 1e9 + np.arange(len(times)) * 1e7).astype("int64")
        prices = {"open": closes - 10**7, "high": closes + 10**8, "low": closes - 10**8, "close": closes}
        frame = pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 1_000.0})
        workspace.store.write(series, frame, whole)
        return times

    return store


@pytest.fixture
def line_of(workspace) -> Callable[..., Line]:
    def make(instrument_id: str = "AAPL.NASDAQ", timeframe: str = "1-DAY", source: str = "sample") -> Line:
        choice = pick(workspace.market.choices(instrument_id), timeframe, source, "total")
        return Line(workspace, instrument_id, choice, 2)

    return make


@pytest.fixture
def pane(workspace) -> ChartPane:
    """Ready, as when the browser has loaded its scripts."""
    made = ChartPane(workspace, clock=Clock(), make_component=Browser)
    made.component.hear("ready", {"width": 1_000})
    made.component.sent.clear()
    return made
