"""Refused rows kept aside, and the series that are topped up by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import ColumnElement, Connection, select

from nautilus_data.core.answer import BadRow
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store.rows import Rows
from nautilus_data.store.tables import BACKFILL_SCHEDULES, BAD_ROWS, SERIES, SERIES_FIELDS


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A series that is topped up by itself, or is not to be (0 s); times are UTC nanoseconds, 0 = not yet."""

    series: Series
    every_s: int
    ts_next: int = 0
    ts_last: int = 0
    last_job: int = 0


class Refused(Rows):
    """What stands beside the rows of a series."""

    def bad_rows(self, series: Series | None = None, span: TimeRange | None = None, limit: int = 1_000) -> pd.DataFrame:
        """Rows a source gave that can't be true, the newest first: series, ts_event, reason, row, job, ts_seen."""
        which: list[ColumnElement[bool]] = []
        if series is not None:
            which.append(BAD_ROWS.c.series == self._series_number(series))
        if span is not None:
            which += [BAD_ROWS.c.ts_event >= span.start, BAD_ROWS.c.ts_event < span.end]
        told = [SERIES.c[name] for name in ("instrument_id", "source", "timeframe", "adjustment", "dataset")]
        columns = [*told, *(BAD_ROWS.c[name] for name in ("ts_event", "reason", "row", "job", "ts_seen"))]
        found = select(*columns).join(SERIES, SERIES.c.id == BAD_ROWS.c.series).where(*which)
        newest = found.order_by(BAD_ROWS.c.ts_seen.desc(), BAD_ROWS.c.ts_event).limit(limit)
        with self._reading() as connection:
            return pd.DataFrame(connection.execute(newest).all(), columns=[column.name for column in columns])

    def save_schedule(self, schedule: Schedule) -> None:
        """Top a series up from now on, or change how."""
        number = self._series_number(schedule.series, create=True)
        values = {name: getattr(schedule, name) for name in ("every_s", "ts_next", "ts_last", "last_job")}
        new = self._dialect.insert(BACKFILL_SCHEDULES).values(series=number, **values)
        with self._writing() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["series"], set_=values))

    def schedules(self) -> list[Schedule]:
        """Every series somebody decided about; the next due first."""
        with self._reading() as connection:
            rows = connection.execute(select(BACKFILL_SCHEDULES).order_by(BACKFILL_SCHEDULES.c.ts_next)).all()
        series = self._series_of([row.series for row in rows])
        others = [{name: value for name, value in row._mapping.items() if name != "series"} for row in rows]
        return [Schedule(series=series[row.series], **values) for row, values in zip(rows, others, strict=True)]

    def _series_of(self, numbers: list[int]) -> dict[int, Series]:
        columns = [SERIES.c.id, *(SERIES.c[name] for name in SERIES_FIELDS)]
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(SERIES.c.id.in_(numbers))).all()
        return {number: Series(**dict(zip(SERIES_FIELDS, values, strict=True))) for number, *values in rows}

    def _save_bad_rows(self, connection: Connection, number: int, bad: Sequence[BadRow], job_id: int) -> None:
        if not bad:
            return
        told = {"series": number, "job": job_id, "ts_seen": self._clock()}
        rows = [{**told, "ts_event": ts_event, "reason": reason, "row": row} for ts_event, reason, row in bad]
        connection.execute(self._dialect.insert(BAD_ROWS).on_conflict_do_nothing(), rows)
