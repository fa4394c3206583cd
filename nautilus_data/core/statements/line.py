"""Line: one concept as it was known at a time, over moments, quarters, years and other spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from nautilus_data.core.statements.change import change
from nautilus_data.core.statements.concept import Concept, Measure
from nautilus_data.core.statements.facts import Facts
from nautilus_data.core.statements.item import FORMULA, YEAR_DAYS, Item, Version, derived
from nautilus_data.core.statements.quarters import Spans, at_ends, nearest, quarters_of, year_to
from nautilus_data.core.statements.splits import factor
from nautilus_data.core.timerange import NS_PER_DAY

FIRST, KNOWN = "first", "known"


@dataclass(frozen=True)
class Line:
    """A concept's values: `spans` as reported by (start, end), moments and quarters by their end."""

    concept: Concept
    spans: Spans = field(default_factory=dict)
    moments: Mapping[int, Item] = field(default_factory=dict)
    quarters: Mapping[int, Item] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.spans or self.moments)

    @cached_property
    def years(self) -> dict[int, Item]:
        """Spans of 350 to 380 days by their end."""
        return at_ends(self.spans, YEAR_DAYS)

    @cached_property
    def ends(self) -> list[int]:
        """Of moments, or of quarters and years; ascending."""
        return sorted(self.moments or {*self.quarters, *self.years})

    def year_to(self, end: int) -> Item | None:
        """The twelve months to a day; only of what may be added up, else of a year as reported."""
        if not self.concept.measure.is_additive:
            return self.years.get(end)
        return year_to(end, self.spans, self.years, self.quarters)

    def near(self, end: int, slack_days: int) -> Item | None:
        """The moment nearest to a day."""
        found = nearest(self.ends, end, slack_days * NS_PER_DAY)
        return None if found is None else self.moments.get(found)


def line_of(concept: Concept, facts: Facts, as_of: int, currency: str, basis: str) -> Line:
    """Of the facts a concept's own tags had by then; the first tag that covers a time counts.

    By `FIRST` each value is as it was first filed, of whichever tag was first; by `KNOWN` as it was said last. Values
    of two tags are subtracted from each other only if the tags agree: they have spans in common, and the same value
    in each of them.
    """
    unit = concept.measure.unit(currency)
    told = {tag: found for tag in concept.tags if (found := _told(facts, tag, unit, as_of, basis, concept.measure))}
    spans = _merged([*told.values()], basis)
    if concept.measure.is_instant:
        return Line(concept, moments={item.end: item for item in spans.values()})
    if not concept.measure.is_additive:
        return Line(concept, spans, quarters=quarters_reported(spans))
    by_tag = [quarters_of(found) for found in told.values()]
    mixed = quarters_of(spans, lambda one, other: _agree(told[one], told[other])) if len(told) > 1 else {}
    return Line(concept, spans, quarters=_merged([*by_tag, mixed], basis))


def quarters_reported(spans: Spans) -> dict[int, Item]:
    """Of what does not add up, only quarters that were reported."""
    return {end: item for end, item in quarters_of(spans).items() if not item.is_derived}


def with_terms(line: Line, lines: Mapping[str, Line]) -> Line:
    """A line, with the sum of its concept's terms wherever it has no value of its own."""
    terms = line.concept.terms
    there = [term for term in terms if lines[term.concept] or not term.is_optional]
    if not there:
        return line

    def filled(name: str) -> dict:
        own, parts = getattr(line, name), {term.concept: getattr(lines[term.concept], name) for term in terms}
        ends = {end for found in parts.values() for end in found} - set(own)
        made = {end: _summed(line.concept, {key: found.get(end) for key, found in parts.items()}) for end in ends}
        return {**own, **{end: item for end, item in made.items() if item is not None}}

    return Line(line.concept, filled("spans"), filled("moments"), filled("quarters"))


def _summed(concept: Concept, parts: Mapping[str, Item | None]) -> Item | None:
    found = [(term, parts[term.concept]) for term in concept.terms if parts[term.concept] is not None]
    if not found or any(parts[term.concept] is None for term in concept.terms if not term.is_optional):
        return None
    items = tuple(item for _, item in found)
    made = derived(FORMULA, items[0].start, items[0].end, items, tuple(term.sign for term, _ in found))
    return replace(made, tag="")


def _told(facts: Facts, tag: str, unit: str, as_of: int, basis: str, measure: Measure) -> dict[tuple[int, int], Item]:
    """What one tag says, by (start, end): its versions in the order they became known, equal ones as one."""
    versions: dict[tuple[int, int], list[Version]] = {}
    places = facts.places(tag)
    for place in places[: _count(facts, places, as_of)].tolist():
        start, end = int(facts.starts[place]), int(facts.ends[place])
        if (start == 0) != measure.is_instant or facts.unit(place) != unit:
            continue
        value, known = facts.value(place), int(facts.known_at[place])
        of_span = versions.setdefault((start, end), [])
        if of_span and of_span[-1].value == value:
            of_span[-1] = replace(of_span[-1], said=known)
        else:
            why = _change(unit, of_span[-1], value, known, facts) if of_span else ""
            of_span.append(Version(value, known, known, facts.accessions[place], facts.forms[place], why))
    items = {}
    for (start, end), of_span in versions.items():
        said, before = (of_span[0], ()) if basis == FIRST else (of_span[-1], tuple(of_span[:-1]))
        split = factor(facts.splits, said.said, as_of) if measure.is_split else factor((), 0, 0)
        items[(start, end)] = Item(
            start, end, said.value, said.known, said.said, unit, tag, said.accession, said.form,
            change=said.change, before=before, split=split,
        )  # fmt: skip
    return items


def _change(unit: str, last: Version, value: Decimal, known: int, facts: Facts) -> str:
    return change(unit, last.value, value, (last.said, known), facts.splits)


def _count(facts: Facts, places: np.ndarray, as_of: int) -> int:
    return int(facts.known_at[places].searchsorted(as_of, side="right"))


def _merged(told: list[Mapping], basis: str) -> dict:
    """One value of each time: the first in order that has it, by `FIRST` the one known first; others are noted."""
    merged: dict = {}
    for found in told:
        for key, item in found.items():
            held = merged.get(key)
            if held is None:
                merged[key] = item
                continue
            chosen, other = (item, held) if basis == FIRST and item.known < held.known else (held, item)
            if other.tag and other.tag != chosen.tag and other.adjusted != chosen.adjusted:
                chosen = replace(chosen, others=(*chosen.others, (other.tag, other.value)))
            merged[key] = chosen
    return merged


def _agree(one: Spans, other: Spans) -> bool:
    common = one.keys() & other.keys()
    return bool(common) and all(one[span].adjusted == other[span].adjusted for span in common)
