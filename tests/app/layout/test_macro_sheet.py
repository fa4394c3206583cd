"""The sheet: what is pressed, what is sent."""

from app.layout.macro_sheet import Sheet
from app.views.macro_sheet import Cell, Column, Row, Section


def test_the_key_of_what_is_pressed_is_told() -> None:
    pressed: list[str] = []
    sheet = Sheet([Column("name", "Name")], pressed.append)
    for count in (1, 2):
        sheet.pressed = f"C#SHARP#{count}"
    assert pressed == ["C#SHARP", "C#SHARP"]


def test_only_what_changed_is_sent() -> None:
    sheet, sent = Sheet([Column("name", "Name")]), []
    sheet.param.watch(lambda *events: sent.extend(events), ["sections", "columns", "chosen"])
    for _ in range(2):
        sheet.show([Section("", (Row((Cell("a"),), "a"),))], "a")
    assert [event.name for event in sent] == ["sections", "chosen"]
    sheet.show([Section("")], columns=[Column("other", "Other")])
    assert sheet.columns == [["other", "Other", ""]] and sheet.sections[0]["rows"] == [] and sheet.chosen == "a"
