"""The series of the arch package: named as what they are, known when they usually are."""

from __future__ import annotations

import asyncio

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.dataset import OBSERVATIONS, OBSERVED_SERIES, Series
from nautilus_data.core.macro_series import MACRO_SERIES, observations_of
from nautilus_data.core.observation import Vintages
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources.arch_package import ArchPackage

pytest.importorskip("arch", reason="the package arch, of the demo, is not installed")

ALL = ArchPackage.spec.capabilities[0].history
NAMES = [name.removesuffix(".FRED") for name in ArchPackage().lines()]


def fetch(series_id: str, span: TimeRange = ALL) -> pd.DataFrame:
    return asyncio.run(ArchPackage().fetch(observations_of(series_id, "arch"), span))


def described(series_id: str) -> dict[str, object]:
    source, series = ArchPackage(), observations_of(series_id, "arch")
    rows = source.described(asyncio.run(source.extract(series, ALL)), series)
    return OBSERVED_SERIES.conform(rows[OBSERVED_SERIES]).iloc[0].to_dict()


def value_of(series_id: str, day: str) -> tuple[float, str]:
    """A value and when it was known, in New York."""
    row = fetch(series_id).set_index("ts_event").loc[to_ns(day)]
    return row["value"], f"{pd.Timestamp(row['ts_init'], tz='UTC').tz_convert('America/New_York'):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("series_id", "rows", "missing", "first", "last"),
    [
        ("VIXCLS", 1305, 46, "2014-01-03", "2019-01-03"),
        ("DCOILWTICO", 8611, 290, "1986-01-02", "2019-01-03"),
        ("CPILFESL", 743, 0, "1957-01-01", "2018-11-01"),
        ("SP500", 5031, 0, "1999-01-04", "2018-12-31"),
        ("BAA", 1200, 0, "1919-01-01", "2018-12-01"),
        ("AAA", 1200, 0, "1919-01-01", "2018-12-01"),
    ],
)
def test_the_whole_of_each_line_is_there(series_id: str, rows: int, missing: int, first: str, last: str) -> None:
    frame = fetch(series_id)
    assert (len(frame), frame["value"].isna().sum()) == (rows, missing)
    assert [frame["ts_event"].min(), frame["ts_event"].max()] == [to_ns(first), to_ns(last)]
    assert set(frame["known_by"]) == {"rule"}
    assert frame.dtypes.equals(OBSERVATIONS.empty().dtypes)


@pytest.mark.parametrize(
    ("series_id", "day", "value", "known"),
    [
        ("VIXCLS", "2018-12-24", 36.07, "2018-12-26 09:30"),
        # Energy's statisticians publish a week's prices on Wednesday.
        ("DCOILWTICO", "2019-01-03", 46.92, "2019-01-09 13:00"),
        ("CPILFESL", "2018-11-01", 259.481, "2018-12-12 08:30"),
        ("CPILFESL", "1957-01-01", 28.5, "1957-02-12 08:30"),
        ("SP500", "2018-12-31", 2506.85, "2019-01-02 09:30"),
        ("BAA", "1919-01-01", 7.12, "1919-02-05 23:59"),
        ("AAA", "2018-12-01", 4.02, "2019-01-05 23:59"),
    ],
)
def test_a_value_is_the_packages_and_known_after_the_usual_lag(
    series_id: str, day: str, value: float, known: str
) -> None:
    assert value_of(series_id, day) == (value, known)


def test_a_holiday_is_published_as_missing() -> None:
    value, known = value_of("VIXCLS", "2018-12-25")
    assert np.isnan(value) and known == "2018-12-27 09:30"


def test_no_value_is_known_before_its_period_is_over() -> None:
    frame = fetch("CPILFESL")
    ends = pd.to_datetime(frame["ts_event"]) + pd.offsets.MonthEnd(1)
    assert (pd.to_datetime(frame["ts_init"]) > ends).all()


def test_a_span_asks_for_what_became_known_in_it() -> None:
    frame = fetch("CPILFESL", TimeRange.of("2000-03-01", "2000-04-01"))
    assert [f"{day:%Y-%m-%d}" for day in pd.to_datetime(frame["ts_event"])] == ["2000-02-01"]


def test_as_of_a_past_day_the_line_ends_before_it() -> None:
    known = Vintages.of(fetch("BAA")).at(to_ns("1929-10-29"))
    assert f"{pd.Timestamp(known.dates[-1]):%Y-%m}" == "1929-09"


@pytest.mark.parametrize("series_id", NAMES)
def test_a_title_says_that_it_is_the_packages_and_how_far_it_goes(series_id: str) -> None:
    row, frame = described(series_id), fetch(series_id)
    last = pd.Timestamp(frame["ts_event"].max())
    assert row["title"].endswith(f", in the arch package up to {last:%Y-%m-%d}")
    assert (row["source"], row["series_id"]) == ("arch", series_id)
    assert (row["first_date"], row["last_date"]) == (frame["ts_event"].min(), frame["ts_event"].max())
    assert row["ts_init"] == frame["ts_init"].max()
    assert "usual lag" in row["notes"]


@pytest.mark.parametrize("series_id", [name for name in NAMES if name in MACRO_SERIES])
def test_its_units_are_those_the_line_is_known_by(series_id: str) -> None:
    assert MACRO_SERIES[series_id].fits(str(described(series_id)["units"]))


def test_core_prices_say_that_they_are_one_vintage() -> None:
    assert "not what was first published" in described("CPILFESL")["notes"]


@pytest.mark.parametrize("instrument_id", ["UNRATE.FRED", "VIXCLS.CBOE", "VIXCLS"])
def test_a_line_it_does_not_have_is_refused_by_naming_those_it_has(instrument_id: str) -> None:
    series = Series(dataset="observations", instrument_id=instrument_id, source="arch")
    with pytest.raises(SkippableError, match=rf"no {instrument_id}; there are VIXCLS\.FRED, DCOILWTICO\.FRED"):
        ArchPackage().check(series)
