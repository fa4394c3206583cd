"""Stored bars for catalogs, jobs run in this process, and a catalog's content told in one value."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import BARS, Series
from nautilus_data.core.job import Job
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.services.catalog import KINDS, run_job
from nautilus_data.store import Store

MINUTE, DAY = 60_000_000_000, NS_PER_DAY
START = to_ns("2024-03-04T14:30Z")
SERIES = Series(instrument_id="AAPL.NASDAQ", source="yahoo", timeframe="1-MINUTE")
NAME = "AAPL.NASDAQ-1-MINUTE-LAST-EXTERNAL"


def bars(count: int, first: int = START, step: int = MINUTE, unit: int = 10**7) -> pd.DataFrame:
    """A wave on the tick; the store heard of each bar a little after it closed."""
    number = np.arange(count)
    close = (1_000 + np.rint(40 * np.sin(number / 9)).astype("int64")) * 15 * unit
    times = first + step * (1 + number)
    prices = {"open": close, "high": close + 3 * unit, "low": close - unit, "close": close + unit}
    return BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times + 7, **prices, "volume": number * 100.0}))


def keep(store: Store, count: int = 300, series: Series = SERIES, first: int = START, **given: int) -> TimeRange:
    """Store bars; the span they cover."""
    rows = bars(count, first, **given)
    span = TimeRange(first, int(rows["ts_event"].iloc[-1]) + 1)
    store.write(series, rows, span)
    return span


def run(store: Store, job_id: int, file_rows: int = 100) -> Job:
    """Carry out the only queued job, as the worker's child does."""
    job = store.claim_job(KINDS)
    assert job.id == job_id
    run_job(store, {}, job, file_rows)
    return store.job(job_id)


def content(path: Path) -> dict[str, str]:
    """A hash of every file of a catalog."""
    files = (file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
