"""Shelf: all rows of a company, read once and again when something came; of the last few companies looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import DATASETS, Series
from nautilus_data.core.statements import Books, Facts
from nautilus_data.sources.edgar.companies import ENDING, instrument_of
from nautilus_data.store import Store

SOURCE = "edgar"
KINDS = ("filings", "facts", "insider_trades", "holdings")
_MOST_COMPANIES = 12


def series_of(cik: str, dataset: str) -> Series:
    """What is kept of a company."""
    return Series(dataset=dataset, instrument_id=instrument_of(cik), source=SOURCE)


def cik_of(instrument_id: str) -> str:
    return instrument_id.removeprefix("CIK").removesuffix(ENDING)


@dataclass(frozen=True, eq=False)
class Shelf:
    """Rows by dataset, each in the order they became known; `revisions` tell two readings apart."""

    cik: str
    revisions: tuple[int, ...]
    frames: Mapping[str, pd.DataFrame]

    def known(self, dataset: str, as_of: int) -> pd.DataFrame:
        """Of one dataset what was known at a time."""
        frame = self.frames[dataset]
        return frame.iloc[: int(np.searchsorted(frame["ts_init"].to_numpy(), as_of, side="right"))]

    @cached_property
    def facts(self) -> Facts:
        return Facts(self.frames["facts"])

    @cached_property
    def books(self) -> Books:
        """Statements at any time, as said last by then."""
        return Books(self.facts)


class Shelves:
    """Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, Shelf] = OrderedDict()
        self._lock = Lock()

    def of(self, cik: str) -> Shelf:
        """A company's rows; of one nothing is stored of, none."""
        every = [series_of(cik, kind) for kind in KINDS]
        revisions = tuple(map(self._store.revision, every))
        with self._lock:
            kept = self._kept.get(cik)
            if kept is not None and kept.revisions == revisions:
                self._kept.move_to_end(cik)
                return kept
        frames = {
            one.dataset: self._frame(one, kept, number, place)
            for place, (one, number) in enumerate(zip(every, revisions, strict=True))
        }
        made = Shelf(cik, revisions, frames)
        with self._lock:
            self._kept[cik] = made
            while len(self._kept) > _MOST_COMPANIES:
                self._kept.popitem(last=False)
        return made

    def revisions(self) -> tuple[tuple[str, int], ...]:
        """What is another one once anything of any company changed."""
        found: Callable[[str], Mapping[Series, int]] = self._store.revisions
        return tuple(
            (str(one), number) for kind in KINDS for one, number in found(kind).items() if one.source == SOURCE
        )

    def _frame(self, series: Series, kept: Shelf | None, revision: int, place: int) -> pd.DataFrame:
        if kept is not None and kept.revisions[place] == revision:
            return kept.frames[series.dataset]
        if not revision:
            return DATASETS[series.dataset].empty()
        return self._store.read(series).sort_values("ts_init", kind="stable", ignore_index=True)
