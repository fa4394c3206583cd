"""Facts and filings of made-up companies, in a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import FACTS, FILINGS, INSIDER_TRADES
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.factors.company import Company

LATER = to_ns("2040-01-01")
TAXONOMIES = {"EntityCommonStockSharesOutstanding": "dei"}


def fact(
    tag: str, start: str, end: str, value: object, filed: str, accession: str = "", form: str = "10-Q",
    unit: str = "USD", taxonomy: str = "",
) -> tuple:  # fmt: skip
    """A row of FACTS, known the day after it was filed; no start: at one moment. Its accession is named by the day."""
    return (
        taxonomy or TAXONOMIES.get(tag, "us-gaap"), tag, unit, to_ns(start) if start else 0, to_ns(end),
        to_ns(filed) + NS_PER_DAY, accession or filed, str(value), form, 0, "", to_ns(filed), "filed",
    )  # fmt: skip


def facts_of(*rows: tuple) -> pd.DataFrame:
    return FACTS.conform(pd.DataFrame(list(rows), columns=list(FACTS.columns)))


def filing(form: str, filed: str, report_date: str = "", items: str = "", size: int = 1000) -> tuple:
    """A row of FILINGS, known the day after it was filed."""
    ns = to_ns(filed)
    report = to_ns(report_date) if report_date else 0
    return (f"{form} {filed}", ns, ns + NS_PER_DAY, form, ns, report, items, size, "", "", False)


def filings_of(*rows: tuple) -> pd.DataFrame:
    return FILINGS.conform(pd.DataFrame(list(rows), columns=list(FILINGS.columns)))


def trade(
    traded: str, code: str, shares: object, price: object, insider: str = "1", form: str = "4",
    filed: str = "", is_planned: bool = False, is_derivative: bool = False, accession: str = "", sequence: int = 0,
) -> tuple:  # fmt: skip
    """A row of INSIDER_TRADES, filed the day it was traded and known the day after, if not said otherwise."""
    told = {
        "accession": accession or f"{form} {insider} {traded} {code}", "sequence": sequence, "ts_event": to_ns(traded),
        "ts_init": to_ns(filed or traded) + NS_PER_DAY, "form": form, "insider": f"Insider {insider}",
        "insider_cik": insider, "role": "Director", "security": "Common Stock", "code": code,
        "is_acquired": code == "P", "shares": str(shares), "price": str(price), "held_after": "", "is_direct": True,
        "is_derivative": is_derivative, "is_planned": is_planned, "amends": 0,
    }  # fmt: skip
    return tuple(told[name] for name in INSIDER_TRADES.columns)


def trades_of(*rows: tuple) -> pd.DataFrame:
    return INSIDER_TRADES.conform(pd.DataFrame(list(rows), columns=list(INSIDER_TRADES.columns)))


def after(date: str, days: int) -> str:
    return str(np.datetime64(date, "D") + np.timedelta64(days, "D"))


def quarter_ends(count: int, last: str) -> list[str]:
    months = np.datetime64(last, "M") - 3 * np.arange(count)[::-1].astype("timedelta64[M]")
    return [after(str((month + np.timedelta64(1, "M")).astype("datetime64[D]")), -1) for month in months]


def quarterly(
    flows: Mapping[str, Sequence[object]], moments: Mapping[str, Sequence[object]], last: str = "2024-12-31"
) -> pd.DataFrame:
    """Facts by quarter, oldest first, the last of each line of the quarter that ends then; filed 30 days after.

    Names of earnings per share and of counts of shares tell their units.
    """
    rows = []
    for tag, values in {**flows, **moments}.items():
        for end, value in zip(quarter_ends(len(values), last), values, strict=True):
            start = str(np.datetime64(end, "M") - np.timedelta64(2, "M")) + "-01" if tag in flows else ""
            if value is not None:
                rows.append(fact(tag, start, end, value, after(end, 30), unit=unit_of(tag)))
    return facts_of(*rows)


def unit_of(tag: str) -> str:
    if tag.startswith("EarningsPerShare"):
        return "USD/shares"
    return "shares" if "SharesOutstanding" in tag else "USD"


def company_of(facts: pd.DataFrame, **options: object) -> Company:
    return Company(LATER, {"facts": facts}, **options)


def by_frame(frame: pd.DataFrame) -> dict[str, Decimal]:
    """Values of a statement by `concept end`."""
    days = frame["ts_event"].to_numpy().astype("datetime64[ns]").astype("datetime64[D]")
    return {f"{key} {day}": value for key, day, value in zip(frame["concept"], days, frame["value"], strict=True)}
