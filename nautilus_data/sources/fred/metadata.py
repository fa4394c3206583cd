"""Metadata: what FRED says about a series, whether it is the series known here, and how its past is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

import pandas as pd

from nautilus_data.core.macro_series import MACRO_SERIES, History
from nautilus_data.core.release_lag import Lag
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S
from nautilus_data.errors import SkippableError

_EPOCH = date(1970, 1, 1)
# Nanoseconds reach further, and what is added to them does.
_FAR = 2**62
# FRED's own letters for the lengths of periods; of others a value is known no sooner than it is a year after.
_FREQUENCIES = MappingProxyType({"D": "D", "W": "W", "BW": "W", "M": "M", "Q": "Q", "SA": "S", "A": "A"})
# Of series nobody declared: what most of such a frequency need at least.
_LAGS = MappingProxyType(
    {
        "D": Lag(business_days=1), "W": Lag(days=7), "M": Lag(days=45), "Q": Lag(days=90), "S": Lag(days=180),
        "A": Lag(days=270),
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How the past of a series is asked for, and when its values are known."""

    frequency: str
    lag: Lag
    history: History


@dataclass(frozen=True, kw_only=True)
class Info:
    """What FRED says about a series, as it is written."""

    said: Mapping[str, str]
    release_id: str = ""
    release: str = ""

    @property
    def frequency(self) -> str:
        return _FREQUENCIES.get(self.said.get("frequency_short", ""), "A")

    @property
    def updated(self) -> tuple[int, int] | None:
        """The day (since 1970) and the moment (ns) of the last update; None where it is not said."""
        text = self.said.get("last_updated", "")
        try:
            # "2024-03-08 07:45:03-06"
            at = datetime.fromisoformat(text)
            moment = int(at.timestamp()) * NS_PER_S
        except (ValueError, OverflowError):
            return None
        is_one = at.tzinfo is not None and abs(moment) < _FAR
        return ((at.date() - _EPOCH).days, moment) if is_one else None

    def policy(self, series_id: str) -> Policy:
        """As declared; by its frequency where nobody declared it."""
        if declared := MACRO_SERIES.get(series_id):
            return Policy(frequency=declared.frequency, lag=declared.lag, history=declared.history)
        history = History.LATEST if self.frequency == "D" else History.VINTAGES
        return Policy(frequency=self.frequency, lag=_LAGS[self.frequency], history=history)

    def check(self, series_id: str) -> None:
        """SkippableError when a declared series is not what it was when it was declared."""
        declared = MACRO_SERIES.get(series_id)
        if declared is None:
            return
        units, frequency = self.said.get("units", ""), self.said.get("frequency_short", "")
        if declared.fits(units) and self.frequency == declared.frequency:
            return
        raise SkippableError(
            f"expected were {declared.units} ({declared.says!r}) of frequency {declared.frequency}, FRED says {units!r}"
            f" of frequency {frequency!r}: it is not used until somebody has looked at it"
        )

    def row(self, series_id: str, source: str, asked_at: int) -> pd.DataFrame:
        """A row of OBSERVED_SERIES."""
        updated = self.updated
        names = ("title", "units", "seasonal_adjustment", "notes")
        row = {
            "source": source, "series_id": series_id, **{name: self.said.get(name, "") for name in names},
            "frequency": self.frequency, "release_id": self.release_id, "release": self.release,
            "first_date": _midnight(self.said.get("observation_start", "")),
            "last_date": _midnight(self.said.get("observation_end", "")),
            "ts_updated": updated[1] if updated else 0, "ts_init": asked_at,
        }  # fmt: skip
        return pd.DataFrame([row])

    def of_release(self, release: tuple[str, str]) -> Info:
        return replace(self, release_id=release[0], release=release[1])


def day_of(text: str) -> int | None:
    """Days since 1970 of a day as FRED writes it; None for anything else."""
    if len(text) != 10 or not text.isascii() or text[4] != "-" or text[7] != "-":
        return None
    try:
        return (date.fromisoformat(text) - _EPOCH) // timedelta(days=1)
    except ValueError:
        return None


def _midnight(text: str) -> int:
    """0 for what is no day, or one beyond nanoseconds' reach."""
    day = day_of(text)
    return day * NS_PER_DAY if day is not None and abs(day) < 10**5 else 0
