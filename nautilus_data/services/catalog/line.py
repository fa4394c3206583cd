"""Line: one series on its way into a catalog — what is there, what is missing, and the files that make it whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from nautilus_data.core.dataset import NO_DATA, Series
from nautilus_data.core.timerange import TimeRange, merge
from nautilus_data.engine import Note, Shelf
from nautilus_data.errors import SkippableError
from nautilus_data.store import Store

if TYPE_CHECKING:
    from nautilus_data.engine.catalog import BarFile

# Rows of one file: also what is in memory at once, and what a killed export does again at most.
FILE_ROWS = 250_000


def answered(store: Store, series: Series) -> list[TimeRange]:
    """What of a series is known, bars or proven empty; what a source refused is not. From 1970 on."""
    spans = (span for span, reason in store.answers(series) if reason in ("", NO_DATA))
    return [part for span in merge(spans) if (part := span.intersect(TimeRange(0, 2**63 - 1)))]


class Line:
    """`span` bounds what is wanted anew; what was exported before stays as long as it is covered."""

    def __init__(self, store: Store, series: Series, shelf: Shelf, span: TimeRange, file_rows: int = FILE_ROWS) -> None:
        self.series, self.shelf = series, shelf
        self._store, self._file_rows = store, file_rows
        self._refuse_strangers()
        # Asked first: what changes meanwhile is looked at again by the next export.
        self._revision = store.revision(series)
        self._note = shelf.note() or Note(about=self._about(), files={})
        covered = answered(store, series)
        kept = shelf.intervals().values()
        self.wanted = merge(part for one in covered for whole in (span, *kept) if (part := one.intersect(whole)))
        self._kept: dict[TimeRange, pd.DataFrame] = {}

    @property
    def is_current(self) -> bool:
        """Is all of it there, and unchanged since?"""
        note = self._note
        is_same = note.revision == self._revision and note.about.get("store") == self._store.name
        return is_same and merge(self.shelf.intervals().values()) == self.wanted

    @cached_property
    def rows(self) -> int:
        """How many bars are wanted; all that is stored is counted by the database."""
        first, last = self.wanted[0].start, self.wanted[-1].end
        count, earliest, latest = self._store.summary(self.series)
        if len(self.wanted) == 1 and first <= earliest and latest < last:
            return count
        return sum(len(self._store.times(self.series, one)) for one in self.wanted)

    def parts(self, keep: bool = False) -> Iterator[pd.DataFrame]:
        """All wanted rows, some at a time; with `keep` they stay in memory until they are written."""
        for whole in self.wanted:
            for part in self._cut(whole):
                rows = self._store.read(self.series, part)
                if keep:
                    self._kept[part] = rows
                yield rows

    def bring(self, file: BarFile) -> Iterator[tuple[int, bool]]:
        """Make the catalog hold exactly what is wanted; after each file its number of rows, and whether it is new."""
        note = replace(self._note, about=self._about(), revision=-1)
        self.shelf.sweep()
        for name, interval in self.shelf.intervals().items():
            rows = self._store.read(self.series, interval)
            if merge([*self.wanted, interval]) == self.wanted and file.digest(rows) == note.files[name][0]:
                yield len(rows), False
            else:
                note = self.shelf.drop(name, note)
        there = list(self.shelf.intervals().values())
        for part in (part for whole in self.wanted for gap in whole.subtract(there) for part in self._cut(gap)):
            rows = self._kept.pop(part, None)
            rows = self._store.read(self.series, part) if rows is None else rows
            write = partial(file.write, rows)
            note = self.shelf.put(part, file.digest(rows), len(rows), note, write)
            yield len(rows), True
        self.shelf.save(replace(note, revision=self._revision))

    def _cut(self, span: TimeRange) -> Iterator[TimeRange]:
        """A span in parts of so many rows; each ends with its last row, the last one with the span."""
        times = self._store.times(self.series, span)
        ends = [*(times[self._file_rows - 1 : -1 : self._file_rows] + 1).tolist(), span.end]
        for start, end in zip([span.start, *ends[:-1]], ends, strict=True):
            yield TimeRange(start, end)

    def _about(self) -> dict[str, Any]:
        return {"series": asdict(self.series), "store": self._store.name}

    def _refuse_strangers(self) -> None:
        note, strangers, path = self.shelf.note(), self.shelf.strangers(), self.shelf.path
        if strangers:
            raise SkippableError(
                f"{path} holds files that were not exported from here ({strangers[0]}): they would overlap."
                " Export into another folder, or import them and move them away"
            )
        if note is None or not note.files:
            return
        other = Series(**note.about["series"])
        if other != self.series:
            raise SkippableError(
                f"{path} holds {other}: a catalog keeps one line of bars of a type. Export {self.series} elsewhere"
            )
