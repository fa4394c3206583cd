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
NEVER = np.iinfo("int64").max
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
        within = recent(self.chosen(known), known.now, WINDOW_DAYS, "ts_event")
        within = within[within["replaced_from"].to_numpy() > known.now]
        if self.excludes_planned:
            within = within[~within["is_planned"].to_numpy(bool)]
        if not len(within):
            raise NotKnown(f"no insider bought or sold in the last {WINDOW_DAYS} days, as far as is known")
        dollars, is_bought = within["dollars"].to_numpy(), within["code"].to_numpy() == BOUGHT
        bought, sold = float(dollars[is_bought].sum()), float(dollars[~is_bought].sum())
        parts = {"bought": bought, "sold": sold}
        free = np.where(within["routine_from"].to_numpy() > known.now, dollars, 0.0)
        if free.any():
            parts["opportunistic"] = float((free[is_bought].sum() - free[~is_bought].sum()) / free.sum())
        return Score(known.now, (bought - sold) / (bought + sold), parts)


def open_market(trades: pd.DataFrame) -> pd.DataFrame:
    """Purchases and sales of the shares themselves that tell number and price, in the order they became known.

    With `dollars`; since when it is known that an amended report took the place of one (`replaced_from`) and that its
    insider trades so each year (`routine_from`), in ns, `NEVER` for what is not.
    """
    is_one = trades["code"].isin([BOUGHT, SOLD]) & ~trades["is_derivative"]
    is_told = (trades["price"] != "") & (trades["shares"] != "")
    chosen = trades[(is_one & is_told).to_numpy(bool)]
    dollars = chosen["shares"].to_numpy().astype("float64") * chosen["price"].to_numpy().astype("float64")
    chosen = chosen.assign(dollars=dollars)[dollars > 0]
    return chosen.assign(replaced_from=replaced_from(chosen), routine_from=routine_from(chosen))


def replaced_from(trades: pd.DataFrame) -> np.ndarray:
    """When the next amended report on an insider's day, after the report a trade is told in, became known."""
    amended: dict[tuple, tuple[str, int]] = {}
    found = np.full(len(trades), NEVER)
    columns = [trades[name] for name in ("accession", "form", "ts_init", *_SAME)]
    for place, (accession, form, known, *key) in reversed(list(enumerate(zip(*columns, strict=True)))):
        by, since = amended.get(tuple(key), ("", NEVER))
        if by != accession:
            found[place] = since
        if form.endswith("/A"):
            amended[tuple(key)] = accession, known
    return found


def routine_from(trades: pd.DataFrame) -> np.ndarray:
    """When it was known that a trade's insider had traded in the same month of each of the three years before."""
    keys = list(zip(trades["insider_cik"], _months(trades), strict=True))
    first: dict[tuple[str, int], int] = {}
    for key, known in zip(keys, trades["ts_init"].tolist(), strict=True):
        first.setdefault(key, known)
    years = range(1, ROUTINE_YEARS + 1)
    since = [max(first.get((insider, month - 12 * year), NEVER) for year in years) for insider, month in keys]
    return np.array(since, "int64")


def _months(trades: pd.DataFrame) -> list[int]:
    """Months since 1970 of the days traded."""
    return trades["ts_event"].to_numpy().astype("datetime64[ns]").astype("datetime64[M]").astype("int64").tolist()
