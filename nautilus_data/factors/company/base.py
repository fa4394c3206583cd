"""CompanyFactor: a score of one company, made of nothing but what was known of it at the time."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd
import param

from nautilus_data.core.statements import FIRST, KNOWN, NotKnown
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.factors.base import Factor
from nautilus_data.factors.company.company import Company, CompanyAt

COLUMNS = ("ts_event", "ts_init", "value", "reason")
# How well it is known when a dataset's rows could be known, and by what its rows say of themselves.
PIT_OF = {"bars": "P0", "news": "P0", "observations": "P1", "filings": "P2", "facts": "P2", "insider_trades": "P2",
          "holdings": "P2", "corporate_actions": "P0"}  # fmt: skip
PIT_OF_ROWS = {"vintage": "P1", "filed": "P2", "rule": "P3", "seen": "P4"}
_NAN = float("nan")
NOT_FOR_FINANCIALS = "not defined for financial companies (SIC 6000–6999)"


@dataclass(frozen=True)
class Score:
    """A factor's value and the date it is about (ns); parts it is made of by name."""

    ts_event: int
    value: float
    components: Mapping[str, float] = field(default_factory=dict)
    # Why there is no value although there are components.
    reason: str = ""


class CompanyFactor(param.Parameterized, ABC, metaclass=type(Factor)):
    """Declare what it is and its inputs; `score` is a pure function of what was known.

    Attributes
    ----------
    key, title, family, formula, reference, units, note : as of any factor
    direction : of the return that was found to follow a high value: "+", "-", "?" (studies differ) or "0" (none)
    evidence : "published", "practitioner" or "exploratory"
    inputs : datasets of the company it needs; `lines` are lines of observations it needs
    components : names of the parts it tells beside its value
    excludes_financials : it means nothing for companies of SIC 6000–6999
    """

    key: ClassVar[str]
    title: ClassVar[str]
    family: ClassVar[str]
    formula: ClassVar[str]
    reference: ClassVar[str]
    units: ClassVar[str]
    direction: ClassVar[str]
    evidence: ClassVar[str] = "published"
    inputs: ClassVar[tuple[str, ...]] = ("facts",)
    lines: ClassVar[tuple[str, ...]] = ()
    components: ClassVar[tuple[str, ...]] = ()
    excludes_financials: ClassVar[bool] = False
    levels: ClassVar[tuple[tuple[float, str], ...]] = ()
    note: ClassVar[str] = ""

    basis = param.Selector(
        default=FIRST, objects=[FIRST, KNOWN], doc="Values of statements as first filed, or as known (restated) then."
    )

    @property
    def pit(self) -> str:
        """The worst class of its inputs, P0 (market) to P5 (current): how well it is known when they could be known."""
        return max([PIT_OF[name] for name in self.inputs] + [PIT_OF["observations"] for _ in self.lines])

    def pit_of(self, company: Company) -> str:
        """As `pit`, of the rows there are: they say themselves if a usual lag was added, or when they were seen."""
        said = {self.pit}
        for name in self.inputs:
            rows = company.rows(name)
            if "known_by" in rows:
                said |= {PIT_OF_ROWS.get(how, PIT_OF[name]) for how in rows["known_by"].unique()}
        for name in self.lines:
            line = company.lines.get(name)
            if line is not None and line.how is not None:
                said |= {PIT_OF_ROWS.get(how, PIT_OF["observations"]) for how in set(line.how.tolist())}
        return max(said)

    @abstractmethod
    def score(self, known: CompanyAt) -> Score:
        """The factor of what was known; what it needs and is not known raises `NotKnown`."""

    def moments(self, company: Company) -> np.ndarray:
        """Each time it is computed anew, up to the company's `as_of` (ns, ascending)."""
        news = [company.news(name) for name in self.inputs]
        lines = [company.lines[name].known for name in self.lines if name in company.lines]
        if not sum(map(len, news or lines)):
            return np.empty(0, "int64")
        moments = np.unique(np.concatenate([*news, *lines]))
        # Lines go back further than any company: of that time there is nothing to say of it.
        first = min(int(times[0]) for times in news or lines if len(times))
        return moments[(moments >= first) & (moments <= company.as_of)]

    def compute(self, company: Company) -> pd.DataFrame:
        """One row each time it changed: `ts_event` the date it is about, `ts_init`, `value`, `reason`, components.

        Ordered by ts_init; a row depends on no row of an input that became known after its ts_init. A value that is not
        known is NaN and `reason` says why; components that are not known are NaN.
        """
        rows: list[tuple] = []
        for now in self.moments(company).tolist():
            scored = self._scored(company, now)
            row = _row(scored, self.components)
            if not rows or self.is_news(row, rows[-1][1]):
                rows.append((now, row))
        frame = pd.DataFrame([(row[0], now, *row[1:]) for now, row in rows], columns=[*COLUMNS, *self.components])
        kinds = {"ts_event": "int64", "ts_init": "int64", "reason": object}
        return frame.astype(kinds | {name: "float64" for name in ("value", *self.components)})

    def is_news(self, row: tuple, last: tuple) -> bool:
        """Does a row (ts_event, value, reason, components) say something else than the one before?"""
        return not all(one == two or (one != one and two != two) for one, two in zip(row, last, strict=True))

    def _scored(self, company: Company, now: int) -> Score:
        if self.excludes_financials and company.is_financial:
            return Score(0, _NAN, reason=NOT_FOR_FINANCIALS)
        try:
            scored = self.score(company.at(now, self.basis))
        except NotKnown as unknown:
            return Score(0, _NAN, reason=str(unknown))
        if not math.isfinite(scored.value) and not scored.reason:
            return Score(scored.ts_event, _NAN, scored.components, "a ratio of it is not a number")
        return scored


