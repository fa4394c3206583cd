"""Files others can read, whole or not there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import FatalError, SkippableError
from nautilus_data.services.export import Export
from nautilus_data.store import Store
from tests.store.conftest import DAILY, bars

READERS = {
    "csv": lambda path: pd.read_csv(path, parse_dates=["ts_event", "ts_init"]),
    "parquet": pd.read_parquet,
    "arrow": pd.read_feather,
}


@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow"])
def test_bars_come_back_as_they_were(store: Store, tmp_path: Path, kind: str) -> None:
    if kind != "csv":
        pytest.importorskip("pyarrow", reason="no pyarrow: pip install pyarrow")
    store.write(DAILY, bars(0, 10, close=157_000_000))
    path = tmp_path / f"bars.{kind}"
    assert Export(store).bars(DAILY, path, kind, TimeRange(2, 8)) == 6
    found = READERS[kind](path)
    assert found["close"].tolist() == [0.157] * 6
    assert found["ts_event"].iloc[0] == pd.Timestamp(2, tz="UTC")
    assert [file.name for file in tmp_path.iterdir() if "part" in file.name] == []


def test_what_can_t_be_exported_is_told(store: Store, tmp_path: Path) -> None:
    export = Export(store)
    with pytest.raises(SkippableError, match="nothing is stored of AAPL"):
        export.bars(DAILY, tmp_path / "x")
    store.write(DAILY, bars())
    with pytest.raises(ValueError, match="csv, parquet, arrow"):
        export.bars(DAILY, tmp_path / "x", "xls")
    with pytest.raises(FatalError, match="can't write"):
        export.bars(DAILY, tmp_path / "nowhere" / "x")
