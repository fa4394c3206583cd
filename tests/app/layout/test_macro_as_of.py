"""The day chosen, between browser and page."""

from app.layout.macro_as_of import AsOf


def test_a_day_is_told_once_and_answered_once_it_is_drawn() -> None:
    moved: list[str] = []
    slider = AsOf(moved.append)
    slider.wanted = "2020-03-31#1"
    assert moved == ["2020-03-31"] and slider.drawn == ""
    slider.is_drawn()
    assert slider.drawn == "2020-03-31#1"


def test_the_day_that_is_shown_already_is_drawn_at_once() -> None:
    moved: list[str] = []
    slider = AsOf(moved.append, day="2020-03-31")
    slider.wanted = "2020-03-31#2"
    assert moved == [] and slider.drawn == slider.wanted
