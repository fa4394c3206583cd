"""Catalog: bars as NautilusTrader's data catalog keeps them; needs nautilus_trader, so runs in a child only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.objects import QUANTITY_MAX, Price, Quantity
from nautilus_trader.persistence.funcs import urisafe_identifier
from nautilus_trader.serialization.arrow.serializer import ArrowSerializer

from nautilus_data.core.dataset import BARS
from nautilus_data.core.instrument import PRICE_DECIMALS
from nautilus_data.engine.fixed_point import decode, encode, volume_units
from nautilus_data.errors import SkippableError

MAX_VOLUME = QUANTITY_MAX
_PRICES = ("open", "high", "low", "close")
_GROUP_ROWS = 50_000
# Prices and volumes in files of older releases: integers at 9 decimals, in 8 bytes.
_OLD_WIDTH = 8
BadRow = tuple[int, str, str]


def checked_bar_type(text: str) -> str:
    """NautilusTrader's own spelling of a bar type; SkippableError when it has no such bars."""
    try:
        return str(BarType.from_str(text))
    except ValueError as error:
        raise SkippableError(f"NautilusTrader has no bars {text}: {error}") from error


def folder_of(bar_type: str) -> str:
    """The name of a bar type's folder."""
    return urisafe_identifier(bar_type)


class BarFile:
    """Writes bars of one type with so many decimals, exactly as NautilusTrader writes them itself.

    `ts_init` is the bar's close, `ts_event`: when a backtest may know of it, whenever the store heard of it.
    """

    def __init__(self, bar_type: str, price_decimals: int, size_decimals: int) -> None:
        self._decimals = price_decimals, size_decimals
        self._bar_type = bar_type
        price, size = Price(0, price_decimals), Quantity(0, size_decimals)
        one = Bar(BarType.from_str(bar_type), price, price, price, price, size, 0, 0)
        self._schema: pa.Schema = ArrowSerializer.serialize_batch([one], data_cls=Bar).schema

    def table(self, rows: pd.DataFrame) -> pa.Table:
        """Rows of BARS that fit the decimals."""
        times = pa.array(rows["ts_event"].to_numpy().astype("uint64"))
        columns = {"ts_event": times, "ts_init": times}
        for name in _PRICES:
            columns[name] = self._fixed(name, rows[name].to_numpy(), PRICE_DECIMALS)
        volume = volume_units(rows["volume"].to_numpy(), self._decimals[1])
        columns["volume"] = self._fixed("volume", volume, self._decimals[1])
        return pa.table([columns[name] for name in self._schema.names], schema=self._schema)

    def write(self, rows: pd.DataFrame, path: Path) -> None:
        pq.write_table(self.table(rows), path, **WRITING)

    def digest(self, rows: pd.DataFrame) -> str:
        """The same for the same bars with the same decimals."""
        digest = hashlib.blake2b(repr((self._bar_type, self._decimals)).encode(), digest_size=16)
        for name in ("ts_event", *_PRICES, "volume"):
            digest.update(np.ascontiguousarray(rows[name].to_numpy()).tobytes())
        return digest.hexdigest()

    def _fixed(self, name: str, units: np.ndarray, decimals: int) -> pa.Array:
        kind = self._schema.field(name).type
        raw = np.ascontiguousarray(encode(units, decimals, kind.byte_width))
        return pa.FixedSizeBinaryArray.from_buffers(kind, len(units), [None, pa.py_buffer(raw)])


# Prices hardly repeat: a dictionary of them costs twice the time and saves nothing.
WRITING = {"row_group_size": _GROUP_ROWS, "use_dictionary": False}


@dataclass(frozen=True)
class BarsRead:
    """Bars of one type out of files, in order of time, and rows that can't be bars here."""

    bar_type: str
    rows: pd.DataFrame
    bad: Sequence[BadRow]


def read_bars(paths: Sequence[Path]) -> BarsRead:
    """Bars of files of one type, those of overlapping files once; SkippableError for what is no such file."""
    read = [_read(path) for path in paths]
    (bar_type, *others) = dict.fromkeys(one.bar_type for one in read)
    if others:
        raise SkippableError(f"{paths[0].parent} holds bars of {bar_type} and of {others[0]}: keep them apart")
    rows = pd.concat([one.rows for one in read], ignore_index=True).sort_values("ts_event", kind="stable")
    again = rows.duplicated(BARS.key[0])
    # The same bar in two files is one bar; another one of the same time is refused.
    differs = again & ~rows.duplicated(["ts_event", *_PRICES, "volume"])
    bad = [row for one in read for row in one.bad]
    bad += _told(rows[differs], "another bar of the same time in an overlapping file")
    return BarsRead(bar_type, rows[~again].reset_index(drop=True), bad)


def _read(path: Path) -> BarsRead:
    try:
        table = pq.read_table(path, partitioning=None)
        told = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        bar_type, size_decimals = told["bar_type"], int(told["size_precision"])
        found = {name: _exact(table.column(name), PRICE_DECIMALS) for name in _PRICES}
        found["volume"] = _exact(table.column("volume"), size_decimals)
        times = {name: table.column(name).to_numpy().astype("int64") for name in ("ts_event", "ts_init")}
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise SkippableError(f"{path} can't be read as bars: {error}; move it away, or write it again") from error
    columns = {**times, **{name: units for name, (units, _) in found.items()}}
    rows = pd.DataFrame({**columns, "volume": columns["volume"] / 10.0**size_decimals})
    is_exact = np.logical_and.reduce([exact for _, exact in found.values()])
    bad = _told(rows[~is_exact], f"a price of more than {PRICE_DECIMALS} decimals, or a number too large to keep")
    return BarsRead(bar_type, rows[is_exact], bad)


def _exact(column: pa.ChunkedArray, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    """int64 at so many decimals, and which of them are exact so."""
    kind = column.type
    if not pa.types.is_fixed_size_binary(kind):
        return decode(column.to_numpy().astype("<i8").view("u1").reshape(-1, _OLD_WIDTH), decimals)
    whole = column.combine_chunks()
    width, start = kind.byte_width, whole.offset
    data = whole.buffers()[1]
    raw = np.frombuffer(data, "u1") if data is not None else np.empty(0, "u1")
    return decode(raw[start * width : (start + len(whole)) * width].reshape(-1, width), decimals)


def _told(rows: pd.DataFrame, reason: str) -> list[BadRow]:
    return [(int(row["ts_event"]), reason, json.dumps(row, default=float)) for row in rows.to_dict("records")]
