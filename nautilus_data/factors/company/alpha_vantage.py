"""Reports: quarters as Alpha Vantage tells them, and what a factor of them is."""

from __future__ import annotations

from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pandas as pd

from nautilus_data.core.statements import FIRST, NotKnown
from nautilus_data.core.timerange import NS_PER_DAY, say_time
from nautilus_data.factors.company.base import PIT_OF, PIT_OF_ROWS, CompanyFactor
from nautilus_data.factors.company.company import Company, CompanyAt

TAXONOMY = "alpha_vantage"
# How rows of each function say that they became known.
_HOW = MappingProxyType(
    {"EARNINGS": "filed", "INCOME_STATEMENT": "rule", "BALANCE_SHEET": "rule", "CASH_FLOW": "rule", "OVERVIEW": "seen"}
)
# Ends of quarters lie so far apart; weeks of a 52-week year, or a month's end more or less, are no other quarter.
_QUARTER_NS, _NEAR_NS = int(91.3125 * NS_PER_DAY), 20 * NS_PER_DAY
YEAR = 4


class Quarters:
    """Values of tags by the end of their quarter (ns), as known at a time."""

    def __init__(self, rows: pd.DataFrame, basis: str) -> None:
        """Rows of FACTS in the order they became known, with `number`."""
        kept = rows.drop_duplicates(["tag", "ts_event"], keep="first" if basis == FIRST else "last")
        self._values = {
            str(tag): dict(zip(part["ts_event"].tolist(), part["number"].tolist(), strict=True))
            for tag, part in kept.groupby("tag", sort=False)
        }

    def last(self, tag: str) -> int:
        """The end of the last quarter a tag is told of."""
        if not self._values.get(tag):
            raise NotKnown(f"{tag} is not known")
        return max(self._values[tag])

    def at(self, tag: str, end: int, back: int = 0) -> float:
        """The value of a quarter, or of the one so many before."""
        there = self._values.get(tag, {})
        wanted = end - back * _QUARTER_NS
        near = [one for one in there if abs(one - wanted) <= _NEAR_NS]
        if not near:
            raise NotKnown(f"{tag} of the quarter to about {say_time(wanted // NS_PER_DAY * NS_PER_DAY)} is not known")
        return there[min(near, key=lambda one: abs(one - wanted))]

    def year(self, tag: str, end: int) -> float:
        """The sum of the four quarters up to one."""
        return sum(self.at(tag, end, back) for back in range(YEAR))

    def first_of(self, tags: tuple[str, ...], end: int) -> float:
        """The value of the first of some tags that has one."""
        for tag in tags:
            try:
                return self.at(tag, end)
            except NotKnown:
                continue
        raise NotKnown(f"none of {', '.join(tags)} is known of that quarter")


class ReportFactor(CompanyFactor):
    """Of `tags` as Alpha Vantage names them, in answers of `functions`; the first tag says which quarter is the last.

    Alpha Vantage tells values as they are told last: revised ones take the place of those first filed.
    """

    functions: ClassVar[tuple[str, ...]]
    tags: ClassVar[tuple[str, ...]]
    inputs = ("facts",)
    form: ClassVar[str] = "quarterly"

    @property
    def pit(self) -> str:
        """The worst class of its functions' rows and its other inputs."""
        others = [PIT_OF[name] for name in self.inputs if name != "facts"]
        return max([PIT_OF_ROWS[_HOW[name]] for name in self.functions] + others)

    def pit_of(self, company: Company) -> str:
        said = self._selected(company)["known_by"].unique()
        return max([self.pit, *(PIT_OF_ROWS.get(how, self.pit) for how in said)])

    def choose(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Its rows, with `number`."""
        is_one = (
            (rows["taxonomy"] == TAXONOMY)
            & rows["accession"].isin(self.functions)
            & rows["tag"].isin(self.tags)
            & (rows["form"] == self.form)
        )
        chosen = rows[is_one.to_numpy(bool)]
        return chosen.assign(number=chosen["value"].astype("float64"))

    def moments(self, company: Company) -> np.ndarray:
        moments = np.unique(self._selected(company)["ts_init"].to_numpy())
        return moments[moments <= company.as_of]

    def quarters(self, known: CompanyAt) -> Quarters:
        return Quarters(known.selected("facts", self.key, self.choose), self.basis)

    def _selected(self, company: Company) -> pd.DataFrame:
        return company.selected("facts", self.key, self.choose)


# What a company owes and has, by tags that not every company has.
_DEBT = ("shortLongTermDebtTotal",)
_DEBT_PARTS = (("shortTermDebt", "currentDebt"), ("longTermDebt", "longTermDebtNoncurrent"))
_CASH = ("cashAndShortTermInvestments", "cashAndCashEquivalentsAtCarryingValue")
DEBT_TAGS = (*_DEBT, *(tag for part in _DEBT_PARTS for tag in part), *_CASH)


def debt_of(quarters: Quarters, end: int) -> float:
    """Interest-bearing debt: its total, else its short and its long part."""
    try:
        return quarters.first_of(_DEBT, end)
    except NotKnown:
        return sum(quarters.first_of(part, end) for part in _DEBT_PARTS)


def cash_of(quarters: Quarters, end: int) -> float:
    return quarters.first_of(_CASH, end)
