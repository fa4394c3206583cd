"""Export: stored bars as a file others can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from nautilus_data.core.dataset import Series, to_float
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import FatalError, SkippableError
from nautilus_data.store import Store

_PRICES = ("open", "high", "low", "close")


def _to_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def _to_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


def _to_arrow(frame: pd.DataFrame, path: Path) -> None:
    frame.to_feather(path, compression="uncompressed")


FORMATS: Mapping[str, Callable[[pd.DataFrame, Path], None]] = MappingProxyType(
    {"csv": _to_csv, "parquet": _to_parquet, "arrow": _to_arrow}
)


class Export:
    """Reads the store; a file is there whole or not at all."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def bars(self, series: Series, path: Path, kind: str = "csv", span: TimeRange | None = None) -> int:
        """Write the bars of a series, times in UTC and prices as floats; how many there are."""
        if kind not in FORMATS:
            raise ValueError(f"there is no format {kind!r}; write {', '.join(FORMATS)}")
        frame = self._store.read(series, span)
        if frame.empty:
            raise SkippableError(f"nothing is stored of {series}: python -m nautilus_data coverage lists what is")
        told = frame.assign(**{name: to_float(frame[name]) for name in _PRICES})
        for name in ("ts_event", "ts_init"):
            told[name] = pd.to_datetime(told[name], utc=True)
        part = path.with_name(f"{path.name}.part")
        try:
            FORMATS[kind](told, part)
            part.replace(path)
        except ImportError as error:
            raise FatalError(f"{kind} files need pyarrow: pip install pyarrow ({error})") from error
        except OSError as error:
            raise FatalError(f"can't write {path}: {error.strerror or error}") from error
        finally:
            part.unlink(missing_ok=True)
        return len(told)
