"""Company: the rows of one company that factors are made of, and what of them was known at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import DATASETS
from nautilus_data.core.observation import Known, Vintages
from nautilus_data.core.statements import FIRST, Accounts, Books, Facts, NotKnown

FINANCIALS = range(6000, 7000)
Choice = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Company:
    """Rows of one company by dataset (`facts`, `filings`, …), lines of observations, and when it is looked at (ns).

    Nothing that became known after `as_of` is seen, and up to it all is taken to be there: it is no later than what was
    asked for. `sic` is its industry as told last, '' where not known.
    """

    as_of: int
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    lines: Mapping[str, Vintages] = field(default_factory=dict)
    sic: str = ""
    _books: dict[str, Books] = field(default_factory=dict, init=False, repr=False)
    _rows: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False)
    _selected: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False)
    _at: dict[tuple[int, str], CompanyAt] = field(default_factory=dict, init=False, repr=False)

    @property
    def is_financial(self) -> bool:
        return self.sic.isdigit() and int(self.sic) in FINANCIALS

    def until(self, as_of: int) -> Company:
        """As if looked at earlier."""
        return replace(self, as_of=min(as_of, self.as_of))

    def rows(self, dataset: str) -> pd.DataFrame:
        """Of one dataset, in the order they became known."""
        if dataset not in self._rows:
            frame = DATASETS[dataset].conform(self.frames.get(dataset, DATASETS[dataset].empty()))
            frame = frame.sort_values("ts_init", kind="stable")
            upto = int(np.searchsorted(frame["ts_init"].to_numpy(), self.as_of, side="right"))
            self._rows[dataset] = frame.iloc[:upto].reset_index(drop=True)
        return self._rows[dataset]

    def selected(self, dataset: str, name: str, choose: Choice) -> pd.DataFrame:
        """The rows of a dataset that a choice takes one by one, kept by its name."""
        if name not in self._selected:
            self._selected[name] = choose(self.rows(dataset))
        return self._selected[name]

    def books(self, basis: str = FIRST) -> Books:
        """Its statements at any time; `basis` says whether a value counts as first filed or as said last."""
        if basis not in self._books:
            self._books[basis] = Books(self._facts, basis)
        return self._books[basis]

    def at(self, now: int, basis: str = FIRST) -> CompanyAt:
        """What was known of it at a time up to `as_of`."""
        if (now, basis) not in self._at:
            self._at[now, basis] = CompanyAt(self, now, basis)
        return self._at[now, basis]

    def news(self, dataset: str) -> np.ndarray:
        """Each time rows of a dataset became known (ns)."""
        return np.unique(self.rows(dataset)["ts_init"].to_numpy())

    @cached_property
    def _facts(self) -> Facts:
        return Facts(self.rows("facts"))


class CompanyAt:
    """A company as known at a time. What is asked for and not known raises `NotKnown`, which says what it was."""

    def __init__(self, company: Company, now: int, basis: str) -> None:
        self.now, self._company, self._basis = now, company, basis
        self._found: dict[str, pd.DataFrame] = {}

    @cached_property
    def accounts(self) -> Accounts:
        """Its statements."""
        return self._company.books(self._basis).at(self.now)

    def rows(self, dataset: str) -> pd.DataFrame:
        """Of one dataset, in the order they became known; a `NotKnown` if there are none at all."""
        if dataset not in self._found:
            frame = self._company.rows(dataset)
            upto = int(np.searchsorted(frame["ts_init"].to_numpy(), self.now, side="right"))
            self._found[dataset] = frame.iloc[:upto]
        if not len(self._found[dataset]):
            raise NotKnown(f"no {DATASETS[dataset].row} is known")
        return self._found[dataset]

    def selected(self, dataset: str, name: str, choose: Choice) -> pd.DataFrame:
        """Of the rows a choice takes those known; perhaps none."""
        frame = self._company.selected(dataset, name, choose)
        return frame.iloc[: int(np.searchsorted(frame["ts_init"].to_numpy(), self.now, side="right"))]

    def line(self, name: str) -> Known:
        """A line of observations."""
        line = self._company.lines.get(name)
        known = line.at(self.now) if line is not None else None
        if known is None or not len(known):
            raise NotKnown(f"the line {name} is not known")
        return known

    def number(self, key: str, back: int = 0) -> float:
        """Of the last balance sheet or so many quarters before: by the concept's kind of that day, or its year."""
        accounts = self.accounts
        is_instant = accounts.line(key).concept.measure.is_instant
        return (accounts.moment(key, back) if is_instant else accounts.year(key, back)).number
