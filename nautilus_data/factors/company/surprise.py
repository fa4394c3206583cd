"""Surprise: earnings against those of a year before, by how much such differences vary."""

from __future__ import annotations

import numpy as np

from nautilus_data.factors.company.base import CompanyFactor, Score, positive
from nautilus_data.factors.company.company import CompanyAt

YEAR, WINDOW, LEAST = 4, 8, 6


class StandardizedUnexpectedEarnings(CompanyFactor):
    key, title, family = "sue", "Standardized unexpected earnings", "surprise"
    formula = "(EPS_q − EPS_{q−4}) / sd of that difference over the 8 quarters before (at least 6; n − 1)"
    reference = "Foster, Olsen & Shevlin 1984, Accounting Review 59; Bernard & Thomas 1989, J. Accounting Research 27"
    units, direction = "standard deviations", "+"
    note = (
        "Basic EPS, else diluted, all as of today's shares. A fourth quarter is the year less nine months:"
        " near to what was printed, not always it."
    )

    def score(self, known: CompanyAt) -> Score:
        accounts = known.accounts
        key = "eps_basic" if accounts.line("eps_basic").quarters else "eps_diluted"
        quarters = accounts.quarters(key, YEAR + LEAST + 1, YEAR + WINDOW + 1)
        eps = np.array([quarter.number for quarter in quarters])
        change = eps[YEAR:] - eps[:-YEAR]
        # Of numbers that differ by rounding of floats only, the deviation means nothing.
        spread = float(np.round(np.std(change[:-1], ddof=1), 12))
        return Score(quarters[-1].end, float(change[-1]) / positive(spread, "the deviation of past differences"))
