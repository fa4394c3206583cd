"""Bars no chart is made for, and which it gets all the same: what a test stores of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from nautilus_data import Settings, open_workspace
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import INSTRUMENTS, Series
from nautilus_data.core.timerange import TimeRange

HTML = "<b>Ünï&\"'</b><img src=x onerror=alert(1)>.NASDAQ"
DUST, DEAR, OIL = "DUST.BINANCE", "DEAR.BINANCE", "CLK0.NYMEX"
_YEAR = ("2023-01-01", "2024-01-01")
_PRECISION = MappingProxyType({DUST: 9, DEAR: 2, OIL: 2})


def store(settings: Settings) -> None:
    """All of them, each a line of its own source `yahoo`."""
    workspace = open_workspace(settings)
    try:
        for instrument_id, precision in _PRECISION.items():
            workspace.store.write_rows({INSTRUMENTS: [_instrument(instrument_id, precision)]})
        for instrument_id, (timeframe, span, without, closes, volume) in _lines().items():
            series = Series(instrument_id=instrument_id, source="yahoo", adjustment="total", timeframe=timeframe)
            whole = TimeRange.of(*span)
            times = np.delete(expected(series, whole).due, without)
            workspace.store.write(series, bars(times, closes, volume), whole)
    finally:
        workspace.close()


def bars(times: np.ndarray, closes: Sequence[float], volume: Sequence[float]) -> pd.DataFrame:
    """Prices and volumes over and over, as long as there are times; each bar opens where the last one closed."""
    close = np.resize((np.array(closes) * 1e9).round().astype("int64"), len(times))
    opened = np.append(close[:1], close[:-1])
    prices = {"open": opened, "high": np.maximum(opened, close), "low": np.minimum(opened, close), "close": close}
    return pd.DataFrame(
        {"ts_event": times, "ts_init": times, **prices, "volume": np.resize(np.array(volume, "float64"), len(times))}
    )


def _lines() -> dict[str, tuple]:
    """Timeframe, span, which of the bars due are missing, closes, volumes."""
    walk = (100 + np.cumsum(np.random.default_rng(3).normal(0, 0.5, 1_000))).round(2)
    none, day = [], "1-DAY"
    nan = float("nan")
    return {
        "PLAIN.NASDAQ": (day, _YEAR, none, walk, [1_000]),
        "ONE.NASDAQ": (day, ("2024-06-03", "2024-06-04"), none, [12.5], [7]),
        "TWO.NASDAQ": (day, ("2024-06-03", "2024-06-05"), none, [12.5, 13], [7]),
        "FLAT.NASDAQ": (day, _YEAR, none, [42], [10]),
        "ZERO.NASDAQ": (day, _YEAR, none, [0], [0]),
        "BLANK.NASDAQ": (day, _YEAR, none, walk, [nan, -1, nan]),
        OIL: (day, ("2020-04-01", "2020-05-05"), none, [25.09, 18.27, 10.01, -37.63, 10.01, 13.78, 16.5], [250_000]),
        DUST: ("1-HOUR", ("2024-01-01", "2024-01-15"), none, [1e-9, 2e-9, 5e-9, 3e-9, 12e-9], [1e15, 0, 3.5e14]),
        DEAR: (day, _YEAR, none, [1_234_567.89, 500_000_000, 1_500_000.01], [1e15, 0]),
        "YEARS.NASDAQ": (day, ("2008-01-01", "2024-01-01"), slice(60, 3_900), walk, [1_000]),
        "TORN.NASDAQ": ("5-MINUTE", ("2023-01-01", "2023-07-01"), slice(1, None, 2), walk, [1_000]),
        "WEEK.NASDAQ": (day, ("2024-06-03", "2024-06-08"), none, walk, [1_000]),
        "EARLIER.NASDAQ": (day, ("2015-01-01", "2016-01-01"), none, walk, [1_000]),
        HTML: (day, _YEAR, none, walk, [1_000]),
    }  # fmt: skip


def _instrument(instrument_id: str, precision: int) -> tuple:
    symbol = instrument_id.rpartition(".")[0]
    return (instrument_id, symbol, "CryptoPerpetual", "USD", "", "", precision, 0, "", "1", False, 1)
