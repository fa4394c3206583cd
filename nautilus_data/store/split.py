"""Split store: what may not be kept on disk lies in memory, beside the store and behind the same door."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.engine import make_url

from nautilus_data.core.answer import Taken
from nautilus_data.core.dataset import OBSERVED_SERIES, Dataset, Series
from nautilus_data.core.dead_letter import DeadLetter
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store.coverage import Answer
from nautilus_data.store.database import StoreStats
from nautilus_data.store.rows import Batch, Derive
from nautilus_data.store.store import Store

_MEMORY = Path("/dev/shm")


class SplitStore(Store):
    """Rows and coverage of the `aside` sources are kept in a second store; jobs, plans and all else in the first.

    The second is a database file in memory that all processes of this user and machine share. What it holds is gone
    with `forget`; then nothing says that it was ever asked for, so it is asked again.
    """

    def __init__(self, url: str, aside: Collection[str], **options: Any) -> None:
        # Should the first not open, it is closed before there is a second.
        self._aside: Store | None = None
        super().__init__(url, **options)
        self._sources = frozenset(aside)
        self._folder = _folder(url)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._aside = Store(f"sqlite:///{self._folder / 'store.sqlite'}", **options)

    def close(self) -> None:
        super().close()
        if self._aside is not None:
            self._aside.close()

    def stats(self) -> StoreStats:
        mine, aside = super().stats(), self._aside.stats()
        rows = {name: count + aside.rows.get(name, 0) for name, count in mine.rows.items()}
        return replace(mine, size_bytes=mine.size_bytes + aside.size_bytes, rows=rows)

    def forget(self) -> None:
        """Give the memory back; what lies there is lost."""
        self._aside.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, series: Series, rows: Batch, covered: TimeRange | None = None) -> int:
        return (
            self._aside.write(series, rows, covered) if self._is_aside(series) else super().write(series, rows, covered)
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
        return changed + (self._aside.write_rows(there) if any(map(len, there.values())) else 0)

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
            both = [super().read(what, span, **asked), self._aside.read(what, span, **asked)]
            return pd.concat([part for part in both if len(part)] or both[:1], ignore_index=True)
        return self._aside.read(what, span, **asked) if self._is_aside(what) else super().read(what, span, **asked)

    def summary(self, series: Series) -> tuple[int, int, int]:
        return self._aside.summary(series) if self._is_aside(series) else super().summary(series)

    def revision(self, series: Series) -> int:
        return self._aside.revision(series) if self._is_aside(series) else super().revision(series)

    def revisions(self, dataset: str) -> dict[Series, int]:
        both = super().revisions(dataset) | self._aside.revisions(dataset)
        return {series: both[series] for series in sorted(both, key=str)}

    def answers(self, series: Series) -> list[Answer]:
        return self._aside.answers(series) if self._is_aside(series) else super().answers(series)

    def cover(self, series: Series, span: TimeRange, reason: str = "") -> None:
        (self._aside if self._is_aside(series) else super()).cover(series, span, reason)

    def clear(self, series: Series, span: TimeRange) -> None:
        (self._aside if self._is_aside(series) else super()).clear(series, span)

    def series_list(self, dataset: str = "bars", **filters: str) -> list[Series]:
        both = {*super().series_list(dataset, **filters), *self._aside.series_list(dataset, **filters)}
        return sorted(both, key=str)

    def covered_series(self, dataset: str) -> set[Series]:
        here = {one for one in super().covered_series(dataset) if not self._is_aside(one)}
        return here | self._aside.covered_series(dataset)

    def bad_rows(self, series: Series | None = None, span: TimeRange | None = None, limit: int = 1_000) -> pd.DataFrame:
        both = [super().bad_rows(series, span, limit), self._aside.bad_rows(series, span, limit)]
        found = pd.concat([part for part in both if len(part)] or both[:1], ignore_index=True)
        return found.sort_values(["ts_seen", "ts_event"], ascending=[False, True]).head(limit).reset_index(drop=True)

    def settle(self, series: Series, taken: Taken, job_id: int = 0, ordinal: int = 0, message: str = "") -> int:
        """Rows first: should this end in between, the request is asked again and brings the same rows."""
        if not self._is_aside(series):
            return super().settle(series, taken, job_id, ordinal, message)
        changed = self._aside.settle(series, taken, ordinal=ordinal)
        self.note_answer(taken, job_id, ordinal, message)
        return changed

    def _is_aside(self, what: Dataset | Series) -> bool:
        return isinstance(what, Series) and what.source in self._sources


def _folder(url: str) -> Path:
    """A folder in memory for a database, where the system has such a place; else one for what is temporary."""
    database = make_url(url).render_as_string(hide_password=True)
    name = f"nautilus-dashboard-{os.getuid()}-{hashlib.sha256(database.encode()).hexdigest()[:12]}"
    is_memory = os.access(_MEMORY, os.W_OK | os.X_OK)
    return (_MEMORY if is_memory else Path(tempfile.gettempdir())) / name
