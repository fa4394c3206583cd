"""Beside: what Alpha Vantage tells of a company's instrument, put to what EDGAR tells, for factors made of it."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.services.filings.shelf import Shelf
from nautilus_data.store import Store

_SOURCE = "alpha_vantage"
_KINDS = ("facts", "news", "bars")
_DAY = "1-DAY"


class Beside:
    """Safe to share between threads; what was put together last of a company is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, Shelf] = {}
        self._lock = Lock()

    def of(self, shelf: Shelf, tickers: Iterable[str]) -> Shelf:
        """A shelf with facts and news of Alpha Vantage's, and daily prices as traded, where they are stored."""
        symbols = {ticker.replace("-", ".") for ticker in tickers}
        series = [one for kind in _KINDS for one in self._series(kind, symbols)]
        if not series:
            return shelf
        revisions = shelf.revisions + tuple(map(self._store.revision, series))
        with self._lock:
            kept = self._kept.get(shelf.cik)
        if kept is None or kept.revisions != revisions:
            frames = dict(shelf.frames)
            for one in series:
                parts = [part for part in (frames.get(one.dataset), self._store.read(one)) if part is not None]
                frames[one.dataset] = pd.concat(parts, ignore_index=True).sort_values(
                    "ts_init", kind="stable", ignore_index=True
                )
            kept = Shelf(shelf.cik, revisions, frames)
            with self._lock:
                self._kept = {shelf.cik: kept}
        return kept

    def _series(self, kind: str, symbols: set[str]) -> list[Series]:
        """Of the instruments that are called by these symbols; of prices one line, its own source's first."""
        found = [
            one
            for one in self._store.series_list(kind, timeframe=_DAY, adjustment="raw")
            if one.instrument_id.rpartition(".")[0].replace("-", ".") in symbols
            and (kind == "bars" or one.source == _SOURCE)
        ]
        return sorted(found, key=lambda one: one.source != _SOURCE)[:1] if kind == "bars" else found
