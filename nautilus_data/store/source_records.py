"""Records of the sources: what is switched on, which is asked first, how connections stand, live values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import delete, select

from nautilus_data.core.dataset import Series
from nautilus_data.store.database import Database
from nautilus_data.store.tables import (
    LATEST_VALUES,
    QUOTE_WATCHES,
    SERIES,
    SERIES_FIELDS,
    SOURCE_ORDER,
    SOURCE_STATES,
    SOURCE_SWITCHES,
)


class WatchKey(NamedTuple):
    """Whose live values: `kind` is "quotes", or the price type of five-second bars."""

    source: str
    instrument_id: str
    kind: str


@dataclass(frozen=True)
class SourceRecords:
    """All of it as it stood at one moment."""

    switches: dict[str, bool] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    # What a worker told, with `ts_updated`.
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    watches: dict[WatchKey, int] = field(default_factory=dict)
    latest: tuple[dict[str, Any], ...] = ()


class SourceBook(Database):
    """Small tables, read whole once a second by every process."""

    def source_records(self) -> SourceRecords:
        """What is kept about sources."""
        tables = (SOURCE_SWITCHES, SOURCE_ORDER, SOURCE_STATES, QUOTE_WATCHES, LATEST_VALUES)
        with self._reading() as connection:
            switches, order, states, watches, latest = (
                connection.execute(select(table).order_by(*table.primary_key)).mappings().all() for table in tables
            )
        return SourceRecords(
            switches={row["name"]: bool(row["is_enabled"]) for row in switches},
            order=tuple(row["name"] for row in sorted(order, key=lambda row: row["place"])),
            states={row["name"]: {**json.loads(row["status"]), "ts_updated": row["ts_updated"]} for row in states},
            watches={WatchKey(*(row[name] for name in WatchKey._fields)): row["ts_asked"] for row in watches},
            latest=tuple({**row, "is_delayed": bool(row["is_delayed"])} for row in latest),
        )

    def revisions(self, dataset: str) -> dict[Series, int]:
        """Every series of a dataset, in order, with what grows each time rows of it change."""
        columns = [SERIES.c[name] for name in (*SERIES_FIELDS, "revision")]
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(SERIES.c.dataset == dataset)).all()
        found = {Series(**dict(zip(SERIES_FIELDS, row, strict=False))): row.revision for row in rows}
        return {series: found[series] for series in sorted(found, key=str)}

    def switch_source(self, name: str, is_enabled: bool) -> None:
        """A person's choice, kept until the next one."""
        self._upsert_rows(SOURCE_SWITCHES, [{"name": name, "is_enabled": is_enabled, "ts_updated": self._clock()}])

    def save_source_order(self, names: Sequence[str]) -> None:
        """The one asked first comes first."""
        with self._writing() as connection:
            connection.execute(delete(SOURCE_ORDER))
            rows = [{"name": name, "place": place} for place, name in enumerate(names)]
            if rows:
                connection.execute(SOURCE_ORDER.insert(), rows)

    def save_source_state(self, name: str, status: Mapping[str, Any]) -> None:
        """How a source's connection stands as of now."""
        row = {"name": name, "status": json.dumps(dict(status)), "ts_updated": self._clock()}
        self._upsert_rows(SOURCE_STATES, [row])

    def save_watch(self, key: WatchKey) -> None:
        """Have live values from now on; said once more, it is tried again."""
        self._upsert_rows(QUOTE_WATCHES, [{**key._asdict(), "ts_asked": self._clock()}])

    def remove_watch(self, key: WatchKey) -> None:
        """Want them no longer; what came of it is forgotten."""
        with self._writing() as connection:
            for table in (QUOTE_WATCHES, LATEST_VALUES):
                connection.execute(delete(table).where(*(table.c[name] == value for name, value in _named(key))))

    def save_latest_values(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """The last of each, by source, instrument and kind; prices as text."""
        self._upsert_rows(LATEST_VALUES, [dict(row) for row in rows])

    def _upsert_rows(self, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        key = [column.name for column in table.primary_key]
        new = self._dialect.insert(table)
        changed = {column.name: new.excluded[column.name] for column in table.columns if column.name not in key}
        with self._writing() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=key, set_=changed), rows)


def _named(key: WatchKey) -> Iterable[tuple[str, str]]:
    return key._asdict().items()
