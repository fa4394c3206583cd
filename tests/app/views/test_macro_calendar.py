"""Releases ahead and behind."""

import pandas as pd

from app.views import macro_calendar as views
from nautilus_data.core.timerange import NS_PER_DAY, to_ns

AT = to_ns("2024-04-10T12:00")
SERIES = pd.DataFrame({"series_id": ["UNRATE", "DFF"], "ts_init": [to_ns("2024-04-05T12:30"), AT]})


def releases(*rows: tuple[str, int, list[str]]) -> pd.DataFrame:
    told = [(key, f"Release {key}", time, time <= AT, ids, AT) for key, time, ids in rows]
    return pd.DataFrame(told, columns=["release_id", "release", "ts_event", "is_out", "series", "ts_seen"])


def test_the_next_one_is_first_and_the_last_one_first_behind_it() -> None:
    times = [AT + days * NS_PER_DAY for days in (-9, -2, 1, 20)]
    ahead, behind = views.calendar(releases(*(("50", time, ["UNRATE"]) for time in times)), SERIES, AT, "UTC")
    assert [row.cells[0].below for row in ahead.rows] == ["in 1 d", "in 20 d"]
    assert [row.cells[0].below for row in behind.rows] == ["2 d ago", "9 d ago"]
    assert [row.cells[3].text for row in behind.rows] == ["0 of 1 since then", "1 of 1 since then"]
    assert [row.cells[2].chips[0].tone for row in behind.rows] == ["warn", "ok"]


def test_a_daily_release_is_told_once() -> None:
    rows = [("18", AT + day * NS_PER_DAY, ["DFF"]) for day in range(-10, 30)]
    ahead, behind = views.calendar(releases(*rows), SERIES, AT, "UTC")
    assert len(ahead.rows) == len(behind.rows) == 1 and "left out" in ahead.rows[0].cells[1].below
