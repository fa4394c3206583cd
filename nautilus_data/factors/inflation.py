"""Inflation: its level, where it is heading, the regime it is in, and what markets expect of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import param

from nautilus_data.factors.base import DailyFactor
from nautilus_data.factors.monthly import Months, year_over_year
from nautilus_data.factors.monthly_factor import MonthlyFactor

FAMILY = "inflation"
TARGET = 2.0
# The longest a month's prices stood as the newest, in the shutdown of 2025, and some days.
LONGEST_MONTH = 160
_STATEMENT = "FOMC 2012, Statement on Longer-Run Goals and Monetary Policy Strategy"


class CoreInflation(MonthlyFactor):
    key, title, family = "inflation_core_pce", "Core PCE inflation", FAMILY
    formula = "100·(PCEPILFE_t / PCEPILFE_{t−12} − 1), by calendar month"
    reference = f"BEA, Personal Income and Outlays; {_STATEMENT}"
    units = "%"
    inputs = ("PCEPILFE",)
    levels = ((TARGET, "the FOMC's target"),)

    def months(self, lines: Mapping[str, Months]) -> Months:
        return year_over_year(lines["PCEPILFE"])


class ConsumerInflation(MonthlyFactor):
    key, title, family = "inflation_cpi", "Consumer price inflation", FAMILY
    formula = "100·(CPIAUCSL_t / CPIAUCSL_{t−12} − 1), by calendar month"
    reference = "BLS, Consumer Price Index"
    units = "%"
    note = "Seasonally adjusted: the headline figure is of CPIAUCNS. None for October 2025 and October 2026."
    inputs = ("CPIAUCSL",)

    def months(self, lines: Mapping[str, Months]) -> Months:
        return year_over_year(lines["CPIAUCSL"])


class InflationMomentum(MonthlyFactor):
    key, title, family = "inflation_momentum", "Inflation momentum", FAMILY
    formula = "100·((PCEPILFE_t / PCEPILFE_{t−3})⁴ − 1) − YoY(PCEPILFE)"
    reference = "3-month annualized against 12-month change, as the FOMC's minutes compare them"
    units = "pp"
    note = "Above 0 inflation is rising."
    inputs = ("PCEPILFE",)
    levels = ((0.0, "as over the year"),)

    def months(self, lines: Mapping[str, Months]) -> Months:
        prices = lines["PCEPILFE"]
        quarter = 100 * ((prices.values / prices.shifted(3)) ** 4 - 1)
        return Months(prices.first, quarter - year_over_year(prices).values)


class InflationRegime(MonthlyFactor):
    key, title, family = "inflation_regime", "Inflation regime", FAMILY
    formula = (
        "YoY(PCEPILFE): deflation < 0 ≤ low < 1.5 ≤ target < 2.5 ≤ elevated ≤ 4 < high;"
        " a state is entered after two months in a row"
    )
    reference = f"Bands about the 2 % of {_STATEMENT}; their limits are convention"
    units = "state"
    note = "The months are read inside one vintage. A missing month confirms nothing."
    inputs = ("PCEPILFE",)
    states = ("deflation", "low", "target", "elevated", "high")

    confirmation = param.Integer(default=2, bounds=(1, 12), doc="Months in a row a state must have to be entered")

    def months(self, lines: Mapping[str, Months]) -> Months:
        inflation = year_over_year(lines["PCEPILFE"])
        return Months(inflation.first, confirmed(bands(inflation.values), self.confirmation))


def bands(inflation: np.ndarray) -> np.ndarray:
    """The band each value (%) lies in; NaN stays."""
    found = np.digitize(inflation, (0.0, 1.5, 2.5)) + (inflation > 4.0)
    return np.where(np.isnan(inflation), np.nan, found)


def confirmed(states: np.ndarray, months: int) -> np.ndarray:
    """The last state that lasted so many months in a row, at each month that has one itself; NaN before the first."""
    place = np.arange(len(states))
    changes = np.append(True, states[1:] != states[:-1])[: len(states)]
    since = np.maximum.accumulate(np.where(changes, place, 0))
    lasted = (place - since + 1 >= months) & ~np.isnan(states)
    last = np.maximum.accumulate(np.where(lasted, place, -1))
    return np.where((last >= 0) & ~np.isnan(states), states[last], np.nan)


class ExpectationsGap(DailyFactor):
    key, title, family = "expectations_gap", "Expected inflation above the target", FAMILY
    formula = "T5YIFR − 2.3"
    reference = "Board of Governors, 5-year 5-year forward; 2.3 % of CPI is about 2 % of PCE: convention"
    units = "pp"
    note = "Includes an inflation risk premium and what TIPS cost in liquidity: not what anyone expects, exactly."
    inputs = ("T5YIFR",)
    levels = ((0.0, "anchored"),)

    anchor = param.Number(default=2.3, bounds=(0.0, 5.0), doc="% of CPI inflation that agrees with the target")

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return lines["T5YIFR"] - self.anchor
