"""Scores of many ratios: Piotroski's of strength, Ohlson's of bankruptcy, Beneish's of manipulated earnings."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from nautilus_data.core.statements import NotKnown
from nautilus_data.factors.company.base import CompanyFactor, Score, positive
from nautilus_data.factors.company.company import CompanyAt
from nautilus_data.factors.company.growth import share_counts

FAMILY = "scores"
DEFLATOR, DEFLATOR_BASE_YEAR, DOLLARS = "GNPDEF", 1968, "USD"


class PiotroskiScore(CompanyFactor):
    key, title, family = "f_score", "F-score", FAMILY
    formula = (
        "ROA>0 + CFO>0 + ΔROA>0 + CFO>NI + Δ(DLTT/mean AT)<0 + Δ(CA/CL)>0 + no more shares + Δgross margin>0"
        " + Δ(REV/AT_{t−4q})>0; ROA = NI/AT_{t−4q}; flows TTM, Δ over 4 quarters"
    )
    reference = "Piotroski 2000, J. Accounting Research 38 (supplement)"
    units, direction = "points of 9", "+"
    components = (
        "roa",
        "cfo",
        "roa_change",
        "cash_earnings",
        "leverage",
        "liquidity",
        "issuance",
        "margin",
        "turnover",
    )
    excludes_financials = True
    note = "No value unless all nine are known; shares are those on the cover, adjusted for splits."

    def score(self, known: CompanyAt) -> Score:
        parts, unknown = {}, []
        for name in self.components:
            try:
                parts[name] = float(_SIGNALS[name](known))
            except NotKnown as reason:
                unknown.append(f"{name}: {reason}")
        total = sum(parts.values()) if not unknown else math.nan
        return Score(known.accounts.end, total, parts, "; ".join(unknown))


def _on_assets(known: CompanyAt, key: str, back: int = 0) -> float:
    """A year's flow on the assets at its start."""
    return known.number(key, back) / positive(known.number("assets", back + 4), "total assets at a year's start")


def _leverage(known: CompanyAt, back: int = 0) -> float:
    mean = (known.number("assets", back) + known.number("assets", back + 4)) / 2
    return known.number("long_term_debt", back) / positive(mean, "mean total assets")


def _liquidity(known: CompanyAt, back: int = 0) -> float:
    return known.number("current_assets", back) / positive(
        known.number("current_liabilities", back), "current liabilities"
    )


def _margin(known: CompanyAt, back: int = 0) -> float:
    return known.number("gross_profit", back) / positive(known.number("revenue", back), "revenue")


def _no_issuance(known: CompanyAt) -> bool:
    before, now = share_counts(known.accounts)
    return now.number <= before.number


_SIGNALS: dict[str, Callable[[CompanyAt], bool]] = {
    "roa": lambda known: _on_assets(known, "net_income") > 0,
    "cfo": lambda known: _on_assets(known, "operating_cash_flow") > 0,
    "roa_change": lambda known: _on_assets(known, "net_income") > _on_assets(known, "net_income", 4),
    "cash_earnings": lambda known: known.number("operating_cash_flow") > known.number("net_income"),
    "leverage": lambda known: _leverage(known) < _leverage(known, 4),
    "liquidity": lambda known: _liquidity(known) > _liquidity(known, 4),
    "issuance": _no_issuance,
    "margin": lambda known: _margin(known) > _margin(known, 4),
    "turnover": lambda known: _on_assets(known, "revenue") > _on_assets(known, "revenue", 4),
}


class OhlsonScore(CompanyFactor):
    key, title, family = "o_score", "O-score", FAMILY
    formula = (
        "−1.32 − 0.407 ln(AT/index) + 6.03 LT/AT − 1.43 (CA−CL)/AT + 0.0757 CL/CA − 1.72·1[LT>AT] − 2.37 NI/AT"
        " − 1.83 CFO/LT + 0.285·1[NI<0, NI₋₁<0] − 0.521 (NI−NI₋₁)/(|NI|+|NI₋₁|); AT in dollars, index = GNP deflator"
        " of the year before the balance sheet's, 1968 = 100"
    )
    reference = "Ohlson 1980, J. Accounting Research 18, model 1"
    units, direction = "log odds", "-"
    lines = (DEFLATOR,)
    components = ("probability",)
    excludes_financials = True
    levels = ((0.0, "failure within a year more likely than not from here"),)
    note = "Coefficients of industrial firms of 1970–76. Needs the deflator, and statements in dollars."

    def score(self, known: CompanyAt) -> Score:
        if known.accounts.currency != DOLLARS:
            raise NotKnown(f"statements are in {known.accounts.currency or 'no currency'}, the score is of dollars")
        value = -1.32 - 0.407 * self._size(known) + _solvency(known) + _earnings(known)
        return Score(known.accounts.end, value, {"probability": 1 / (1 + math.exp(-np.clip(value, -500, 500)))})

    def _size(self, known: CompanyAt) -> float:
        line = known.line(DEFLATOR)
        years = line.dates.astype("datetime64[ns]").astype("datetime64[Y]").astype("int64") + 1970
        balance = int(np.datetime64(known.accounts.end, "ns").astype("datetime64[Y]").astype("int64")) + 1970
        now, base = (_mean_of(line.values[years == year], year) for year in (balance - 1, DEFLATOR_BASE_YEAR))
        return math.log(positive(known.number("assets"), "total assets") / (100 * now / base))


