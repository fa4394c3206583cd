"""Order: what a job is to export or to import, as its row keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import SkippableError

EXPORT, IMPORT = "catalog.export", "catalog.import"
# Bars out of a catalog are of this source in the store.
SOURCE = "catalog"
Tell = Callable[[int, int, str], None]


class Decimals(StrEnum):
    """How fine prices are written: as the instrument says, or as fine as they come."""

    INSTRUMENT = "instrument"
    DATA = "data"


class Cancelled(SkippableError):
    """A person asked the job to stop."""


@dataclass(frozen=True, kw_only=True)
class ExportOrder:
    """Bars of these series in a span, into the catalog in a folder."""

    path: Path
    series: tuple[Series, ...]
    span: TimeRange
    decimals: Decimals = Decimals.INSTRUMENT

    def to_params(self) -> dict[str, Any]:
        return {
            "path": str(self.path), "series": [asdict(one) for one in self.series],
            "span": [self.span.start, self.span.end], "decimals": self.decimals.value,
        }  # fmt: skip

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        series = tuple(Series(**one) for one in params["series"])
        return cls(
            path=Path(params["path"]), series=series, span=TimeRange(*params["span"]),
            decimals=Decimals(params["decimals"]),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ImportOrder:
    """Bars of a catalog into the store; `names` are bar types or instruments, none: all of them.

    `after` is what was imported last by the same job, before it was interrupted.
    """

    path: Path
    adjustment: str = "raw"
    names: tuple[str, ...] = ()
    after: str = ""

    def to_params(self) -> dict[str, Any]:
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**told, "path": str(self.path), "names": list(self.names)}

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        return cls(**{**params, "path": Path(params["path"]), "names": tuple(params["names"])})


def bar_type_of(series: Series) -> str:
    """NautilusTrader's name for a line of bars: it knows neither source nor adjustment."""
    return f"{series.instrument_id}-{series.timeframe}-{series.price_type}-EXTERNAL"
