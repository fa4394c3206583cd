"""Volume: what was traded, and at which price."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import talib

from nautilus_data.services.indicators.indicator import Columns, Indicator, Output
from nautilus_data.services.indicators.parts import HIGH_LOW_CLOSE, WITH_VOLUME, length, window
from nautilus_data.services.indicators.windows import before, ratio, rolling_sum, typical

_GROUP = "Volume"


def _vwap(columns: Columns) -> Columns:
    """Sum of typical price × volume over sum of volume, since the session began in the time of the exchange (of the UTC
    day where its calendar is not known); NaN until something was traded in it.
    """
    price, volume, session = typical(*(columns[name] for name in HIGH_LOW_CLOSE)), columns["volume"], columns["session"]
    worth, traded = price * volume, volume.copy()
    firsts = np.flatnonzero(np.diff(session, prepend=session[:1] - 1))
    for first, end in pairwise([*firsts, len(session)]):
        # Each session by itself: the difference of sums over years would have lost digits.
        for sums in (worth[first:end], traded[first:end]):
            np.cumsum(sums, out=sums)
    return {"vwap": ratio(worth, traded)}


def _obv(columns: Columns) -> Columns:
    """Granville: the volume of bars that closed higher minus that of bars that closed lower; begins at the first's."""
    return {"obv": talib.OBV(columns["close"], columns["volume"])}


def _mfi(columns: Columns, length: int) -> Columns:
    """Quong and Soudack: 100 × money flow of bars whose typical price rose / flow of those where it moved; NaN where it
    did not move or nothing was traded, and where prices are negative. TA-Lib's says 0 where the flows sum up to < 1.
    """
    price = typical(*(columns[name] for name in HIGH_LOW_CLOSE))
    change = price - before(price)
    flow = np.where((price > 0) & ~np.isnan(change), price * columns["volume"], np.nan)
    rose, fell = (rolling_sum(np.where(np.isnan(flow) | is_so, flow, 0), length) for is_so in (change > 0, change < 0))
    return {"mfi": 100 * ratio(rose, rose + fell)}


def _cmf(columns: Columns, length: int) -> Columns:
    """Chaikin: volume × place of the close between low (-1) and high (1), summed, over the volume summed; a bar whose
    high is its low has no place and counts 0; NaN where nothing was traded.
    """
    high, low, close, volume = (columns[name] for name in WITH_VOLUME)
    place = np.where(high > low, ratio((close - low) - (high - close), high - low), 0)
    return {"cmf": ratio(rolling_sum(place * volume, length), rolling_sum(volume, length))}


VOLUME = (
    Indicator(
        "vwap", "Volume-weighted average price", _GROUP, (Output("vwap", "VWAP"),), (*WITH_VOLUME, "session"), _vwap,
        lambda: 1, pane="price", nautilus="VolumeWeightedAveragePrice",
        difference="NautilusTrader's begins anew with each UTC day, midnight included, and is the price until "
        "something was traded.",
    ),
    Indicator(
        "obv", "On-balance volume", _GROUP, (Output("obv", "OBV"),), ("close", "volume"), _obv, lambda: 2,
        nautilus="OnBalanceVolume", is_cumulative=True,
        difference="NautilusTrader's compares the close with the open of the same bar, this with the close before it.",
    ),
    Indicator(
        "mfi", "Money flow index", _GROUP, (Output("mfi", "MFI"),), WITH_VOLUME, _mfi, window,
        (length(14),), levels=(20, 80),
    ),
    Indicator(
        "cmf", "Chaikin money flow", _GROUP, (Output("cmf", "CMF"),), WITH_VOLUME, _cmf, window,
        (length(20),), levels=(0,),
    ),
)  # fmt: skip
