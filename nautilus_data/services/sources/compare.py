"""Compare: the same bar of two sources, and where their closes differ."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store import Store

COLUMNS = (
    "instrument_id", "timeframe", "adjustment", "ts_event", "source_a", "source_b", "close_a", "close_b", "difference",
)  # fmt: skip
# Of two overlapping series the newest bars are compared, and of what differs the most is kept.
_BARS, _KEPT = 50_000, 1_000
# Bars that come all the time are not compared all the time.
_AGAIN_S = 30.0
_BUDGET_S = 0.5
_Pair = tuple[Series, Series]


@dataclass(frozen=True)
class _Compared:
    """What a pair of series gave at a pair of revisions."""

    revisions: tuple[int, int]
    at_s: float
    rows: pd.DataFrame
    total: int


class Comparison:
    """Bounded: a pair is compared again only when rows of it changed, and a call takes about half a second at most."""

    def __init__(self, store: Store, tolerance: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store, self.tolerance, self._monotonic = store, tolerance, monotonic
        self._compared: dict[_Pair, _Compared] = {}
        self._at_work = threading.Lock()

    def disagreements(self, limit: int) -> pd.DataFrame:
        """The largest first; `attrs` tell the tolerance, the total and whether all pairs were compared."""
        with self._at_work:
            is_complete, compared = self._compare_what_changed(), list(self._compared.values())
        found = [one.rows for one in compared if len(one.rows)]
        frame = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))
        frame = frame.sort_values("difference", key=abs, ascending=False, kind="stable").head(limit)
        frame = frame.reset_index(drop=True)
        frame.attrs.update(tolerance=self.tolerance, total=sum(one.total for one in compared), is_complete=is_complete)
        return frame

    def _compare_what_changed(self) -> bool:
        """Were all pairs compared once?"""
        revisions, until = self._store.revisions("bars"), self._monotonic() + _BUDGET_S
        pairs = list(_pairs(revisions))
        self._compared = {pair: self._compared[pair] for pair in pairs if pair in self._compared}
        for pair in pairs:
            if self._monotonic() > until:
                break
            self._look(pair, (revisions[pair[0]], revisions[pair[1]]))
        return len(self._compared) == len(pairs)

    def _look(self, pair: _Pair, revisions: tuple[int, int]) -> None:
        known, now = self._compared.get(pair), self._monotonic()
        if known and (known.revisions == revisions or now - known.at_s < _AGAIN_S):
            return
        rows, total = self._compare(*pair)
        self._compared[pair] = _Compared(revisions, now, rows, total)

    def _compare(self, a: Series, b: Series) -> tuple[pd.DataFrame, int]:
        (_, first_a, last_a), (_, first_b, last_b) = self._store.summary(a), self._store.summary(b)
        span = TimeRange(max(first_a, first_b), max(min(last_a, last_b) + 1, max(first_a, first_b)))
        closes = [self._closes(series, span) for series in (a, b)]
        times, place_a, place_b = np.intersect1d(closes[0][0], closes[1][0], assume_unique=True, return_indices=True)
        close_a, close_b = closes[0][1][place_a], closes[1][1][place_b]
        with np.errstate(divide="ignore", invalid="ignore"):
            differs = (close_b - close_a) / np.abs(close_a)
        beyond = np.flatnonzero(np.abs(differs) > self.tolerance)
        worst = beyond[np.argsort(-np.abs(differs[beyond]), kind="stable")][:_KEPT]
        rows = pd.DataFrame(
            {
                "instrument_id": a.instrument_id, "timeframe": a.timeframe, "adjustment": a.adjustment,
                "ts_event": times[worst], "source_a": a.source, "source_b": b.source,
                "close_a": _exact(close_a[worst]), "close_b": _exact(close_b[worst]), "difference": differs[worst],
            }
        )  # fmt: skip
        return rows, len(beyond)

    def _closes(self, series: Series, span: TimeRange) -> tuple[np.ndarray, np.ndarray]:
        frame = self._store.read(series, span, last=_BARS, columns=["ts_event", "close"])
        return frame["ts_event"].to_numpy("int64"), frame["close"].to_numpy("int64")


def _pairs(found: Iterable[Series]) -> Iterator[_Pair]:
    """Series of several sources that tell of the same bars."""
    alike: dict[Series, list[Series]] = defaultdict(list)
    for series in found:
        alike[replace(series, source="")].append(series)
    for same in alike.values():
        yield from combinations(same, 2)


def _exact(ticks: np.ndarray) -> list[Decimal]:
    return [Decimal(tick) / PRICE_SCALE for tick in ticks.tolist()]
