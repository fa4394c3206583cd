"""One series: spans, words, periods, versions and hits of a search."""

import pandas as pd

from app.views import macro_series as views
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.sources.base import Found

AT = to_ns("2024-04-10")
ROW = {"series_id": "UNRATE", "name": "Unemployment rate", "units": "%", "frequency": "M", "source": "fred",
       "state": "data", "note": "", "title": "Unemployment Rate"}  # fmt: skip


def frame_of(*values: float) -> pd.DataFrame:
    dates = pd.date_range("2020-01-01", periods=len(values), freq="MS").as_unit("ns").asi8
    return pd.DataFrame({"ts_event": dates, "ts_init": dates + 40 * NS_PER_DAY, "value": values, "known_by": "vintage"})


def test_a_span_ends_at_the_day_looked_at_and_all_has_none() -> None:
    assert views.span_of("10 years", AT).start == to_ns("2014-04-11")
    assert views.span_of("1 year", AT).end > AT and views.span_of("all", AT) is None


def test_the_newest_period_is_first_and_one_without_a_value_says_so() -> None:
    section = views.periods(frame_of(3.5, float("nan")), ROW, "level", "UTC", AT)
    assert [[cell.text for cell in row.cells][:2] for row in section.rows] == [
        ["2020-02", "missing"],
        ["2020-01", "3.5 %"],
    ]


def test_a_long_line_is_cut_and_says_where_the_rest_is() -> None:
    section = views.periods(frame_of(*range(200)), ROW, "level", "UTC", AT)
    assert len(section.rows) == views.MOST_PERIODS and "of 200; all are in the CSV" in section.note


def test_units_are_those_of_what_is_made_of_it() -> None:
    assert [views.units_of(ROW, how) for how in ("level", "change", "yoy", "z")] == ["%", "pp", "%", "sd"]
    assert views.shown(1.43441, "yoy") == "1.43" and views.shown(3.8, "level") == "3.8"


def test_a_search_names_units_and_frequency() -> None:
    hit = Found(
        instrument_id="TOTALSA.FRED",
        symbol="TOTALSA",
        name="Total Vehicle Sales",
        exchange="Monthly",
        currency="Millions",
    )
    row = views.found([hit]).rows[0]
    assert (row.key, [cell.text for cell in row.cells]) == ("TOTALSA", ["Total Vehicle Sales", "Millions", "Monthly"])
    assert views.found([]).rows == () and "nothing" in views.found([]).empty


def test_versions_tell_what_each_changed() -> None:
    frame = pd.DataFrame({"ts_init": [AT - 9, AT], "value": [4.4, 4.5], "known_by": "vintage"})
    section = views.versions(frame, to_ns("2020-03-01"), ROW, "UTC", AT)
    assert [row.cells[2].text for row in section.rows] == ["–", "+0.1"] and section.title == "Versions of 2020-03"
