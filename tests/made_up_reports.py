"""A company as Alpha Vantage tells of it, made at random: reports, overviews, bars, news, and prices of real assets."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import BARS, FACTS, NEWS
from nautilus_data.core.observation import Vintages
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.factors.company import Company

AS_OF = to_ns("2026-06-30")
REPORTED = {"reportedEPS": 1.5, "estimatedEPS": 1.4}
INCOME = {
    "totalRevenue": 1_000, "grossProfit": 400, "operatingIncome": 150, "ebit": 160, "ebitda": 210,
    "incomeBeforeTax": 140, "incomeTaxExpense": 30,
}  # fmt: skip
BALANCE = {
    "totalCurrentAssets": 900, "totalCurrentLiabilities": 600, "totalShareholderEquity": 2_000,
    "shortLongTermDebtTotal": 800, "cashAndShortTermInvestments": 300,
}  # fmt: skip
CASH = {"operatingCashflow": 180, "capitalExpenditures": 60}
FUNCTIONS = {"EARNINGS": REPORTED, "INCOME_STATEMENT": INCOME, "BALANCE_SHEET": BALANCE, "CASH_FLOW": CASH}
LINES = {"GOLD.ALPHAVANTAGE": (1_800.0, "D"), "WTI.ALPHAVANTAGE": (70.0, "D"), "COPPER.ALPHAVANTAGE": (9_000.0, "M")}


def report(
    function: str, tag: str, end: str, value: object, known: str, how: str = "rule", form: str = "quarterly",
    unit: str = "USD",
) -> tuple:  # fmt: skip
    """A row of FACTS as the source makes it; of a quarter, or of the moment it ends."""
    is_moment = function in ("BALANCE_SHEET", "OVERVIEW")
    start = (
        0
        if is_moment
        else int((np.datetime64(end, "M") - np.timedelta64(2, "M")).astype("datetime64[ns]").astype("int64"))
    )
    return ("alpha_vantage", tag, unit, start, to_ns(end), to_ns(known), function, str(value), form, 0, "", 0, how)


def reports_of(*rows: tuple) -> pd.DataFrame:
    return FACTS.conform(pd.DataFrame(list(rows), columns=list(FACTS.columns)))


def after(day: str, days: int) -> str:
    return str(np.datetime64(day, "D") + np.timedelta64(days, "D"))


def ends(first: str, count: int) -> list[str]:
    """Ends of quarters."""
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(first, periods=count, freq="QE")]


def quarters(
    function: str, values: dict[str, list[object]], first: str = "2023-03-31", how: str = "rule"
) -> list[tuple]:
    """Rows of quarters in a row from the first on, each known 45 days after its end; None: not told."""
    return [
        report(function, tag, end, value, after(end, 45), how)
        for tag, told in values.items()
        for end, value in zip(ends(first, len(told)), told, strict=True)
        if value is not None
    ]


def bars_of(closes: dict[str, float]) -> pd.DataFrame:
    """Bars by their day, known at its end."""
    rows = [
        (to_ns(day) + NS_PER_DAY, to_ns(day) + NS_PER_DAY, *[int(close * 10**9)] * 4, 1.0)
        for day, close in closes.items()
    ]
    return BARS.conform(pd.DataFrame(rows, columns=list(BARS.columns)))


def news_of(rows: list[tuple[str, float, float]]) -> pd.DataFrame:
    """Articles by their time, with score and relevance."""
    told = [
        (f"https://n.example/{place}", to_ns(at), to_ns(at), "", "", "", score, relevance, "")
        for place, (at, score, relevance) in enumerate(rows)
    ]
    return NEWS.conform(pd.DataFrame(told, columns=list(NEWS.columns)))


@cache
def facts() -> pd.DataFrame:
    """Ten years of quarters, some told anew with other values, and an overview each month of two years."""
    dice = np.random.default_rng(3)
    rows = []
    for function, tags in FUNCTIONS.items():
        how = "filed" if function == "EARNINGS" else "rule"
        for tag, size in tags.items():
            values = size * np.exp(np.cumsum(dice.normal(0.01, 0.08, 44)))
            for end, value in zip(ends("2015-03-31", 44), values, strict=True):
                known = after(end, 24 if how == "filed" else 45)
                rows.append(report(function, tag, end, round(value, 2), known, how))
                if dice.random() < 0.2:
                    rows.append(report(function, tag, end, round(value * 1.01, 2), after(known, 40), how))
    for month in pd.date_range("2024-01-15", periods=24, freq="30D"):
        day = f"{month:%Y-%m-%d}"
        for tag, size in (("PEGRatio", 2.0), ("AnalystTargetPrice", 110.0)):
            value = round(size * float(np.exp(dice.normal(0, 0.1))), 3)
            rows.append(report("OVERVIEW", tag, day, value, f"{day}T12:00", "seen", "overview"))
    return reports_of(*rows)


@cache
def news() -> pd.DataFrame:
    dice = np.random.default_rng(4)
    times = np.sort(dice.integers(to_ns("2024-01-01"), to_ns("2025-03-01"), 900))
    rows = [(str(np.datetime64(int(at), "ns")), float(dice.normal(0, 0.3)), float(dice.random())) for at in times]
    return news_of(rows)


@cache
def bars() -> pd.DataFrame:
    dice = np.random.default_rng(5)
    days = [f"{day:%Y-%m-%d}" for day in pd.bdate_range("2024-03-01", "2025-11-30")]
    return bars_of(dict(zip(days, 100 * np.exp(np.cumsum(dice.normal(0, 0.01, len(days)))), strict=True)))


@cache
def lines() -> dict[str, Vintages]:
    dice, found = np.random.default_rng(6), {}
    for name, (size, frequency) in LINES.items():
        freq = {"D": "B", "M": "MS"}[frequency]
        dates = pd.date_range("2014-01-01", "2026-04-30", freq=freq).as_unit("ns").asi8.copy()
        values = size * np.exp(np.cumsum(dice.normal(0, 0.01, len(dates))))
        values[7] = np.nan
        known = dates + (45 if frequency == "M" else 2) * NS_PER_DAY
        found[name] = Vintages(dates, known, values)
    return found


@cache
def reported_company() -> Company:
    return Company(AS_OF, {"facts": facts(), "news": news(), "bars": bars()}, lines())
