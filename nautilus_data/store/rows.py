"""Rows: datasets in and out, at the speed of the driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table, delete, func, not_, or_, select, update
from sqlalchemy.sql import ColumnElement, Select

from nautilus_data.core.dataset import DATASETS, Dataset, Kind, Series
from nautilus_data.core.dead_letter import DeadLetter
from nautilus_data.core.entry import entry_at
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store.arrow import MANY
from nautilus_data.store.bulk import Chunk
from nautilus_data.store.bus_records import BusRecords
from nautilus_data.store.coverage import Coverage
from nautilus_data.store.tables import CURSORS, SERIES, TABLES

Batch = pd.DataFrame | Sequence[tuple]
Derive = Callable[[Callable[..., pd.DataFrame]], Mapping[Dataset, Sequence[tuple]]]
CHUNK_ROWS = 50_000
_DTYPES = MappingProxyType(
    {
        Kind.NS: "int64",
        Kind.PRICE: "int64",
        Kind.INT: "int64",
        Kind.FLOAT: "float64",
        Kind.BOOL: "bool",
        Kind.INSTRUMENT: "int64",
    }
)


class Rows(Coverage, BusRecords):
    """Reads and writes of datasets."""

    def write(self, series: Series, rows: Batch, covered: TimeRange | None = None) -> int:
        """Rows and what they cover, in one transaction; the number of rows that changed."""
        number, parameters = self._series_number(series, create=True), self._parameters(series, rows)
        with self._writing() as connection:
            changed = self._upsert(connection, series, parameters)
            if covered is not None:
                self._cover(connection, number, covered, "")
        return changed

    def write_rows(
        self,
        batches: Mapping[Dataset | Series, Batch],
        cursors: Mapping[str, int] | None = None,
        dead: Iterable[DeadLetter] = (),
        derive: Derive | None = None,
    ) -> int:
        """Everything in one transaction: rows, how far each stream was read, and messages nobody could take.

        `derive(read)` makes further rows of what is stored by then, `read` taking what `Store.read` takes; writers of
        other processes wait meanwhile. Returns the number of rows that changed.
        """
        prepared = [(what, self._parameters(what, rows)) for what, rows in batches.items() if len(rows)]
        with self._writing() as connection:
            if derive is not None:
                self._dialect.lock(connection, "derive")
            changed = sum(self._upsert(connection, what, parameters) for what, parameters in prepared)
            for what, rows in (derive(partial(self._read, connection)) if derive else {}).items():
                changed += self._upsert(connection, what, self._parameters(what, rows))
            self._save_cursors(connection, cursors or {})
            self._save_dead_letters(connection, dead)
        return changed

    def read(
        self,
        what: Dataset | Series,
        span: TimeRange | None = None,
        *,
        where: Mapping[str, Any] | None = None,
        last: int | None = None,
        as_of: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Rows in order of time.

        `where` takes a value, a list or a TimeRange for a column; `last` keeps the newest rows, `as_of` what was known
        then.
        """
        if isinstance(what, Series) and not where:
            return self._read_series(what, span, last, as_of, columns)
        with self._reading() as connection:
            return self._read(connection, what, span, where=where, last=last, as_of=as_of, columns=columns)

    def _read_series(
        self, series: Series, span: TimeRange | None, last: int | None, as_of: int | None, columns: Sequence[str] | None
    ) -> pd.DataFrame:
        """By a statement written out here: putting it together from parts takes as long as reading 500 bars."""
        dataset, number = DATASETS[series.dataset], self._series_number(series)
        kinds = _kinds(dataset, columns)
        if number is None:
            return self._frame(kinds, np.empty(0, _dtype(kinds)))
        query = _series_query(dataset, tuple(kinds), number, span, last, as_of)
        is_numeric = all(kind in _DTYPES for kind in kinds.values())
        if is_numeric and (last is None or last > MANY) and (found := self._dialect.read_arrow(query, list(kinds))):
            return pd.DataFrame({name: v if last is None else v[::-1].copy() for name, v in found.items()})
        with self._reading() as connection:
            result = connection.exec_driver_sql(query, execution_options={"is_binary": True})
            found = np.fromiter(result.cursor, _dtype(kinds))
        return self._frame(kinds, found if last is None else found[::-1])

    def _read(
        self,
        connection: Connection,
        what: Dataset | Series,
        span: TimeRange | None = None,
        *,
        where: Mapping[str, Any] | None = None,
        last: int | None = None,
        as_of: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        dataset = _dataset_of(what)
        kinds = _kinds(dataset, columns)
        conditions = self._conditions(what, dataset, span, where or {}, as_of)
        if conditions is None:
            return self._frame(kinds, np.empty(0, _dtype(kinds)))
        statement = _ordered(dataset, select(*(TABLES[dataset.name].c[name] for name in kinds)), last)
        # The driver's own cursor: SQLAlchemy's rows would cost four times as much.
        result = connection.execute(statement.where(*conditions), execution_options={"is_binary": True})
        found = np.fromiter(result.cursor, _dtype(kinds))
        return self._frame(kinds, found if last is None else found[::-1])

    def times(self, series: Series, span: TimeRange) -> np.ndarray:
        """Stored times in a span, in order."""
        return self.read(series, span, columns=[DATASETS[series.dataset].time]).iloc[:, 0].to_numpy()

    def summary(self, series: Series) -> tuple[int, int, int]:
        """Number of rows, first and last time; zeros when there is nothing."""
        number = self._series_number(series)
        dataset = DATASETS[series.dataset]
        table = TABLES[dataset.name]
        mine, time = table.c.series == number, table.c[dataset.time]
        # Three statements: SQLite seeks for a single min or max, and scans for two.
        wanted = (func.count(), func.coalesce(func.min(time), 0), func.coalesce(func.max(time), 0))
        with self._reading() as connection:
            rows, first, last = (
                connection.execute(select(value).select_from(table).where(mine)).scalar_one() for value in wanted
            )
        return rows, first, last

    def revision(self, series: Series) -> int:
        """Grows each time rows of a series change, so that a reader knows its copy is old."""
        number = self._series_number(series)
        with self._reading() as connection:
            return connection.execute(select(SERIES.c.revision).where(SERIES.c.id == number)).scalar() or 0

    def prune(self, dataset: Dataset, before: int) -> int:
        """Delete rows that came before a time; how many went. Rows of the bus go by their entry: a replay's are new."""
        table = TABLES[dataset.name]
        old = table.c[dataset.time] < before
        if "entry" in dataset.columns:
            old = table.c["entry"] < entry_at(before)
        kept = str(not_(old).compile(compile_kwargs={"literal_binds": True}))
        with self._writing() as connection:
            gone = self._dialect.drop_old(connection, dataset.name, before, kept)
            return gone + connection.execute(delete(table).where(old)).rowcount

    def cursors(self) -> dict[str, tuple[int, int]]:
        """How far each stream was read: last entry, and when it was noted."""
        with self._reading() as connection:
            rows = connection.execute(select(CURSORS.c.stream, CURSORS.c.entry, CURSORS.c.ts_updated)).all()
        return {stream: (entry, updated) for stream, entry, updated in rows}

    def _upsert(
        self, connection: Connection, what: Dataset | Series, chunks: Iterable[Chunk], *, is_kept: bool = False
    ) -> int:
        """How many rows changed; `is_kept`: what is there already stays."""
        dataset = _dataset_of(what)
        statement = _upsert_text(self._dialect.insert, connection.engine.dialect, dataset, is_kept)
        changed = self._dialect.upsert(connection, statement, TABLES[dataset.name], chunks)
        if changed and isinstance(what, Series):
            mine = SERIES.c.id == self._series_number(what)
            connection.execute(update(SERIES).where(mine).values(revision=SERIES.c.revision + 1))
        return changed

    def _parameters(self, what: Dataset | Series, rows: Batch) -> Iterator[Chunk]:
        """Chunks of what the upsert binds; numbers for instruments and the series are found here, before it."""
        dataset = _dataset_of(what)
        number = self._series_number(what, create=True) if isinstance(what, Series) else None
        place = next((i for i, kind in enumerate(dataset.columns.values()) if kind is Kind.INSTRUMENT), None)
        self._dialect.make_room(dataset.name, lambda: _times(dataset, rows))
        if isinstance(rows, pd.DataFrame):
            numbers = {} if place is None else self._instrument_numbers(set(rows.iloc[:, place]))
            return _from_frame(dataset, rows, number, numbers)
        numbers = {} if place is None else self._instrument_numbers({row[place] for row in rows})
        return _from_tuples(rows, number, place, numbers)

    def _save_cursors(self, connection: Connection, cursors: Mapping[str, int]) -> None:
        if not cursors:
            return
        new = self._dialect.insert(CURSORS)
        upsert = new.on_conflict_do_update(
            index_elements=["stream"], set_={"entry": new.excluded.entry, "ts_updated": new.excluded.ts_updated}
        )
        now = self._clock()
        rows = [{"stream": stream, "entry": entry, "ts_updated": now} for stream, entry in cursors.items()]
        connection.execute(upsert, rows)

    def _conditions(
        self,
        what: Dataset | Series,
        dataset: Dataset,
        span: TimeRange | None,
        where: Mapping[str, Any],
        as_of: int | None,
    ) -> list[ColumnElement[bool]] | None:
        """What the rows must meet; None when no row can."""
        table = TABLES[dataset.name]
        conditions = []
        if isinstance(what, Series):
            number = self._series_number(what)
            if number is None:
                return None
            conditions.append(table.c.series == number)
        if span is not None:
            conditions += [table.c[dataset.time] >= span.start, table.c[dataset.time] < span.end]
        if as_of is not None:
            conditions.append(table.c[_known(dataset, "ts_init")] <= as_of)
        for name, wanted in where.items():
            if isinstance(wanted, TimeRange):
                column = table.c[_known(dataset, name)]
                conditions += [column >= wanted.start, column < wanted.end]
                continue
            values = list(wanted) if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
            if dataset.columns[_known(dataset, name)] is Kind.INSTRUMENT:
                values = self._numbers_of(values)
            if not values:
                return None
            conditions.append(table.c[name] == values[0] if len(values) == 1 else table.c[name].in_(values))
        return conditions

    def _numbers_of(self, names: list[str]) -> list[int]:
        if not self._instruments.keys() >= set(names):
            self._learn_instruments()
        return [self._instruments[name] for name in names if name in self._instruments]

    def _frame(self, kinds: Mapping[str, Kind], found: np.ndarray) -> pd.DataFrame:
        columns = {
            name: self._names_of(found[name]) if kind is Kind.INSTRUMENT else np.ascontiguousarray(found[name])
            for name, kind in kinds.items()
        }
        # A Series keeps texts as objects; a frame made of bare arrays would guess another type.
        return pd.DataFrame({n: pd.Series(v, dtype=object) if v.dtype == object else v for n, v in columns.items()})

    def _names_of(self, numbers: np.ndarray) -> np.ndarray:
        distinct, places = np.unique(numbers, return_inverse=True)
        names = {number: name for name, number in self._instruments.items()}
        if not names.keys() >= set(distinct.tolist()):
            self._learn_instruments()
            names = {number: name for name, number in self._instruments.items()}
        return np.array([names[number] for number in distinct.tolist()], dtype=object)[places]


def _times(dataset: Dataset, rows: Batch) -> np.ndarray | list[Any]:
    if isinstance(rows, pd.DataFrame):
        return rows[dataset.time].to_numpy()
    place = list(dataset.columns).index(dataset.time)
    return [row[place] for row in rows]


def _dataset_of(what: Dataset | Series) -> Dataset:
    if isinstance(what, Series):
        return DATASETS[what.dataset]
    if what.is_series:
        raise ValueError(f"{what.name} are kept by series; name a Series")
    return what


def _known(dataset: Dataset, name: str) -> str:
    if name not in dataset.columns:
        raise ValueError(f"{dataset.name} has no column {name!r}; it has {', '.join(dataset.columns)}")
    return name


def _kinds(dataset: Dataset, columns: Sequence[str] | None) -> dict[str, Kind]:
    return {name: dataset.columns[_known(dataset, name)] for name in columns or dataset.columns}


def _dtype(kinds: Mapping[str, Kind]) -> np.dtype:
    return np.dtype([(name, _DTYPES.get(kind, "object")) for name, kind in kinds.items()])


def _series_query(
    dataset: Dataset, names: tuple[str, ...], number: int, span: TimeRange | None, last: int | None, as_of: int | None
) -> str:
    time, direction = dataset.time, "" if last is None else " DESC"
    order = ", ".join(f'"{name}"{direction}' for name in dict.fromkeys([time, *dataset.key]))
    conditions = [f"series = {int(number)}"]
    if span is not None:
        conditions += [f"{time} >= {int(span.start)}", f"{time} < {int(span.end)}"]
    if as_of is not None:
        conditions.append(f"ts_init <= {int(as_of)}")
    limit = "" if last is None else f" LIMIT {int(last)}"
    columns = ", ".join(f'"{name}"' for name in names)
    return f'SELECT {columns} FROM "{dataset.name}" WHERE {" AND ".join(conditions)} ORDER BY {order}{limit}'


def _ordered(dataset: Dataset, statement: Select, last: int | None) -> Select:
    table = TABLES[dataset.name]
    names = [dataset.time, "entry"] if "entry" in dataset.columns else [dataset.time]
    order = [table.c[name] for name in dict.fromkeys([*names, *dataset.key])]
    if last is None:
        return statement.order_by(*order)
    return statement.order_by(*(column.desc() for column in order)).limit(last)


def _from_frame(
    dataset: Dataset, frame: pd.DataFrame, number: int | None, numbers: Mapping[str, int]
) -> Iterator[Chunk]:
    for start in range(0, len(frame), CHUNK_ROWS):
        part = frame.iloc[start : start + CHUNK_ROWS]
        columns = [
            (part[name].map(numbers) if kind is Kind.INSTRUMENT else part[name]).to_numpy()
            for name, kind in dataset.columns.items()
        ]
        if number is not None:
            columns.insert(0, np.full(len(part), number))
        yield Chunk(len(part), columns=columns)


def _from_tuples(
    rows: Sequence[tuple], number: int | None, place: int | None, numbers: Mapping[str, int]
) -> Iterator[Chunk]:
    if number is not None:
        yield Chunk(len(rows), ((number, *row) for row in rows))
    elif place is not None:
        yield Chunk(len(rows), ((*row[:place], numbers[row[place]], *row[place + 1 :]) for row in rows))
    else:
        yield Chunk(len(rows), rows)


@cache
def _upsert_text(make_insert: Any, sql_dialect: Any, dataset: Dataset, is_kept: bool = False) -> str:
    """The upsert as text: an older version or an unchanged row is left alone."""
    table: Table = TABLES[dataset.name]
    key = [column.name for column in table.primary_key]
    values = [column.name for column in table.columns if column.name not in key]
    new = make_insert(table)
    if is_kept or not values:
        return str(new.on_conflict_do_nothing().compile(dialect=sql_dialect))
    # History asked for again with the same values is no news: it keeps the time it was first known.
    compared = [name for name in values if not (dataset.is_series and name == "ts_init")]
    condition = or_(*(table.c[name].is_distinct_from(new.excluded[name]) for name in compared))
    if dataset.latest_by:
        condition &= new.excluded[dataset.latest_by] >= table.c[dataset.latest_by]
    statement = new.on_conflict_do_update(
        index_elements=key, set_={name: new.excluded[name] for name in values}, where=condition
    )
    return str(statement.compile(dialect=sql_dialect))
