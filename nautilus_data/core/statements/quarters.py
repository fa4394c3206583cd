"""Quarters: found in what was reported, or as the difference of spans that begin together; years of four of them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping

from nautilus_data.core.statements.item import (
    DIFFERENCE,
    QUARTER_DAYS,
    SUM,
    YEAR_DAYS,
    Item,
    derived,
    is_span,
)
from nautilus_data.core.timerange import NS_PER_DAY

Spans = Mapping[tuple[int, int], Item]
# Weeks end on other days than months: how far the end of one quarter may lie from the day before the next.
SLACK_NS = 7 * NS_PER_DAY


def at_ends(spans: Spans, bounds: tuple[int, int]) -> dict[int, Item]:
    """Those of a length by their end; of two that end together the one known last."""
    found: dict[int, Item] = {}
    for item in spans.values():
        if is_span(item.days, bounds) and (item.end not in found or item.known > found[item.end].known):
            found[item.end] = item
    return found


def quarters_of(spans: Spans, may_mix: Callable[[str, str], bool] | None = None) -> dict[int, Item]:
    """Quarters by their end: as reported, else of two spans that begin together, else of a year and three quarters.

    `may_mix` says whether values of two tags may be subtracted from each other; without it none of two tags are.
    """
    quarters = at_ends(spans, QUARTER_DAYS)
    by_start: dict[int, list[Item]] = defaultdict(list)
    for item in spans.values():
        by_start[item.start].append(item)
    for together in by_start.values():
        together.sort(key=lambda item: item.end)
        for place, longer in enumerate(together):
            for shorter in together[:place]:
                days = (longer.end - shorter.end) // NS_PER_DAY
                if longer.end not in quarters and is_span(days, QUARTER_DAYS) and _fit(longer, shorter, may_mix):
                    start = shorter.end + NS_PER_DAY
                    quarters[longer.end] = derived(DIFFERENCE, start, longer.end, (longer, shorter), (1, -1))
    for year in at_ends(spans, YEAR_DAYS).values():
        if year.end not in quarters and (three := _first_three(year, quarters, may_mix)):
            start = three[-1].end + NS_PER_DAY
            quarters[year.end] = derived(DIFFERENCE, start, year.end, (year, *three), (1, -1, -1, -1))
    return quarters


def year_to(end: int, spans: Spans, years: Mapping[int, Item], quarters: Mapping[int, Item]) -> Item | None:
    """The twelve months to a day: the year reported, else four quarters, else a year and what was added and fell out.

    The last is of those who report halves only: year + half − the half a year before.
    """
    if end in years:
        return years[end]
    if (four := last_quarters(end, quarters, 4)) is not None:
        return derived(SUM, four[0].start, end, tuple(four), (1, 1, 1, 1))
    return _rolled(end, spans, years)


def last_quarters(end: int, quarters: Mapping[int, Item], count: int) -> list[Item] | None:
    """So many quarters in a row up to the one that ends then, oldest first; None where one is missing."""
    ends = sorted(quarters)
    found = [quarters[end]] if end in quarters else []
    while found and len(found) < count:
        before = nearest(ends, found[-1].start - NS_PER_DAY, SLACK_NS)
        if before is None or before >= found[-1].end:
            return None
        found.append(quarters[before])
    return found[::-1] if len(found) == count else None


def nearest(ends: list[int], target: int, slack: int) -> int | None:
    """Of ascending times the one nearest to another, if it is no further than allowed."""
    place = bisect_left(ends, target)
    around = ends[max(place - 1, 0) : place + 1]
    best = min(around, key=lambda end: abs(end - target), default=None)
    return best if best is not None and abs(best - target) <= slack else None


def _rolled(end: int, spans: Spans, years: Mapping[int, Item]) -> Item | None:
    current = [item for item in spans.values() if item.end == end and item.days < YEAR_DAYS[0]]
    for part in sorted(current, key=lambda item: -item.days):
        year_end = nearest(sorted(years), part.start - NS_PER_DAY, SLACK_NS)
        if year_end is None:
            continue
        year = years[year_end]
        for old in spans.values():
            if abs(old.start - year.start) <= SLACK_NS and abs(old.days - part.days) <= SLACK_NS // NS_PER_DAY:
                start = old.end + NS_PER_DAY
                return derived(SUM, start, end, (year, part, old), (1, 1, -1))
    return None


def _first_three(
    year: Item, quarters: Mapping[int, Item], may_mix: Callable[[str, str], bool] | None
) -> list[Item] | None:
    within = sorted((end for end in quarters if year.start < end < year.end), reverse=True)
    for end in within:
        three = last_quarters(end, quarters, 3)
        left = (year.end - end) // NS_PER_DAY
        if three and abs(three[0].start - year.start) <= SLACK_NS and is_span(left, QUARTER_DAYS):
            return three if all(_fit(year, one, may_mix) for one in three) else None
    return None


def _fit(one: Item, other: Item, may_mix: Callable[[str, str], bool] | None) -> bool:
    return one.tag == other.tag or (may_mix is not None and bool(one.tag and other.tag) and may_mix(one.tag, other.tag))
