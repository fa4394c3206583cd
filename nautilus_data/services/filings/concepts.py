"""Concepts: one line of statements, or one tag, over time as known at a time; key figures; versions of one value."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pandas as pd

from nautilus_data.core.statements import CONCEPTS, Facts, Item, Line, NotKnown
from nautilus_data.core.statements.books import Accounts
from nautilus_data.errors import SkippableError
from nautilus_data.services.filings.shelf import Shelf

HISTORY = (
    "ts_start", "ts_event", "ts_init", "value", "unit", "tag", "form", "accession", "is_restated", "is_derived",
)  # fmt: skip
VERSIONS = ("tag", "ts_start", "ts_event", "ts_init", "value", "unit", "accession", "form", "is_part", "is_current")
FIGURES = ("key", "title", *HISTORY, "year_before")
ANNUAL, QUARTERLY, TTM = "annual", "quarterly", "ttm"
_KEY_FIGURES = (
    "revenue", "gross_profit", "operating_income", "net_income", "eps_diluted", "operating_cash_flow", "free_cash_flow",
    "liquid_assets", "assets", "liabilities", "equity", "shares_outstanding",
)  # fmt: skip
_YEAR = 4


def history(shelf: Shelf, concept: str, frequency: str, as_of: int) -> pd.DataFrame:
    """One row a period, the earliest first; `concept` is a key of CONCEPTS or `taxonomy:tag`. Values are Decimals.

    Of a tag what was reported of any span is told; of a concept years, quarters or twelve months to each quarter's end.
    """
    if concept in CONCEPTS:
        items = _items(shelf.books.at(as_of).line(concept), frequency)
        return _frame(sorted(items, key=lambda item: item.end))
    if not len(shelf.facts.places(concept)):
        raise SkippableError(f"nothing is known of {concept!r}: write a line of a statement, or taxonomy:tag")
    return _of_tag(shelf.facts, concept, as_of)


def versions(shelf: Shelf, concept: str, ts_start: int, ts_event: int, as_of: int) -> pd.DataFrame:
    """Every version of the value of one period known by then, in the order they became known; see VERSIONS.

    Of a value that was computed the versions of its parts (`is_part`).
    """
    if concept not in CONCEPTS:
        return _versions_of_tags(shelf.facts, [concept], ts_start, ts_event, as_of)
    line = shelf.books.at(as_of).line(concept)
    found = (item for frequency in (QUARTERLY, ANNUAL, TTM) for item in _items(line, frequency))
    item = next((one for one in found if (one.start, one.end) == (ts_start, ts_event)), None)
    item = item or line.spans.get((ts_start, ts_event))
    if item is None:
        return pd.DataFrame(columns=list(VERSIONS))
    rows = list(_versions(item, is_part=False))
    return pd.DataFrame(rows, columns=list(VERSIONS)).sort_values(["ts_event", "ts_start", "ts_init"], kind="stable")


def figures(shelf: Shelf, as_of: int) -> pd.DataFrame:
    """The last twelve months, or the last day, of what a company is first judged by; see FIGURES."""
    accounts = shelf.books.at(as_of)
    rows = []
    for key in _KEY_FIGURES:
        item = _last(accounts, key)
        if item is not None:
            before = _last(accounts, key, _YEAR)
            rows.append((key, CONCEPTS[key].title, *_row(item), None if before is None else before.adjusted))
    return pd.DataFrame(rows, columns=list(FIGURES))


def tags(shelf: Shelf, as_of: int) -> list[str]:
    """Every tag of which anything was known, in order."""
    facts = shelf.facts.until(as_of)
    return sorted(facts.tags)


def _last(accounts: Accounts, key: str, back: int = 0) -> Item | None:
    try:
        measure = CONCEPTS[key].measure
        if key == "shares_outstanding":
            # Told as of a day of its own, weeks after the balance sheet's.
            return _newest(accounts.line(key), back)
        return accounts.moment(key, back) if measure.is_instant else accounts.year(key, back)
    except NotKnown:
        return None


def _newest(line: Line, back: int) -> Item | None:
    ends = sorted(line.moments)
    if not ends:
        return None
    return line.moments[ends[-1]] if not back else line.near(int(ends[-1] - back * 91.3125 * 86_400 * 10**9), 20)


def _items(line: Line, frequency: str) -> list[Item]:
    if line.concept.measure.is_instant:
        return list(line.moments.values())
    if frequency == ANNUAL:
        return list(line.years.values())
    if frequency == QUARTERLY:
        return list(line.quarters.values())
    found = (line.year_to(end) for end in sorted({*line.quarters, *line.years}))
    return [item for item in found if item is not None]


def _frame(items: list[Item]) -> pd.DataFrame:
    frame = pd.DataFrame([_row(item) for item in items], columns=list(HISTORY))
    return frame.astype({name: "int64" for name in ("ts_start", "ts_event", "ts_init")})


def _row(item: Item) -> tuple:
    return (
        item.start, item.end, item.known, item.adjusted, item.unit, item.tag, item.form, item.accession,
        item.is_restated, item.is_derived,
    )  # fmt: skip


def _of_tag(facts: Facts, tag: str, as_of: int) -> pd.DataFrame:
    known = facts.until(as_of)
    places = known.places(tag)
    keys = [(known.unit(place), known.starts[place], known.ends[place]) for place in places.tolist()]
    last: dict[tuple, int] = dict(zip(keys, places.tolist(), strict=True))
    first: dict[tuple, Decimal] = {}
    for key, place in zip(keys, places.tolist(), strict=True):
        first.setdefault(key, known.value(place))
    rows = [
        (key[1], key[2], known.known_at[place], known.value(place), key[0], tag, known.forms[place],
         known.accessions[place], known.value(place) != first[key], False)
        for key, place in last.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(HISTORY)).sort_values(["ts_event", "ts_start"], kind="stable")
    return frame.reset_index(drop=True)


def _versions_of_tags(facts: Facts, names: list[str], ts_start: int, ts_event: int, as_of: int) -> pd.DataFrame:
    rows = []
    for tag in names:
        places = facts.places(tag)
        there = (
            (facts.starts[places] == ts_start) & (facts.ends[places] == ts_event) & (facts.known_at[places] <= as_of)
        )
        mine = places[there].tolist()
        rows += [
            (tag, ts_start, ts_event, int(facts.known_at[place]), facts.value(place), facts.unit(place),
             facts.accessions[place], facts.forms[place], False, place == mine[-1])
            for place in mine
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(VERSIONS))


def _versions(item: Item, is_part: bool) -> Iterator[tuple]:
    if item.parts:
        for part in item.parts:
            yield from _versions(part, is_part=True)
        return
    span = (item.tag, item.start, item.end)
    for one in item.before:
        yield *span, one.known, one.value, item.unit, one.accession, one.form, is_part, False
    yield *span, item.known, item.value, item.unit, item.accession, item.form, is_part, True