def _mean_of(values: np.ndarray, year: int) -> float:
    if not len(values) or np.isnan(values).any():
        raise NotKnown(f"the GNP deflator of {year} is not known")
    return float(values.mean())


def _solvency(known: CompanyAt) -> float:
    assets, owed = positive(known.number("assets"), "total assets"), known.number("liabilities")
    current, due = positive(known.number("current_assets"), "current assets"), known.number("current_liabilities")
    return 6.03 * owed / assets - 1.43 * (current - due) / assets + 0.0757 * due / current - 1.72 * (owed > assets)


def _earnings(known: CompanyAt) -> float:
    income, before = known.number("net_income"), known.number("net_income", 4)
    both = positive(abs(income) + abs(before), "net income of two years")
    cash = known.number("operating_cash_flow") / positive(known.number("liabilities"), "total liabilities")
    return (
        -2.37 * income / known.number("assets")
        - 1.83 * cash
        + 0.285 * (income < 0 and before < 0)
        - 0.521 * (income - before) / both
    )


class BeneishScore(CompanyFactor):
    key, title, family = "m_score", "M-score", FAMILY
    formula = (
        "−4.84 + 0.920 DSRI + 0.528 GMI + 0.404 AQI + 0.892 SGI + 0.115 DEPI − 0.172 SGAI + 4.679 TATA − 0.327 LVGI;"
        " flows TTM, each index against 4 quarters before; TATA = (NI − CFO)/AT"
    )
    reference = "Beneish 1999, Financial Analysts Journal 55"
    units, direction = "score", "-"
    components = ("dsri", "gmi", "aqi", "sgi", "depi", "sgai", "tata", "lvgi")
    excludes_financials = True
    levels = ((-1.78, "earnings likely manipulated from here"),)
    note = "Total accruals by cash flows, as later work has them, not by balance-sheet changes."

    _WEIGHTS = (0.920, 0.528, 0.404, 0.892, 0.115, -0.172, 4.679, -0.327)

    def score(self, known: CompanyAt) -> Score:
        now, before = _ratios(known, 0), _ratios(known, 4)
        parts = {name: _index(now[name], before[name], name) for name in ("dsri", "aqi", "sgi", "sgai", "lvgi")}
        # Of these two a fall is what warns.
        parts |= {name: _index(before[name], now[name], name) for name in ("gmi", "depi")}
        accruals = known.number("net_income") - known.number("operating_cash_flow")
        parts["tata"] = accruals / positive(known.number("assets"), "total assets")
        value = -4.84 + sum(w * parts[name] for w, name in zip(self._WEIGHTS, self.components, strict=True))
        return Score(known.accounts.end, value, parts)


def _ratios(known: CompanyAt, back: int) -> dict[str, float]:
    def of(key: str) -> float:
        return known.number(key, back)

    sales, assets = positive(of("revenue"), "revenue"), positive(of("assets"), "total assets")
    worn = positive(of("depreciation") + of("property"), "depreciation and property")
    return {
        "dsri": of("receivables") / sales,
        "gmi": of("gross_profit") / sales,
        "aqi": 1 - (of("current_assets") + of("property")) / assets,
        "sgi": sales,
        "depi": of("depreciation") / worn,
        "sgai": of("sga") / sales,
        "lvgi": (of("long_term_debt") + of("current_liabilities")) / assets,
    }


def _index(numerator: float, denominator: float, name: str) -> float:
    if denominator == 0:
        raise NotKnown(f"{name} is against nothing")
    return numerator / denominator
