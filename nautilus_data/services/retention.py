"""Retention: what the bus says so often that it is kept for a while only, and then as bars."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from nautilus_data.bus import SOURCE
from nautilus_data.core.dataset import PRICE_UPDATES, QUOTES, RAW_MESSAGES, TRADES, Series
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)


class Retention:
    """`days` ticks are kept; with `makes_bars` quotes and trades leave bars of a minute behind."""

    def __init__(
        self,
        store: Store,
        days: int,
        makes_bars: bool = True,
        adjustment: str = "raw",
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store, self._days, self._makes_bars, self._adjustment = store, days, makes_bars, adjustment
        self._clock = clock

    def forget_old(self) -> int:
        """Delete what is old; how many ticks went."""
        before = self._clock() - self._days * NS_PER_DAY
        gone = 0
        for ticks in (QUOTES, TRADES):
            is_made = self._makes_bars
            gone += self._store.retire(ticks, before, self._line) if is_made else self._store.prune(ticks, before)
        for dataset in (PRICE_UPDATES, RAW_MESSAGES):
            self._store.prune(dataset, before)
        self._store.prune_bus_records(before)
        if gone:
            _LOG.info("old ticks are gone count=%d are_bars=%s", gone, self._makes_bars)
        return gone

    def _line(self, instrument_id: str) -> Series:
        line = {"source": SOURCE, "timeframe": "1-MINUTE", "adjustment": self._adjustment}
        return Series(instrument_id=instrument_id, **line)
