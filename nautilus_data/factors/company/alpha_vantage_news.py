"""News by Alpha Vantage: what articles say of a company, and how many there are; looked at each midnight of UTC."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from nautilus_data.core.statements import NotKnown
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.factors.company.base import CompanyFactor, Score
from nautilus_data.factors.company.company import Company, CompanyAt

WEEK, BASE_DAYS, FEWEST = 7, 60, 5


class _NewsFactor(CompanyFactor):
    inputs: ClassVar[tuple[str, ...]] = ("news",)
    # So many days an article counts.
    counts_days: ClassVar[int]

    def moments(self, company: Company) -> np.ndarray:
        """The midnights after an article, and those until it no longer counts."""
        days = np.unique(-(-company.rows("news")["ts_init"].to_numpy() // NS_PER_DAY))
        moments = np.unique(days[:, None] + np.arange(self.counts_days + 1)) * NS_PER_DAY
        return moments[moments <= company.as_of]

    def is_news(self, row: tuple, last: tuple) -> bool:
        """It is about the day it is computed: another day alone is no news."""
        return super().is_news(row[1:], last[1:])


class NewsSentiment(_NewsFactor):
    key, title, family = "news_sentiment", "News sentiment", "sentiment"
    formula = "Σ relevance·score / Σ relevance of the articles of 7 days, at least 5"
    reference = "Tetlock 2007, J. Finance 62; Heston & Sinha 2017, Financial Analysts Journal 73"
    units, direction = "score, −1 to 1", "+"
    components, counts_days = ("articles",), WEEK
    note = "Scores are Alpha Vantage's, by a model that may have changed since."

    def score(self, known: CompanyAt) -> Score:
        rows = known.rows("news")
        first = int(np.searchsorted(rows["ts_init"].to_numpy(), known.now - WEEK * NS_PER_DAY, side="right"))
        scores, weights = (rows[name].to_numpy("float64")[first:] for name in ("score", "relevance"))
        is_one = ~np.isnan(scores) & (weights > 0)
        if (count := int(is_one.sum())) < FEWEST:
            raise NotKnown(f"{count} articles of 7 days, and {FEWEST} are needed")
        value = float(np.average(scores[is_one], weights=weights[is_one]))
        return Score(known.now, value, {"articles": float(count)})


class NewsAttention(_NewsFactor):
    key, title, family = "news_attention", "News attention", "sentiment"
    formula = "ln(1 + articles of 7 days) − mean of the same on each of the 60 days before"
    reference = "Da, Engelberg & Gao 2011, J. Finance 66 (attention)"
    units, direction = "log", "?"
    components, counts_days = ("articles",), WEEK + BASE_DAYS
    note = "Of articles that were asked for: a stretch nobody asked for looks quiet."

    def score(self, known: CompanyAt) -> Score:
        times = known.rows("news")["ts_init"].to_numpy()
        if known.now - int(times[0]) < (WEEK + BASE_DAYS) * NS_PER_DAY:
            raise NotKnown(f"no news of {WEEK + BASE_DAYS} days are known")
        ends = known.now - np.arange(BASE_DAYS + 1) * NS_PER_DAY
        upto, before = (np.searchsorted(times, at, side="right") for at in (ends, ends - WEEK * NS_PER_DAY))
        counts = upto - before
        usual = float(np.log1p(counts[1:]).mean())
        return Score(known.now, math.log1p(counts[0]) - usual, {"articles": float(counts[0])})
