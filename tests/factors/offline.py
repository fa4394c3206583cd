"""Current values of real series kept beside the project; a test that needs them is skipped where they are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.macro_series import MACRO_SERIES
from nautilus_data.core.observation import Vintages

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "recordings" / "offline_series"


def by_rule(series_id: str, name: str = "") -> Vintages:
    """A monthly or quarterly series as known by its usual lag: revised values, so not what was printed then."""
    path = FOLDER / (name or f"FRED_{series_id}.csv")
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project")
    text = path.read_text(encoding="utf-8-sig").splitlines()
    rows = [line.split(",") for line in text if line[:4].isdigit()]
    dates = np.array([row[0] for row in rows], "datetime64[ns]").astype("int64")
    values = pd.to_numeric(pd.Series([row[1] for row in rows]), errors="coerce").to_numpy("float64")
    one = MACRO_SERIES[series_id]
    return Vintages(dates, one.lag.after(dates, one.frequency), values)
