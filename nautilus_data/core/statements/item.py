"""Item: one value of a statement, where it came from, and what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from nautilus_data.core.statements.change import RESTATED
from nautilus_data.core.timerange import NS_PER_DAY

REPORTED, DIFFERENCE, SUM, FORMULA = "reported", "difference", "sum", "formula"
ONE = Decimal(1)
# How many days a span has, its first and last counted, to be a quarter, half, nine months or a year of 52 or 53 weeks.
QUARTER_DAYS, HALF_DAYS, NINE_MONTHS_DAYS, YEAR_DAYS = (80, 100), (165, 200), (255, 290), (350, 380)


class NotKnown(LookupError):
    """A value a factor needs is not known; says which, of what time."""


@dataclass(frozen=True)
class Version:
    """A value as one filing said it; `said` is when it was said last without another in between.

    `change` says why it took the place of the one before: `restated`, `rounded`, `split`, '' for the first.
    """

    value: Decimal
    known: int
    said: int
    accession: str
    form: str
    change: str = ""


@dataclass(frozen=True)
class Item:
    """A value of the time from `start` (0: at one moment) to `end`, both days as ns at midnight UTC.

    `value` is exact, as its filing said it or as it was computed of the `parts`; `known` is since when it stands so.
    `split` says into how many shares one of its time has been split since; `before` are earlier versions, oldest first.
    """

    start: int
    end: int
    value: Decimal
    known: int
    said: int
    unit: str
    tag: str = ""
    accession: str = ""
    form: str = ""
    how: str = REPORTED
    change: str = ""
    before: tuple[Version, ...] = ()
    parts: tuple[Item, ...] = ()
    signs: tuple[int, ...] = ()
    split: Decimal = ONE
    # Other tags that are of the same concept and say another value of the same time.
    others: tuple[tuple[str, Decimal], ...] = ()

    @property
    def days(self) -> int:
        """First and last counted; of a moment 0."""
        return (self.end - self.start) // NS_PER_DAY + 1 if self.start else 0

    @property
    def is_derived(self) -> bool:
        return self.how != REPORTED

    @cached_property
    def is_restated(self) -> bool:
        """Was it, or a part of it, another value before, by more than rounding or a split?"""
        changes = (self.change, *(version.change for version in self.before))
        return RESTATED in changes or any(part.is_restated for part in self.parts)

    @cached_property
    def is_mixed(self) -> bool:
        """Was one part restated after the other was last said? Then the parts may be of two ways of counting."""
        if self.how != DIFFERENCE:
            return any(part.is_mixed for part in self.parts)
        return any(one.change == RESTATED and one.known > other.said for one in self.parts for other in self.parts)

    @cached_property
    def adjusted(self) -> Decimal:
        """As if of the shares of today: per-share values divided, numbers of shares multiplied, money as it is."""
        if self.split == ONE:
            return self.value
        return self.value / self.split if self.unit.endswith("/shares") else self.value * self.split

    @cached_property
    def number(self) -> float:
        """For statistics: adjusted for splits."""
        return float(self.adjusted)


def is_span(days: int, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= days <= bounds[1]


def derived(how: str, start: int, end: int, parts: tuple[Item, ...], signs: tuple[int, ...]) -> Item:
    """Put together of parts, on the basis of shares of the newest: a part said before a split counts as after it."""
    newest = max(parts, key=lambda part: part.known)
    split = min((part.split for part in parts if part.known == newest.known), default=ONE)
    values = (part.value if part.split == split else _on(part, split) for part in parts)
    total = sum((sign * value for sign, value in zip(signs, values, strict=True)), Decimal(0))
    tags = {part.tag for part in parts}
    return Item(
        start, end, total, newest.known, min(part.said for part in parts), newest.unit,
        newest.tag if len(tags) == 1 else "", newest.accession, newest.form, how,
        parts=parts, signs=signs, split=split,
    )  # fmt: skip


def _on(part: Item, split: Decimal) -> Decimal:
    """Its value on the basis of another split."""
    return part.adjusted * split if part.unit.endswith("/shares") else part.adjusted / split
