"""What people drew, on each database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import insert

from nautilus_data.core.drawing import MAX_DRAWINGS, Drawing, Point, Sheet, Style
from nautilus_data.store import Store
from nautilus_data.store.tables import DRAWINGS
from tests.store.conftest import Clock

SHEET = Sheet("ann", "CL.NYMEX", "1-MINUTE")
OTHERS = (SHEET._replace(user="bob"), SHEET._replace(instrument_id="ES.CME"), SHEET._replace(timeframe="1-HOUR"))
LINE = Drawing(
    drawing_id="a", kind="trend_line", points=(Point(1_790_000_000_123_456_789, -37.63), Point(7, 0.1 + 0.2)),
    style=Style(color="sell", width=3, dash="dashed"), text="Öl 😀 \\ ' \"",
)  # fmt: skip


def fill(store: Store, count: int) -> None:
    row = {"kind": "text", "points": "[[1, 1.0]]", "style": "{}", "text": "x", "ts_created": 1, "ts_updated": 1}
    rows = [{**SHEET._asdict(), **row, "drawing_id": f"n{number}"} for number in range(count)]
    with store._writing() as connection:
        connection.execute(insert(DRAWINGS), rows)


def test_a_drawing_is_kept_to_the_nanosecond_and_with_its_stamps(
    store: Store, clock: Clock, open_store: Callable[..., Store], url: str
) -> None:
    made = clock.now
    store.save_drawing(SHEET, LINE)
    clock.now += 5
    moved = replace(LINE, points=(LINE.points[0], Point(8, 1.0)), text="")
    store.save_drawing(SHEET, moved)
    assert open_store(url).drawings(SHEET) == [replace(moved, ts_created=made, ts_updated=made + 5)]


def test_a_sheet_lists_the_oldest_first(store: Store, clock: Clock) -> None:
    for name in ("z", "m", "a"):
        store.save_drawing(SHEET, replace(LINE, drawing_id=name))
        clock.now += 1
    assert [drawing.drawing_id for drawing in store.drawings(SHEET)] == ["z", "m", "a"]


@pytest.mark.parametrize("other", OTHERS, ids=["user", "instrument", "timeframe"])
def test_another_sheet_is_neither_seen_nor_touched(store: Store, other: Sheet) -> None:
    store.save_drawing(SHEET, LINE)
    assert store.drawings(other) == [] and store.drawings_version(other) == 0
    assert store.delete_drawings(other, "a") == 0 == store.delete_drawings(other)
    store.save_drawing(other, replace(LINE, text="theirs"))
    (mine,) = store.drawings(SHEET)
    assert mine.text == LINE.text


def test_the_version_grows_with_every_change_and_with_nothing_else(store: Store) -> None:
    seen = [store.drawings_version(SHEET)]
    for change in (
        lambda: store.save_drawing(SHEET, LINE),
        lambda: store.save_drawing(SHEET, LINE),
        lambda: store.delete_drawings(SHEET, "a"),
        lambda: store.save_drawing(SHEET, LINE),
        lambda: store.delete_drawings(SHEET),
    ):
        change()
        seen.append(store.drawings_version(SHEET))
    store.delete_drawings(SHEET)
    store.delete_drawings(SHEET, "a")
    assert seen == [0, 1, 2, 3, 4, 5]
    assert store.drawings_version(SHEET) == 5


def test_a_full_sheet_takes_changes_but_nothing_new(store: Store) -> None:
    fill(store, MAX_DRAWINGS)
    with pytest.raises(ValueError, match=r"CL\.NYMEX 1-MINUTE has 500 drawings.*delete some first"):
        store.save_drawing(SHEET, LINE)
    assert store.drawings_version(SHEET) == 0
    store.save_drawing(SHEET, replace(LINE, drawing_id="n7"))
    store.delete_drawings(SHEET, "n8")
    store.save_drawing(SHEET, LINE)
    assert len(store.drawings(SHEET)) == MAX_DRAWINGS


def test_many_who_draw_at_once_never_overfill_a_sheet(store: Store) -> None:
    fill(store, MAX_DRAWINGS - 3)

    def draw(number: int) -> bool:
        try:
            store.save_drawing(SHEET, replace(LINE, drawing_id=f"t{number}"))
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(draw, range(16))) == 3
    assert len(store.drawings(SHEET)) == MAX_DRAWINGS
    assert store.drawings_version(SHEET) == 3
