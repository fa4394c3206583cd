"""Ticks become bars of the minutes they are in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import QUOTES, TRADES
from nautilus_data.core.tick import MINUTE_NS, minute_bars, minute_of

M = MINUTE_NS
MOST = 2**63 - 1


def trade(ts: int, price: int, size: float = 1.0, trade_id: str = "", entry: int = 0, trader: str = "T-1") -> tuple:
    return ("A.X", ts, trader, entry or ts, ts + 5, price, size, "BUYER", trade_id or str(ts))


def trades(*rows: tuple) -> pd.DataFrame:
    return TRADES.cast(pd.DataFrame(rows, columns=list(TRADES.columns)))


def test_a_tick_on_the_end_of_a_minute_belongs_to_it() -> None:
    assert minute_of(np.array([1, M - 1, M, M + 1])).tolist() == [M, M, M, 2 * M]


def test_trades_in_any_order_make_bars_of_last_prices() -> None:
    found = minute_bars("trades", trades(trade(M, 7), trade(5, 3, 2.5), trade(9, 9), trade(2 * M + 1, 4)))
    assert list(found) == ["LAST"]
    assert found["LAST"].values.tolist() == [
        [M, M + 5, 3, 9, 3, 7, 4.5], [3 * M, 3 * M, 4, 4, 4, 4, 1.0]]  # fmt: skip


def test_a_trade_two_nodes_heard_of_counts_once() -> None:
    found = minute_bars("trades", trades(trade(5, 3, 2.0, "a"), trade(5, 3, 2.0, "a", trader="T-2"), trade(6, 3, 1.0)))
    assert found["LAST"]["volume"].tolist() == [3.0]


def test_of_trades_at_one_time_the_bus_says_which_came_last() -> None:
    bars = minute_bars("trades", trades(trade(5, 8, entry=3), trade(5, 2, entry=1, trade_id="b")))["LAST"]
    assert bars[["open", "close"]].values.tolist() == [[2, 8]]


def test_quotes_make_bids_asks_and_middles_without_a_volume() -> None:
    rows = [("A.X", 5, "T-1", 1, 5, -10, -7, 1.0, 1.0), ("A.X", 6, "T-1", 2, 6, MOST - 1, MOST, 1.0, 1.0)]
    found = minute_bars("quotes", QUOTES.cast(pd.DataFrame(rows, columns=list(QUOTES.columns))))
    assert {name: bars[["open", "close"]].values.tolist() for name, bars in found.items()} == {
        "BID": [[-10, MOST - 1]], "ASK": [[-7, MOST]], "MID": [[-9, MOST - 1]]}  # fmt: skip
    assert all(bars["volume"].isna().all() for bars in found.values())
