"""Forms: which of EDGAR's tell what, when the next report is due, and where a filing is to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.core.timerange import NS_PER_DAY

ANNUAL_FORMS = ("10-K", "10-KT", "20-F", "40-F")
QUARTERLY_FORMS = ("10-Q", "10-QT")
PERIODIC_FORMS = (*ANNUAL_FORMS, *QUARTERLY_FORMS, "10-K405", "10-KSB", "10-QSB", "20-FT")
INSIDER_FORMS = ("3", "4", "5")
MANAGER_FORMS = ("13F-HR",)
ARCHIVES = "https://www.sec.gov/Archives/edgar/data"
# Days after the end of a period until a report is due, yearly and quarterly, by the kind of filer.
_DAYS: Mapping[str, tuple[int, int]] = {"large accelerated": (60, 40), "accelerated": (75, 40), "": (90, 45)}
_FOREIGN = {"20-F": 120, "40-F": 90}
_QUARTER_DAYS, _NEAR_DAYS = 91, 20


@dataclass(frozen=True)
class Due:
    """The report to come: its form, the end of its period and the last day to file it (ns); `ts_due` 0: not known."""

    form: str = ""
    ts_event: int = 0
    ts_due: int = 0
    days: int = 0


def is_of(forms: pd.Series, wanted: Iterable[str]) -> np.ndarray:
    """Which are of these forms, or correct one."""
    return forms.str.removesuffix("/A").isin(list(wanted)).to_numpy(bool)


def last_of(filings: pd.DataFrame, forms: Iterable[str]) -> dict[str, Any] | None:
    """The newest filing of these forms, corrections left out."""
    found = filings[filings["form"].isin(list(forms))]
    return None if found.empty else found.iloc[int(np.argmax(found["filed"].to_numpy()))].to_dict()


def next_due(filings: pd.DataFrame, fiscal_year_end: str, category: str) -> Due:
    """What should be filed next after the newest periodic report, by the kind of filer; holidays aside."""
    last = last_of(filings[filings["report_date"] > 0], PERIODIC_FORMS)
    if last is None:
        return Due()
    if (form := last["form"]) in _FOREIGN:
        end = pd.Timestamp(last["report_date"]) + pd.DateOffset(years=1)
        return _due(form, end, _FOREIGN[form])
    end = pd.Timestamp(last["report_date"] + _QUARTER_DAYS * NS_PER_DAY)
    yearly, quarterly = _DAYS[_kind_of(category)]
    return _due("10-K", end, yearly) if _is_year_end(end, fiscal_year_end) else _due("10-Q", end, quarterly)


def with_links(filings: pd.DataFrame, cik: str) -> pd.DataFrame:
    """Two columns more: `link` to the document ('' where it has none) and `index` to all of its documents."""
    folder = f"{ARCHIVES}/{int(cik)}/" + filings["accession"].str.replace("-", "")
    link = (folder + "/" + filings["document"]).where(filings["document"] != "", "")
    return filings.assign(link=link, index=folder + "/" + filings["accession"] + "-index.htm")


def _due(form: str, end: pd.Timestamp, days: int) -> Due:
    return Due(form, end.as_unit("ns").value, (end + pd.Timedelta(days=days)).as_unit("ns").value, days)


def _kind_of(category: str) -> str:
    told = category.lower()
    if "non-accelerated" in told:
        return ""
    return next((name for name in _DAYS if name and name in told), "")


def _is_year_end(day: pd.Timestamp, fiscal_year_end: str) -> bool:
    """`fiscal_year_end` is as `0930`; without one no quarter is taken for the last."""
    if len(fiscal_year_end) != 4 or not fiscal_year_end.isdigit():
        return False
    try:
        named = [pd.Timestamp(day.year + add, int(fiscal_year_end[:2]), 1) for add in (-1, 0, 1)]
    except ValueError:
        return False
    ends = [
        one + pd.offsets.MonthEnd(0)
        if int(fiscal_year_end[2:]) > 27
        else one + pd.Timedelta(days=int(fiscal_year_end[2:]) - 1)
        for one in named
    ]
    return any(abs((day - end).days) <= _NEAR_DAYS for end in ends)
