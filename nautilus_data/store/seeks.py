"""Seeks: what is asked of long lines of bars without reading them: their ends, a bounded count, buckets, the newest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sqlalchemy import Connection, and_, func, select

from nautilus_data.core.calendar import Slots
from nautilus_data.core.dataset import BARS, Series, timeframe_ns
from nautilus_data.core.resample import locate, session_slots, stamps
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store.buckets import ROW, clipped
from nautilus_data.store.rows import Rows
from nautilus_data.store.tables import SERIES, SERIES_FIELDS, TABLES

_BARS = TABLES["bars"]
# SQLite binds 32,766 values at most.
_MOST_NAMES = 10_000
_EDGES = ("starts", "ends", "due")


class Seeks(Rows):
    """The clustered key leads to every answer: none of them costs more the longer a line is."""

    def ends(self, series: Series, before: int | None = None) -> tuple[int, int] | None:
        """Times of the first and the last bar (before a time); None when there is none."""
        number = self._series_number(series)
        mine = [_BARS.c.series == number, *([] if before is None else [_BARS.c.ts_event < before])]
        # Two statements: SQLite seeks for a single min or max, and scans for two.
        with self._reading() as connection:
            first, last = (
                connection.execute(select(end(_BARS.c.ts_event)).where(*mine)).scalar() for end in (func.min, func.max)
            )
        return None if first is None else (first, last)

    def count(self, series: Series, span: TimeRange | None, most: int) -> int:
        """How many bars there are in a span; counting stops at `most`."""
        mine = [_BARS.c.series == self._series_number(series)]
        if span is not None:
            mine += [_BARS.c.ts_event >= span.start, _BARS.c.ts_event < span.end]
        some = select(_BARS.c.ts_event).where(*mine).limit(most).subquery()
        with self._reading() as connection:
            return connection.execute(select(func.count()).select_from(some)).scalar_one()

    def resample(self, series: Series, span: TimeRange, timeframe: str, newest: int | None = None) -> pd.DataFrame:
        """What `core.resample` makes of the bars of a span, made by the database; `bars` counts them in each.

        Sums of volume differ from those of memory by rounding, as the order of adding does.
        """
        number = self._series_number(series)
        with self._reading() as connection:
            edges = self._edges(connection, series, number, span, timeframe)
            if edges is None:
                return pd.DataFrame(
                    {**{name: BARS.empty()[name] for name in BARS.columns}, "bars": np.empty(0, "int64")}
                )
            found = np.fromiter(
                self._dialect.buckets(connection, number, *clipped(edges.starts, edges.ends, span)), ROW
            )
        place = np.searchsorted(np.maximum(edges.starts, span.start - 1), found["start_ns"])
        last = np.ascontiguousarray(found["last"])
        times = stamps(edges.due[place], last, int(last[-1]) if newest is None else newest)
        names = [name for name in (*BARS.columns, "bars") if name != "ts_event"]
        return pd.DataFrame({"ts_event": times, **{name: np.ascontiguousarray(found[name]) for name in names}})

    def latest_bars(self, instrument_ids: Sequence[str]) -> pd.DataFrame:
        """The newest bar of every series of some instruments: the fields of its series, and the bar."""
        newest = select(func.max(_BARS.c.ts_event)).where(_BARS.c.series == SERIES.c.id)
        columns = [*(SERIES.c[name] for name in SERIES_FIELDS), *(_BARS.c[name] for name in BARS.columns)]
        joined = SERIES.join(
            _BARS, and_(_BARS.c.series == SERIES.c.id, _BARS.c.ts_event == newest.correlate(SERIES).scalar_subquery())
        )
        rows = []
        with self._reading() as connection:
            for first in range(0, len(instrument_ids), _MOST_NAMES):
                some = SERIES.c.instrument_id.in_(list(instrument_ids[first : first + _MOST_NAMES]))
                newest_of_some = select(*columns).select_from(joined).where(SERIES.c.dataset == BARS.name, some)
                found = connection.execute(newest_of_some, execution_options={"is_binary": True})
                rows += found.cursor.fetchall()
        return pd.DataFrame(rows, columns=[column.name for column in columns])

    def _edges(
        self, connection: Connection, series: Series, number: int | None, span: TimeRange, timeframe: str
    ) -> Slots | None:
        """Every bucket that bars of a span are in, in order, and some that are empty; None without bars."""
        mine = (_BARS.c.series == number, _BARS.c.ts_event >= span.start, _BARS.c.ts_event < span.end)
        first, last = (
            connection.execute(select(end(_BARS.c.ts_event)).where(*mine)).scalar() for end in (func.min, func.max)
        )
        if first is None:
            return None
        slots = session_slots(series, timeframe, np.array([first, last]))
        if slots is None or not len(slots):
            return steps(series, timeframe, first, last)
        slots = slots.part((slots.ends >= first) & (slots.starts < last))
        strays = self._strays(connection, number, slots, TimeRange(first, last + 1))
        return _with_strays(slots, series, timeframe, strays) if len(strays) else slots

    def _strays(self, connection: Connection, number: int, slots: Slots, span: TimeRange) -> np.ndarray:
        """Times of bars in none of the slots: next to always there are none."""
        starts, ends = clipped(np.append(span.start - 1, slots.ends), np.append(slots.starts, span.end), span)
        found = self._dialect.buckets(connection, number, starts, ends, only_times=True)
        return np.fromiter((row[0] for row in found), "int64")


def steps(series: Series, timeframe: str, first: int, last: int) -> Slots:
    """The buckets from the one of a time to that of another where no calendar says more than UTC."""
    # A little less than a bucket apart, and so one in each: the shortest month has 28 days.
    probes = np.append(np.arange(first, last, timeframe_ns(timeframe) * 9 // 10), last)
    return _distinct(locate(probes, series, timeframe))


def _with_strays(slots: Slots, series: Series, timeframe: str, strays: np.ndarray) -> Slots:
    own = locate(strays, series, timeframe)
    return _distinct(Slots(*(np.concatenate([getattr(slots, name), getattr(own, name)]) for name in _EDGES)))


def _distinct(slots: Slots) -> Slots:
    return slots.part(np.unique(slots.starts, return_index=True)[1])
