"""Split store: what may not be kept on disk lies in memory, beside the store and behind the same door."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

import pandas as pd

from nautilus_data.core.answer import Taken
from nautilus_data.core.dataset import OBSERVED_SERIES, Dataset, Series
from nautilus_data.core.dead_letter import DeadLetter
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store.coverage import Answer
from nautilus_data.store.database import StoreStats
from nautilus_data.store.memory import MemoryFolder
from nautilus_data.store.rows import Batch, Derive
from nautilus_data.store.store import Store


class SplitStore(Store):
    """Rows and coverage of the `aside` sources are kept in a second store; jobs, plans and all else in the first.

    The second is a database file in memory that all processes of this user and machine share. What it holds is gone
    with `forget`; then nothing says that it was ever asked for, so it is asked again.
    """

    def __init__(self, url: str, aside: Collection[str], **options: Any) -> None:
        # Should the first not open, it is closed before there is a second.
        self._kept: Store | None = None
        self._nothing: Store | None = None
        super().__init__(url, **options)
        self._sources, self._options, self._opening = frozenset(aside), options, Lock()
        self.memory = MemoryFolder(url)

    def close(self) -> None:
        super().close()
        for store in filter(None, (self._kept, self._nothing)):
            store.close()

    def stats(self) -> StoreStats:
        mine, aside = super().stats(), self._aside().stats()
        rows = {name: count + aside.rows.get(name, 0) for name, count in mine.rows.items()}
        return replace(mine, size_bytes=mine.size_bytes + aside.size_bytes, rows=rows)

    def forget(self) -> None:
        """Close it all and give the memory back; what lay there is lost."""
        self.close()
        self.memory.forget()

    def write(self, series: Series, rows: Batch, covered: TimeRange | None = None) -> int:
        return (
            self._aside(True).write(series, rows, covered)
            if self._is_aside(series)
            else super().write(series, rows, covered)
        )

    def write_rows(
        self,
        batches: Mapping[Dataset | Series, Batch],
        cursors: Mapping[str, int] | None = None,
        dead: Iterable[DeadLetter] = (),
        derive: Derive | None = None,
    ) -> int:
        here, there = {}, {}
        for what, rows in batches.items():
            if what == OBSERVED_SERIES:
                is_aside = rows["source"].isin(self._sources)
                here[what], there[what] = rows[~is_aside], rows[is_aside]
            else:
                (there if self._is_aside(what) else here)[what] = rows
        changed = super().write_rows(here, cursors, dead, derive)
        return changed + (self._aside(True).write_rows(there) if any(map(len, there.values())) else 0)

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
        asked = {"where": where, "last": last, "as_of": as_of, "columns": columns}
        if what == OBSERVED_SERIES:
            both = [super().read(what, span, **asked), self._aside().read(what, span, **asked)]
            return pd.concat([part for part in both if len(part)] or both[:1], ignore_index=True)
        return self._aside().read(what, span, **asked) if self._is_aside(what) else super().read(what, span, **asked)

    def summary(self, series: Series) -> tuple[int, int, int]:
        return self._aside().summary(series) if self._is_aside(series) else super().summary(series)

    def revision(self, series: Series) -> int:
        return self._aside().revision(series) if self._is_aside(series) else super().revision(series)

    def revisions(self, dataset: str) -> dict[Series, int]:
        both = super().revisions(dataset) | self._aside().revisions(dataset)
        return {series: both[series] for series in sorted(both, key=str)}

    def answers(self, series: Series) -> list[Answer]:
        return self._aside().answers(series) if self._is_aside(series) else super().answers(series)

    def cover(self, series: Series, span: TimeRange, reason: str = "") -> None:
        (self._aside(True) if self._is_aside(series) else super()).cover(series, span, reason)

    def clear(self, series: Series, span: TimeRange) -> None:
        (self._aside() if self._is_aside(series) else super()).clear(series, span)

    def series_list(self, dataset: str = "bars", **filters: str) -> list[Series]:
        both = {*super().series_list(dataset, **filters), *self._aside().series_list(dataset, **filters)}
        return sorted(both, key=str)

    def covered_series(self, dataset: str) -> set[Series]:
        here = {one for one in super().covered_series(dataset) if not self._is_aside(one)}
        return here | self._aside().covered_series(dataset)

    def bad_rows(self, series: Series | None = None, span: TimeRange | None = None, limit: int = 1_000) -> pd.DataFrame:
        both = [super().bad_rows(series, span, limit), self._aside().bad_rows(series, span, limit)]
        found = pd.concat([part for part in both if len(part)] or both[:1], ignore_index=True)
        return found.sort_values(["ts_seen", "ts_event"], ascending=[False, True]).head(limit).reset_index(drop=True)

    def settle(self, series: Series, taken: Taken, job_id: int = 0, ordinal: int = 0, message: str = "") -> int:
        """Rows first: should this end in between, the request is asked again and brings the same rows."""
        if not self._is_aside(series):
            return super().settle(series, taken, job_id, ordinal, message)
        changed = self._aside(True).settle(series, taken, ordinal=ordinal)
        self.note_answer(taken, job_id, ordinal, message)
        return changed

    def _aside(self, is_written: bool = False) -> Store:
        """The store in memory; while nothing was written there, an empty one of this process."""
        with self._opening:
            if self._kept is None and (is_written or self.memory.exists):
                self.memory.make()
                self._kept = Store(f"sqlite:///{self.memory.file}", **self._options)
            if self._kept is None and self._nothing is None:
                self._nothing = Store("sqlite://", **self._options)
            return self._kept or self._nothing

    def _is_aside(self, what: Dataset | Series) -> bool:
        return isinstance(what, Series) and what.source in self._sources
