"""Disclosure: when and how often a company files, and filings that warn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from nautilus_data.core.statements import NotKnown
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.factors.company.base import Score, WindowFactor, positive, recent
from nautilus_data.factors.company.company import CompanyAt

FAMILY = "disclosure"
YEAR_DAYS, QUARTER_DAYS, MEAN_DAYS = 365, 90, 730
YEARLY, PERIODIC = ("10-K", "20-F", "40-F"), ("10-K", "10-Q", "20-F", "40-F")
PRIOR_LAGS = 3
# What an 8-K told of is said by items; these are counted one by one.
ITEMS = {"1.01": "agreements", "2.02": "results", "5.02": "officers", "7.01": "disclosure", "8.01": "other"}


class FilingLag(WindowFactor):
    key, title, family = "filing_lag", "Filing lag against its own", FAMILY
    formula = "days(filed − period end) − mean of the 3 prior lags of the same form"
    reference = "Givoly & Palmon 1982, Accounting Review 57; Chambers & Penman 1984, J. Accounting Research 22"
    units, direction = "days", "-"
    inputs = ("filings",)

    def choose(self, rows: pd.DataFrame) -> pd.DataFrame:
        return of_forms(rows[rows["report_date"].to_numpy() != 0], PERIODIC)

    def score(self, known: CompanyAt) -> Score:
        reports = self.chosen(known)
        if not len(reports):
            raise NotKnown("no yearly or quarterly report is known")
        last = reports.iloc[-1]
        same = reports[reports["form"].to_numpy() == last["form"]]
        lags = (same["filed"].to_numpy() - same["report_date"].to_numpy()) / NS_PER_DAY
        if len(lags) <= PRIOR_LAGS:
            raise NotKnown(f"fewer than {PRIOR_LAGS} earlier reports on {last['form']} are known")
        return Score(int(last["report_date"]), float(lags[-1] - lags[-1 - PRIOR_LAGS : -1].mean()))


class FilingSizeGrowth(WindowFactor):
    key, title, family = "filing_size_growth", "Growth of the yearly report", FAMILY
    formula = "ln(size of the yearly report / size of the one before), same form"
    reference = "Loughran & McDonald 2014, J. Finance 69; Cohen, Malloy & Nguyen 2020, J. Finance 75"
    units, direction = "log ratio", "-"
    inputs = ("filings",)
    note = "Size of all that was filed: how statements are tagged and what is attached changes it too."

    def choose(self, rows: pd.DataFrame) -> pd.DataFrame:
        return of_forms(rows, YEARLY)

    def score(self, known: CompanyAt) -> Score:
        reports = self.chosen(known)
        same = reports[reports["form"].to_numpy() == reports["form"].iloc[-1]] if len(reports) else reports
        if len(same) < 2:
            raise NotKnown("fewer than two yearly reports of one form are known")
        before, now = (positive(float(size), "a report's size") for size in same["size"].iloc[-2:])
        return Score(int(same["report_date"].iloc[-1]), math.log(now / before))


class _Warning(WindowFactor):
    """1 if there was a filing that warns in the last 365 days, else 0; not known while filings reach less far back."""

    family = FAMILY
    units, direction = "0 or 1", "-"
    inputs, windows = ("filings",), (YEAR_DAYS,)
    kinds: ClassVar[Mapping[str, Callable[[pd.DataFrame], np.ndarray]]]

    def choose(self, rows: pd.DataFrame) -> pd.DataFrame:
        marked = rows.assign(**{name: is_one(rows) for name, is_one in self.kinds.items()})
        return marked[marked[list(self.kinds)].to_numpy(bool).any(axis=1)]

    def score(self, known: CompanyAt) -> Score:
        within = recent(self.chosen(known), known.now, YEAR_DAYS)
        if not len(within):
            reaches_back(known, YEAR_DAYS)
        return Score(known.now, float(len(within) > 0), {name: float(within[name].sum()) for name in self.components})


class LateFiling(_Warning):
    key, title = "late_filing", "Notice of a late report"
    formula = "1 if an NT 10-K or NT 10-Q in the last 365 days"
    reference = "Bartov & Konchitchki 2017, Accounting Horizons 31"
    kinds: ClassVar = {"notices": lambda filings: filings["form"].str.startswith("NT 10-").to_numpy(bool)}


class Restatement(_Warning):
    key, title = "restatement", "Restatement or amended report"
    formula = "1 if an 8-K of item 4.02, a 10-K/A or a 10-Q/A in the last 365 days"
    reference = "Palmrose, Richardson & Scholz 2004, J. Accounting and Economics 37"
    components = ("non_reliance", "amendments")
    kinds: ClassVar = {
        "non_reliance": lambda filings: has_item(filings, "4.02"),
        "amendments": lambda filings: filings["form"].isin(["10-K/A", "10-Q/A"]).to_numpy(bool),
    }
    note = "Many a 10-K/A adds part III or an exhibit and restates nothing: see its two parts."


class AuditorChange(_Warning):
    key, title, evidence = "auditor_change", "Change of auditor", "exploratory"
    formula = "1 if an 8-K of item 4.01 in the last 365 days"
    reference = "Exploratory; the literature on auditor changes begins with Chow & Rice 1982, Accounting Review 57"
    kinds: ClassVar = {"changes": lambda filings: has_item(filings, "4.01")}


class EventIntensity(WindowFactor):
    key, title, family = "event_intensity", "Intensity of current reports", FAMILY
    formula = "8-Ks in 90 days / their mean number in 90 days over the 2 years before; beside it, how many of each item"
    reference = "Lerman & Livnat 2010, Review of Accounting Studies 15"
    units, direction = "ratio", "?"
    inputs, windows = ("filings",), (QUARTER_DAYS, QUARTER_DAYS + MEAN_DAYS)
    components = tuple(ITEMS.values())

    def choose(self, rows: pd.DataFrame) -> pd.DataFrame:
        reports = of_forms(rows, ("8-K",))
        return reports.assign(**{name: has_item(reports, item) for item, name in ITEMS.items()})

    def score(self, known: CompanyAt) -> Score:
        reaches_back(known, QUARTER_DAYS + MEAN_DAYS)
        reports = self.chosen(known)
        times, longest = reports["ts_init"].to_numpy(), QUARTER_DAYS + MEAN_DAYS
        first, start = np.searchsorted(times, known.now - np.array([QUARTER_DAYS, longest]) * NS_PER_DAY, side="right")
        mean = positive(int(first - start) * QUARTER_DAYS / MEAN_DAYS, "the mean number of 8-Ks")
        counts = reports[list(self.components)].to_numpy("float64")[first:].sum(axis=0)
        parts = dict(zip(self.components, counts.tolist(), strict=True))
        return Score(known.now, int(len(times) - first) / mean, parts)


def of_forms(filings: pd.DataFrame, forms: tuple[str, ...]) -> pd.DataFrame:
    """Filings of just these forms, amendments left out."""
    return filings[filings["form"].isin(forms).to_numpy(bool)]


def has_item(filings: pd.DataFrame, item: str) -> np.ndarray:
    """Which of them are 8-Ks that tell of an item; items are as filed: `2.02,9.01`."""
    told = [item in (one.strip() for one in items.split(",")) for items in filings["items"]]
    return filings["form"].str.startswith("8-K").to_numpy(bool) & np.array(told, bool)


def reaches_back(known: CompanyAt, days: int) -> None:
    """NotKnown unless filings are known over all of a window: none seen is not none made."""
    if known.rows("filings")["ts_init"].iloc[0] > known.now - days * NS_PER_DAY:
        raise NotKnown(f"filings are known of less than the last {days} days")
