"""Turns: what a day's requests buy, in which order, and what has to wait until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.sources.alpha_vantage.call import Priority
from nautilus_data.transport import RateLimit

# What has its turn within so long only waits for the others of today.
_AT_ONCE_NS = 3_600 * NS_PER_S


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A series somebody wants, how many requests it takes, and how urgent it is."""

    series: Series
    calls: int
    priority: Priority


@dataclass(frozen=True, kw_only=True)
class Turn:
    """When the last request about a series will have been let through (ns); `waits`: not at once."""

    series: Series
    calls: int
    priority: Priority
    ts_due: int
    waits: bool


def turns(
    wanted: Iterable[Wanted], asked: Sequence[int], limits: Sequence[RateLimit], daily: int, now: int
) -> list[Turn]:
    """The order in which all are asked, the most urgent first, and when; `asked` are past requests' times (ns).

    A day's last requests are left for what is more urgent, as they are when it is asked.
    """
    times, found, at = sorted(asked), [], now
    longest = max(limits, key=lambda limit: limit.per_s)
    for one in sorted(wanted, key=lambda one: one.priority):
        mine = [*limits, RateLimit(max(1, longest.calls - one.priority.kept(daily)), longest.per_s)]
        for _ in range(one.calls):
            at = max(at, *(_free_at(times, limit) for limit in mine))
            times.append(at)
        found.append(
            Turn(series=one.series, calls=one.calls, priority=one.priority, ts_due=at, waits=at - now > _AT_ONCE_NS)
        )
    return found


def _free_at(times: Sequence[int], limit: RateLimit) -> int:
    """When one more is allowed; `times` in order."""
    return times[-limit.calls] + int(limit.per_s * NS_PER_S) if len(times) >= limit.calls else 0
