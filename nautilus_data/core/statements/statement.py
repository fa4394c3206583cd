"""Statement: the lines of one financial statement over its periods, as they were known at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nautilus_data.core.statements.books import Accounts, day
from nautilus_data.core.statements.concept import BALANCE, CONCEPTS, Concept
from nautilus_data.core.statements.item import (
    HALF_DAYS,
    NINE_MONTHS_DAYS,
    QUARTER_DAYS,
    YEAR_DAYS,
    Item,
    is_span,
)
from nautilus_data.core.statements.line import Line
from nautilus_data.core.timerange import NS_PER_DAY

ANNUAL, QUARTERLY, TTM = "annual", "quarterly", "ttm"
FREQUENCIES = (ANNUAL, QUARTERLY, TTM)
COLUMNS = (
    "concept", "title", "period", "ts_start", "ts_event", "value", "unit", "tag", "form", "accession", "known_since",
    "is_restated", "restated_from", "restated_from_accession", "is_derived", "derived_from", "is_mixed", "others",
)  # fmt: skip
# Reports on a part of a year only: what they say of twelve months is no fiscal year.
_INTERIM_FORMS = ("10-Q", "6-K")
_ANCHORS = ("net_income", "revenue", "operating_cash_flow")
_TRANSITION_FORMS = ("10-KT", "20-FT")


@dataclass(frozen=True, eq=False)
class Statement:
    """`frame` has one row an item and period (columns as in COLUMNS); values are Decimals, times ns.

    `known_since` is when the value became what it is; `restated_from` what it was before, None if it never was another;
    `derived_from` says of which facts it was computed; `is_mixed` that one of these was restated and another was not;
    `others` what further tags of the same concept say of the same time.
    """

    kind: str
    frequency: str
    as_of: int
    currency: str
    frame: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Items by periods, the newest first; None where a value is not known."""
        wide = self.frame.pivot(index="concept", columns="ts_event", values="value")
        shown = [key for key in CONCEPTS if key in wide.index]
        wide = wide.reindex(index=shown, columns=sorted(wide.columns, reverse=True)).astype(object)
        return wide.where(wide.notna(), None)


def statement(accounts: Accounts, kind: str, frequency: str = ANNUAL, adjusts_splits: bool = False) -> Statement:
    """A statement (`income`, `balance` or `cash_flow`) by year, quarter or twelve months to each quarter's end.

    `adjusts_splits` restates values per share and numbers of shares said before a split as if of today's shares.
    """
    if frequency not in FREQUENCIES:
        raise ValueError(f"a statement is {', '.join(FREQUENCIES)}, not {frequency!r}")
    concepts = [concept for concept in CONCEPTS.values() if concept.statement == kind]
    if not concepts:
        kinds = dict.fromkeys(concept.statement for concept in CONCEPTS.values())
        raise ValueError(f"no statement is called {kind!r}; there are {', '.join(kinds)}")
    ends = _ends(accounts, kind, frequency)
    years = _fiscal_years(accounts)
    rows = [
        _row(concept, item, _label(item, end, frequency, years), adjusts_splits)
        for concept in concepts
        for end, item in _items(accounts.line(concept.key), frequency, ends).items()
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"ts_start": "int64", "ts_event": "int64"})
    return Statement(kind, frequency, accounts.as_of, accounts.currency, frame)


def _items(line: Line, frequency: str, ends: list[int]) -> Mapping[int, Item]:
    if line.concept.measure.is_instant:
        found = {end: line.moments.get(end) for end in ends}
    elif frequency == ANNUAL:
        found = {**{end: line.years.get(end) for end in ends}, **_transitions(line)}
    elif frequency == QUARTERLY:
        found = {end: line.quarters.get(end) for end in ends}
    else:
        found = {end: line.year_to(end) for end in ends}
    return {end: item for end, item in sorted(found.items()) if item is not None}


def _ends(accounts: Accounts, kind: str, frequency: str) -> list[int]:
    """The days periods of a statement end on, ascending."""
    if frequency == ANNUAL:
        return _fiscal_years(accounts)
    if kind == BALANCE:
        return sorted(accounts.line("assets").moments or accounts.line("equity").moments)
    quarters = {end for line in _anchors(accounts) for end in line.quarters}
    return sorted(quarters.union(_fiscal_years(accounts)))


