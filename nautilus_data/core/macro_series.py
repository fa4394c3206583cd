"""Macro series: the lines of observations kept by default or needed by a factor, and what is known about each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from nautilus_data.core.dataset import Series
from nautilus_data.core.release_lag import Lag

# Whose names the series have, whoever answers for them.
NAMESPACE = "FRED"


class Category(StrEnum):
    GROWTH = "growth"
    EMPLOYMENT = "employment"
    INFLATION = "inflation"
    MONETARY = "monetary"
    FINANCIAL = "financial"
    OTHER = "other"


class History(StrEnum):
    """How the past is asked for: whatever is published later is always taken vintage by vintage."""

    VINTAGES = "every vintage"
    LATEST = "the latest values, hardly ever revised; known by rule"
    FIRST = "first releases: the whole past is estimated anew each time"


@dataclass(frozen=True, kw_only=True)
class MacroSeries:
    """`says` is a pattern its units must fit, so that a change of units is noticed; `frequency` is D, W, M, Q or A."""

    series_id: str
    name: str
    category: Category
    frequency: str
    units: str
    says: str
    lag: Lag
    history: History
    is_default: bool = False

    def fits(self, units: str) -> bool:
        """Are these the units it is known by?"""
        return re.search(self.says, units, re.IGNORECASE) is not None


def observations_of(series_id: str, source: str = "fred") -> Series:
    return Series(dataset="observations", instrument_id=f"{series_id}.{NAMESPACE}", source=source)


def releases_of(release_id: str, source: str = "fred") -> Series:
    """The dates of a release."""
    return Series(dataset="releases", instrument_id=f"{release_id}.{NAMESPACE}", source=source)


def series_id_of(series: Series) -> str:
    return series.instrument_id.removesuffix(f".{NAMESPACE}")


def _days(days: int, at: str = "08:30") -> Lag:
    return Lag(days=days, at=at)


_NEXT_DAY = Lag(business_days=1, at="16:15")
_V, _L, _F = History.VINTAGES, History.LATEST, History.FIRST
_PERCENT = ("%", "percent")
# id, name, frequency, (units, pattern), lag, history; ● in front of what is kept by default.
_GROWTH = (
    ("●GDP", "Gross domestic product", "Q", ("bn $", "^billions of dollars"), _days(30), _V),
    ("●GDPC1", "Real gross domestic product", "Q", ("bn chained $", "^billions of chained"), _days(30), _V),
    ("●GDPPOT", "Real potential GDP", "Q", ("bn chained $", "^billions of chained"), _days(60, "23:59"), _V),
    ("●INDPRO", "Industrial production", "M", ("index", "^index"), _days(16, "09:15"), _V),
    ("●RSAFS", "Retail and food sales", "M", ("mn $", "^millions of dollars"), _days(15), _V),
    ("●HOUST", "Housing starts", "M", ("thousand", "^thousands"), _days(18), _V),
    ("●CFNAI", "Chicago Fed activity index", "M", ("index", "^index"), _days(25), _F),
    ("RRSFS", "Real retail and food sales", "M", ("mn $", "^millions"), _days(15), _V),
    ("CMRMTSPL", "Real manufacturing and trade sales", "M", ("mn chained $", "^millions"), _days(62, "10:00"), _V),
    ("W875RX1", "Real income without transfers", "M", ("bn chained $", "^billions"), _days(30), _V),
    ("USREC", "Recession by NBER", "M", ("0 or 1", "."), _days(365, "12:00"), _V),
)
_EMPLOYMENT = (
    ("●UNRATE", "Unemployment rate", "M", _PERCENT, _days(5), _V),
    ("●PAYEMS", "Nonfarm payrolls", "M", ("thousand", "^thousands"), _days(5), _V),
    ("●CIVPART", "Participation rate", "M", _PERCENT, _days(5), _V),
    ("●CES0500000003", "Average hourly earnings", "M", ("$/h", "dollars per hour"), _days(5), _V),
    ("●ICSA", "Initial claims", "W", ("number", "^number"), _days(5), _V),
    ("●JTSJOL", "Job openings", "M", ("thousand", "thousands"), _days(35, "10:00"), _V),
    ("CLF16OV", "Labor force", "M", ("thousand", "thousands"), _days(5), _V),
    ("UNEMPLOY", "Unemployed persons", "M", ("thousand", "thousands"), _days(5), _V),
    ("SAHMREALTIME", "Sahm rule as published", "M", ("pp", "percent"), _days(5), _L),
)
_INFLATION = (
    ("●CPIAUCSL", "Consumer prices", "M", ("index", "^index"), _days(12), _V),
    ("●CPILFESL", "Core consumer prices", "M", ("index", "^index"), _days(12), _V),
    ("●PCEPI", "PCE prices", "M", ("index", "^index"), _days(30), _V),
    ("●PCEPILFE", "Core PCE prices", "M", ("index", "^index"), _days(30), _V),
    ("●T5YIE", "5-year breakeven inflation", "D", _PERCENT, _NEXT_DAY, _L),
    ("●T10YIE", "10-year breakeven inflation", "D", _PERCENT, _NEXT_DAY, _L),
    ("●T5YIFR", "5-year, 5-year forward inflation", "D", _PERCENT, _NEXT_DAY, _L),
    ("MICH", "Inflation expected by consumers", "M", _PERCENT, _days(30, "10:00"), _V),
)
_MONETARY = (
    ("●DFF", "Federal funds rate", "D", _PERCENT, Lag(business_days=1, at="09:00"), _L),
    ("●DGS3MO", "3-month Treasury yield", "D", _PERCENT, _NEXT_DAY, _L),
    ("●DGS2", "2-year Treasury yield", "D", _PERCENT, _NEXT_DAY, _L),
    ("●DGS5", "5-year Treasury yield", "D", _PERCENT, _NEXT_DAY, _L),
    ("●DGS10", "10-year Treasury yield", "D", _PERCENT, _NEXT_DAY, _L),
    ("●DGS30", "30-year Treasury yield", "D", _PERCENT, _NEXT_DAY, _L),
    ("●M2SL", "M2 money stock", "M", ("bn $", "^billions"), _days(28, "13:00"), _V),
    ("●BOGMBASE", "Monetary base", "M", ("mn $", "^millions|^billions"), _days(28, "13:00"), _V),
    ("DTB3", "3-month Treasury bill, discount basis", "D", _PERCENT, _NEXT_DAY, _L),
    ("DFII10", "10-year real Treasury yield", "D", _PERCENT, _NEXT_DAY, _L),
    ("DFEDTARU", "Federal funds target, upper", "D", _PERCENT, Lag(at="16:15"), _L),
    ("DFEDTARL", "Federal funds target, lower", "D", _PERCENT, Lag(at="16:15"), _L),
    ("WALCL", "Federal Reserve's assets", "W", ("mn $", "^millions"), _days(1, "16:30"), _L),
    ("WTREGEN", "Treasury's account at the Federal Reserve", "W", ("mn $", "^millions"), _days(1, "16:30"), _L),
    ("RRPONTSYD", "Overnight reverse repurchases", "D", ("bn $", "^billions"), Lag(business_days=1, at="13:15"), _L),
    ("THREEFYTP10", "10-year term premium", "D", _PERCENT, _days(7, "23:59"), _F),
)
_FINANCIAL = (
    ("●BAMLH0A0HYM2", "High-yield spread", "D", _PERCENT, Lag(business_days=1, at="09:00"), _L),
    ("●BAMLEMCBPIOAS", "Emerging-market corporate spread", "D", _PERCENT, Lag(business_days=1, at="09:00"), _L),
    ("●BAA10Y", "Baa spread to the 10-year yield", "D", _PERCENT, Lag(business_days=2, at="16:15"), _L),
    ("●VIXCLS", "VIX", "D", ("index", "^index"), Lag(business_days=1, at="09:30"), _L),
    ("●DEXUSEU", "Dollars to one euro", "D", ("$/€", "dollars to one euro"), Lag(weekday=0, at="16:15"), _L),
    ("●DCOILWTICO", "WTI crude oil", "D", ("$/bbl", "dollars per barrel"), Lag(days=1, weekday=2, at="13:00"), _L),
    ("●NFCI", "Chicago Fed financial conditions", "W", ("index", "^index"), _days(5), _F),
    ("STLFSI4", "St. Louis Fed financial stress", "W", ("index", "^index"), _days(6, "23:59"), _F),
    ("VXVCLS", "3-month VIX", "D", ("index", "^index"), Lag(business_days=1, at="09:30"), _L),
    ("SP500", "S&P 500", "D", ("index", "^index"), Lag(business_days=1, at="09:30"), _L),
    ("DTWEXBGS", "Broad dollar index", "D", ("index", "^index"), Lag(weekday=0, at="16:15"), _L),
    ("NASDAQQGLDI", "Gold, by the Nasdaq FLOWS index", "D", ("index", "^index"), Lag(business_days=1, at="09:30"), _L),
)


def _declared(category: Category, rows: tuple[tuple, ...]) -> list[MacroSeries]:
    return [
        MacroSeries(
            series_id=name.removeprefix("●"), name=title, category=category, frequency=frequency, units=units,
            says=says, lag=lag, history=history, is_default=name.startswith("●"),
        )
        for name, title, frequency, (units, says), lag, history in rows
    ]  # fmt: skip


MACRO_SERIES = MappingProxyType(
    {
        one.series_id: one
        for one in (
            *_declared(Category.GROWTH, _GROWTH),
            *_declared(Category.EMPLOYMENT, _EMPLOYMENT),
            *_declared(Category.INFLATION, _INFLATION),
            *_declared(Category.MONETARY, _MONETARY),
            *_declared(Category.FINANCIAL, _FINANCIAL),
        )
    }
)
# Ids that are gone or stand still, as patterns, and what to ask for instead.
_GONE = (
    (r"TEDRATE", "it ended in January 2022; there is no substitute of the same kind, BAA10Y is a credit spread"),
    (r"(USD|EUR|GBP|JPY|CHF)\w*D156N", "LIBOR was taken off in January 2022; SOFR is its successor"),
    (r"GOLD(AM|PM)GBD22[89]NLBM", "LBMA's gold was taken off in January 2022; NASDAQQGLDI follows gold's trend"),
    (r"WILL\w+", "the Wilshire indices were taken off in 2024; SP500 has ten years"),
    (r"AMBSL|AMBNS|BASE", "it was discontinued; BOGMBASE is the monetary base"),
    (r"STLFSI[23]?", "it was discontinued; STLFSI4 replaced it"),
    (r"M2", "the weekly M2 was discontinued in 2021; M2SL is monthly, WM2NS weekly and not adjusted"),
    (r"INTDSRUSM193N", "it was discontinued; DPCREDIT is the Federal Reserve's primary credit rate"),
)


def substitute(series_id: str) -> str:
    """What to ask for instead of a discontinued series; '' for one that goes on."""
    return next((text for pattern, text in _GONE if re.fullmatch(pattern, series_id)), "")
