"""FRED's real answers, recorded, through the real client: what they say is what becomes rows."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.macro_series import observations_of, releases_of
from nautilus_data.core.observation import Vintages, known
from nautilus_data.core.release_lag import moments
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import FatalError
from tests import loopback_fred as faults
from tests.fred_documents import transcribed
from tests.loopback_fred import Line
from tests.sources.fred_asked import ALL, NOW, RECORDINGS, fetched, recorded, serving

GDP = {"units": "Billions of Dollars", "frequency_short": "Q", "last_updated": "2024-10-30 07:54:01-05"}
SERIES, OBSERVATIONS = "series", "series/observations"


def value_of(row: dict[str, str]) -> float:
    return math.nan if row["value"] == "." else float(row["value"])


def days(rows: list[dict[str, str]], name: str = "date") -> list[int]:
    return [to_ns(row[name]) for row in rows]


def gdp() -> Line:
    return Line.recorded(recorded("observations_GDP_all_vintages.json")["observations"], GDP, release=(53, "GDP"))


def test_all_vintages_of_gdp_become_rows_known_on_their_days() -> None:
    rows = recorded("observations_GDP_all_vintages.json")["observations"]
    with serving({}) as (server, source):
        server.documents[OBSERVATIONS] = transcribed(recorded("observations_GDP_all_vintages.json"))
        server.documents[SERIES] = transcribed(recorded("series_GDP.json"))
        server.documents["series/release"] = transcribed(recorded("series_release_GDP.json"))
        frame = fetched(source, "GDP")
    assert len(frame) == len(rows) == 3199
    expected = pd.DataFrame(
        {
            "ts_event": days(rows),
            "day": days(rows, "realtime_start"),
            "value": [value_of(row) for row in rows],
        }
    )
    is_rule = (frame["known_by"] == "rule").to_numpy()
    # What the archive began with, but for the quarter that had just been published.
    assert is_rule.sum() == 130 and (expected["day"] == to_ns("1991-12-04")).sum() == 131
    at = moments(expected["day"].to_numpy(), "08:30")
    at[expected["day"] == to_ns("2024-10-30")] = to_ns("2024-10-30T12:54:01")
    expected["ts_init"] = at
    both = frame.merge(expected, on=["ts_event", "ts_init"], suffixes=("", "_said"))
    assert len(both) == 3199 - 130
    np.testing.assert_array_equal(both["value"], both["value_said"])
    begun = frame[is_rule].merge(
        expected[expected["day"] == to_ns("1991-12-04")], on="ts_event", suffixes=("", "_said")
    )
    np.testing.assert_array_equal(begun["value"], begun["value_said"])
    assert (begun["ts_init"] < to_ns("1991-12-04")).all()


def test_the_loopback_server_answers_as_fred_did() -> None:
    line = gdp()
    assert line.days == recorded("vintagedates_GDP.json")["vintage_dates"]
    for found, name in (
        (line.known("1776-07-04", "9999-12-31"), "observations_GDP_all_vintages.json"),
        (line.initial("1776-07-04", "9999-12-31"), "observations_GDP_initial_release.json"),
    ):
        told = [(one.start, one.end, one.date, one.value) for one in found]
        names = ("realtime_start", "realtime_end", "date", "value")
        assert told == [tuple(row[name] for name in names) for row in recorded(name)["observations"]]


def test_gdp_as_it_is_known_today_is_what_fred_says_today() -> None:
    rows = recorded("observations_GDP.json")["observations"]
    with serving({"GDP": gdp()}) as (_, source):
        frame = fetched(source, "GDP")
    today = Vintages.of(frame).at(NOW)
    assert today.dates.tolist() == days(rows)
    np.testing.assert_array_equal(today.values, [value_of(row) for row in rows])


@pytest.mark.parametrize("day", ["1992-01-29", "2001-07-27", "2008-12-23", "2024-09-26"])
def test_gdp_as_it_was_known_on_a_day_is_what_fred_said_that_day(day: str) -> None:
    rows = recorded("observations_GDP_all_vintages.json")["observations"]
    said = [row for row in rows if row["realtime_start"] <= day <= row["realtime_end"]]
    with serving({"GDP": gdp()}) as (_, source):
        pieces = [TimeRange(ALL.start, to_ns("1991-12-31")), TimeRange.of("1991-12-31", day), TimeRange.of(day, NOW)]
        frame = pd.concat([fetched(source, "GDP", span) for span in pieces])
    then = known(frame, to_ns(f"{day}T23:00"))
    assert then["ts_event"].tolist() == sorted(days(said))
    np.testing.assert_array_equal(then["value"], [value_of(row) for row in sorted(said, key=lambda row: row["date"])])


def test_the_initial_releases_of_gdp_are_its_first_versions() -> None:
    rows = recorded("observations_GDP_initial_release.json")["observations"]
    with serving({"GDP": gdp()}) as (_, source):
        first = Vintages.of(fetched(source, "GDP")).first()
    found = dict(zip(first.dates.tolist(), zip(first.known.tolist(), first.values.tolist(), strict=True), strict=True))
    for row in rows[:-1]:
        at = moments(np.array([to_ns(row["realtime_start"])]), "08:30")[0]
        assert found[to_ns(row["date"])] == (at, float(row["value"]))


@pytest.mark.parametrize(
    ("name", "series_id", "info"),
    [
        ("observations_UNRATE_recent.json", "UNRATE", {"units": "Percent", "frequency_short": "M"}),
        ("observations_INDPRO_recent.json", "INDPRO", {"units": "Index 2017=100", "frequency_short": "M"}),
        ("observations_VIXCLS_recent.json", "VIXCLS", {"units": "Index", "frequency_short": "D"}),
        ("observations_CPILFESL.json", "CPILFESL", None),
        ("observations_BAMLH0A0HYM2_recent.json", "BAMLH0A0HYM2", {"units": "Percent", "frequency_short": "D"}),
    ],
)
def test_recorded_values_become_rows(name: str, series_id: str, info: dict[str, str] | None) -> None:
    rows = recorded(name)["observations"]
    now = to_ns("2026-04-20T20:00")
    with serving({series_id: Line(info or {}, [])}, now) as (server, source):
        server.documents[OBSERVATIONS] = transcribed(recorded(name))
        if info is None:
            server.documents[SERIES] = transcribed(recorded(f"series_{series_id}.json"))
        frame = fetched(source, series_id, TimeRange(ALL.start, now)).sort_values("ts_event")
    assert frame["ts_event"].tolist() == days(rows)
    np.testing.assert_array_equal(frame["value"], [value_of(row) for row in rows])
    assert (frame["ts_init"] > frame["ts_event"]).all() and (frame["ts_init"] < now).all()


def test_recorded_xml_becomes_rows_and_its_points_are_missing_values() -> None:
    path = RECORDINGS / "observations_DGS10_2020.xml"
    if not path.exists():
        pytest.skip(f"no recorded answers of FRED at {RECORDINGS}")
    with serving({"DGS10": Line({"units": "Percent", "frequency_short": "D"}, [])}) as (server, source):
        server.documents[OBSERVATIONS] = path.read_bytes()
        frame = fetched(source, "DGS10")
    assert len(frame) == 577 and path.read_bytes().count(b'value="."') == frame["value"].isna().sum() > 0
    assert frame.iloc[1].tolist() == [to_ns("2020-01-02"), to_ns("2020-01-03T21:15"), 1.88, "rule"]


def test_recorded_release_days_become_rows() -> None:
    told = recorded("release_10_dates.json")
    with serving({}) as (server, source):
        server.documents["release/dates"] = transcribed(told)
        frame = fetched(source, releases_of("10"))
    assert len(frame) == len({row["date"] for row in told["release_dates"]}) == 927
    assert frame["ts_event"].iloc[0] == to_ns("1949-03-24T13:30")


def test_a_recorded_search_is_found() -> None:
    told = recorded("search_monetary_service_index.json")
    with serving({}) as (server, source):
        server.documents["series/search"] = transcribed(told)
        found = asyncio.run(source.search("monetary service index", 20))
    assert [hit.symbol for hit in found] == [one["id"] for one in told["seriess"]]
    assert found[0].name == told["seriess"][0]["title"]


def test_the_recorded_refusal_of_a_key_says_what_to_do() -> None:
    path = RECORDINGS / "error_400_bad_api_key.xml"
    if not path.exists():
        pytest.skip(f"no recorded answers of FRED at {RECORDINGS}")
    with serving({"UNRATE": Line({}, [])}) as (server, source):
        server.faults.append(faults.says(path.read_bytes(), 400))
        with pytest.raises(FatalError, match=r"not a 32 character.*Check FRED_API_KEY") as caught:
            asyncio.run(source.extract(observations_of("UNRATE"), ALL))
    assert "https://fred.stlouisfed.org/docs/api/api_key.html" in str(caught.value)


def test_the_recorded_description_of_a_series_is_read() -> None:
    told: dict[str, Any] = recorded("series_GDP.json")["seriess"][0]
    with serving({"GDP": gdp()}) as (server, source):
        server.documents[SERIES] = transcribed(recorded("series_GDP.json"))
        payload = asyncio.run(source.extract(observations_of("GDP"), ALL))
    (frame,) = source.described(payload, observations_of("GDP")).values()
    row = frame.iloc[0]
    assert (row["title"], row["units"], row["frequency"]) == (told["title"], told["units"], "Q")
    assert row["notes"] == told["notes"] and row["ts_updated"] == to_ns("2024-10-30T12:54:01")
