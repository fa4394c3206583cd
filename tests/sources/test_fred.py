"""FRED against a loopback server with vintages: what is asked for each kind of series, and what it becomes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.core.dataset import DATASETS, OBSERVED_SERIES
from nautilus_data.core.macro_series import MACRO_SERIES, observations_of, releases_of
from nautilus_data.core.observation import Vintages, known
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources.fred import Fred
from tests.loopback_fred import WITHDRAWN, Line, LoopbackFred
from tests.sources.fred_asked import ALL, NOW, fetched, serving, told

PERCENT = {"units": "Percent", "frequency_short": "M"}
DAILY = {"units": "Percent", "frequency_short": "D"}
RATE = Line(
    PERCENT,
    [
        ("2024-01-05", {"2023-01-01": 3.4, "2023-11-01": 3.7, "2023-12-01": 3.7}),
        ("2024-02-02", {"2023-12-01": 3.8, "2024-01-01": 3.6}),
        ("2024-03-08", {"2023-12-01": WITHDRAWN, "2024-02-01": None}),
        ("2024-04-05", {"2024-02-01": 3.9}),
    ],
    release=(50, "Employment Situation"),
    times={"2024-04-05": "07:32:03"},
)
YIELD = Line(
    DAILY,
    [
        ("2024-10-25", {"2024-10-24": 4.21}),
        ("2024-10-29", {"2024-10-25": 4.25, "2024-10-28": 4.28}),
        ("2024-10-30", {"2024-10-29": 4.27}),
        ("2024-11-01", {"2024-10-30": 4.29, "2024-10-31": 4.28, "2024-11-01": 4.37}),
    ],
    release=(18, "H.15"),
)


def test_every_vintage_has_the_moment_it_became_known() -> None:
    with serving({"UNRATE": RATE}) as (server, source):
        rows = told(fetched(source, "UNRATE"))
        assert server.asked("series/observations")[0]["realtime_start"] == "1776-07-04"
    # The archive's first day brought the year's start too, which was published long before; withdrawn is NaN.
    assert [(*row[:2], row[3]) for row in rows] == [
        ("2023-01-01", "2023-02-05 08:30", "rule"),
        ("2023-11-01", "2023-12-05 08:30", "rule"),
        ("2023-12-01", "2024-01-05 08:30", "vintage"),
        ("2023-12-01", "2024-02-02 08:30", "vintage"),
        ("2024-01-01", "2024-02-02 08:30", "vintage"),
        ("2023-12-01", "2024-03-08 08:30", "vintage"),
        ("2024-02-01", "2024-03-08 08:30", "vintage"),
        # The last update's own time, in Chicago 07:32.
        ("2024-02-01", "2024-04-05 08:32", "vintage"),
    ]
    values = [row[2] for row in rows]
    assert values[:5] == [3.4, 3.7, 3.7, 3.8, 3.6] and math.isnan(values[5]) and math.isnan(values[6])
    assert values[7] == 3.9


def test_what_is_published_later_is_asked_for_alone_and_what_was_known_is_not_told_again() -> None:
    with serving({"UNRATE": RATE}) as (server, source):
        rows = told(fetched(source, "UNRATE", TimeRange.of("2024-03-01", "2024-06-01")))
        window = server.asked("series/observations")[-1]
        assert (window["realtime_start"], window["realtime_end"]) == ("2024-02-27", "2024-06-01")
    assert [row[:2] for row in rows] == [
        ("2023-12-01", "2024-03-08 08:30"), ("2024-02-01", "2024-03-08 08:30"), ("2024-02-01", "2024-04-05 08:32"),
    ]  # fmt: skip


def test_a_span_that_reaches_today_is_asked_for_without_naming_a_day_to_come() -> None:
    # In London it is tomorrow, in Chicago today.
    late = to_ns("2024-04-06T03:00")
    with serving({"UNRATE": RATE}, late) as (server, source):
        rows = told(fetched(source, "UNRATE", TimeRange(late - 3 * NS_PER_DAY, late)))
        assert server.asked("series/observations")[-1]["realtime_end"] == "9999-12-31"
    assert [row[:2] for row in rows] == [("2024-02-01", "2024-04-05 08:32")]


def test_prices_of_a_market_come_at_once_and_are_known_by_rule() -> None:
    with serving({"DGS10": YIELD}) as (server, source):
        rows = told(fetched(source, "DGS10"))
        assert "realtime_start" not in server.asked("series/observations")[0]
    # The rule would have what is there already known on Monday only.
    assert rows[-2:] == [
        ("2024-10-31", "2024-11-01 16:15", 4.28, "rule"),
        ("2024-11-01", "2024-11-03 09:59", 4.37, "seen"),
    ]
    assert len(rows) == 7


def test_prices_of_a_market_published_later_have_their_vintage() -> None:
    with serving({"DGS10": YIELD}) as (_, source):
        rows = told(fetched(source, "DGS10", TimeRange.of("2024-10-30", NOW)))
    assert rows == [
        ("2024-10-29", "2024-10-30 16:15", 4.27, "vintage"),
        ("2024-10-30", "2024-11-01 08:31", 4.29, "vintage"),
        ("2024-10-31", "2024-11-01 08:31", 4.28, "vintage"),
        ("2024-11-01", "2024-11-01 08:31", 4.37, "vintage"),
    ]


def test_of_what_is_estimated_anew_each_time_first_releases_are_the_past() -> None:
    info = {"units": "Index", "frequency_short": "W"}
    line = Line(
        info,
        [
            ("2024-09-04", {"2024-08-23": -0.50, "2024-08-30": -0.52}),
            ("2024-09-11", {"2024-08-23": -0.49, "2024-08-30": -0.51, "2024-09-06": -0.53}),
            ("2024-09-18", {"2024-08-23": -0.48, "2024-09-06": -0.50, "2024-09-13": -0.55}),
        ],
    )
    with serving({"NFCI": line}) as (server, source):
        rows = told(fetched(source, "NFCI"))
        assert server.asked("series/observations")[0]["output_type"] == "4"
        later = told(fetched(source, "NFCI", TimeRange.of("2024-09-15", NOW)))
    assert rows == [
        ("2024-09-06", "2024-09-11 08:30", -0.53, "vintage"), ("2024-09-13", "2024-09-18 08:31", -0.55, "vintage"),
    ]  # fmt: skip
    assert [row[:3] for row in later] == [
        ("2024-08-23", "2024-09-18 08:31", -0.48), ("2024-09-06", "2024-09-18 08:31", -0.50),
        ("2024-09-13", "2024-09-18 08:31", -0.55),
    ]  # fmt: skip


def test_a_series_without_vintages_is_known_by_rule_and_what_came_late_when_it_was_seen() -> None:
    line = Line(
        {"units": "Index", "frequency_short": "D"},
        [("2024-10-30", {"2024-10-28": 5800.0, "2024-10-29": 5832.9}), ("2024-11-01", {"2024-10-30": 5813.7})],
        is_in_alfred=False,
    )
    with serving({"SP500": line}) as (_, source):
        assert told(fetched(source, "SP500"))[-1] == ("2024-10-30", "2024-10-31 09:30", 5813.7, "rule")
        # FRED has it since Friday only: whoever asked on Thursday evening had nothing.
        rows = told(fetched(source, "SP500", TimeRange.of("2024-11-01", NOW)))
        assert rows[-1] == ("2024-10-30", "2024-11-03 09:59", 5813.7, "seen")
        assert fetched(source, "SP500", TimeRange.of("2024-11-02", NOW)).empty


def test_a_series_nobody_declared_and_kept_nowhere_is_known_late_rather_than_early() -> None:
    line = Line({"frequency_short": "M"}, [("2024-10-10", {"2024-07-01": 1.0, "2024-09-01": 2.0})], is_in_alfred=False)
    with serving({"MINE": line}) as (server, source):
        rows = told(fetched(source, "MINE"))
        fetched(source, "MINE", TimeRange.of("2024-01-01", "2024-06-01"))
        assert len(server.asked("series/vintagedates")) == 0
    assert rows == [("2024-07-01", "2024-09-14 23:59", 1.0, "rule"), ("2024-09-01", "2024-11-03 09:59", 2.0, "seen")]


def test_what_is_estimated_anew_and_kept_nowhere_is_not_used() -> None:
    line = Line({"units": "Index", "frequency_short": "W"}, [("2024-10-30", {"2024-10-25": -0.5})], is_in_alfred=False)
    with serving({"NFCI": line}) as (_, source), pytest.raises(SkippableError, match="FRED keeps no vintages of it"):
        fetched(source, "NFCI")


@pytest.mark.parametrize(("frequency", "is_by_rule"), [("D", True), ("W", False), ("M", False), ("Q", False)])
def test_a_series_nobody_declared_is_asked_for_by_its_frequency(frequency: str, is_by_rule: bool) -> None:
    line = Line(
        {"frequency_short": frequency}, [("2024-10-17", {"2024-10-15": 1.5}), ("2024-10-18", {"2024-10-16": 2.5})]
    )
    with serving({"MINE_1.A": line}) as (_, source):
        rows = told(fetched(source, "mine_1.a"))
    assert {row[3] for row in rows} == {"rule" if is_by_rule else "vintage"}
    # Of a day on which something was published at an unknown hour, the end.
    assert rows[0][1] == ("2024-10-16 23:59" if is_by_rule else "2024-10-17 23:59")


def test_of_a_series_with_endless_versions_first_releases_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({"BIG": replace(RATE, info={"frequency_short": "M"})}, most_rows=2) as (server, source):
        monkeypatch.setattr("nautilus_data.sources.fred.archive._MOST_ROWS", 3)
        rows = told(fetched(source, "BIG"))
        kinds = [query.get("output_type") for query in server.asked("series/observations")]
    assert kinds[0] is None and set(kinds[1:]) == {"4"}
    assert [row[0] for row in rows] == ["2024-01-01", "2024-02-01"]


def test_more_rows_than_a_page_are_asked_for_page_by_page() -> None:
    with serving({"UNRATE": RATE}) as (_, source):
        whole = fetched(source, "UNRATE")
    with serving({"UNRATE": RATE}, most_rows=3) as (server, source):
        pd.testing.assert_frame_equal(fetched(source, "UNRATE"), whole)
        assert [query.get("offset") for query in server.asked("series/observations")] == [None, "3", "6"]


def daily(days: int, id_is_declared: bool = True) -> Line:
    """One value a day, published the next, from the start of 2010."""
    first = date(2010, 1, 1)
    dates = [str(first + timedelta(days=at)) for at in range(days + 1)]
    info = DAILY if id_is_declared else {"frequency_short": "W"}
    return Line(info, [(dates[at + 1], {dates[at]: float(at)}) for at in range(days)])


def test_a_past_of_more_than_two_thousand_vintages_is_asked_for_in_halves() -> None:
    with serving({"THREEFYTP10": daily(4_100)}) as (server, source):
        rows = fetched(source, "THREEFYTP10")
        assert len(server.asked("series/observations")) == 5
    # Of the archive's first day nobody knows when it was first released.
    assert rows["value"].tolist() == [float(at) for at in range(1, 4_100)]
    assert set(rows["known_by"]) == {"vintage"}


def test_halves_of_a_series_nobody_declared_make_the_whole() -> None:
    with serving({"MINE": daily(2_500, False)}) as (server, source):
        rows = fetched(source, "MINE")
        assert len(server.asked("series/observations")) == 5
    assert rows["value"].tolist() == [float(at) for at in range(2_500)]


def test_a_declared_daily_series_is_never_asked_for_too_many_vintages() -> None:
    with serving({"DGS10": daily(4_100)}) as (server, source):
        rows = fetched(source, "DGS10", TimeRange.of("2010-02-01", NOW))
        sent = server.asked("series/observations")
    assert len(sent) == 3 and rows["value"].tolist() == [float(at) for at in range(30, 4_100)]


VALUES = st.one_of(st.floats(-5, 5).map(lambda value: round(value, 1)), st.none(), st.just(WITHDRAWN))
MONTHS = [str(day) for day in pd.date_range("1999-01-01", "2003-12-01", freq="MS").strftime("%Y-%m-%d")]
VINTAGES = st.dictionaries(
    st.dates(date(2002, 1, 1), date(2004, 6, 30)).map(str),
    st.dictionaries(st.sampled_from(MONTHS), VALUES, min_size=1, max_size=6),
    min_size=1,
    max_size=8,
).filter(lambda vintages: set(vintages[min(vintages)].values()) != {WITHDRAWN})
CUTS = st.lists(st.integers(to_ns("1998-01-01"), to_ns("2004-12-31")), max_size=4)


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[LoopbackFred, Fred]]:
    with serving({}) as both:
        yield both


@settings(max_examples=40, deadline=None)
@given(vintages=VINTAGES, cuts=CUTS, number=st.integers(0, 10**9))
def test_pieces_of_any_cut_make_the_whole(
    asked: tuple[LoopbackFred, Fred], vintages: dict[str, dict[str, float]], cuts: list[int], number: int
) -> None:
    server, source = asked
    series_id = f"CUT{number}.{len(server.lines)}"
    server.lines[series_id] = Line({"frequency_short": "M"}, sorted(vintages.items()))
    ends = [*sorted(cuts), NOW]
    spans = [TimeRange(start, end) for start, end in zip([ALL.start, *ends], ends, strict=False)]
    order = ["ts_init", "ts_event"]
    pieces = pd.concat([fetched(source, series_id, span) for span in spans], ignore_index=True)
    whole = fetched(source, series_id)
    pd.testing.assert_frame_equal(
        pieces.sort_values(order, ignore_index=True), whole.sort_values(order, ignore_index=True)
    )


@settings(max_examples=40, deadline=None)
@given(vintages=VINTAGES, day=st.dates(date(2002, 1, 1), date(2004, 12, 31)), number=st.integers(0, 10**9))
def test_what_was_known_on_a_day_is_what_fred_says_of_it(
    asked: tuple[LoopbackFred, Fred], vintages: dict[str, dict[str, float]], day: date, number: int
) -> None:
    server, source = asked
    series_id = f"DAY{number}.{len(server.lines)}"
    line = server.lines[series_id] = Line({"frequency_short": "M"}, sorted(vintages.items()))
    if str(day) < line.days[0]:
        return
    frame, night = fetched(source, series_id), to_ns(str(day + timedelta(days=1))) + NS_PER_DAY // 4
    says = {one.date: float(one.value) for one in line.known(str(day), str(day)) if one.value != "."}
    rows = known(frame, night).dropna(subset="value")
    assert dict(zip(pd.to_datetime(rows["ts_event"]).dt.strftime("%Y-%m-%d"), rows["value"], strict=True)) == says
    assert len(Vintages.of(frame).at(night).dates) >= len(says)


def test_release_days_have_their_usual_time_and_those_to_come_are_known_at_the_spans_end() -> None:
    days = ["2024-10-04", "2024-11-01", "2024-12-06"]
    with serving({}, releases={50: days, 13: ["2024-10-17"]}) as (server, source):
        frame = fetched(source, releases_of("50"))
        span = TimeRange(NOW - 5 * NS_PER_DAY, NOW)
        later = fetched(source, releases_of("50"), span)
        other = fetched(source, releases_of("13"))
        query = server.asked("release/dates")[0]
    assert query["include_release_dates_with_no_data"] == "true" and query["limit"] == "1000"
    stamps = [to_ns(f"{day}T{hour}:30") for day, hour in zip(days, ("12", "12", "13"), strict=True)]
    assert frame["ts_event"].tolist() == stamps
    assert frame["ts_init"].tolist() == [*stamps[:2], NOW - 1] and set(frame["ts_seen"]) == {NOW}
    assert later["ts_event"].tolist() == stamps[1:]
    assert other["ts_event"].tolist() == [to_ns("2024-10-17T13:15")]


def test_an_answer_tells_what_the_series_is_and_its_release_is_asked_for_once() -> None:
    with serving({"UNRATE": RATE}) as (server, source):
        series = observations_of("UNRATE")
        payload = asyncio.run(source.extract(series, ALL))
        fetched(source, "UNRATE")
        assert len(server.asked("series")) == 2 and len(server.asked("series/release")) == 1
    described = source.described(payload, series)
    row = OBSERVED_SERIES.conform(described[OBSERVED_SERIES]).iloc[0].to_dict()
    assert row["series_id"] == "UNRATE" and row["units"] == "Percent" and row["frequency"] == "M"
    assert (row["release_id"], row["release"]) == ("50", "Employment Situation")
    assert row["ts_updated"] == to_ns("2024-04-05T12:32:03") and row["ts_init"] == NOW
    assert (row["first_date"], row["last_date"]) == (to_ns("2023-01-01"), to_ns("2024-02-01"))


def test_a_search_finds_series_by_their_titles() -> None:
    lines = {"UNRATE": replace(RATE, info={**PERCENT, "title": "Unemployment Rate"}), "DGS10": YIELD}
    with serving(lines) as (server, source):
        found = asyncio.run(source.search("unemployment rate", 5))
        assert asyncio.run(source.search("nothing of that kind")) == asyncio.run(source.search(" ")) == []
        assert server.asked("series/search")[0]["limit"] == "5"
    assert [(hit.instrument_id, hit.symbol, hit.name) for hit in found] == [
        ("UNRATE.FRED", "UNRATE", "Unemployment Rate")
    ]
    assert (found[0].kind, found[0].exchange, found[0].currency) == ("Observations", "Monthly", "Percent")


def test_potential_output_has_days_to_come() -> None:
    info = {"units": "Billions of Chained 2017 Dollars", "frequency_short": "Q"}
    line = Line(
        info,
        [("2024-02-07", {"2024-01-01": 22_500.0}), ("2024-06-18", {"2024-01-01": 22_600.0, "2034-10-01": 28_000.0})],
    )
    with serving({"GDPPOT": line}) as (_, source):
        rows = told(fetched(source, "GDPPOT"))
    assert rows[-1] == ("2034-10-01", "2024-06-18 08:31", 28_000.0, "vintage")


def test_a_date_before_1970_is_a_negative_time() -> None:
    line = Line(PERCENT, [("1960-03-15", {"1948-01-01": 3.4}), ("1960-04-15", {"1960-03-01": 5.4})])
    with serving({"UNRATE": line}) as (_, source):
        frame = fetched(source, "UNRATE")
    assert frame["ts_event"].tolist() == [to_ns("1948-01-01"), to_ns("1960-03-01")]
    assert frame["ts_event"].dtype == frame["ts_init"].dtype == "int64" and (frame["ts_init"] < 0).all()
    assert frame.dtypes.equals(DATASETS["observations"].empty().dtypes)


def test_every_declared_series_is_a_line_it_names() -> None:
    assert len(Fred().lines()) == len(MACRO_SERIES)
    for instrument_id in Fred().lines():
        Fred().check(observations_of(instrument_id.removesuffix(".FRED")))
