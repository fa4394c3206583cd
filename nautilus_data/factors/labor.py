"""Labor market: rules that tell recessions by unemployment and vacancies, tightness, payrolls and claims."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nautilus_data.core.observation import Cursor, Known, Vintages
from nautilus_data.factors.base import Factor, ReleaseFactor, frame_of, nothing
from nautilus_data.factors.monthly import Months, month_start, months_of
from nautilus_data.factors.monthly_factor import MonthlyFactor, mean_of_three, together
from nautilus_data.factors.standard import rolling
from nautilus_data.factors.standing import news
from nautilus_data.factors.weekly import Weeks, mean_of_four, weeks_of

FAMILY = "labor market"
_MICHAILLAT_SAEZ = "Michaillat & Saez 2025, Oxford Bulletin of Economics and Statistics 87(6)"
WEEKS_OF_A_YEAR = 52


class SahmRule(MonthlyFactor):
    key, title, family = "sahm", "Sahm rule", FAMILY
    formula = "m_t − min(m_{t−1}, …, m_{t−12}), m = 3-month mean of UNRATE; to 0.01 pp as published"
    reference = "Sahm 2019, Direct stimulus payments to individuals, Hamilton Project"
    units = "pp"
    note = "Where one of three months is missing (October 2025) m is the mean of the other two. Compare SAHMREALTIME."
    inputs = ("UNRATE",)
    levels = ((0.5, "recession signal from here"),)

    def months(self, lines: Mapping[str, Months]) -> Months:
        rate = lines["UNRATE"]
        mean = mean_of_three(rate, least=2)
        rise = np.round(mean - np.min(rolling(mean, 13)[:, :-1], axis=1), 2) if len(rate) else mean
        return Months(rate.first, np.where(np.isnan(rate.values), np.nan, rise))


class MinimumIndicator(MonthlyFactor):
    key, title, family = "michez", "Minimum indicator of unemployment and vacancies", FAMILY
    formula = (
        "min(û, v̂): û = m(u)_t − min of m(u) over t…t−12, v̂ = max of m(v) over t…t−12 − m(v)_t; m = 3-month mean,"
        " u = 100·UNEMPLOY/CLF16OV, v_t = 100·JTSJOL_{t−1}/CLF16OV_t"
    )
    reference = _MICHAILLAT_SAEZ
    units = "pp"
    note = (
        "From 2002. As published, openings at the end of a month count for the next. Where one of three months is"
        " missing (October 2025) m is the mean of the other two."
    )
    inputs = ("UNEMPLOY", "CLF16OV", "JTSJOL")
    levels = ((0.29, "recession probable from here"), (0.81, "recession certain from here"))

    def months(self, lines: Mapping[str, Months]) -> Months:
        openings = Months(lines["JTSJOL"].first + 1, lines["JTSJOL"].values)
        first, (unemployed, force, vacant) = together(lines["UNEMPLOY"], lines["CLF16OV"], openings)
        if not len(force):
            return Months(0, force)
        rise = _above_low(Months(first, 100 * unemployed / force))
        fall = _above_low(Months(first, -100 * vacant / force))
        return Months(first, np.where(np.isnan(unemployed), np.nan, np.minimum(rise, fall)))


def _above_low(rate: Months) -> np.ndarray:
    """The 3-month mean above its lowest of this and the twelve months before."""
    mean = mean_of_three(rate, least=2)
    return mean - np.min(rolling(mean, 13), axis=1)


class Tightness(MonthlyFactor):
    key, title, family = "tightness", "Job openings per unemployed", FAMILY
    formula = "JTSJOL / UNEMPLOY"
    reference = "Barnichon 2010, Economics Letters 109; Michaillat & Saez 2024, u* = √uv"
    units = "ratio"
    inputs = ("JTSJOL", "UNEMPLOY")
    levels = ((1.0, "full employment"),)

    def months(self, lines: Mapping[str, Months]) -> Months:
        first, (openings, unemployed) = together(lines["JTSJOL"], lines["UNEMPLOY"])
        return Months(first, openings / unemployed)


class PayrollMomentum(MonthlyFactor):
    key, title, family = "payrolls", "Payroll growth, 3-month mean", FAMILY
    formula = "(PAYEMS_t − PAYEMS_{t−3}) / 3, revisions to date included"
    reference = "BLS, Employment Situation"
    units = "thousand a month"
    inputs = ("PAYEMS",)
    levels = ((0.0, "jobs are lost below"),)

    def months(self, lines: Mapping[str, Months]) -> Months:
        jobs = lines["PAYEMS"]
        return Months(jobs.first, (jobs.values - jobs.shifted(3)) / 3)


class PayrollPrints(Factor):
    key, title, family = "payroll_prints", "Payroll growth as first printed, 3-month mean", FAMILY
    formula = "mean over three months of ΔPAYEMS, each as the vintage that first had the month says it"
    reference = "BLS, Employment Situation; Croushore & Stark 2001, J. Econometrics 105"
    units = "thousand a month"
    note = "Less than payroll growth in the same month: past months were revised up since they were printed."
    inputs = ("PAYEMS",)
    levels = ((0.0, "jobs are lost below"),)

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        if not len(jobs := lines.get("PAYEMS", Vintages.nothing())):
            return nothing()
        is_there = ~np.isnan(jobs.values)
        first = Vintages(jobs.dates[is_there], jobs.known[is_there], jobs.values[is_there]).first()
        cursor, prints, rows = Cursor(jobs), {}, []
        for now in np.unique(first.known).tolist():
            prints |= _changes(cursor.at(now), first.dates[first.known == now])
            month = max(prints, default=0)
            mean = np.mean([prints.get(month - back, np.nan) for back in range(3)])
            rows.append((month_start(month), now, float(mean)))
        return news(frame_of([row for row in rows if not np.isnan(row[2])]))


def _changes(known: Known, dates: np.ndarray) -> dict[int, float]:
    """By month, the change from the month before to each of these dates."""
    jobs = months_of(known)
    changes = jobs.values - jobs.shifted(1)
    months = dates.astype("datetime64[ns]").astype("datetime64[M]").astype("int64").tolist()
    return {month: float(changes[month - jobs.first]) for month in months}


class ClaimsShock(ReleaseFactor):
    key, title, family = "claims_shock", "Initial claims against a year before", FAMILY
    formula = "100·(4-week mean of ICSA / its value 52 weeks earlier − 1)"
    reference = "US Department of Labor, Unemployment Insurance Weekly Claims; compared by the year as practitioners do"
    units = "%"
    note = "Seasonal factors are revised each spring: a year's comparison may step then."
    inputs = ("ICSA",)
    levels = ((0.0, "as a year before"),)

    def read(self, name: str, known: Known) -> Weeks:
        return mean_of_four(weeks_of(known))

    def value(self, known: Mapping[str, Weeks], now: int, before: float) -> tuple[int, float] | None:
        claims = known["ICSA"]
        if len(claims) <= WEEKS_OF_A_YEAR:
            return None
        return claims.last, float(100 * (claims.values[-1] / claims.values[-1 - WEEKS_OF_A_YEAR] - 1))
