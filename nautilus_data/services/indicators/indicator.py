"""Indicator: what is drawn over or under the bars; its parameters, its outputs, its formula."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from nautilus_data.services.indicators.session import utc_days

Columns = Mapping[str, np.ndarray]
Number = int | float
_SESSION, _VOLUME = "session", "volume"


@dataclass(frozen=True)
class Parameter:
    """A number a person can set, within `[low, high]`; whole where its default is an int."""

    name: str
    title: str
    default: Number
    low: Number
    high: Number
    step: Number
    doc: str

    @property
    def is_whole(self) -> bool:
        return isinstance(self.default, int)

    def __str__(self) -> str:
        return f"{self.name} ({show(self.low)} to {show(self.high)}, {show(self.default)} unless said)"

    def check(self, value: object, owner: str) -> Number:
        """The value as int or float; ValueError that says what is possible."""
        number = _number(value)
        if number is None or not self.low <= number <= self.high or (self.is_whole and number != int(number)):
            kind = "a whole number" if self.is_whole else "a number"
            raise ValueError(
                f"{owner}: {self.name} can't be {value}; give {kind} from {show(self.low)} to {show(self.high)}"
            )
        return int(number) if self.is_whole else float(number)


@dataclass(frozen=True)
class Output:
    """A line of values, one a bar.

    `style`: line, step, histogram, dots, or band: an edge of a filled band whose other edge is the output `pair`.
    `shift`: the parameter by whose number of bars the line is drawn to the right ("-" before it: to the left). The
    values themselves stand at the bar that made them, so that none looks ahead and the newest are there, too.
    """

    name: str
    title: str
    style: str = "line"
    pair: str = ""
    shift: str = ""


@dataclass(frozen=True)
class Indicator:
    """`formula(columns, **parameters)` is given the known rows of `inputs` only; `memory(**parameters)` says after how
    many of them an earlier one no longer changes the result by more than rounding does.

    A formula may return more than the outputs: state that decides what comes next though it is not shown.
    `pane`: "price" (over the bars) or "own". `levels`: values to draw a line at. `nautilus`: the class of
    `nautilus_trader.indicators` with the same name or aim, "" where there is none; `difference`: how its values differ,
    "" where they are equal. `ascending`: parameters of which each must be larger than the one before.
    """

    name: str
    title: str
    group: str
    outputs: tuple[Output, ...]
    inputs: tuple[str, ...]
    formula: Callable[..., Mapping[str, np.ndarray]] = field(repr=False)
    memory: Callable[..., int] = field(repr=False)
    parameters: tuple[Parameter, ...] = ()
    pane: str = "own"
    levels: tuple[float, ...] = ()
    nautilus: str = ""
    difference: str = ""
    ascending: tuple[str, ...] = ()
    is_cumulative: bool = False

    @property
    def doc(self) -> str:
        """How it is defined: the convention its formula keeps."""
        return inspect.cleandoc(self.formula.__doc__ or "")

    def check(self, given: Mapping[str, object]) -> dict[str, Number]:
        """All parameters, the defaults where none is given; ValueError that says what is possible."""
        unknown = [name for name in given if name not in [parameter.name for parameter in self.parameters]]
        if unknown:
            possible = ", ".join(map(str, self.parameters)) or "no parameters"
            raise ValueError(f"{self.name} has no parameter {unknown[0]!r}; it takes {possible}")
        values = {each.name: each.check(given.get(each.name, each.default), self.name) for each in self.parameters}
        for low, high in zip(self.ascending, self.ascending[1:], strict=False):
            if values[low] >= values[high]:
                raise ValueError(
                    f"{self.name}: {low} must be smaller than {high}, not {values[low]} and {values[high]}"
                )
        return values

    def read(self, columns: Mapping[str, object]) -> dict[str, np.ndarray]:
        """The inputs out of a frame or arrays, float64; the session (int64) from `ts_event` in UTC where none is given.

        A negative volume (Interactive Brokers says -1 for none) is not known, nor is what is infinite.
        """
        read = {name: np.asarray(columns[name], "float64") for name in self.inputs if name != _SESSION}
        for name, values in read.items():
            read[name] = np.where(np.isfinite(values) & ((name != _VOLUME) | (values >= 0)), values, np.nan)
        if _SESSION in self.inputs:
            given = columns.get(_SESSION)
            read[_SESSION] = np.asarray(utc_days(np.asarray(columns["ts_event"])) if given is None else given)
        return read

    def compute(self, columns: Mapping[str, object], **parameters: Number) -> dict[str, np.ndarray]:
        """Each output as float64, as long as the columns; NaN where it is not known.

        A bar with an input that is not known is left out as though it were not there, and NaN stands at its place.
        """
        read = self.read(columns)
        is_known = known(read)
        found = self.compute_known({name: values[is_known] for name, values in read.items()}, parameters)
        return {output.name: _spread(found[output.name], is_known) for output in self.outputs}

    def compute_known(self, read: Columns, parameters: Mapping[str, Number]) -> dict[str, np.ndarray]:
        """Outputs and state over rows of which each input is known."""
        if not len(next(iter(read.values()))):
            # Empty arrays have been seen to break the memory of the process in TA-Lib 0.6.7.
            return {output.name: np.empty(0) for output in self.outputs}
        # What overflows or divides by nothing comes out as NaN below.
        with np.errstate(all="ignore"):
            found = self.formula(read, **self.check(parameters))
        return {name: np.where(np.isfinite(values), values, np.nan) for name, values in found.items()}


def known(read: Columns) -> np.ndarray:
    """Of which rows each column is known."""
    return ~np.any([np.isnan(values) for values in read.values()], axis=0)


def show(number: Number) -> str:
    """As short as it can be read back."""
    return repr(number).removesuffix(".0")


def _spread(values: np.ndarray, is_known: np.ndarray) -> np.ndarray:
    spread = np.full(len(is_known), np.nan)
    spread[is_known] = values
    return spread


def _number(value: object) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
