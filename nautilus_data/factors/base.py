"""Factor: a score per date, or a regime, made of nothing but what was known at the time."""

from __future__ import annotations

from abc import ABC, ABCMeta, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import param
from param.parameterized import ParameterizedMetaclass

from nautilus_data.core.observation import Cursor, Known, Vintages
from nautilus_data.factors.track import Track, common

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
        tracks = tracks_of(self, lines)
        if tracks is None:
            return nothing()
        dates, known = common([tracks[name] for name in self.inputs])
        on_dates = {name: track.on(dates, known) for name, track in tracks.items()}
        return frame_at(dates, known, self.values(on_dates, dates))


class ReleaseFactor(Factor):
    """Of values that are revised: computed anew inside what was known, each time one of its `clock` lines changed."""

    # The lines whose news make it be computed; the others are read as they stand then. None named: all inputs.
    clock: ClassVar[tuple[str, ...]] = ()

    def read(self, name: str, known: Known) -> Any:
        """A line as `value` gets it: itself, if not said otherwise; read anew only when there is news of it."""
        return known

    @abstractmethod
    def value(self, known: Mapping[str, Known], now: int, before: float) -> tuple[int, float] | None:
        """The date it is about (ns) and the value, of the lines as known at `now`; None: not known.

        `before` is the last value it had, NaN at first: regimes leave a state slowly. Optional lines may be absent.
        """

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        if any(name not in lines or not len(lines[name]) for name in self.inputs):
            return nothing()
        there = {name: Cursor(lines[name]) for name in (*self.inputs, *self.optional) if name in lines}
        seen: dict[str, Known] = {}
        read: dict[str, Any] = {}
        clock = self.clock or self.inputs
        rows: list[tuple[int, int, float]] = []
        last: tuple[int, float] | None = None
        for now in np.unique(np.concatenate([lines[name].known for name in clock if name in lines])).tolist():
            for name, cursor in there.items():
                if (known := cursor.at(now)) is not seen.get(name):
                    seen[name], read[name] = known, self.read(name, known)
            found = self.value(read, now, last[1] if last else float("nan"))
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


def frame_at(dates: np.ndarray, known: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """Rows of the dates with a value; `known` does not descend."""
    is_known = ~np.isnan(values)
    return pd.DataFrame({"ts_event": dates[is_known], "ts_init": known[is_known], "value": values[is_known]})


def nothing() -> pd.DataFrame:
    return pd.DataFrame({"ts_event": np.empty(0, "int64"), "ts_init": np.empty(0, "int64"), "value": np.empty(0)})


def tracks_of(factor: Factor, lines: Mapping[str, Vintages]) -> dict[str, Track] | None:
    """The daily lines of a factor, an optional one that is missing as one without values; None: an input is missing."""
    names = (*factor.inputs, *factor.optional)
    tracks = {name: Track.of(lines.get(name, Vintages.nothing())) for name in names}
    return tracks if all(len(tracks[name]) for name in factor.inputs) else None
