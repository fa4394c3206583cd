"""Replay clock: which historical time was being replayed at a time of a node's own clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nautilus_data.core.timerange import TimeRange


@dataclass(frozen=True)
class ReplayClock:
    """Pairs of times in int64 ns, both rising: at `wall` the node's bar was that of `historical`.

    `bars` are all historical times there are bars of. Where two neighbouring pairs are neighbouring bars, the earlier
    one was current until the later came. Between pairs that are further apart the time is estimated.
    """

    wall: np.ndarray
    historical: np.ndarray
    bars: np.ndarray

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]], bars: Iterable[int] = ()) -> ReplayClock:
        """Of pairs in any order."""
        known = np.array(sorted(set(pairs)), "int64").reshape(-1, 2)
        wall, historical = known[:, 0], np.maximum.accumulate(known[:, 1]) if len(known) else known[:, 1]
        return cls(wall, historical, np.union1d(np.fromiter(bars, "int64"), historical))

    @property
    def is_empty(self) -> bool:
        return not len(self.wall)

    def at(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Historical time of each, always that of a bar, and whether it is exact rather than estimated.

        Before the first pair and after the last one it is that pair's.
        """
        times = np.asarray(times, "int64")
        if self.is_empty:
            return times, np.ones(len(times), bool)
        after = np.searchsorted(self.wall, times, side="right")
        low, high = np.maximum(after - 1, 0), np.minimum(after, len(self.wall) - 1)
        start, end = self.historical[low], self.historical[high]
        steps = np.searchsorted(self.bars, end) - np.searchsorted(self.bars, start)
        is_exact = (steps <= 1) & (after > 0)
        length = np.maximum(self.wall[high] - self.wall[low], 1)
        # Fractions first: the product of two spans of nanoseconds is beyond 64 bits.
        moved = (times - self.wall[low]).clip(0) / length * (end - start)
        estimated = _nearest(self.bars, start + moved.astype("int64"))
        return np.where(is_exact, start, np.where(steps <= 1, start, estimated)), is_exact

    def wall_span(self, span: TimeRange) -> TimeRange:
        """A span of the node's clock that holds all that stands in a historical one."""
        if self.is_empty:
            return span
        first = np.searchsorted(self.historical, span.start, side="left") - 1
        last = np.searchsorted(self.historical, span.end, side="left")
        # Beyond the last pair nothing is known: what comes there may belong to it.
        start = 0 if first < 0 else int(self.wall[first])
        end = np.iinfo("int64").max if last >= len(self.wall) else int(self.wall[last])
        return TimeRange(start, max(start, end))


def _nearest(sorted_times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    above = np.searchsorted(sorted_times, wanted).clip(0, len(sorted_times) - 1)
    below = (above - 1).clip(0)
    is_above = sorted_times[above] - wanted < wanted - sorted_times[below]
    return np.where(is_above, sorted_times[above], sorted_times[below])
