"""Exporting: stored bars and their instruments into a catalog; may be killed at any time and run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby

from nautilus_data.core.dataset import Series
from nautilus_data.core.plan import say_count
from nautilus_data.engine import BARS, CatalogFolder
from nautilus_data.errors import FatalError, SkippableError
from nautilus_data.services.catalog.definitions import Definitions
from nautilus_data.services.catalog.fitting import Fitting
from nautilus_data.services.catalog.line import FILE_ROWS, Line
from nautilus_data.services.catalog.order import Cancelled, ExportOrder, Tell, bar_type_of
from nautilus_data.store import Store

# Rows of one instrument held from the look at their decimals until they are written: 60 MB. More are read twice.
_KEPT_ROWS = 1_000_000


class Exporting:
    """One order carried out; `tell` hears of progress in rows, `is_cancelled` is asked after each file."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        order: ExportOrder,
        tell: Tell,
        is_cancelled: Callable[[], bool],
        file_rows: int = FILE_ROWS,
    ) -> None:
        # The optional nautilus_trader, a second to import.
        from nautilus_data.engine import catalog

        self._catalog, self._store, self._order = catalog, store, order
        self._tell, self._is_cancelled, self._file_rows = tell, is_cancelled, file_rows
        self._folder = CatalogFolder(order.path)
        self._fitting = Fitting(self._folder, definitions, order.decimals)
        self._refused: dict[Series, str] = {}
        self._done = self._total = self._current = self._written = self._files = 0

    def run(self) -> str:
        """What was exported; SkippableError when a series was refused: the others are there all the same."""
        self._folder.prepare()
        lines = [line for series in self._order.series if (line := self._line(series))]
        self._total = sum(line.rows for line in lines)
        lines.sort(key=_instrument_of)
        for name, group in groupby(lines, key=_instrument_of):
            self._export_instrument(name, list(group))
        closing = self._closing()
        if self._refused:
            raise SkippableError(closing)
        return closing

    def _line(self, series: Series) -> Line | None:
        with self._refusing(series):
            name = self._catalog.checked_bar_type(bar_type_of(series))
            shelf = self._folder.shelf(BARS, self._catalog.folder_of(name))
            line = Line(self._store, series, shelf, self._order.span, self._file_rows)
            if line.wanted:
                return line
            raise SkippableError("nothing is stored of it in this span: backfill it first")
        return None

    def _export_instrument(self, name: str, lines: list[Line]) -> None:
        """Lines that are there and unchanged are left alone."""
        due = [line for line in lines if not line.is_current]
        for line in lines:
            if line not in due:
                self._current += 1
                self._advance(line, line.rows)
        if not due:
            return
        keep = sum(line.rows for line in due) <= _KEPT_ROWS
        try:
            decimals, misfits = self._fitting.settle(name, {line: self._fitting.measure(line, keep) for line in due})
        except SkippableError as error:
            self._refused |= {line.series: str(error) for line in due}
            return
        self._refused |= {line.series: reason for line, reason in misfits.items()}
        for line in (line for line in due if line not in misfits):
            file = self._catalog.BarFile(bar_type_of(line.series), decimals.price, decimals.size)
            for rows, is_new in line.bring(file):
                self._files += is_new
                self._written += rows if is_new else 0
                self._advance(line, rows)

    def _advance(self, line: Line, rows: int) -> None:
        self._done += rows
        self._tell(self._done, self._total, f"{line.series.instrument_id} {line.series.timeframe}")
        if self._is_cancelled():
            raise Cancelled(f"stopped; {self._said()}. Export again to go on")

    @contextmanager
    def _refusing(self, series: Series) -> Iterator[None]:
        try:
            yield
        except FatalError:
            raise
        except SkippableError as error:
            self._refused[series] = str(error)

    def _said(self) -> str:
        return f"{say_count(self._written, 'bar')} written in {say_count(self._files, 'file')}"

    def _closing(self) -> str:
        told = [f"{self._said()} of {self._order.path}"] if self._files or not self._refused else []
        if self._current:
            told.append(f"{say_count(self._current, 'line')} of bars there already, unchanged")
        told += [f"not exported: {series}: {reason}" for series, reason in self._refused.items()]
        return "; ".join(told)


def _instrument_of(line: Line) -> str:
    return line.series.instrument_id
