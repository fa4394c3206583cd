"""Cells are patched; rows are sent anew only when rows came or went."""

from decimal import Decimal

import pandas as pd

from app.layout.live_table import LiveTable
from app.views import table
from app.views.table import Context


def totals(*equity: int) -> pd.DataFrame:
    rows = [{"currency": f"C{number}", "equity": Decimal(value), "unpriced": 0} for number, value in enumerate(equity)]
    return pd.DataFrame(rows)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_empty_table_says_why_and_a_filled_one_shows_its_rows():
    shown = LiveTable(table.TOTALS, ["currency"], "No account yet.")
    assert "No account yet." in shown.layout[0][0].object
    shown.show(totals(1), Context())
    assert list(shown.layout) == [shown.widget]
    assert list(shown.widget.value["Equity"]) == ["1.00"]


def test_a_changed_value_is_patched_and_the_table_kept():
    clock = Clock()
    shown = LiveTable(table.TOTALS, ["currency"], "No account yet.", clock=clock)
    shown.show(totals(1, 2), Context())
    value, clock.now = shown.widget.value, 1.5
    shown.show(totals(1, 3), Context())
    assert shown.widget.value is value
    assert list(value["Equity"]) == ["1.00", "3.00"]


def test_rows_come_at_most_once_a_second_and_none_is_lost():
    clock = Clock()
    shown = LiveTable(table.TOTALS, ["currency"], "No account yet.", clock=clock)
    shown.show(totals(1), Context())
    shown.show(totals(1, 2), Context())
    assert len(shown.widget.value) == 1
    clock.now = 1.5
    shown.show(totals(1, 2), Context())
    assert len(shown.widget.value) == 2


def test_nothing_is_patched_into_a_table_the_browser_may_still_be_building():
    clock = Clock()
    shown = LiveTable(table.TOTALS, ["currency"], "No account yet.", clock=clock)
    shown.show(totals(1), Context())
    shown.show(totals(2), Context())
    assert list(shown.widget.value["Equity"]) == ["1.00"]
    clock.now = 1.5
    shown.show(totals(2), Context())
    assert list(shown.widget.value["Equity"]) == ["2.00"]


def test_rows_that_all_went_leave_the_empty_look():
    clock = Clock()
    shown = LiveTable(table.TOTALS, ["currency"], "No account yet.", clock=clock)
    shown.show(totals(1), Context())
    clock.now = 2.0
    shown.show(totals(), Context())
    assert shown.widget is None
    assert "No account yet." in shown.layout[0][0].object


def test_the_selected_key_is_marked_wherever_its_row_is():
    shown = LiveTable(table.TOTALS, ["currency"], "No account yet.", on_click=lambda key: None)
    shown.show(totals(1, 2), Context())
    shown.select("C1")
    assert shown.widget.selection == [1]
    shown.select("gone")
    assert shown.widget.selection == []


def test_rows_of_a_key_of_several_columns_are_told_apart():
    shown = LiveTable(table.TOTALS, ["currency", "unpriced"], "No account yet.")
    shown.show(totals(1, 2), Context())
    assert list(shown.shown.index) == [("C0", 0), ("C1", 0)]


def test_nothing_is_sent_while_the_browser_builds_the_table():
    clock = Clock()
    shown = LiveTable(table.TOTALS, ["currency"], "No account yet.", build_s=3.0, clock=clock)
    shown.show(totals(1), Context())
    for now, seen in ((2.5, "1.00"), (3.5, "2.00")):
        clock.now = now
        shown.show(totals(2), Context())
        assert list(shown.shown["Equity"]) == [seen]
    shown.settle()
    clock.now = 6.0
    shown.show(totals(3), Context())
    assert list(shown.shown["Equity"]) == ["2.00"]
