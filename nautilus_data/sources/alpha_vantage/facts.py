"""Facts: statements, earnings and the overview as rows of FACTS, each with when it could be known.

Statements come without the day they were filed: they are known by rule, 45 days after a quarter, 60 where they are not
in dollars (foreign issuers have longer), 90 after a year and the quarter that ends it. Earnings come with the day they
were reported. The overview tells of the day it is asked on, and is known as seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.sources.alpha_vantage.call import Said
from nautilus_data.sources.alpha_vantage.cells import CellError, Refused, day, next_opens, number, plain, text_of, told
from nautilus_data.sources.alpha_vantage.document import read

TAXONOMY = "alpha_vantage"
STATEMENTS = ("INCOME_STATEMENT", "BALANCE_SHEET", "CASH_FLOW")
FUNCTIONS = (*STATEMENTS, "EARNINGS", "OVERVIEW")
_COLUMNS = (
    "taxonomy", "tag", "unit", "ts_start", "ts_event", "ts_init", "accession", "value", "form", "fiscal_year",
    "fiscal_period", "filed", "known_by",
)  # fmt: skip
_QUARTER_DAYS, _FOREIGN_DAYS, _YEAR_DAYS = 45, 60, 90
_MONTHS = MappingProxyType({"annual": 12, "quarterly": 3})
_NOT_VALUES = frozenset({"fiscalDateEnding", "reportedCurrency", "reportedDate", "reportTime"})
_SHARES = "shares"
# Of the overview: what is money, money of one share, a number of shares, or a count; all else is a ratio.
_MONEY = frozenset({"MarketCapitalization", "EBITDA", "RevenueTTM", "GrossProfitTTM"})
_PER_SHARE = frozenset(
    {
        "BookValue", "DividendPerShare", "EPS", "RevenuePerShareTTM", "DilutedEPSTTM", "AnalystTargetPrice",
        "52WeekHigh", "52WeekLow", "50DayMovingAverage", "200DayMovingAverage",
    }
)  # fmt: skip
_COUNTS = frozenset({"SharesOutstanding", "SharesFloat"})
_NO_NUMBERS = frozenset({"CIK", "Symbol", "FiscalYearEnd"})


def facts(said: Iterable[Said]) -> tuple[pd.DataFrame, list[Refused]]:
    """Rows of FACTS of the answers about one company, and rows that can't be such."""
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for one in said:
        document = read(one.body)
        if isinstance(document, list):
            continue
        if one.call.function in STATEMENTS:
            rows += _statements(document, one, refused)
        elif one.call.function == "EARNINGS":
            rows += _earnings(document, one, refused)
        else:
            rows += _overview(document, one)
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    whole = ("ts_start", "ts_event", "ts_init", "fiscal_year", "filed")
    frame = frame.astype(dict.fromkeys(whole, "int64"))
    key = ["taxonomy", "tag", "unit", "ts_start", "ts_event", "ts_init", "accession"]
    return frame.drop_duplicates(key, keep="first").sort_values("ts_init", kind="stable", ignore_index=True), refused


def _statements(document: Mapping[str, Any], one: Said, refused: list[Refused]) -> Iterator[dict[str, Any]]:
    years = {end for report in _reports(document, "annualReports") if (end := _end_of(report))}
    for form in _MONTHS:
        for report in _reports(document, f"{form}Reports"):
            if end := _end_of(report):
                yield from _report(report, form, end, years, one, refused)
            else:
                refused.append(told(0, "its period has no end", report))


def _report(
    report: Mapping[str, Any], form: str, end: int, years: set[int], one: Said, refused: list[Refused]
) -> Iterator[dict[str, Any]]:
    currency = text_of(report, "reportedCurrency") or "?"
    known = end + _lag_days(form, end, years, currency) * NS_PER_DAY
    how = "rule" if known <= one.said_at else "seen"
    is_moment = one.call.function == "BALANCE_SHEET"
    told_of = {
        "ts_start": 0 if is_moment else _start_of(end, _MONTHS[form]), "ts_event": end,
        "ts_init": known if how == "rule" else one.ts_seen, "accession": one.call.function,
        "form": form, "filed": 0, "known_by": how, **_fiscal(end, form, years),
    }  # fmt: skip
    if told_of["ts_init"] <= end:
        refused.append(told(end, "its period has not ended", {"fiscalDateEnding": report.get("fiscalDateEnding")}))
        return
    for tag, cell in report.items():
        if tag not in _NOT_VALUES:
            unit = _SHARES if "shares" in tag.lower() and "outstanding" in tag.lower() else currency
            yield from _fact(tag, cell, unit, told_of, refused)


