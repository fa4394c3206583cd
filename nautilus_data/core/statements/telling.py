"""Telling: what one tag says, brought forward in time; asked in ascending order each fact is read once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from nautilus_data.core.statements.change import change
from nautilus_data.core.statements.concept import Measure
from nautilus_data.core.statements.facts import Facts
from nautilus_data.core.statements.item import ONE, Item, Version
from nautilus_data.core.statements.splits import factor

FIRST, KNOWN = "first", "known"
Span = tuple[int, int]


class Telling:
    """Values of one tag in one unit by (start, end).

    By `FIRST` each is as it was first filed, by `KNOWN` as it was said last, with the versions before it.
    """

    def __init__(self, facts: Facts, tag: str, unit: str, measure: Measure, basis: str) -> None:
        self._facts, self._tag, self._unit, self._measure, self._basis = facts, tag, unit, measure, basis
        self._places = facts.places(tag)
        self._known = facts.known_at[self._places]
        self._begin()

    def at(self, as_of: int) -> dict[Span, Item]:
        """As known at a time, the same whatever was asked before."""
        count = int(self._known.searchsorted(as_of, side="right"))
        if count < self._read:
            self._begin()
        touched = {span for place in self._places[self._read : count].tolist() if (span := self._take(place))}
        self._read = count
        splits = sum(split.known <= as_of for split in self._facts.splits) if self._measure.is_split else 0
        if splits != self._splits:
            touched, self._splits = set(self._versions), splits
        if touched:
            self._items = self._items | {span: self._item(span, as_of) for span in touched}
        return self._items

    def _begin(self) -> None:
        self._read, self._splits = 0, 0
        self._versions: dict[Span, list[Version]] = {}
        self._items: dict[Span, Item] = {}

    def _take(self, place: int) -> Span | None:
        """Read a fact; its span, if it is one of this unit and of a moment or time as it should be."""
        facts = self._facts
        span = int(facts.starts[place]), int(facts.ends[place])
        if (span[0] == 0) != self._measure.is_instant or facts.unit(place) != self._unit:
            return None
        value, known = facts.value(place), int(facts.known_at[place])
        versions = self._versions.setdefault(span, [])
        if versions and versions[-1].value == value:
            versions[-1] = replace(versions[-1], said=known)
            return span
        why = self._change(versions[-1], value, known) if versions else ""
        versions.append(Version(value, known, known, facts.accessions[place], facts.forms[place], why))
        return span

    def _change(self, last: Version, value: Decimal, known: int) -> str:
        return change(self._unit, last.value, value, (last.said, known), self._facts.splits)

    def _item(self, span: Span, as_of: int) -> Item:
        versions = self._versions[span]
        said, before = (versions[0], ()) if self._basis == FIRST else (versions[-1], tuple(versions[:-1]))
        split = factor(self._facts.splits, said.said, as_of) if self._measure.is_split else ONE
        return Item(
            *span, said.value, said.known, said.said, self._unit, self._tag, said.accession, said.form,
            change=said.change, before=before, split=split,
        )  # fmt: skip
