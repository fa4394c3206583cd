"""Views: what Alpha Vantage's overview said on the days it was asked; none of it is known of days before."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nautilus_data.core.dataset import to_float
from nautilus_data.core.statements import NotKnown
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.factors.company.alpha_vantage import ReportFactor
from nautilus_data.factors.company.base import Score, positive
from nautilus_data.factors.company.company import Company, CompanyAt

_SEEN = "Seen: there is none of before this installation first asked."
# A price is of now for so long.
_PRICE_NS = 7 * NS_PER_DAY


class _OverviewFactor(ReportFactor):
    functions: ClassVar[tuple[str, ...]] = ("OVERVIEW",)
    form: ClassVar[str] = "overview"

    def told(self, known: CompanyAt) -> tuple[int, float]:
        """The day it was said last, and the number."""
        rows = known.selected("facts", self.key, self.choose)
        if not len(rows):
            raise NotKnown(f"{self.tags[0]} was not seen yet")
        return int(rows["ts_event"].iloc[-1]), float(rows["number"].iloc[-1])


class PegRatio(_OverviewFactor):
    key, title, family = "peg", "Price to earnings to growth", "value"
    formula = "PEGRatio of the overview"
    reference = "Lynch 1989, One Up on Wall Street; Easton 2004, Accounting Review 79 (PEG and returns)"
    units, direction, evidence = "ratio", "-", "exploratory"
    tags, note = ("PEGRatio",), _SEEN

    def score(self, known: CompanyAt) -> Score:
        at, value = self.told(known)
        return Score(at, positive(value, "the ratio"))


class TargetGap(_OverviewFactor):
    key, title, family = "target_gap", "Gap to analysts' target", "sentiment"
    formula = "AnalystTargetPrice / last close − 1"
    reference = "Brav & Lehavy 2003, J. Finance 58; Da & Schaumburg 2011, J. Financial Markets 14 (weak)"
    units, direction, evidence = "ratio", "?", "exploratory"
    inputs, tags = ("facts", "bars"), ("AnalystTargetPrice",)
    note = f"{_SEEN} A target and a close in one currency; a split between the two makes it wrong for a while."

    def moments(self, company: Company) -> np.ndarray:
        """Each target, and from the first on each bar, or when the last bar has grown old."""
        seen, bars = super().moments(company), company.rows("bars")["ts_init"].to_numpy()
        if not len(seen):
            return seen
        moments = np.unique(np.concatenate([seen, bars, bars + _PRICE_NS + 1]))
        return moments[(moments >= seen[0]) & (moments <= company.as_of)]

    def score(self, known: CompanyAt) -> Score:
        _, target = self.told(known)
        last = known.rows("bars").iloc[-1]
        if known.now - int(last["ts_init"]) > _PRICE_NS:
            raise NotKnown("no close of the last 7 days is known")
        close = float(to_float(np.array([last["close"]]))[0])
        return Score(int(last["ts_event"]), positive(target, "the target") / positive(close, "the close") - 1)
