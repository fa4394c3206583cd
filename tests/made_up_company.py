"""A company made at random with all that is hard about real ones, and ways to change what is known of it.

Reports each quarter: income of the quarter and to date, cash flows to date only, no fourth quarter, comparatives of the
year before, some of them restated; a tag of revenue that changes, a fourth-quarter amendment, a split; filings of all
kinds, insiders' trades and their amendments.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd

from nautilus_data.core.observation import Vintages
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.factors.company import Company
from tests.company_facts import after, fact, facts_of, filing, filings_of, trade, trades_of

YEARS = range(2013, 2026)
AS_OF = to_ns("2026-06-30")
SPLIT_DAY, SPLIT = "2018-06-15", 4
# A value's usual size in a quarter or at its end, in thousands.
FLOWS = {
    "Revenues": 10_000, "CostOfRevenue": 6_000, "SellingGeneralAndAdministrativeExpense": 1_500,
    "ResearchAndDevelopmentExpense": 600, "OperatingIncomeLoss": 1_500, "InterestExpense": 120, "NetIncomeLoss": 1_000,
    "GrossProfit": 4_000,
}  # fmt: skip
CASH_FLOWS = {
    "NetCashProvidedByUsedInOperatingActivities": 1_400, "DepreciationDepletionAndAmortization": 500,
    "PaymentsToAcquirePropertyPlantAndEquipment": 600, "PaymentsOfDividends": 200,
    "PaymentsForRepurchaseOfCommonStock": 300, "ProceedsFromIssuanceOfCommonStock": 50,
}  # fmt: skip
MOMENTS = {
    "Assets": 60_000, "AssetsCurrent": 25_000, "CashAndCashEquivalentsAtCarryingValue": 8_000,
    "ShortTermInvestments": 3_000, "AccountsReceivableNetCurrent": 6_000, "InventoryNet": 4_000,
    "PropertyPlantAndEquipmentNet": 15_000, "Liabilities": 35_000, "LiabilitiesCurrent": 14_000,
    "AccountsPayableCurrent": 5_000, "LongTermDebtNoncurrent": 12_000, "LongTermDebtCurrent": 1_000,
    "ShortTermBorrowings": 500, "StockholdersEquity": 25_000,
}  # fmt: skip
NEW_TAG, NEW_TAG_YEAR = "RevenueFromContractWithCustomerExcludingAssessedTax", 2019
STARTS, ENDS = ("01-01", "04-01", "07-01", "10-01"), ("03-31", "06-30", "09-30", "12-31")


@cache
def _values(tag: str, size: int) -> dict[tuple[int, int], int]:
    """Of each quarter, in whole dollars; a walk about its size."""
    dice = np.random.default_rng(sum(map(ord, tag)))
    quarters = [(year, quarter) for year in YEARS for quarter in range(4)]
    steps = np.exp(np.cumsum(dice.normal(0.005, 0.03, len(quarters))) + dice.normal(0, 0.05, len(quarters)))
    return {one: round(size * step) * 1000 for one, step in zip(quarters, steps, strict=True)}


def _filed(year: int, quarter: int) -> str:
    return after(f"{year}-{ENDS[quarter]}", (55 if quarter == 3 else 35) + (year + quarter) % 5)


def _flows(tag: str, values: dict, year: int, quarter: int, filed: str, is_cash: bool, off: Decimal) -> Iterator[tuple]:
    """What one report says of a year's flows: the quarter if it is not the fourth, and from the year's start."""
    form = "10-K" if quarter == 3 else "10-Q"
    if not is_cash and quarter < 3:
        value = values[year, quarter] * off
        yield fact(tag, f"{year}-{STARTS[quarter]}", f"{year}-{ENDS[quarter]}", value, filed, form=form)
    if is_cash or quarter:
        total = sum(values[year, one] for one in range(quarter + 1)) * off
        yield fact(tag, f"{year}-01-01", f"{year}-{ENDS[quarter]}", total, filed, form=form)


def _per_share(year: int, quarter: int, filed: str, profits: dict, splits: int) -> Iterator[tuple]:
    """Earnings per share and average shares, as of the shares there are when it is filed."""
    form, millions = ("10-K" if quarter == 3 else "10-Q"), 1 + (year - YEARS[0]) % 3
    spans = [(quarter, quarter)] if quarter < 3 else []
    for first, last in [*spans, (0, quarter)] if quarter else spans:
        span = f"{year}-{STARTS[first]}", f"{year}-{ENDS[last]}"
        shares = Decimal(1_000_000 * millions * splits)
        earned = Decimal(sum(profits[year, one] for one in range(first, last + 1)))
        for kind, part in (("Basic", 1), ("Diluted", Decimal("0.98"))):
            yield fact(f"EarningsPerShare{kind}", *span, earned * part / shares, filed, form=form, unit="USD/shares")
        tag = "WeightedAverageNumberOfSharesOutstandingBasic"
        yield fact(tag, *span, shares, filed, form=form, unit="shares")


def _report(year: int, quarter: int, split: int) -> Iterator[tuple]:
    filed = _filed(year, quarter)
    splits = split if filed > SPLIT_DAY else 1
    dice = np.random.default_rng(10 * year + quarter)
    for told in (year, year - 1) if year > YEARS[0] else (year,):
        off = Decimal(1) if told == year or dice.random() < 0.7 else Decimal("1.004")
        for tag, size in {**FLOWS, **CASH_FLOWS}.items():
            name = NEW_TAG if tag == "Revenues" and year >= NEW_TAG_YEAR else tag
            yield from _flows(name, _values(tag, size), told, quarter, filed, tag in CASH_FLOWS, off)
        yield from _per_share(told, quarter, filed, _values("NetIncomeLoss", FLOWS["NetIncomeLoss"]), splits)
    for tag, size in MOMENTS.items():
        yield fact(tag, "", f"{year}-{ENDS[quarter]}", _values(tag, size)[year, quarter], filed)
        if year > YEARS[0]:
            yield fact(tag, "", f"{year - 1}-{ENDS[3]}", _values(tag, size)[year - 1, 3], filed)
    cover, count = after(filed, -5), (1_000_000 + 1_000 * (year - YEARS[0]) * (1 + quarter)) * splits
    yield fact("EntityCommonStockSharesOutstanding", "", cover, count, filed, unit="shares")


def _amendments() -> Iterator[tuple]:
    """Years told anew with another fourth quarter."""
    for year in (2015, 2020):
        total = sum(_values("NetIncomeLoss", FLOWS["NetIncomeLoss"])[year, one] for one in range(4)) * Decimal("0.9")
        yield fact("NetIncomeLoss", f"{year}-01-01", f"{year}-12-31", total, f"{year + 1}-06-01", form="10-K/A")


@cache
def facts(split: int = SPLIT, scale: int = 1) -> pd.DataFrame:
    """With another split than its own, or amounts of money so many times larger."""
    reports = (row for year in YEARS for quarter in range(4) for row in _report(year, quarter, split))
    frame = facts_of(*reports, *_amendments())
    if scale != 1:
        is_money = frame["unit"].str.startswith("USD").to_numpy(bool)
        scaled = [
            str(Decimal(text) * scale) if one else text for text, one in zip(frame["value"], is_money, strict=True)
        ]
        frame = frame.assign(value=scaled)
    return frame


@cache
def filings() -> pd.DataFrame:
    dice = np.random.default_rng(7)
    rows = []
    for year in YEARS:
        for quarter in range(4):
            form = "10-K" if quarter == 3 else "10-Q"
            rows.append(
                filing(form, _filed(year, quarter), f"{year}-{ENDS[quarter]}", size=int(dice.integers(9, 30)) * 10_000)
            )
        days = np.unique(dice.integers(0, 365, 14))
        for day in days:
            items = ("2.02,9.01", "8.01", "5.02", "1.01,9.01", "7.01")[int(dice.integers(0, 5))]
            rows.append(filing("8-K", after(f"{year}-01-01", int(day)), items=items))
    rows += [filing("NT 10-Q", f"{year}-05-16") for year in (2015, 2019)]
    rows += [filing("10-K/A", f"{year}-06-01", f"{year - 1}-12-31") for year in (2016, 2021)]
    rows += [filing("8-K", "2017-03-03", items="4.01"), filing("8-K", "2017-04-04", items="4.02,9.01")]
    return filings_of(*rows)


@cache
def trades() -> pd.DataFrame:
    dice = np.random.default_rng(11)
    rows = []
    for place in range(150):
        day = after("2013-02-01", int(dice.integers(0, 4700)))
        insider, code = str(dice.integers(1, 5)), "PS"[int(dice.random() < 0.6)]
        filed = after(day, int(dice.integers(1, 4)))
        shares, price = int(dice.integers(1, 90)) * 100, f"{dice.integers(100, 9000) / 100:.2f}"
        rows.append(trade(day, code, shares, price, insider, filed=filed, accession=f"t{place}"))
        if dice.random() < 0.1:
            later = after(filed, int(dice.integers(5, 40)))
            rows.append(trade(day, code, shares * 2, price, insider, "4/A", filed=later, accession=f"a{place}"))
    return trades_of(*rows)


@cache
def deflator() -> Vintages:
    quarters = np.arange("1967-01", "2026-01", np.timedelta64(3, "M"), dtype="datetime64[M]").astype("datetime64[ns]")
    dates = quarters.astype("int64")
    values = 19 * np.exp(0.009 * np.arange(len(dates)))
    first, again = dates + 120 * NS_PER_DAY, dates + 150 * NS_PER_DAY
    return Vintages(np.tile(dates, 2), np.concatenate([first, again]), np.concatenate([values, values * 1.001]))


def company(split: int = SPLIT, scale: int = 1) -> Company:
    frames = {"facts": facts(split, scale), "filings": filings(), "insider_trades": trades()}
    return Company(AS_OF, frames, {"GNPDEF": deflator()})
