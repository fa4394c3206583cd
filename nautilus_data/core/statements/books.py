"""Books: a company's facts put into lines, as they were known at any time; what is asked again is kept."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from functools import lru_cache

from nautilus_data.core.statements.concept import CONCEPTS, Concept
from nautilus_data.core.statements.facts import Facts
from nautilus_data.core.statements.item import Item, NotKnown
from nautilus_data.core.statements.line import Line, line_of, with_terms
from nautilus_data.core.statements.quarters import last_quarters, nearest
from nautilus_data.core.statements.telling import FIRST, KNOWN, Telling
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S

__all__ = ["FIRST", "KNOWN", "Accounts", "Books"]

# Quarters are of three months or of 13 weeks, and a year now and then of 53 weeks.
SLACK_DAYS = 20


class Books:
    """Lines of all concepts at any time; a line is made anew only when a fact of its tags came since.

    `basis` is `FIRST` (each value as first filed) or `KNOWN` (as said last).
    """

    def __init__(self, facts: Facts, basis: str = KNOWN) -> None:
        self.facts, self.basis = facts, basis
        self._lines: dict[tuple, Line] = {}
        self._tellings: dict[tuple, Telling] = {}

    def at(self, as_of: int) -> Accounts:
        return Accounts(self, as_of, self.facts.currency(as_of))

    def line(self, key: str, as_of: int, currency: str) -> Line:
        concept = CONCEPTS[key]
        places = (self.facts.places(tag) for tag in self._tags(key))
        counts = tuple(int(self.facts.known_at[found].searchsorted(as_of, side="right")) for found in places)
        splits = sum(split.known <= as_of for split in self.facts.splits) if concept.measure.is_split else 0
        mark = (key, currency, splits, counts)
        if mark not in self._lines:
            unit = concept.measure.unit(currency)
            told = {tag: self._telling(concept, tag, unit).at(as_of) for tag in concept.tags}
            line = line_of(concept, told, self.basis)
            terms = {term.concept: self.line(term.concept, as_of, currency) for term in concept.terms}
            self._lines[mark] = with_terms(line, terms) if terms else line
        return self._lines[mark]

    def _telling(self, concept: Concept, tag: str, unit: str) -> Telling:
        key = concept.measure, tag, unit
        if key not in self._tellings:
            self._tellings[key] = Telling(self.facts, tag, unit, concept.measure, self.basis)
        return self._tellings[key]

    def _tags(self, key: str) -> tuple[str, ...]:
        """Of the concept and of all it is put together of."""
        concept = CONCEPTS[key]
        return concept.tags + tuple(tag for term in concept.terms for tag in self._tags(term.concept))


class Accounts:
    """A company's lines as known at one time. What is asked for and not known raises `NotKnown` with its name."""

    def __init__(self, books: Books, as_of: int, currency: str) -> None:
        self.as_of, self.currency, self._books = as_of, currency, books
        self._lines: dict[str, Line] = {}

    @property
    def facts(self) -> Facts:
        return self._books.facts

    def line(self, key: str) -> Line:
        if key not in self._lines:
            self._lines[key] = self._books.line(key, self.as_of, self.currency)
        return self._lines[key]

    @property
    def end(self) -> int:
        """The last day a balance sheet is known of."""
        moments = self.line("assets").moments
        if not moments:
            raise NotKnown("no total assets are known")
        return max(moments)

    def moment(self, key: str, back: int = 0, end: int | None = None) -> Item:
        """On the last balance sheet, or so many quarters before it."""
        target = quarters_before(self.end if end is None else end, back)
        line = self.line(key)
        found = line.moments.get(target) if not back else None
        found = found or line.near(target, SLACK_DAYS)
        if found is None:
            raise NotKnown(f"{_name(key)} of {day(target)} is not known")
        return found

    def year(self, key: str, back: int = 0, end: int | None = None) -> Item:
        """Of the twelve months to the last balance sheet, or to so many quarters before it."""
        line = self.line(key)
        target = quarters_before(self.end if end is None else end, back)
        last = nearest(line.ends, target, SLACK_DAYS * NS_PER_DAY)
        found = None if last is None else line.year_to(last)
        if found is None:
            raise NotKnown(f"{_name(key)} of the year to {day(target)} is not known")
        return found

    def quarters(self, key: str, least: int = 1, most: int = 0) -> list[Item]:
        """Quarters in a row, oldest first, the last of them the newest known: at least so many, up to `most`."""
        quarters = self.line(key).quarters
        if not quarters:
            raise NotKnown(f"{_name(key)} of a quarter is not known")
        newest = max(quarters)
        for count in range(max(least, most), least - 1, -1):
            if (found := last_quarters(newest, quarters, count)) is not None:
                return found
        raise NotKnown(f"{_name(key)} of {least} quarters in a row up to {day(newest)} is not known")


@lru_cache(maxsize=4096)
def quarters_before(end: int, count: int) -> int:
    """The same day so many quarters earlier, a month's last day of a month's last day (ns)."""
    date = datetime.fromtimestamp(end // NS_PER_S, UTC)
    month = 12 * date.year + date.month - 1
    is_last = date.day == _days_in(month)
    days = _days_in(month - 3 * count)
    year, place = divmod(month - 3 * count, 12)
    found = datetime(year, place + 1, days if is_last else min(date.day, days), tzinfo=UTC)
    return int(found.timestamp()) * NS_PER_S


def _days_in(month: int) -> int:
    """Of a month counted from the year 0."""
    return monthrange(month // 12, month % 12 + 1)[1]


def day(ns: int) -> str:
    return datetime.fromtimestamp(ns // NS_PER_S, UTC).date().isoformat()


def _name(key: str) -> str:
    return CONCEPTS[key].title
