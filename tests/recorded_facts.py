"""Facts of companies as EDGAR told them: recordings beside the project, where they are there."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.dataset import FACTS
from nautilus_data.core.timerange import NS_PER_DAY, to_ns

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "recordings" / "edgar"


@cache
def recorded_facts(name: str) -> pd.DataFrame:
    """Of the recording with this in its name, known the day after they were filed; skips where it is absent."""
    found = sorted(FOLDER.glob(f"companyfacts*{name}*.json"))
    if not found:
        pytest.skip(f"no recorded facts of {name}")
    said = json.loads(found[0].read_text(), parse_float=str, parse_int=str)
    rows = [
        (
            taxonomy, tag, unit, to_ns(one["start"]) if "start" in one else 0, to_ns(one["end"]),
            to_ns(one["filed"]) + NS_PER_DAY, one["accn"], one["val"], one["form"], 0, "", to_ns(one["filed"]), "filed",
        )
        for taxonomy, tags in said["facts"].items()
        for tag, told in tags.items()
        for unit, facts in told["units"].items()
        for one in facts
    ]  # fmt: skip
    return FACTS.conform(pd.DataFrame(rows, columns=list(FACTS.columns)).drop_duplicates(list(FACTS.key), keep="last"))
