"""Scores: every factor computed once of the lines there are, and again when one of them changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from threading import Lock

import numpy as np
import pandas as pd

from nautilus_data.factors import Factor
from nautilus_data.factors.base import nothing
from nautilus_data.services.macro.lines import Line

_LOG = logging.getLogger(__name__)
STANDING = (
    "key", "title", "family", "units", "value", "label", "ts_event", "ts_init", "previous", "ts_previous", "sources",
    "missing", "problem",
)  # fmt: skip
Key = tuple[tuple[str, str, int], ...]


class Scores:
    """A factor's whole history; cut at `ts_init` it is what it was at that time, so no cut is computed anew."""

    def __init__(self, factors: Mapping[str, Factor], lines: Callable[[Iterable[str]], Mapping[str, Line]]) -> None:
        self._factors, self._lines = factors, lines
        self._kept: dict[str, tuple[Key, pd.DataFrame, str]] = {}
        self._locks = {key: Lock() for key in factors}

    def history(self, key: str) -> pd.DataFrame:
        """Rows of ts_event, ts_init, value."""
        return self._computed(key, self._lines(_names(self._factors[key])))[1]

    def standing(self, as_of: int) -> pd.DataFrame:
        """One row a factor: its value at a time, the one before, where its inputs come from and which are missing."""
        lines = self._lines(dict.fromkeys(name for factor in self._factors.values() for name in _names(factor)))
        return pd.DataFrame([self._row(factor, as_of, lines) for factor in self._factors.values()], columns=STANDING)

    def _row(self, factor: Factor, as_of: int, lines: Mapping[str, Line]) -> dict[str, object]:
        key, history, problem = self._computed(factor.key, lines)
        upto = int(np.searchsorted(history["ts_init"].to_numpy(), as_of, side="right"))
        last, before = (history.iloc[upto - back] if upto >= back else None for back in (1, 2))
        value = float(last["value"]) if last is not None else np.nan
        there = {name for name, _, _ in key}
        return {
            "key": factor.key, "title": factor.title, "family": factor.family, "units": factor.units, "value": value,
            "label": label(factor, value),
            "ts_event": int(last["ts_event"]) if last is not None else 0,
            "ts_init": int(last["ts_init"]) if last is not None else 0,
            "previous": float(before["value"]) if before is not None else np.nan,
            "ts_previous": int(before["ts_init"]) if before is not None else 0,
            "sources": sorted({source for _, source, _ in key}),
            "missing": [name for name in factor.inputs if name not in there],
            "problem": problem,
        }  # fmt: skip

    def _computed(self, key: str, lines: Mapping[str, Line]) -> tuple[Key, pd.DataFrame, str]:
        factor = self._factors[key]
        lines = {name: lines[name] for name in _names(factor) if name in lines}
        with self._locks[key]:
            mark = tuple((name, line.source, line.revision) for name, line in lines.items())
            kept = self._kept.get(key)
            if kept is None or kept[0] != mark:
                kept = self._kept[key] = (mark, *_compute(factor, lines))
            return kept


def label(factor: Factor, value: float) -> str:
    """The name of a regime's state; '' for a score, or when it is not known."""
    return factor.states[int(value)] if factor.is_regime and not np.isnan(value) else ""


def _names(factor: Factor) -> tuple[str, ...]:
    return *factor.inputs, *factor.optional


def _compute(factor: Factor, lines: Mapping[str, Line]) -> tuple[pd.DataFrame, str]:
    try:
        return factor.compute({name: line.vintages for name, line in lines.items()}), ""
    except Exception as error:
        # One factor's fault, on data nobody foresaw, takes no other one and no page with it; it is told beside it.
        _LOG.exception("a factor could not be computed factor=%s", factor.key)
        return nothing(), f"could not be computed: {error!r}"
