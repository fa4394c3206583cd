"""Earnings by Alpha Vantage: what was reported against what was expected, and how its growth grows."""

from __future__ import annotations

from nautilus_data.core.statements import NotKnown
from nautilus_data.factors.company.alpha_vantage import YEAR, Quarters, ReportFactor
from nautilus_data.factors.company.base import Score, ratio
from nautilus_data.factors.company.company import CompanyAt

REPORTED, ESTIMATED = "reportedEPS", "estimatedEPS"
_LONGEST_STREAK = 8


class EarningsSurprise(ReportFactor):
    key, title, family = "earnings_surprise", "Earnings surprise", "surprise"
    formula = "(reported − estimated EPS)/|estimated| of the last quarter reported"
    reference = "Ball & Brown 1968, J. Accounting Research 6; Bernard & Thomas 1989, J. Accounting Research 27"
    units, direction = "ratio", "+"
    functions, tags = ("EARNINGS",), (REPORTED, ESTIMATED)
    note = "Known at the open after a report past the close. Near an estimate of nothing the ratio means little."

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last(REPORTED)
        estimated = quarters.at(ESTIMATED, end)
        surprise = quarters.at(REPORTED, end) - estimated
        return Score(end, ratio(surprise, abs(estimated), "the estimate"))


class SurpriseStreak(ReportFactor):
    key, title, family = "surprise_streak", "Streak of surprises", "surprise"
    formula = "quarters in a row above (+) or below (−) the estimate up to the last reported, 8 at most; 0: as expected"
    reference = "Loh & Warachka 2012, Management Science 58"
    units, direction = "quarters", "+"
    functions, tags = ("EARNINGS",), (REPORTED, ESTIMATED)

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last(REPORTED)
        first = _sign(quarters, end, 0)
        length = 1
        while first and length < _LONGEST_STREAK and _sign_or_none(quarters, end, length) == first:
            length += 1
        return Score(end, float(first * length))


class EarningsGrowthAcceleration(ReportFactor):
    key, title, family = "eps_growth_accel", "Acceleration of earnings growth", "growth"
    formula = "g_q − g_{q−1}, g_q = (EPS_q − EPS_{q−4})/|EPS_{q−4}|"
    reference = "He & Narayanamoorthy 2020, J. Accounting and Economics 69"
    units, direction = "ratio", "+"
    functions, tags = ("EARNINGS",), (REPORTED,)
    note = "Earnings per share as Alpha Vantage tells them, all as of today's shares."

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last(REPORTED)
        return Score(end, _growth(quarters, end, 0) - _growth(quarters, end, 1))


def _sign(quarters: Quarters, end: int, back: int) -> int:
    difference = quarters.at(REPORTED, end, back) - quarters.at(ESTIMATED, end, back)
    return (difference > 0) - (difference < 0)


def _sign_or_none(quarters: Quarters, end: int, back: int) -> int | None:
    try:
        return _sign(quarters, end, back)
    except NotKnown:
        return None


def _growth(quarters: Quarters, end: int, back: int) -> float:
    before = quarters.at(REPORTED, end, back + YEAR)
    return ratio(quarters.at(REPORTED, end, back) - before, abs(before), "earnings per share of a year before")
