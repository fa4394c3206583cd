import time

import numpy as np
import pandas as pd
import pytest

from app.views import coverage_map as views
from app.views.clock import wall_clock_ms

DAY = 86_400 * 10**9
COUNTS = ("expected", "stored", "missing", "empty", "refused", "unasked")


def cells(*lines: list[tuple[int, ...]], source: str = "yahoo") -> pd.DataFrame:
    """A row for each line of cells (expected, stored, missing, empty, refused, unasked)."""
    rows = [
        {
            "instrument_id": f"A{number}.NASDAQ", "source": source, "timeframe": "1-DAY", "adjustment": "raw",
            "price_type": "LAST", "dataset": "bars", "answered": False, "state": "",
            "start": place * DAY, "end": (place + 1) * DAY,
            **dict(zip(COUNTS, counts, strict=True)),
        }
        for number, line in enumerate(lines)
        for place, counts in enumerate(line)
    ]  # fmt: skip
    return pd.DataFrame(rows)


LINE = [(5, 0, 5, 0, 0, 5), (5, 3, 2, 0, 0, 2), (5, 5, 0, 0, 0, 0), (5, 4, 1, 0, 0, 0), (5, 0, 0, 5, 0, 0),
        (5, 0, 0, 0, 5, 0), (0, 0, 0, 0, 0, 0), (5, 0, 5, 0, 0, 0), (5, 0, 5, 0, 0, 5)]  # fmt: skip
LOOKS = [views.NOT_ASKED, "covered", "covered", "gap", "empty", "refused", "none", "gap", views.NOT_ASKED]


def test_every_state_is_told_apart_and_what_nobody_asked_is_no_gap():
    assert views.told(cells(LINE))["look"].tolist() == LOOKS


def test_what_was_answered_is_no_gap_though_nothing_came():
    """Of observations: before the first row, without a row, with one, partly asked after the last answer."""
    line = [(0, 0, 0, 1, 0, 0), (0, 0, 0, 0, 0, 0), (3, 3, 0, 0, 0, 0), (0, 0, 1, 0, 0, 1)]
    made = cells(line).assign(dataset="observations", answered=[True, True, True, False])
    told = views.told(made)
    assert told["look"].tolist() == ["empty", "covered", "covered", views.NOT_ASKED]
    cell = told.iloc[2].to_dict()
    assert views.series_of(cell).dataset == "observations"
    shown = {card.title: card.note for card in views.detail(cell, "UTC").cards}
    assert (shown["Series"], shown["Stored"]) == ("observations · yahoo", "observations")
    assert not {"Expected", "Missing"} & shown.keys()


def test_states_differ_in_more_than_a_hue():
    colors = {look.style["fill_color"] for look in views.LOOKS.values()}
    marks = {(look.style["fill_alpha"], look.style.get("hatch_pattern")) for look in views.LOOKS.values()}
    assert len(colors) == 4 and len(marks) == len(views.LOOKS)


def test_rows_are_named_by_what_differs():
    both = pd.concat([cells(LINE), cells(LINE, source="sample")], ignore_index=True)
    assert views.labels(views.told(cells(LINE))) == ["A0.NASDAQ"]
    assert views.labels(views.told(both)) == ["A0.NASDAQ yahoo", "A0.NASDAQ sample"]


def test_a_click_finds_its_cell_in_any_zone():
    told = views.told(cells(LINE, LINE))
    for zone in ("UTC", "America/New_York"):
        drawn = views.make(zone)
        views.show(drawn, told)
        x = float(wall_clock_ms([3 * DAY + DAY // 2], zone)[0])
        found = views.cell_at(drawn, told, x, 1.2)
        assert (found["instrument_id"], found["start"], found["look"]) == ("A1.NASDAQ", 3 * DAY, "gap")
        assert views.cell_at(drawn, told, x, 9) is None
        views.choose(drawn, found)
        assert drawn.chosen.data["left"] == [wall_clock_ms([3 * DAY], zone)[0]]


def test_only_states_that_changed_are_sent_again():
    drawn, told = views.make("UTC"), views.told(cells(LINE))
    views.show(drawn, told)
    before = {state: source.data for state, source in drawn.sources.items()}
    line = [*LINE[:3], (5, 5, 0, 0, 0, 0), *LINE[4:]]
    views.show(drawn, views.told(cells(line)))
    changed = {state for state, source in drawn.sources.items() if source.data is not before[state]}
    assert changed == {"covered", "gap"}


def test_a_cell_leads_to_its_series():
    cell = views.told(cells(LINE)).iloc[3].to_dict()
    assert str(views.series_of(cell)) == "A0.NASDAQ 1-DAY LAST raw from yahoo"
    told = {card.title: card.value for card in views.detail(cell, "UTC").cards}
    assert (told["State"], told["Expected"], told["Missing"]) == ("gap", "5", "1")


def test_the_legend_counts_cells():
    assert "gap <b>2</b>" in views.legend(views.told(cells(LINE)))


def test_nothing_is_a_map_too():
    drawn = views.make("UTC")
    told = views.told(cells())
    views.show(drawn, told)
    assert views.cell_at(drawn, told, 0, 0) is None


@pytest.mark.parametrize(("rows", "each"), [(1, 120), (83, 120), (100, 100), (0, 120)])
def test_a_map_never_has_more_cells_than_can_be_drawn_at_once(rows: int, each: int):
    assert views.cells_for(rows) == each


def test_ten_thousand_cells_are_put_on_the_map_in_a_moment():
    rng = np.random.default_rng(3)
    lines = [[LINE[at] for at in rng.integers(0, len(LINE), 100)] for _ in range(100)]
    made, started = cells(*lines), time.process_time()
    drawn = views.make("UTC")
    views.show(drawn, views.told(made))
    assert time.process_time() - started < 1
    assert sum(len(source.data["left"]) for source in drawn.sources.values()) > 8_000
