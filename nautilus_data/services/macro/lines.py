"""Lines: every version of each series, read once and again when something came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from nautilus_data.core.dataset import Series, to_float
from nautilus_data.core.macro_series import observations_of, series_id_of
from nautilus_data.core.observation import Vintages
from nautilus_data.store import Store

# Who answers for a series that several have.
SOURCES = ("fred", "arch")
GOLD = "gold_usd"
# Dollars an ounce: spot of Interactive Brokers, the front future of Yahoo.
_GOLD_BARS = (("XAUUSD.IDEALPRO", "interactive_brokers"), ("GC=F.COMEX", "yahoo"))


@dataclass(frozen=True)
class Line:
    """A series as one source has it; `revision` tells two readings apart."""

    series: Series
    revision: int
    vintages: Vintages

    @property
    def source(self) -> str:
        return self.series.source


class Lines:
    """Kept in memory; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[Series, Line] = {}
        self._lock = Lock()

    def line(self, series_id: str) -> Line | None:
        """The series by the first source that has any of it; None when none has."""
        return self.lines([series_id]).get(series_id)

    def lines(self, series_ids: Iterable[str]) -> dict[str, Line]:
        """Those of them that somebody has."""
        revisions = self.revisions()
        return {name: line for name in series_ids if (line := self._first(name, revisions)) is not None}

    def revisions(self) -> Mapping[Series, int]:
        """Of every series of observations what grows each time it changes."""
        return self._store.revisions("observations")

    def stored(self) -> list[str]:
        """Ids of series anything is stored of."""
        return [series_id_of(one) for one, revision in self.revisions().items() if revision and one.source in SOURCES]

    def _first(self, series_id: str, revisions: Mapping[Series, int]) -> Line | None:
        if series_id == GOLD:
            known = [(one, self._store.revision(one)) for one in self._gold()]
        else:
            known = [(one, revisions.get(one, 0)) for one in (observations_of(series_id, name) for name in SOURCES)]
        return next((line for one, revision in known if (line := self._of(one, revision)) is not None), None)

    def _of(self, series: Series, revision: int) -> Line | None:
        if not revision:
            return None
        with self._lock:
            kept = self._read.get(series)
        if kept is None or kept.revision != revision:
            kept = Line(series, revision, self._vintages(series))
            with self._lock:
                self._read[series] = kept
        return kept if len(kept.vintages) else None

    def _vintages(self, series: Series) -> Vintages:
        if series.dataset == "observations":
            return Vintages.of(self._store.read(series))
        bars = self._store.read(series, columns=["ts_event", "ts_init", "close"])
        days = bars["ts_event"].to_numpy()
        return Vintages(days - days % (86_400 * 10**9), bars["ts_init"].to_numpy(), to_float(bars["close"]))

    def _gold(self) -> Sequence[Series]:
        return [
            one
            for instrument_id, source in _GOLD_BARS
            for one in self._store.series_list("bars", instrument_id=instrument_id, source=source, timeframe="1-DAY")
        ]
