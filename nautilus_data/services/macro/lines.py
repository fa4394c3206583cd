"""Lines: every version of each series, read once and again when something came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

from nautilus_data.core.dataset import Series, to_float
from nautilus_data.core.macro_series import observations_of
from nautilus_data.core.observation import Vintages
from nautilus_data.store import Store

# Who answers for a series that several have.
SOURCES = ("fred", "arch")
_GOLD = "gold_usd"
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
        candidates = self._gold() if series_id == _GOLD else [observations_of(series_id, name) for name in SOURCES]
        return next((line for one in candidates if (line := self._of(one)) is not None), None)

    def lines(self, series_ids: Iterable[str]) -> dict[str, Line]:
        """Those of them that somebody has."""
        return {name: line for name in series_ids if (line := self.line(name)) is not None}

    def _of(self, series: Series) -> Line | None:
        revision = self._store.revision(series)
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


Reader = Callable[[str], Line | None]
