"""Yields by maturity on several days."""

import pandas as pd

from app.views import macro_curve as views
from nautilus_data.core.timerange import to_ns


def test_a_day_is_compared_with_a_month_and_a_year_before_and_those_picked() -> None:
    days = views.days_of("2024-03-28", "2007-01-15,2024-03-28,nonsense")
    assert [day.name for day in days] == [
        "2024-03-28",
        "2024-02-28, 1 month before",
        "2023-03-28, 1 year before",
        "2007-01-15",
    ]
    assert days[0].ns == to_ns("2024-03-28")


def test_no_more_days_are_picked_than_a_chart_can_tell_apart() -> None:
    assert len(views.picked_days(",".join(f"2024-01-{day:02}" for day in range(1, 20)))) == views.MOST_PICKED


def test_a_yield_names_its_own_date_and_what_changed_since() -> None:
    days = views.days_of("2024-03-28", "")
    rows = [
        (days[0].ns, to_ns("2024-03-28"), 4.20), (days[1].ns, to_ns("2024-02-27"), 4.31),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["day", "ts_event", "value"]).assign(
        ts_init=to_ns("2024-03-28T20:15"), series_id="DGS10", source="fred", years=10.0
    )
    cells = views.rows(frame, days).rows[0].cells
    assert (cells[0].text, cells[1].text, cells[1].below) == ("10 years", "4.20 %", "2024-03-28")
    assert cells[2].below == "2024-02-27 · −11 bp since" and cells[3].below == "no yield near"
    assert views.line_columns(frame, days)["label"] == ["2024-03-28", "2024-02-28, 1 month before"]
    assert views.dot_columns(frame, days)["date"] == ["2024-03-28", "2024-02-27"]
