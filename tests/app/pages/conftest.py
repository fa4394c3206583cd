"""A workspace on a store of its own, filled by hand; nothing runs behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest

from nautilus_data import open_workspace
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.workspace import Workspace

FIRST = to_ns("2012-01-02T21:00Z")


@pytest.fixture
def workspace(settings) -> Iterator[Workspace]:
    opened = open_workspace(settings)
    yield opened
    opened.close()


@pytest.fixture
def store_bars(workspace) -> Callable[..., Series]:
    """Write daily bars of an instrument."""

    def store(instrument_id: str = "AAPL.NASDAQ", count: int = 400, source: str = "sample") -> Series:
        series = Series(instrument_id=instrument_id, source=source, adjustment="total")
        times = FIRST + np.arange(count, dtype="int64") * NS_PER_DAY
        price = (100 * 10**9 + np.arange(count, dtype="int64") * 10**8).astype("int64")
        prices = {"open": price, "high": price + 10**9, "low": price - 10**9, "close": price + 10**8}
        frame = pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 1_000.0})
        workspace.store.write(series, frame, TimeRange(FIRST - NS_PER_DAY, int(times[-1]) + 1))
        return series

    return store