def _fiscal_years(accounts: Accounts) -> list[int]:
    """The ends of fiscal years: of twelve months that a yearly report spoke of, and of transition periods."""
    lines = _anchors(accounts)
    ends = {item.end for line in lines for item in line.years.values() if not item.form.startswith(_INTERIM_FORMS)}
    return sorted(ends.union(*(_transitions(line) for line in lines)))


def _anchors(accounts: Accounts) -> list[Line]:
    """The lines whose periods are those of the company; where none is known, all there are."""
    lines = [line for key in _ANCHORS if (line := accounts.line(key))]
    return lines or [accounts.line(key) for key, one in CONCEPTS.items() if not one.measure.is_instant]


def _transitions(line: Line) -> dict[int, Item]:
    """Spans between one fiscal year's end and another, where a company moved it.

    A report on one tells of its quarters too, and of the same months a year before: those lie inside of another span.
    """
    named = [item for item in line.spans.values() if item.form.startswith(_TRANSITION_FORMS)]
    told = [item for item in named if not is_span(item.days, YEAR_DAYS)]
    spans = [(item.start, item.end) for item in (*told, *line.years.values())]
    return {item.end: item for item in told if not any(_is_within(item, *span) for span in spans)}


def _is_within(item: Item, start: int, end: int) -> bool:
    return start <= item.start and item.end <= end and (item.start, item.end) != (start, end)


def _label(item: Item, end: int, frequency: str, years: list[int]) -> str:
    """`FY to 2023-09-30`, `Q4 to 2023-09-30`; a quarter is counted from the last fiscal year's end before it."""
    to = f"to {day(end)}" if item.start else day(end)
    if frequency == TTM and item.start:
        return f"12 months {to}"
    if frequency == ANNUAL and item.start:
        return f"FY {to}" if is_span(item.days, YEAR_DAYS) else f"{round(item.days / 30.4)} months {to}"
    if end in years:
        number = 4
    else:
        before = [year for year in years if year < end]
        number = round((end - before[-1]) / NS_PER_DAY / 91.3) if before else 0
        number = (number - 1) % 4 + 1 if number else 0
    return f"Q{number} {to}" if number and frequency == QUARTERLY else to


def _row(concept: Concept, item: Item, period: str, adjusts_splits: bool) -> tuple:
    before = item.before[-1] if item.before and item.is_restated else None
    value = item.adjusted if adjusts_splits else item.value
    old = None if before is None else before.value
    return (
        concept.key, concept.title, period, item.start, item.end, value, item.unit, item.tag, item.form,
        item.accession, item.known, item.is_restated, old, before.accession if before else "",
        item.is_derived or (adjusts_splits and value != item.value),
        _derivation(item) or (_said(item) + f", {item.split} shares for one since" if value != item.value else ""),
        item.is_mixed, "; ".join(f"{tag}: {other}" for tag, other in item.others),
    )  # fmt: skip


def _derivation(item: Item) -> str:
    """`9 months … − 6 months …`, each with the filing that says it; '' where it is reported."""
    signs = (" + " if sign > 0 else " − " for sign in item.signs)
    return "".join(sign + _said(part) for sign, part in zip(signs, item.parts, strict=True)).lstrip(" +")


def _said(part: Item) -> str:
    where = f" ({part.form} {part.accession})".replace("( ", "(") if part.accession else ""
    name = part.tag.partition(":")[2] or part.how
    return f"{name} {part.value} {_length(part)}{where}"


def _length(item: Item) -> str:
    names = {"3 months": QUARTER_DAYS, "6 months": HALF_DAYS, "9 months": NINE_MONTHS_DAYS, "12 months": YEAR_DAYS}
    if not item.start:
        return f"of {day(item.end)}"
    found = (name for name, bounds in names.items() if is_span(item.days, bounds))
    return f"of {next(found, f'{item.days} days')} to {day(item.end)}"
