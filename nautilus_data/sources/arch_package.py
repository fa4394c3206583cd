"""Arch package: real macro and market series of the `arch` package, up to 2018 or 2019; no network."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import OBSERVED_SERIES, Dataset, Series
from nautilus_data.core.macro_series import MACRO_SERIES, NAMESPACE, observations_of, series_id_of
from nautilus_data.core.release_lag import Lag
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import FatalError, SkippableError
from nautilus_data.sources.base import Capability, Source, SourceSpec

# From the day before the first value became known to some days after the last did.
_HISTORY = TimeRange.of("1919-01-31", "2019-02-01")
_BY_RULE = "When each value became known is by its usual lag; the package doesn't say."


@dataclass(frozen=True, kw_only=True)
class _Line:
    """Where a line is in the package; `decimals` are those it is published with, where the package has float noise."""

    module: str
    column: str
    title: str
    units: str
    frequency: str
    lag: Lag
    seasonal_adjustment: str = "Not Seasonally Adjusted"
    notes: str = _BY_RULE
    decimals: int | None = None


def _declared(series_id: str, **told: str | int) -> _Line:
    known = MACRO_SERIES[series_id]
    return _Line(frequency=known.frequency, lag=known.lag, **told)


def _yield_of(grade: str) -> _Line:
    return _Line(
        module="default", column=grade.upper(), title=f"Moody's seasoned {grade} corporate bond yield, monthly",
        units="Percent", frequency="M", lag=Lag(days=5),
    )  # fmt: skip


_LINES = MappingProxyType(
    {
        "VIXCLS": _declared("VIXCLS", module="vix", column="vix", title="VIX, daily close", units="Index"),
        "DCOILWTICO": _declared(
            "DCOILWTICO", module="wti", column="DCOILWTICO", title="Crude oil, WTI at Cushing, daily spot price",
            units="Dollars per Barrel",
        ),
        "CPILFESL": _declared(
            "CPILFESL", module="core_cpi", column="CPILFESL", units="Index 1982-1984=100",
            title="Consumer prices less food and energy, monthly", seasonal_adjustment="Seasonally Adjusted",
            notes=f"One vintage of the revised past, not what was first published. {_BY_RULE}",
        ),
        "SP500": _declared(
            "SP500", module="sp500", column="Close", title="S&P 500, daily close", units="Index", decimals=2
        ),
        "BAA": _yield_of("Baa"),
        "AAA": _yield_of("Aaa"),
    }
)  # fmt: skip


class ArchPackage(Source):
    """Values as the package has them: one vintage of each, NaN where none was published, as on holidays."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="arch",
        title="Series in the arch package",
        url="https://bashtage.github.io/arch/",
        capabilities=(
            Capability(dataset="observations", timeframes=("1-DAY",), price_types=("LAST",), history=_HISTORY),
        ),
    )

    def unavailable_reason(self) -> str:
        if find_spec("arch") is None:
            return "the package arch is not installed: pip install arch"
        return ""

    def lines(self) -> dict[str, str]:
        return {observations_of(series_id).instrument_id: line.title for series_id, line in _LINES.items()}

    def check(self, series: Series) -> None:
        super().check(series)
        self._line(series)

    async def extract(self, series: Series, span: TimeRange) -> pd.DataFrame:
        line = self._line(series)
        if reason := self.unavailable_reason():
            raise FatalError(reason)
        return (await asyncio.to_thread(_load, line.module))[[line.column]]

    def normalize(self, payload: pd.DataFrame, series: Series) -> pd.DataFrame:
        line = self._line(series)
        dates, values = _dates(payload), payload[line.column].to_numpy("float64")
        return pd.DataFrame(
            {
                "ts_event": dates,
                "ts_init": line.lag.after(dates, line.frequency),
                "value": values if line.decimals is None else values.round(line.decimals),
                "known_by": "rule",
            }
        )

    def described(self, payload: pd.DataFrame, series: Series) -> dict[Dataset, pd.DataFrame]:
        """What the package holds of a line; it was learned of when its last value was."""
        line, dates = self._line(series), _dates(payload)
        row = {
            "source": self.spec.name,
            "series_id": series_id_of(series),
            "title": f"{line.title}, in the arch package up to {payload.index[-1]:%Y-%m-%d}",
            "units": line.units,
            "frequency": line.frequency,
            "seasonal_adjustment": line.seasonal_adjustment,
            "release_id": "",
            "release": "",
            "notes": line.notes,
            "first_date": dates[0],
            "last_date": dates[-1],
            "ts_updated": 0,
            "ts_init": line.lag.after(dates[-1:], line.frequency)[0],
        }
        return {OBSERVED_SERIES: pd.DataFrame([row])}

    def _line(self, series: Series) -> _Line:
        series_id, _, namespace = series.instrument_id.rpartition(".")
        if namespace != NAMESPACE or series_id not in _LINES:
            raise SkippableError(
                f"{self.spec.title}: there is no {series.instrument_id}; there are {', '.join(self.lines())}"
            )
        return _LINES[series_id]


@cache
def _load(module: str) -> pd.DataFrame:
    from arch.data import core_cpi, default, sp500, vix, wti  # optional package: arch

    return {"core_cpi": core_cpi, "default": default, "sp500": sp500, "vix": vix, "wti": wti}[module].load()


def _dates(payload: pd.DataFrame) -> np.ndarray:
    """The days values are named by (ns)."""
    return pd.DatetimeIndex(payload.index).as_unit("ns").asi8.copy()
