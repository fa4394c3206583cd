"""Tick: quotes and trades made into bars of a minute."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import BARS
from nautilus_data.core.timerange import NS_PER_S

MINUTE_NS = 60 * NS_PER_S
# What bars ticks of a dataset make.
PRICE_TYPES = MappingProxyType({"trades": ("LAST",), "quotes": ("BID", "ASK", "MID")})


def minute_bars(dataset: str, ticks: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One-minute bars by price type, of the prices of a dataset's ticks in any order.

    A trade that several traders' nodes heard of counts once. Bars of quotes have a volume of NaN: nothing was traded;
    a middle between two ticks of 9 decimals is the lower one.
    """
    ticks = ticks.sort_values(["ts_event", "entry"], kind="stable")
    if dataset == "trades":
        once = ticks.drop_duplicates(["ts_event", "trade_id", "price", "size"])
        return {"LAST": _bars(once, once["price"].to_numpy(), once["size"].to_numpy("float64"))}
    bid, ask = ticks["bid_price"].to_numpy(), ticks["ask_price"].to_numpy()
    # Not (bid + ask) // 2: that may not fit 64 bits.
    prices = {"BID": bid, "ASK": ask, "MID": bid + (ask - bid) // 2}
    return {name: _bars(ticks, prices[name], np.full(len(ticks), np.nan)) for name in PRICE_TYPES[dataset]}


def minute_of(times: np.ndarray) -> np.ndarray:
    """When the minute of each time ends; one that falls on the end belongs to it, as in NautilusTrader's bars."""
    return -(-times // MINUTE_NS) * MINUTE_NS


def _bars(ticks: pd.DataFrame, prices: np.ndarray, sizes: np.ndarray) -> pd.DataFrame:
    """Stamped with the end of their minute, and known once it is over and the last tick is here."""
    if ticks.empty:
        return BARS.empty()
    minutes = minute_of(ticks["ts_event"].to_numpy())
    firsts = np.flatnonzero(np.append(True, minutes[1:] != minutes[:-1]))
    lasts = np.append(firsts[1:], len(minutes)) - 1
    ends = minutes[firsts]
    return pd.DataFrame(
        {
            "ts_event": ends,
            "ts_init": np.maximum(ends, ticks["ts_init"].to_numpy()[lasts]),
            "open": prices[firsts],
            "high": np.maximum.reduceat(prices, firsts),
            "low": np.minimum.reduceat(prices, firsts),
            "close": prices[lasts],
            "volume": np.add.reduceat(sizes, firsts),
        }
    )
