"""Profitability: what a company earns on what it owns."""

from __future__ import annotations

import numpy as np
import param

from nautilus_data.core.statements import NotKnown
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.factors.company.base import CompanyFactor, Score, positive
from nautilus_data.factors.company.company import CompanyAt

FAMILY = "profitability"
MOST_COVER = 50.0
# What working capital is made of: the sign its growth has in earnings that are no cash, and if it must be known.
_ACCRUALS = (("receivables", 1, True), ("inventory", 1, False), ("prepaid", 1, False), ("payables", -1, True),
             ("accrued", -1, False), ("deferred_revenue", -1, False))  # fmt: skip


class GrossProfitability(CompanyFactor):
    key, title, family = "gross_profitability", "Gross profitability", FAMILY
    formula = "GP_TTM / AT"
    reference = "Novy-Marx 2013, J. Financial Economics 108"
    units, direction = "ratio", "+"
    excludes_financials = True

    def score(self, known: CompanyAt) -> Score:
        value = known.number("gross_profit") / positive(known.number("assets"), "total assets")
        return Score(known.accounts.end, value)


class OperatingProfitability(CompanyFactor):
    key, title, family = "operating_profitability", "Operating profitability", FAMILY
    formula = "(REV − COGS − SGA − XINT)_TTM / BE"
    reference = "Fama & French 2015, J. Financial Economics 116"
    units, direction = "ratio", "+"
    note = "Only of companies that report all four: no interest expense reported is not taken for none."

    def score(self, known: CompanyAt) -> Score:
        cost = sum(known.number(key) for key in ("cost_of_revenue", "sga", "interest_expense"))
        value = (known.number("revenue") - cost) / positive(known.number("equity"), "book equity")
        return Score(known.accounts.end, value)


class CashProfitability(CompanyFactor):
    key, title, family = "cash_profitability", "Cash-based operating profitability", FAMILY
    formula = (
        "(REV − COGS − SGA without XRD − Δ(receivables + inventory + prepaid − payables − accrued − deferred revenue)"
        " over 4 quarters) / AT"
    )
    reference = "Ball, Gerakos, Linnainmaa & Nikolaev 2016, J. Financial Economics 121"
    units, direction = "ratio", "+"
    excludes_financials = True
    note = (
        "The paper adds research to expenses that include it; as filed, SGA does not, so none is added unless"
        " `adds_research` says so. As in the paper, working capital a company reports at neither date counts nothing;"
        " receivables and payables must be known."
    )
    adds_research = param.Boolean(default=False, doc="Add research expense back: of companies whose SGA includes it.")

    def score(self, known: CompanyAt) -> Score:
        profit = known.number("revenue") - known.number("cost_of_revenue") - known.number("sga")
        if self.adds_research:
            profit += known.number("research")
        accruals = sum(sign * _growth(known, key, is_needed) for key, sign, is_needed in _ACCRUALS)
        return Score(known.accounts.end, (profit - accruals) / positive(known.number("assets"), "total assets"))


class ReturnOnEquity(CompanyFactor):
    key, title, family = "roe", "Return on equity, quarterly", FAMILY
    formula = "NI_q / BE_{q−1}"
    reference = "Hou, Xue & Zhang 2015, Review of Financial Studies 28"
    units, direction = "ratio", "+"

    def score(self, known: CompanyAt) -> Score:
        quarter = known.accounts.quarters("net_income")[-1]
        equity = known.accounts.moment("equity", end=quarter.start - NS_PER_DAY)
        return Score(quarter.end, quarter.number / positive(equity.number, "book equity at the quarter's start"))


class InterestCover(CompanyFactor):
    key, title, family = "interest_cover", "Interest cover", FAMILY
    formula = "OI_TTM / XINT_TTM, within ±50"
    reference = "Credit analysts' practice; Altman 1968 has its idea in the Z-score"
    units, direction, evidence = "times", "+", "practitioner"

    def score(self, known: CompanyAt) -> Score:
        cover = known.number("operating_income") / positive(known.number("interest_expense"), "interest expense")
        return Score(known.accounts.end, float(np.clip(cover, -MOST_COVER, MOST_COVER)))


def _growth(known: CompanyAt, key: str, is_needed: bool) -> float:
    """Over four quarters; of what is reported at neither end, and need not be known, 0."""
    values = [_or_none(known, key, back) for back in (0, 4)]
    if values == [None, None] and not is_needed:
        return 0.0
    return known.number(key) - known.number(key, 4)


def _or_none(known: CompanyAt, key: str, back: int) -> float | None:
    try:
        return known.number(key, back)
    except NotKnown:
        return None
