"""Lines of activity made at random, each month known by the lag of its line; and A worked out of them by pandas."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd

from nautilus_data.core.macro_series import MACRO_SERIES
from nautilus_data.core.observation import Vintages
from nautilus_data.factors.composite import INPUTS, OPTIONAL

FIRST, MONTHS = "2000-01", 240
# October 2018: nobody counted the unemployed.
MISSING = 225


def activity_lines(names: tuple[str, ...] = (*INPUTS, *OPTIONAL), months: int = MONTHS) -> dict[str, Vintages]:
    return {name: _line(name, months) for name in names}


def _line(name: str, months: int) -> Vintages:
    dice = np.random.default_rng(zlib.crc32(name.encode()))
    first = np.datetime64(FIRST, "M")
    if name == "ICSA":
        # 1 January 2000 was a Saturday.
        last = (first + np.timedelta64(months, "M")).astype("datetime64[D]")
        dates = np.arange(first.astype("datetime64[D]"), last, np.timedelta64(7, "D"))
    else:
        dates = first + np.arange(months).astype("timedelta64[M]")
    dates = dates.astype("datetime64[ns]").astype("int64")
    walk = np.cumsum(dice.normal(0, 1, len(dates)))
    values = 5 + 0.05 * walk if name == "UNRATE" else 1000 * np.exp(0.004 * walk)
    if name == "UNRATE" and months > MISSING:
        values[MISSING] = np.nan
    return Vintages(dates, MACRO_SERIES[name].lag.after(dates, MACRO_SERIES[name].frequency), values)


def composite_at(lines: dict[str, Vintages], moment: int, least: int = 5) -> pd.Series:
    """A by month (a PeriodIndex) of what was known at a moment; an independent way to the same numbers."""
    scores = pd.DataFrame({name: _score(name, line, moment) for name, line in lines.items()})
    mean = scores.mean(axis=1)[scores.notna().sum(axis=1) >= least]
    return (mean / mean.std()).asfreq("M")


def _score(name: str, line: Vintages, moment: int) -> pd.Series:
    known = line.at(moment)
    values = pd.Series(known.values, index=pd.DatetimeIndex(known.dates.astype("datetime64[ns]")))
    if name == "ICSA":
        values = values.rolling(4).mean()
    monthly = values.groupby(values.index.to_period("M")).last().asfreq("M")
    logs = 100 * np.log(monthly)
    if name == "UNRATE":
        growth = -monthly.diff()
    elif name == "HOUST":
        growth = logs - logs.rolling(60, min_periods=49).mean()
    else:
        growth = logs.diff() * (-1 if name == "ICSA" else 1)
    window = growth.expanding(60)
    return ((growth - window.mean()) / window.std()).clip(-4, 4)
