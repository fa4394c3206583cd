"""Line: one concept as it was known at a time, over moments, quarters, years and other spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from nautilus_data.core.statements.concept import Concept
from nautilus_data.core.statements.item import FORMULA, YEAR_DAYS, Item, derived
from nautilus_data.core.statements.quarters import Spans, at_ends, nearest, quarters_of, year_to
from nautilus_data.core.statements.telling import FIRST
from nautilus_data.core.timerange import NS_PER_DAY


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


def line_of(concept: Concept, told: Mapping[str, Spans], basis: str) -> Line:
    """Of what a concept's tags tell, in order of preference; the first tag that covers a time counts.

    By `FIRST` that is the tag that was first to say something of it. Values of two tags are subtracted from each other
    only if the tags agree: they have spans in common, and the same value in each of them.
    """
    told = {tag: dict(sorted(found.items())) for tag, found in told.items() if found}
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
        return dict(sorted({**own, **{end: item for end, item in made.items() if item is not None}}.items()))

    return Line(line.concept, filled("spans"), filled("moments"), filled("quarters"))


def _summed(concept: Concept, parts: Mapping[str, Item | None]) -> Item | None:
    found = [(term, parts[term.concept]) for term in concept.terms if parts[term.concept] is not None]
    if not found or any(parts[term.concept] is None for term in concept.terms if not term.is_optional):
        return None
    items = tuple(item for _, item in found)
    made = derived(FORMULA, items[0].start, items[0].end, items, tuple(term.sign for term, _ in found))
    return replace(made, tag="")


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
    return dict(sorted(merged.items()))


def _agree(one: Spans, other: Spans) -> bool:
    common = one.keys() & other.keys()
    return bool(common) and all(one[span].adjusted == other[span].adjusted for span in common)
