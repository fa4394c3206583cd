"""Retired: ticks that have been kept long enough leave as bars, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
from sqlalchemy import Table, delete, select, true

from nautilus_data.core.dataset import Dataset, Series
from nautilus_data.core.entry import entry_at
from nautilus_data.core.tick import MINUTE_NS, PRICE_TYPES, minute_bars
from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.store.rows import Rows
from nautilus_data.store.tables import INSTRUMENT_IDS, TABLES

_HOUR_NS = 3_600 * NS_PER_S
# Ticks of a minute come in within so long of each other.
_LATE_ENTRIES = entry_at(_HOUR_NS)


class Retired(Rows):
    """Old quotes and trades, an hour of an instrument at a time, so that nobody waits long for them."""

    def retire(self, dataset: Dataset, before: int, line_of: Callable[[str], Series]) -> int:
        """Ticks the bus brought before a time are deleted and made into bars of a minute; how many went.

        `line_of` tells the series of an instrument's bars; its price type is replaced. A bar that is stored stays as it
        is. An hour is one transaction, and its bars are made of exactly the rows it deletes: a crash loses nothing. A
        minute of which some ticks came later waits until those are old enough, too.
        """
        table, limit = TABLES[dataset.name], entry_at(before)
        with self._reading() as connection:
            known = connection.execute(select(INSTRUMENT_IDS.c.id, INSTRUMENT_IDS.c.instrument_id)).all()
        gone = 0
        for number, instrument_id in known:
            after = None
            while (first := self._first_old(table, number, limit, after)) is not None:
                # Hours, as minutes, are without their start and with their end.
                start = (first - 1) // _HOUR_NS * _HOUR_NS
                after = start + _HOUR_NS
                gone += self._retire_hour(dataset, number, TimeRange(start, after), limit, line_of(instrument_id))
        with self._writing() as connection:
            self._dialect.drop_old(connection, dataset.name, before, "TRUE")
        return gone

    def _first_old(self, table: Table, number: int, limit: int, after: int | None) -> int | None:
        is_later = true() if after is None else table.c.ts_event > after
        mine = (table.c.instrument_id == number, table.c.entry < limit, is_later)
        first = select(table.c.ts_event).where(*mine).order_by(table.c.ts_event).limit(1)
        with self._reading() as connection:
            return connection.execute(first).scalar()

    def _retire_hour(self, dataset: Dataset, number: int, hour: TimeRange, limit: int, line: Series) -> int:
        table = TABLES[dataset.name]
        mine = (table.c.instrument_id == number, table.c.ts_event > hour.start, table.c.ts_event <= hour.end)
        minute = (table.c.ts_event + (MINUTE_NS - 1)) // MINUTE_NS
        is_late = (table.c.entry >= limit, table.c.entry < limit + _LATE_ENTRIES)
        waiting = select(minute).where(*mine, *is_late)
        leaving = delete(table).where(*mine, table.c.entry < limit, minute.not_in(waiting)).returning(*table.c)
        lines = {name: replace(line, price_type=name) for name in PRICE_TYPES[dataset.name]}
        for series in lines.values():
            self._series_number(series, create=True)
        self._dialect.make_room("bars", lambda: [hour.start + 1, hour.end])
        with self._writing() as connection:
            rows = connection.execute(leaving).cursor.fetchall()
            made = minute_bars(dataset.name, pd.DataFrame(rows, columns=list(dataset.columns))) if rows else {}
            for name, bars in made.items():
                self._upsert(connection, lines[name], self._parameters(lines[name], bars), is_kept=True)
        return len(rows)