def _earnings(document: Mapping[str, Any], one: Said, refused: list[Refused]) -> Iterator[dict[str, Any]]:
    """Quarters alone: the years' first row is of a year that has not ended, and no year says when it was reported."""
    reports = []
    for report in _reports(document, "quarterlyEarnings"):
        try:
            end, reported = day(report.get("fiscalDateEnding")), day(report.get("reportedDate"))
        except CellError as error:
            refused.append(told(0, error, report))
            continue
        if reported < end:
            refused.append(told(end, "reported before its period ended", report))
        elif number_or_none(report.get("reportedEPS")) is not None and reported <= one.said_at:
            reports.append((report, end, reported))
    is_late = np.array([text_of(report, "reportTime").lower() != "pre-market" for report, _, _ in reports], bool)
    opens = next_opens(np.array([reported for _, _, reported in reports], "int64"), is_late)
    for (report, end, reported), opened in zip(reports, opens.tolist(), strict=True):
        known = opened if opened <= one.said_at else one.ts_seen
        told_of = {
            "ts_start": _start_of(end, 3), "ts_event": end, "ts_init": known, "accession": "EARNINGS",
            "form": "quarterly", "filed": reported, "known_by": "filed" if opened <= one.said_at else "seen",
            "fiscal_year": 0, "fiscal_period": "",
        }  # fmt: skip
        for tag, cell in report.items():
            if tag not in _NOT_VALUES:
                yield from _fact(tag, cell, "percent" if tag.endswith("Percentage") else "per share", told_of, refused)


def _overview(document: Mapping[str, Any], one: Said) -> Iterator[dict[str, Any]]:
    currency = text_of(document, "Currency") or "?"
    known = one.ts_seen
    today = known // NS_PER_DAY * NS_PER_DAY
    told_of = {
        "ts_start": 0, "ts_event": today, "ts_init": known, "accession": "OVERVIEW", "form": "overview", "filed": 0,
        "known_by": "seen", "fiscal_year": 0, "fiscal_period": "",
    }  # fmt: skip
    for tag, cell in document.items():
        if tag not in _NO_NUMBERS and number_or_none(cell) is not None:
            yield from _fact(tag, cell, _unit(tag, currency), told_of, [])


def _unit(tag: str, currency: str) -> str:
    if tag in _MONEY:
        return currency
    if tag in _PER_SHARE:
        return f"{currency}/shares"
    return _SHARES if tag in _COUNTS else "pure"


def _fact(
    tag: str, cell: object, unit: str, told_of: Mapping[str, Any], refused: list[Refused]
) -> Iterator[dict[str, Any]]:
    """What is missing is no fact."""
    try:
        value = number(cell)
    except CellError as error:
        refused.append(told(told_of["ts_event"], f"{tag}: {error}", {tag: cell}))
        return
    if value is not None:
        yield {"taxonomy": TAXONOMY, "tag": tag, "unit": unit, "value": plain(value), **told_of}


def number_or_none(cell: object) -> object:
    try:
        return number(cell)
    except CellError:
        return None


def _reports(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = document.get(name)
    return [report for report in found if isinstance(report, dict)] if isinstance(found, list) else []


def _end_of(report: Mapping[str, Any]) -> int:
    """0 where it has none."""
    try:
        return day(report.get("fiscalDateEnding"))
    except CellError:
        return 0


def _start_of(end: int, months: int) -> int:
    """The first day of the months a period that ends then has; a week of a 52-week year more or less is not seen."""
    last = pd.Timestamp(end)
    # An end in the first days of a month belongs to the month before.
    month = (last - pd.Timedelta(days=7)).to_period("M") if last.day <= 7 else last.to_period("M")
    return (month - (months - 1)).to_timestamp().as_unit("ns").value


def _lag_days(form: str, end: int, years: set[int], currency: str) -> int:
    if form == "annual" or end in years:
        return _YEAR_DAYS
    return _QUARTER_DAYS if currency == "USD" else _FOREIGN_DAYS


def _fiscal(end: int, form: str, years: set[int]) -> dict[str, Any]:
    """The fiscal year, named by the calendar year it ends in, and which part of it; none where no year is told."""
    if not years:
        return {"fiscal_year": 0, "fiscal_period": ""}
    last, closing = pd.Timestamp(end), pd.Timestamp(max(years)).month
    months_left = (closing - last.month) % 12
    year = (last.to_period("M") + months_left).year
    quarter = 4 - round(months_left / 3)
    return {"fiscal_year": year, "fiscal_period": "FY" if form == "annual" else f"Q{max(1, quarter)}"}
