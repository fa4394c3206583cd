"""FRED's answers as rows, without a server: what can't be read is refused with its reason, whatever it is."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.core.dataset import OBSERVATIONS, OBSERVED_SERIES, RELEASES
from nautilus_data.core.macro_series import observations_of, releases_of
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources.fred import Fred
from nautilus_data.sources.fred.metadata import Info, day_of
from nautilus_data.sources.fred.releases import Calendar
from nautilus_data.sources.fred.rows import Answer
from nautilus_data.sources.fred.window import EARLIEST, LATEST, Row, Window, today, window_of
from tests.sources.fred_asked import ALL, NOW, told

UNRATE = observations_of("UNRATE")
GOOD: Row = ("2024-02-02", LATEST, "2024-01-01", "3.7")


def answer(rows: list[Row], said: dict[str, str] | None = None, **given: Any) -> Answer:
    info = Info(said={"units": "Percent", "frequency_short": "M"} if said is None else said)
    windows = (Window(start=EARLIEST, end=LATEST, rows=tuple(rows)),)
    return Answer(
        **{"asked_at": NOW, "span": ALL, "info": info, "policy": info.policy("UNRATE"), "windows": windows, **given}
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("2024-02-02", LATEST, "2024-13-01", "3.7"), "its date is not a day"),
        (("2024-02-02", LATEST, "1600-01-01", "3.7"), "its date is not a day"),
        (("2024-02-02", LATEST, "20240101", "3.7"), "its date is not a day"),
        (("2024-02-02", LATEST, "2024-W01-1", "3.7"), "its date is not a day"),
        (("2024-02-02", LATEST, "", "3.7"), "its date is not a day"),
        (("soon", LATEST, "2024-01-01", "3.7"), "not the days from and until which"),
        (("2024-02-02", "2024-02-01", "2024-01-01", "3.7"), "not the days from and until which"),
        ((LATEST, LATEST, "2024-01-01", "3.7"), "not the days from and until which"),
        (("2024-02-02", LATEST, "2024-01-01", "3,7"), "its value is not a number"),
        (("2024-02-02", LATEST, "2024-01-01", "nan"), "its value is not a number"),
        (("2024-02-02", LATEST, "2024-01-01", "1e999"), "its value is not a number"),
        (("2024-02-02", LATEST, "2024-01-01", "1_0"), "its value is not a number"),
        (("2024-02-02", LATEST, "2024-01-01", ""), "its value is not a number"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_refused_and_the_others_are_kept(row: Row, reason: str) -> None:
    payload = answer([row, GOOD])
    assert len(Fred().normalize(payload, UNRATE)) == 1
    refused = Fred().refused(payload, UNRATE)
    assert refused["ts_event"].dtype == "int64" and len(refused) == 1
    assert reason in refused["reason"][0] and json.loads(refused["row"][0])["value"] == row[3]
    assert refused["ts_event"][0] == (to_ns("2024-01-01") if row[2] == "2024-01-01" else 0)


@pytest.mark.parametrize(("text", "value"), [("3.70", 3.7), ("-.5", -0.5), ("1e3", 1000.0), ("7.", 7.0), ("+2", 2.0)])
def test_a_value_is_read_as_it_is_written(text: str, value: float) -> None:
    assert Fred().normalize(answer([(*GOOD[:3], text)]), UNRATE)["value"].tolist() == [value]


def test_a_point_is_a_missing_value_that_is_kept() -> None:
    frame = Fred().normalize(answer([(*GOOD[:3], ".")]), UNRATE)
    assert len(frame) == 1 and math.isnan(frame["value"][0])


def test_a_version_that_ends_and_is_followed_by_none_is_withdrawn_the_day_after() -> None:
    rows = [("2024-02-02", "2024-03-07", "2024-01-01", "3.7"), ("2024-02-02", "2024-03-07", "2023-12-01", "3.8")]
    frame = Fred().normalize(answer([*rows, ("2024-03-08", LATEST, "2023-12-01", "3.9")]), UNRATE)
    gone = frame[frame["value"].isna()]
    assert [row[:2] for row in told(gone)] == [("2024-01-01", "2024-03-08 08:30")]
    assert len(frame) == 4


def test_nothing_is_withdrawn_where_a_window_ends() -> None:
    window = Window(start="2024-02-01", end="2024-03-07", rows=(("2024-02-02", "2024-03-07", "2024-01-01", "3.7"),))
    assert not Fred().normalize(answer([], windows=(window,)), UNRATE)["value"].isna().any()


def test_what_a_window_says_of_its_first_day_was_known_before_but_its_withdrawal_was_not() -> None:
    row = ("2024-02-01", "2024-02-20", "2024-01-01", "3.7")
    frame = Fred().normalize(answer([], windows=(Window(start="2024-02-01", end="2024-03-07", rows=(row,)),)), UNRATE)
    assert [row[:2] for row in told(frame)] == [("2024-01-01", "2024-02-21 08:30")] and frame["value"].isna().all()


def test_a_page_told_twice_makes_no_second_row() -> None:
    assert len(Fred().normalize(answer([GOOD, GOOD]), UNRATE)) == 1


def test_what_is_there_before_its_hour_is_known_by_now() -> None:
    rows = [("2024-11-03", LATEST, "2024-10-01", "4.1")]
    early = to_ns("2024-11-03T12:00")
    frame = Fred().normalize(answer(rows, asked_at=early, span=TimeRange(ALL.start, early)), UNRATE)
    assert frame[["ts_init", "known_by"]].values.tolist() == [[early - 1, "seen"]]
    # A span that ended long ago does not hold what is seen now.
    frame = Fred().normalize(answer(rows, asked_at=early, span=TimeRange.of("2024-01-01", "2024-10-01")), UNRATE)
    assert frame["ts_init"].tolist() == [early]


def test_the_days_of_a_window_are_those_whose_vintages_may_lie_in_a_span() -> None:
    window = window_of(TimeRange.of("2024-03-08T12:00", "2024-03-20T01:00"), NOW)
    assert (window.start, window.end) == ("2024-03-06", "2024-03-20")
    assert window_of(ALL, NOW) == Window(start=EARLIEST, end=LATEST)
    assert today(to_ns("2024-11-03T04:59:59")) == "2024-11-02"


@pytest.mark.parametrize(
    ("said", "is_fine"),
    [
        ({"units": "Percent", "frequency_short": "M"}, True),
        ({"units": "Index 2012=100", "frequency_short": "M"}, False),
        ({"units": "Percent", "frequency_short": "W"}, False),
        ({}, False),
    ],
)  # fmt: skip
def test_a_declared_series_that_is_not_what_it_was_is_not_used(said: dict[str, str], is_fine: bool) -> None:
    if is_fine:
        Info(said=said).check("UNRATE")
        return
    with pytest.raises(SkippableError, match="not used until somebody has looked at it"):
        Info(said=said).check("UNRATE")
    Info(said=said).check("UNDECLARED")


def test_a_release_day_that_is_none_is_refused() -> None:
    calendar = Calendar(asked_at=NOW, span=ALL, days=("2024-11-01", "soon", "1500-01-01", "2024-11-01"))
    assert len(Fred().normalize(calendar, releases_of("50"))) == 1
    assert len(Fred().refused(calendar, releases_of("50"))) == 2


DAYS = (
    st.dates().map(str) | st.sampled_from(["", ".", EARLIEST, LATEST, "0000-00-00", "2024-1-1"]) | st.text(max_size=12)
)
ROWS = st.lists(st.tuples(DAYS, DAYS, DAYS, st.floats().map(str) | st.text(max_size=8) | st.just(".")), max_size=12)
FREQUENCIES = st.sampled_from(["D", "W", "BW", "M", "Q", "SA", "A", "", "5Y"])
SAID = st.fixed_dictionaries(
    {"frequency_short": FREQUENCIES},
    optional={
        name: DAYS | st.datetimes().map(lambda at: f"{at:%Y-%m-%d %H:%M:%S}-06")
        for name in ("last_updated", "observation_start", "observation_end", "units", "title")
    },
)


@settings(max_examples=300, deadline=None)
@given(rows=ROWS, said=SAID, start=DAYS, end=DAYS, is_latest=st.booleans(), first=DAYS, is_initial=st.booleans())
def test_any_answer_becomes_rows_of_the_dataset(
    rows: list[Row], said: dict[str, str], start: str, end: str, is_latest: bool, first: str, is_initial: bool
) -> None:
    info = Info(said=said)
    windows = (Window(start=EARLIEST, end=LATEST, rows=tuple(rows)),
               Window(start=start, end=LATEST, is_initial=is_initial).answered(tuple(rows), end))  # fmt: skip
    payload = Answer(
        asked_at=NOW, span=ALL, info=info, policy=info.policy("ANY"), windows=windows, first_vintage=first,
        latest=tuple(rows) if is_latest else None, is_archived=is_initial,
    )  # fmt: skip
    series = observations_of("ANY")
    frame = OBSERVATIONS.conform(Fred().normalize(payload, series))
    assert not frame.duplicated(["ts_event", "ts_init"]).any()
    assert set(frame["known_by"]) <= {"vintage", "rule", "seen"} and (frame["ts_init"] <= NOW).all()
    assert len(Fred().refused(payload, series)) <= 2 * len(rows)
    OBSERVED_SERIES.conform(Fred().described(payload, series)[OBSERVED_SERIES])


@settings(max_examples=100, deadline=None)
@given(days=st.lists(DAYS, max_size=10), release_id=st.sampled_from(["10", "18", "999"]))
def test_any_release_days_become_rows_of_the_dataset(days: list[str], release_id: str) -> None:
    calendar = Calendar(asked_at=NOW, span=ALL, days=tuple(days))
    frame = RELEASES.conform(Fred().normalize(calendar, releases_of(release_id)))
    assert frame["ts_event"].is_unique and (frame["ts_init"] < NOW).all()


@given(st.dates())
def test_a_day_is_read_as_freds_calendar_writes_it(day: Any) -> None:
    assert day_of(str(day)) == (pd.Timestamp(str(day)).as_unit("s") - pd.Timestamp("1970-01-01")).days
