"""Series as rows: value, change, when it was known and how, how it stands."""

import numpy as np
import pandas as pd
import pytest

from app.views import macro as views
from nautilus_data.core.observation import Known
from nautilus_data.core.timerange import NS_PER_DAY, to_ns

NOW = to_ns("2024-04-10T12:00")
ROW = {
    "series_id": "CPIAUCSL", "name": "Consumer prices", "category": "inflation", "units": "index", "frequency": "M",
    "source": "fred", "value": 311.05, "previous": 310.3, "change": 0.75, "change_year": 9.4, "yoy": 3.153,
    "ts_event": to_ns("2024-02-01"), "ts_init": NOW - 29 * NS_PER_DAY, "known_by": "vintage",
    "release": "Consumer Price Index", "ts_released": 0, "ts_next": to_ns("2024-04-10T12:30"),
    "state": "data", "note": "",
    "is_default": True, "versions": 3, "title": "CPI for All Urban Consumers",
}  # fmt: skip


def cells(**changes: object) -> dict[str, views.Cell]:
    frame = pd.DataFrame([{**ROW, **changes}])
    (section,) = views.dashboard(frame, {}, NOW, "UTC")
    return dict(zip((column.key for column in views.DASHBOARD), section.rows[0].cells, strict=True))


def test_a_row_tells_value_period_change_age_and_source() -> None:
    told = cells()
    assert (told["value"].text, told["value"].below, told["period"].text) == ("311.05", "index", "2024-02")
    assert (told["change"].text, told["change"].tone, told["year"].text) == ("+0.75", "up", "+3.2 %")
    assert (told["known"].text, told["known"].below) == ("2024-03-12", "29 d ago")
    assert told["source"].text == "FRED · V" and "ALFRED" in told["source"].title
    assert (told["next"].text, told["next"].below) == ("2024-04-10", "Consumer Price Index")
    assert told["state"].text == ""


def test_what_is_in_percent_changes_by_points() -> None:
    assert (
        cells(units="%", value=3.8, previous=3.9, change=-0.1, change_year=0.30000000000000004)["year"].text
        == "+0.3 pp"
    )


def test_what_was_not_positive_changes_in_its_own_units() -> None:
    assert (
        cells(units="$/bbl", value=20.0, previous=-37.63, yoy=np.nan, change_year=-43.0)["year"].text == "−43.00 $/bbl"
    )


@pytest.mark.parametrize("state", ["loading", "refused", "empty", "not asked", "unavailable", "not known then"])
def test_each_way_to_have_no_value_is_told_apart(state: str) -> None:
    nothing = {name: float("nan") for name in ("value", "previous", "change", "change_year", "yoy")}
    told = cells(**nothing, ts_event=0, ts_init=0, known_by="", state=state, note="because of this")
    assert told["state"].text == state and told["state"].title == "because of this"
    assert told["value"].text == told["change"].text == told["known"].text == ""


def test_a_value_that_is_late_says_so() -> None:
    told = cells(note="late: CPI was due 2024-03-12, its value has not come")["state"]
    assert (told.text, told.tone) == ("late", "warn") and told.below.startswith("CPI was due")
    assert cells(note="500 from FRED")["state"].text == "last request failed"


def test_a_value_nothing_newer_came_after_is_old() -> None:
    assert cells(ts_init=NOW - 101 * NS_PER_DAY)["state"].text == "old"
    assert cells(ts_init=NOW - 16 * NS_PER_DAY, frequency="D")["state"].text == "old"
    assert cells(ts_init=NOW - 16 * NS_PER_DAY, frequency="W")["state"].text == ""


def test_series_stand_by_category_in_the_order_of_categories() -> None:
    frame = pd.DataFrame(
        [ROW, {**ROW, "series_id": "GDP", "category": "growth"}, {**ROW, "series_id": "X", "category": "other"}]
    )
    sections = views.dashboard(frame, {"GDP": Known(np.array([0, 1]), np.array([1.0, 2.0]))}, NOW, "UTC")
    assert [section.title for section in sections] == ["growth", "inflation", "other"]
    assert sections[0].rows[0].cells[1].svg.startswith("<svg") and sections[1].rows[0].cells[1].svg == ""
    assert sections[0].note == "1 of 1 with a value"


@pytest.mark.parametrize(
    ("value", "like", "words"),
    [
        (0.1 + 0.2, (0.1, 0.2), "0.3"),
        (22_010.55, (), "22,010.55"),
        (-0.00001, (), "0"),
        (float("inf"), (), "–"),
        (5.0, (5.1,), "5.0"),
    ],
)
def test_numbers_have_the_decimals_they_were_published_with(value: float, like: tuple, words: str) -> None:
    assert views.number(value, like) == words
