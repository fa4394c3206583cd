"""Table: what a dataset is — ordered columns and their kinds, the key of a row, the time rows are sorted by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import pandas as pd


class Kind(Enum):
    """How a column travels (in a frame or a row tuple) and is stored."""

    NS = "int64 nanoseconds since 1970 UTC; 0 = not known"
    PRICE = "int64 at 9 decimals"
    FLOAT = "float64; NaN = not known"
    INT = "int64"
    BOOL = "bool"
    TEXT = "str; '' = not given"
    DECIMAL = "str of a Decimal, exact; '' = not known"
    JSON = "str of JSON"
    INSTRUMENT = "str instrument id; stored as a small integer"


_NUMERIC = MappingProxyType(
    {Kind.NS: "int64", Kind.PRICE: "int64", Kind.INT: "int64", Kind.FLOAT: "float64", Kind.BOOL: "bool"}
)


@dataclass(frozen=True)
class Dataset:
    """A table: ordered columns, the key that makes a row unique, the time it is sorted by.

    `is_series` datasets hold history: their rows belong to a `Series`, which the store adds to the key.
    `latest_by` names a column that orders versions of a row: an older version never replaces a newer one.
    `row` is what one row is called.
    """

    name: str
    key: tuple[str, ...]
    columns: MappingProxyType[str, Kind]
    time: str = "ts_event"
    is_series: bool = False
    latest_by: str | None = None
    row: str = "row"

    def __hash__(self) -> int:
        return hash(self.name)

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Exactly these columns, of these types, sorted by time; a ValueError says what is wrong."""
        conformed = self.cast(frame)
        if not conformed[self.time].is_monotonic_increasing:
            conformed = conformed.sort_values(self.time, kind="stable")
        return conformed.reset_index(drop=True)

    def cast(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Exactly these columns, of these types, in the order given; a ValueError says what is wrong."""
        missing = [name for name in self.columns if name not in frame]
        if missing:
            raise ValueError(f"{self.name}: columns are missing: {', '.join(missing)}")
        columns = {name: self._cast(frame[name], kind) for name, kind in self.columns.items()}
        return pd.DataFrame(columns, index=frame.index)

    def empty(self) -> pd.DataFrame:
        """A frame of no rows with the right columns and types."""
        return self.conform(pd.DataFrame({name: [] for name in self.columns}))

    def _cast(self, values: pd.Series, kind: Kind) -> pd.Series:
        dtype = _NUMERIC.get(kind)
        if dtype is None:
            return values.astype(object)
        if kind in (Kind.NS, Kind.PRICE, Kind.INT) and values.dtype.kind == "f" and len(values):
            raise ValueError(f"{self.name}.{values.name} must come as integers, not floats")
        return values.astype(dtype)


def declare(name: str, key: str, columns: str, **options: object) -> Dataset:
    """Declare in one line: columns as `name:KIND name:KIND`."""
    kinds = {part.split(":")[0]: Kind[part.split(":")[1]] for part in columns.split()}
    return Dataset(name, tuple(key.split()), MappingProxyType(kinds), **options)
