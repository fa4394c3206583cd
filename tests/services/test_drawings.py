"""Drawings as the pages ask for them."""

from __future__ import annotations

import pytest

from nautilus_data import Settings, open_workspace
from nautilus_data.core.drawing import Drawing, Point
from nautilus_data.services.drawings import Drawings
from nautilus_data.store import Store

LEVEL = Drawing(drawing_id="a", kind="horizontal_line", points=(Point(1, 219.5),))
CHART = ("local", "AAPL.NASDAQ", "1-DAY")


@pytest.fixture
def drawings(store: Store) -> Drawings:
    return Drawings(store)


def test_two_pages_of_one_user_see_what_either_draws(store: Store, drawings: Drawings) -> None:
    other_page = Drawings(store)
    before = other_page.version(*CHART)
    drawings.put(*CHART, LEVEL)
    assert other_page.version(*CHART) > before
    (seen,) = other_page.list(*CHART)
    assert (seen.drawing_id, seen.points) == ("a", LEVEL.points)
    assert other_page.delete(*CHART, "a") and not other_page.delete(*CHART, "a")
    assert drawings.list(*CHART) == ()


def test_no_user_sees_anothers(drawings: Drawings) -> None:
    drawings.put(*CHART, LEVEL)
    assert drawings.list("ann", *CHART[1:]) == ()
    assert not drawings.delete("ann", *CHART[1:], "a")
    assert drawings.clear("ann", *CHART[1:]) == 0
    assert drawings.clear(*CHART) == 1


def test_a_timeframe_is_the_same_in_both_its_forms(drawings: Drawings) -> None:
    drawings.put("local", "AAPL.NASDAQ", "1d", LEVEL)
    assert len(drawings.list(*CHART)) == 1


def test_what_is_no_chart_is_refused(drawings: Drawings) -> None:
    with pytest.raises(ValueError, match=r"SYMBOL\.VENUE"):
        drawings.list("local", "AAPL", "1d")
    with pytest.raises(ValueError, match="not a user's name"):
        drawings.put("", "AAPL.NASDAQ", "1d", LEVEL)


def test_the_workspace_keeps_them_over_a_restart(settings: Settings) -> None:
    for _ in range(2):
        workspace = open_workspace(settings)
        workspace.drawings.put(*CHART, LEVEL)
        workspace.close()
    workspace = open_workspace(settings)
    assert [drawing.drawing_id for drawing in workspace.drawings.list(*CHART)] == ["a"]
    assert workspace.drawings.version(*CHART) == 2
    workspace.close()
