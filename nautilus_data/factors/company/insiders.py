"""Insiders: what officers, directors and large holders bought and sold of their company."""

from __future__ import annotations

import numpy as np
import pandas as pd
import param

from nautilus_data.core.statements import NotKnown
from nautilus_data.factors.company.base import Score, WindowFactor, recent
from nautilus_data.factors.company.company import CompanyAt

WINDOW_DAYS = 180
BOUGHT, SOLD = "P", "S"
# A trade is routine when its insider traded in the same month of each of so many years before.
ROUTINE_YEARS = 3
_SAME = ["insider_cik", "ts_event", "code", "security"]


class InsiderNetBuying(WindowFactor):
    key, title, family = "insider_net_buying", "Insiders' net buying", "insiders"
    formula = "(bought − sold)/(bought + sold) in dollars, open-market trades (codes P and S) of the last 180 days"
    reference = "Lakonishok & Lee 2001, Review of Financial Studies 14; Cohen, Malloy & Pomorski 2012, J. Finance 67"
    units, direction = "ratio", "+"
    inputs, windows = ("insider_trades",), (WINDOW_DAYS,)
    components = ("bought", "sold", "opportunistic")
    note = (
        "Opportunistic: without insiders who traded in the same month of each of the three years before, as in Cohen"
        " et al. An amended report takes the place of what it amends."
    )
    excludes_planned = param.Boolean(default=False, doc="Leave out trades planned under rule 10b5-1.")

    def choose(self, rows: pd.DataFrame) -> pd.DataFrame:
        return open_market(rows)

    def starts(self, rows: pd.DataFrame) -> np.ndarray:
        return rows["ts_event"].to_numpy()

    def score(self, known: CompanyAt) -> Score:
        trades = unamended(self.chosen(known))
        within = recent(trades, known.now, WINDOW_DAYS, "ts_event")
        if self.excludes_planned:
            within = within[~within["is_planned"].to_numpy(bool)]
        if not len(within):
            raise NotKnown(f"no insider bought or sold in the last {WINDOW_DAYS} days, as far as is known")
        parts = {"bought": _dollars(within, BOUGHT), "sold": _dollars(within, SOLD)}
        chosen = within[~is_routine(within, trades)]
        if len(chosen):
            parts["opportunistic"] = _net(_dollars(chosen, BOUGHT), _dollars(chosen, SOLD))
        return Score(known.now, _net(parts["bought"], parts["sold"]), parts)


def open_market(trades: pd.DataFrame) -> pd.DataFrame:
    """Purchases and sales of the shares themselves that tell number and price, with `dollars`."""
    is_one = trades["code"].isin([BOUGHT, SOLD]) & ~trades["is_derivative"]
    is_told = (trades["price"] != "") & (trades["shares"] != "")
    chosen = trades[(is_one & is_told).to_numpy(bool)]
    dollars = chosen["shares"].astype("float64") * chosen["price"].astype("float64")
    return chosen.assign(dollars=dollars)[dollars.to_numpy() > 0]


def unamended(trades: pd.DataFrame) -> pd.DataFrame:
    """Without rows of an insider's day that an amended report told anew."""
    is_amendment = trades["form"].str.endswith("/A").to_numpy(bool)
    if not is_amendment.any():
        return trades
    groups = trades.groupby(_SAME, sort=False).ngroup().to_numpy()
    accessions = trades["accession"].to_numpy()
    last = dict(zip(groups[is_amendment], accessions[is_amendment], strict=True))
    first_row = {accession: place for place, accession in reversed(list(enumerate(accessions)))}
    keeps = [group not in last or place >= first_row[last[group]] for place, group in enumerate(groups)]
    return trades[np.array(keeps, bool)]


def is_routine(trades: pd.DataFrame, history: pd.DataFrame) -> np.ndarray:
    """Which trades are of insiders who traded in the same month of each of the three years before."""
    made = set(zip(history["insider_cik"], _months(history), strict=True))
    return np.array(
        [
            all((insider, month - 12 * years) in made for years in range(1, ROUTINE_YEARS + 1))
            for insider, month in zip(trades["insider_cik"], _months(trades), strict=True)
        ],
        bool,
    )


def _months(trades: pd.DataFrame) -> list[int]:
    """Months since 1970 of the days traded."""
    return trades["ts_event"].to_numpy().astype("datetime64[ns]").astype("datetime64[M]").astype("int64").tolist()


def _dollars(trades: pd.DataFrame, code: str) -> float:
    return float(trades["dollars"].to_numpy()[trades["code"].to_numpy() == code].sum())


def _net(bought: float, sold: float) -> float:
    return (bought - sold) / (bought + sold)
