"""Splits: found where a filing says past values per share anew, all by one round ratio, and profits stay as they were.

Accounting rules have every past value per share in a filing restated for a split, so the first filing after it tells.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from nautilus_data.core.statements.concept import CONCEPTS

if TYPE_CHECKING:
    from nautilus_data.core.statements.facts import Facts

# New shares for one old.
_WHOLE = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 25, 30, 40, 50, 60, 75, 80, 100)
_RATIOS = tuple(Decimal(one) for one in _WHOLE) + tuple(Decimal(one) for one in ("1.5", "1.25", "2.5"))
RATIOS = tuple(sorted((Decimal(1), Decimal(4) / 3, *_RATIOS, *(1 / one for one in _RATIOS))))
_SIZES = tuple(map(float, RATIOS))
# What values per share are rounded to at most, by half; and how far averages of shares may be off.
_HALF_CENT, _SHARES_TOLERANCE = Decimal("0.0051"), Decimal("0.01")
# A value per share so small that rounding hides the ratio says nothing.
_LARGEST_ROUNDING = Decimal("0.1")
_LEAST_WITNESSES, _LEAST_SHARE = 2, 0.6
_PROFIT_TOLERANCE = 0.02


@dataclass(frozen=True)
class Split:
    """So many new shares for one old, known since a time (ns)."""

    known: int
    ratio: Decimal

    def explains(self, unit: str, old: Decimal, new: Decimal, old_known: int, new_known: int) -> bool:
        """Is the change from one version of a value to the next this split, and nothing else?"""
        return old_known < self.known <= new_known and _ratio(unit, old, new) == self.ratio


def factor(splits: tuple[Split, ...], known: int, as_of: int) -> Decimal:
    """How many shares one of a value known at a time has become by another."""
    return math.prod((split.ratio for split in splits if known < split.known <= as_of), start=Decimal(1))


def splits_of(facts: Facts) -> tuple[Split, ...]:
    """In the order they became known; each depends on nothing known later."""
    witnesses: dict[int, list[tuple[str, Decimal, Decimal, int]]] = defaultdict(list)
    for known, *witness in _changes(facts):
        witnesses[known].append(tuple(witness))
    found: tuple[Split, ...] = ()
    for known in sorted(witnesses):
        ratios: Counter[Decimal | None] = Counter()
        for unit, old, new, old_known in witnesses[known]:
            # A value said before a split that is known already is expected to change by it.
            passed = factor(found, old_known, known - 1)
            ratios[_ratio(unit, old / passed if unit != "shares" else old * passed, new)] += 1
        ratios.pop(Decimal(1), None)
        ratio, count = ratios.most_common(1)[0] if ratios else (None, 0)
        if ratio is not None and count >= _LEAST_WITNESSES and count >= _LEAST_SHARE * ratios.total():
            found = (*found, Split(known, ratio))
    return found


def _changes(facts: Facts) -> Iterator[tuple[int, str, Decimal, Decimal, int]]:
    """Of values per share and average numbers of shares: when said anew, unit, from, to, and when said before."""
    profits = _profits(facts)
    for concept in CONCEPTS.values():
        if not concept.measure.is_split or concept.measure.is_instant:
            continue
        for tag in concept.tags:
            last: dict[tuple[str, int, int], int] = {}
            for place in facts.places(tag).tolist():
                span = int(facts.starts[place]), int(facts.ends[place])
                before = last.get((facts.unit(place), *span))
                last[(facts.unit(place), *span)] = place
                if before is None or facts.texts[before] == facts.texts[place]:
                    continue
                known, old_known = int(facts.known_at[place]), int(facts.known_at[before])
                if (*span, known) not in profits:
                    yield known, facts.unit(place), facts.value(before), facts.value(place), old_known


def _profits(facts: Facts) -> set[tuple[int, int, int]]:
    """The spans whose net income was restated, and when: a change per share then is no split."""
    restated = set()
    for tag in CONCEPTS["net_income"].tags:
        last: dict[tuple[str, int, int], float] = {}
        for place in facts.places(tag).tolist():
            key = facts.unit(place), int(facts.starts[place]), int(facts.ends[place])
            value = float(facts.numbers[place])
            before = last.get(key, value)
            last[key] = value
            if abs(value - before) > _PROFIT_TOLERANCE * abs(before):
                restated.add((*key[1:], int(facts.known_at[place])))
    return restated


def _ratio(unit: str, old: Decimal, new: Decimal) -> Decimal | None:
    """Which split takes the one to the other: 1 for none, None where it is no split's ratio."""
    if not old or not new or (old < 0) != (new < 0):
        return None
    is_shares = unit == "shares"
    ratio = new / old if is_shares else old / new
    nearest = _nearest(float(ratio))
    if is_shares:
        return nearest if abs(ratio / nearest - 1) <= _SHARES_TOLERANCE else None
    rounding = _HALF_CENT * (1 + 1 / nearest)
    if rounding > _LARGEST_ROUNDING * abs(new):
        return None
    return nearest if abs(old / nearest - new) <= rounding else None


def _nearest(ratio: float) -> Decimal:
    place = bisect(_SIZES, ratio)
    around = range(max(place - 1, 0), min(place + 1, len(_SIZES)))
    return RATIOS[min(around, key=lambda one: abs(math.log(ratio / _SIZES[one])))]