class WindowFactor(CompanyFactor):
    """Of chosen rows of its one input: computed when one of them becomes known or falls out of a window of days.

    With windows it is about the day it is computed: a row of it is one more value, not one more date.
    """

    # Lengths of its windows, in days.
    windows: ClassVar[tuple[int, ...]] = ()

    def choose(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows that count, one by one, with what is counted of each as columns of its own."""
        return rows

    def chosen(self, known: CompanyAt) -> pd.DataFrame:
        """Of the rows that count those known, in the order they became so; perhaps none."""
        return known.selected(self.inputs[0], self.key, self.choose)

    def starts(self, rows: pd.DataFrame) -> np.ndarray:
        """The times the windows are counted from (ns)."""
        return rows["ts_init"].to_numpy()

    def moments(self, company: Company) -> np.ndarray:
        rows = company.rows(self.inputs[0])
        chosen = company.selected(self.inputs[0], self.key, self.choose)
        # The first row of all is when it is known that there are any.
        news = np.concatenate([rows["ts_init"].to_numpy()[:1], chosen["ts_init"].to_numpy()])
        starts = np.concatenate([rows["ts_init"].to_numpy()[:1], self.starts(chosen)])
        passed = [starts + days * NS_PER_DAY for days in self.windows]
        moments = np.unique(np.concatenate([news, *passed]))
        return moments[(moments <= company.as_of) & (moments >= news.min(initial=company.as_of + 1))]

    def is_news(self, row: tuple, last: tuple) -> bool:
        return super().is_news(row[1:], last[1:]) if self.windows else super().is_news(row, last)


def ratio(numerator: float, denominator: float, of: str) -> float:
    """A quotient; NotKnown where it would be of nothing."""
    if denominator == 0:
        raise NotKnown(f"{of} is 0")
    return numerator / denominator


def positive(value: float, of: str) -> float:
    """A value a ratio is taken to or a logarithm of; NotKnown where it is not above 0."""
    if not value > 0:
        raise NotKnown(f"{of} is not above 0")
    return value


def recent(rows: pd.DataFrame, now: int, days: int, column: str = "ts_init") -> pd.DataFrame:
    """The rows of the so many days before a time: later than their start, up to the time itself."""
    return rows[rows[column].to_numpy() > now - days * NS_PER_DAY]


def _row(scored: Score, components: tuple[str, ...]) -> tuple:
    parts = (scored.components.get(name, _NAN) for name in components)
    return (scored.ts_event, scored.value, scored.reason, *parts)
