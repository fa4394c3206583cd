"""Buttons whose names change."""

from app.layout.commands import Commands
from app.layout.tabs import Tabs


def test_a_press_tells_its_key_and_one_that_came_too_late_is_dropped() -> None:
    pressed = []
    commands = Commands(pressed.append)
    commands.show([("one", "Replay", "", False), ("all", "Replay all", "", True)])
    for press in ("all#1", "one#2", "gone#3", "all#4"):
        commands.pressed = press
    assert pressed == ["all", "all"]


def test_tabs_send_nothing_when_nothing_changed() -> None:
    tabs, sent = Tabs(), []
    tabs.param.watch(lambda event: sent.append(event.new), "entries")
    for count in ("1", "1", "2"):
        tabs.show({"a": "A", "b": "B"}, {"b": (count, "bad")})
    assert sent == [[["a", "A", "", ""], ["b", "B", "1", "bad"]], [["a", "A", "", ""], ["b", "B", "2", "bad"]]]
