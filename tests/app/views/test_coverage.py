import pandas as pd

from app.views import coverage
from app.views.coverage import Cover
from nautilus_data.core.dataset import NO_DATA
from nautilus_data.core.timerange import TimeRange

DAY = 86_400 * 10**9


def days(start: int, end: int) -> TimeRange:
    return TimeRange(start * DAY, end * DAY)


def spans() -> pd.DataFrame:
    without = [(days(70, 75), NO_DATA), (days(75, 77), "no permission")]
    return coverage.segments("AAPL.NASDAQ 1d", days(0, 100), [days(10, 40), days(60, 80)], [days(40, 60)], without)


def test_stored_gap_empty_refused_and_not_asked_are_told_apart():
    states = [(row.start // DAY, row.end // DAY, row.state) for row in spans().itertuples()]
    assert states == [
        (0, 10, Cover.NOT_ASKED),
        (10, 40, Cover.STORED),
        (40, 60, Cover.GAP),
        (60, 70, Cover.STORED),
        (70, 75, Cover.EMPTY),
        (75, 77, Cover.REFUSED),
        (77, 80, Cover.STORED),
        (80, 100, Cover.NOT_ASKED),
    ]


def test_spans_leave_nothing_out_and_never_overlap():
    frame = spans()
    assert (frame["end"].iloc[:-1].to_numpy() == frame["start"].iloc[1:].to_numpy()).all()
    assert (frame["start"].iloc[0], frame["end"].iloc[-1]) == (0, 100 * DAY)


def test_why_there_is_no_data_is_kept():
    frame = spans()
    assert frame.loc[frame["state"] == Cover.EMPTY, "note"].tolist() == [NO_DATA]
    assert frame.loc[frame["state"] == Cover.REFUSED, "note"].tolist() == ["no permission"]


def test_states_differ_in_more_than_colour():
    plot = coverage.chart(spans())
    looks = {
        (bar.glyph.hatch_pattern, bar.glyph.line_dash == [6], bar.glyph.fill_alpha > 0.5) for bar in plot.renderers
    }
    assert len(looks) == len(Cover)


def test_nothing_asked_yet_is_a_chart_too():
    assert coverage.chart(spans().iloc[:0]) is not None
