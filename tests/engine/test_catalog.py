"""Bars in files: byte for byte what NautilusTrader would write, and read from what it wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("nautilus_trader")
import pyarrow as pa
import pyarrow.parquet as pq
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.persistence.catalog.parquet import ParquetDataCatalog
from nautilus_trader.serialization.arrow.serializer import ArrowSerializer

from nautilus_data.core.dataset import BARS
from nautilus_data.core.instrument import from_ticks
from nautilus_data.engine.catalog import BarFile, checked_bar_type, read_bars
from nautilus_data.errors import SkippableError

NAME = "CL/X.NYMEX-1-MINUTE-MID-EXTERNAL"
FIRST = 1_587_410_000_000_000_000


def made(count: int = 50, price: int = -37_630_000_000) -> pd.DataFrame:
    """Minutes of oil in April 2020: prices on the cent, some of them below nothing; one volume is not known."""
    close = price + np.arange(count, dtype="int64") * 1_570_000_000
    times = FIRST + np.arange(count, dtype="int64") * 60_000_000_000
    prices = {"open": close, "high": close + 10_000_000, "low": close - 10_000_000, "close": close}
    volume = np.where(np.arange(count) == 3, np.nan, np.arange(count) * 1_000_003.0)
    return BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": volume}))


def bar(row: dict, name: str = NAME, price: int = 2, size: int = 0) -> Bar:
    prices = [Price(from_ticks(row[one]), price) for one in ("open", "high", "low", "close")]
    volume = 0.0 if np.isnan(row["volume"]) else row["volume"]
    return Bar(BarType.from_str(name), *prices, Quantity(volume, size), row["ts_event"], row["ts_event"])


def test_a_table_is_the_one_nautilus_trader_makes_of_the_same_bars() -> None:
    rows = made()
    theirs = ArrowSerializer.serialize_batch([bar(row) for row in rows.to_dict("records")], data_cls=Bar)
    ours = BarFile(NAME, 2, 0).table(rows)
    assert ours.schema.equals(theirs.schema, check_metadata=True)
    assert ours.equals(theirs.combine_chunks())


def test_a_file_comes_back_as_it_went(tmp_path: Path) -> None:
    rows = made().assign(volume=np.arange(50) * 0.125)
    BarFile(NAME, 9, 3).write(rows, tmp_path / "a.parquet")
    read = read_bars([tmp_path / "a.parquet"])
    pd.testing.assert_frame_equal(read.rows, rows)
    assert (read.bar_type, list(read.bad)) == (NAME, [])


def test_a_digest_tells_other_bars_and_other_decimals_apart() -> None:
    rows = made()
    digest = BarFile(NAME, 2, 0).digest(rows)
    assert BarFile(NAME, 2, 0).digest(rows.assign(ts_init=0)) == digest
    others = [BarFile(NAME, 3, 0).digest(rows), BarFile(NAME, 2, 0).digest(rows.assign(close=rows["close"] + 1))]
    assert digest not in others


def test_overlapping_files_give_each_bar_once_and_refuse_what_contradicts(tmp_path: Path) -> None:
    rows = made()
    catalog, half = ParquetDataCatalog(str(tmp_path)), rows.iloc[20:40].copy()
    half.loc[25, "close"] += 10_000_000
    for part in (rows.iloc[:30], half):
        catalog.write_data([bar(row) for row in part.to_dict("records")], skip_disjoint_check=True)
    files = sorted(tmp_path.glob("data/bar/*/*.parquet"))
    read = read_bars(files)
    assert len(files) == 2
    assert read.rows["ts_event"].tolist() == rows["ts_event"].tolist()[:40]
    assert read.rows["close"].tolist() == rows["close"].tolist()[:40]
    assert [(time, reason) for time, reason, _ in read.bad] == [
        (rows["ts_event"][25], "another bar of the same time in an overlapping file")
    ]


def test_a_price_of_more_than_nine_decimals_is_refused_with_the_reason(tmp_path: Path) -> None:
    schema = BarFile(NAME, 9, 0).table(made(1)).schema
    if schema.field("open").type.byte_width == 8:
        pytest.skip("this build of NautilusTrader has no such prices")
    table = BarFile(NAME, 9, 0).table(made(2))
    odd = pa.array([(10**16 + 1).to_bytes(16, "little"), (10**16).to_bytes(16, "little")], pa.binary(16))
    pq.write_table(table.set_column(3, schema.field(3), odd), tmp_path / "a.parquet")
    read = read_bars([tmp_path / "a.parquet"])
    assert read.rows["close"].tolist() == [10**9]
    assert "more than 9 decimals" in read.bad[0][1]


def test_files_of_older_releases_hold_integers_of_nine_decimals(tmp_path: Path) -> None:
    rows = made(5, 100_000_000_000)
    columns = {name: pa.array(rows[name].to_numpy()) for name in ("open", "high", "low", "close")}
    columns["volume"] = pa.array([one * 10**9 for one in (0, 1_000_003, 2_000_006, 0, 4_000_012)], pa.uint64())
    columns |= {name: pa.array(rows[name].to_numpy().astype("uint64")) for name in ("ts_event", "ts_init")}
    told = {"bar_type": NAME, "instrument_id": "CL/X.NYMEX", "price_precision": "2", "size_precision": "0"}
    pq.write_table(pa.table(columns).replace_schema_metadata(told), tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read_bars([tmp_path / "a.parquet"]).rows, rows.fillna(0.0))


def test_a_file_that_is_none_says_which(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("bars")
    with pytest.raises(SkippableError, match=r"a\.parquet can't be read as bars"):
        read_bars([tmp_path / "a.parquet"])


def test_a_bar_type_nautilus_trader_has_not_is_refused() -> None:
    assert checked_bar_type(NAME) == NAME
    with pytest.raises(SkippableError, match="NautilusTrader has no bars"):
        checked_bar_type("A.B-1-DAY-BEST-EXTERNAL")
