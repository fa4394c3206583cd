"""Scores: every factor of a company computed once of its rows, and again when they changed or a day went by."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import pandas as pd

from nautilus_data.core.observation import Vintages
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.factors.company import Company, CompanyFactor
from nautilus_data.services.filings.shelf import Shelf

_LOG = logging.getLogger(__name__)
STANDING = (
    "key", "title", "family", "units", "value", "reason", "ts_event", "ts_init", "previous", "ts_previous", "direction",
    "evidence", "pit", "components", "problem",
)  # fmt: skip
_MOST_COMPANIES = 8


@dataclass
class _Computed:
    """Histories of one company, by factor; `problems` of those that failed."""

    company: Company
    histories: dict[str, pd.DataFrame] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


class Scores:
    """A factor's whole history; cut at `ts_init` it is what it was at that time, so no cut is computed anew."""

    def __init__(self, factors: Mapping[str, CompanyFactor]) -> None:
        self._factors = factors
        self._kept: OrderedDict[tuple, _Computed] = OrderedDict()
        self._lock = Lock()

    def history(self, key: str, shelf: Shelf, sic: str, lines: Mapping[str, Vintages], now: int) -> pd.DataFrame:
        """Rows of ts_event, ts_init, value, reason, components."""
        return self._history(self._computed(shelf, sic, lines, now), key)

    def standing(self, shelf: Shelf, sic: str, lines: Mapping[str, Vintages], as_of: int, now: int) -> pd.DataFrame:
        """One row a factor: its value at a time and the one before, or why there is none; see STANDING."""
        computed = self._computed(shelf, sic, lines, now)
        rows = [self._row(factor, computed, as_of) for factor in self._factors.values()]
        return pd.DataFrame(rows, columns=list(STANDING))

    def _computed(self, shelf: Shelf, sic: str, lines: Mapping[str, Vintages], now: int) -> _Computed:
        mark = (
            shelf.cik,
            shelf.revisions,
            sic,
            tuple((name, len(line)) for name, line in lines.items()),
            now // NS_PER_DAY,
        )
        with self._lock:
            if mark not in self._kept:
                self._kept[mark] = _Computed(Company(now, shelf.frames, lines, sic))
            self._kept.move_to_end(mark)
            while len(self._kept) > _MOST_COMPANIES:
                self._kept.popitem(last=False)
            return self._kept[mark]

    def _history(self, computed: _Computed, key: str) -> pd.DataFrame:
        with computed.lock:
            if key not in computed.histories:
                try:
                    computed.histories[key] = self._factors[key].compute(computed.company)
                except Exception as error:
                    # One factor's fault, on facts nobody foresaw, takes no other one and no page with it.
                    _LOG.exception("a factor could not be computed factor=%s", key)
                    computed.problems[key] = f"could not be computed: {error!r}"
                    computed.histories[key] = pd.DataFrame({"ts_event": [], "ts_init": [], "value": [], "reason": []})
            return computed.histories[key]

    def _row(self, factor: CompanyFactor, computed: _Computed, as_of: int) -> dict[str, object]:
        history = self._history(computed, factor.key)
        upto = int(np.searchsorted(history["ts_init"].to_numpy(), as_of, side="right"))
        last, before = (history.iloc[upto - back] if upto >= back else None for back in (1, 2))
        problem = computed.problems.get(factor.key, "")
        nothing = problem or "nothing it needs was known"
        return {
            "key": factor.key, "title": factor.title, "family": factor.family, "units": factor.units,
            "value": float(last["value"]) if last is not None else float("nan"),
            "reason": str(last["reason"]) if last is not None else nothing,
            "ts_event": int(last["ts_event"]) if last is not None else 0,
            "ts_init": int(last["ts_init"]) if last is not None else 0,
            "previous": float(before["value"]) if before is not None else float("nan"),
            "ts_previous": int(before["ts_init"]) if before is not None else 0,
            "direction": factor.direction, "evidence": factor.evidence, "pit": factor.pit_of(computed.company),
            "components": {} if last is None else {name: float(last[name]) for name in factor.components},
            "problem": problem,
        }  # fmt: skip
