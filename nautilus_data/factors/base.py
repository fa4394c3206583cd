"""Factor: a score per date, or a regime, made of nothing but what was known at the time."""

from __future__ import annotations

from abc import ABC, ABCMeta, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pandas as pd
import param
from param.parameterized import ParameterizedMetaclass

from nautilus_data.core.observation import Cursor, Known, Vintages

COLUMNS = ("ts_event", "ts_init", "value")


class _FactorType(ABCMeta, ParameterizedMetaclass):
    """Parameters and abstract methods in one class."""


class Factor(param.Parameterized, ABC, metaclass=_FactorType):
    """Declare what it is, its inputs and parameters; `compute` is a pure function of them.

    Attributes
    ----------
    key, title, family : what it is called here and on the page, and which page section shows it
    formula, reference, units : as shown; the reference names paper or publisher
    inputs : series ids of lines it needs; `optional` ones are used where they are there
    states : labels of a regime; a value of the factor is then the index of one of them
    note : what a reader must know before trusting it ("exploratory", known look-ahead of published coefficients)
    """

    key: ClassVar[str]
    title: ClassVar[str]
    family: ClassVar[str]
    formula: ClassVar[str]
    reference: ClassVar[str]
    units: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]] = ()
    states: ClassVar[tuple[str, ...]] = ()
    # Lines to draw across its chart, with their meaning.
    levels: ClassVar[tuple[tuple[float, str], ...]] = ()
    note: ClassVar[str] = ""

    @property
    def is_regime(self) -> bool:
        return bool(self.states)

    @abstractmethod
    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        """One row each time it changed: `ts_event` the date it is about, `ts_init` when it could be known, `value`.

        Ordered by ts_init; a row depends on no version of an input that became known after its ts_init. Lines that
        are missing or empty make it empty, but for optional ones.
        """


class DailyFactor(Factor):
    """Of daily values that are hardly ever revised: each date's first version, all dates at once.

    Only dates all inputs have a value of are passed on.
    """

    @abstractmethod
    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        """The factor on each date (NaN: not known), of arrays of each input on these dates (optional: NaN in places).

        A value may look at its own date and earlier ones only.
        """

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        first = {name: _there(lines[name].first()) for name in (*self.inputs, *self.optional) if name in lines}
        if any(name not in first or not len(first[name]) for name in self.inputs):
            return nothing()
        dates, known = _common([first[name] for name in self.inputs])
        on_dates = {name: _on(first[name], dates, known) for name in first}
        missing = np.full(len(dates), np.nan)
        values = self.values({name: on_dates.get(name, missing) for name in (*self.inputs, *self.optional)}, dates)
        is_known = ~np.isnan(values)
        return pd.DataFrame({"ts_event": dates[is_known], "ts_init": known[is_known], "value": values[is_known]})


class ReleaseFactor(Factor):
    """Of values that are revised: computed anew inside what was known, each time one of its `clock` lines changed."""

    # The lines whose news make it be computed; the others are read as they stand then. None named: all inputs.
    clock: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def value(self, known: Mapping[str, Known], now: int, before: float) -> tuple[int, float] | None:
        """The date it is about (ns) and the value, of the lines as known at `now`; None: not known.

        `before` is the last value it had, NaN at first: regimes leave a state slowly. Optional lines may be absent.
        """

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        if any(name not in lines or not len(lines[name]) for name in self.inputs):
            return nothing()
        there = {name: Cursor(lines[name]) for name in (*self.inputs, *self.optional) if name in lines}
        clock = self.clock or self.inputs
        rows: list[tuple[int, int, float]] = []
        last: tuple[int, float] | None = None
        for now in np.unique(np.concatenate([lines[name].known for name in clock if name in lines])).tolist():
            known = {name: cursor.at(now) for name, cursor in there.items()}
            found = self.value(known, now, last[1] if last else float("nan"))
            if found is not None and found != last and not np.isnan(found[1]):
                last = found
                rows.append((found[0], now, found[1]))
        return frame_of(rows)


def frame_of(rows: list[tuple[int, int, float]]) -> pd.DataFrame:
    """Rows of (ts_event, ts_init, value) with their types."""
    if not rows:
        return nothing()
    dates, known, values = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "ts_event": np.array(dates, "int64"),
            "ts_init": np.array(known, "int64"),
            "value": np.array(values, "float64"),
        }
    )


def nothing() -> pd.DataFrame:
    return pd.DataFrame({"ts_event": np.empty(0, "int64"), "ts_init": np.empty(0, "int64"), "value": np.empty(0)})


def _there(line: Vintages) -> Vintages:
    """Without the dates published as missing: a holiday takes no place in a window."""
    is_there = ~np.isnan(line.values)
    return Vintages(line.dates[is_there], line.known[is_there], line.values[is_there])


def _common(lines: list[Vintages]) -> tuple[np.ndarray, np.ndarray]:
    """Dates all of them have a value of, and when the last of these was known.

    A date whose value came after that of a later date is left out: what was computed meanwhile could not use it.
    """
    dates = lines[0].dates
    for line in lines[1:]:
        dates = np.intersect1d(dates, line.dates)
    dates = np.unique(dates)
    known = np.max([_pick(line, dates)[0] for line in lines], axis=0) if len(dates) else np.empty(0, "int64")
    earliest_later = np.minimum.accumulate(known[::-1])[::-1]
    in_order = known <= earliest_later
    return dates[in_order], known[in_order]


def _pick(line: Vintages, dates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When the line's value of each of these dates was known, and the value; it has all of them."""
    order = np.argsort(line.dates)
    places = order[np.searchsorted(line.dates, dates, sorter=order)]
    return line.known[places], line.values[places]


def _on(line: Vintages, dates: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Its values on dates, NaN where it has none, or none by the time the date's own were known."""
    found = np.full(len(dates), np.nan)
    if len(line) and len(dates):
        there = np.isin(dates, line.dates)
        since, values = _pick(line, dates[there])
        found[there] = np.where(since <= known[there], values, np.nan)
    return found
