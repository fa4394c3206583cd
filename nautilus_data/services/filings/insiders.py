"""Insiders: reports that were corrected since, and what insiders bought and sold by quarter."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from nautilus_data.core.timerange import NS_PER_DAY

BALANCE = ("quarter", "buys", "sells", "bought", "sold", "net", "unpriced")
# Purchases and sales in the open market: the others are grants, gifts, taxes and options exercised.
_MARKET = ("P", "S")


def with_amended(trades: pd.DataFrame) -> pd.DataFrame:
    """One column more: `is_amended`, whether a correction filed later is of the report it stands in."""
    filed = trades["ts_init"].to_numpy() // NS_PER_DAY
    corrected = {
        (row.insider_cik, row.amends // NS_PER_DAY): row.ts_init
        for row in trades[trades["amends"] > 0].itertuples(index=False)
    }
    # A report becomes known some days after it is filed: over a weekend, or a holiday.
    amended = [
        not row.amends and any((row.insider_cik, day - back) in corrected for back in range(5))
        for row, day in zip(trades.itertuples(index=False), filed, strict=True)
    ] if corrected else False  # fmt: skip
    return trades.assign(is_amended=amended)


def balance(trades: pd.DataFrame) -> pd.DataFrame:
    """One row a quarter: how many purchases and sales (codes P, S; no derivatives), and dollars; see BALANCE.

    What was corrected is left out; `unpriced` counts trades without a price or number, which are in no sum.
    """
    market = trades[trades["code"].isin(_MARKET) & ~trades["is_derivative"] & ~trades["is_amended"]]
    quarters = pd.to_datetime(market["ts_event"]).dt.to_period("Q").astype(str)
    rows = [_quarter(quarter, part) for quarter, part in market.groupby(quarters.to_numpy(), sort=True)]
    return pd.DataFrame(rows, columns=list(BALANCE))


def _quarter(quarter: str, part: pd.DataFrame) -> tuple:
    is_known = ((part["shares"] != "") & (part["price"] != "")).to_numpy()
    sums = {}
    for code in _MARKET:
        rows = part[is_known & (part["code"] == code).to_numpy()]
        sums[code] = sum(
            (Decimal(a) * Decimal(b) for a, b in zip(rows["shares"], rows["price"], strict=True)), Decimal(0)
        )
    counts = [int((part["code"] == code).sum()) for code in _MARKET]
    return (quarter, *counts, sums["P"], sums["S"], sums["P"] - sums["S"], int(np.count_nonzero(~is_known)))
