"""What is told to the component that shows rows."""

from app.views.macro_sheet import Cell, Chip, Column, Row, Section, columns_message, message


def test_what_is_empty_is_not_sent() -> None:
    told = message([Section("growth", (Row((Cell("3.8", tone="up"), Cell()), "UNRATE"),), "1 of 1")])
    assert told == [
        {"title": "growth", "note": "1 of 1", "empty": "",
         "rows": [{"key": "UNRATE", "tone": "", "cells": [{"text": "3.8", "tone": "up"}, {}]}]}
    ]  # fmt: skip


def test_chips_are_told_in_their_order() -> None:
    told = message([Section("", (Row((Cell(chips=(Chip("GDP", "ok", "it came", "GDP"),)),)),))])
    assert told[0]["rows"][0]["cells"][0]["chips"] == [["GDP", "ok", "it came", "GDP", ""]]


def test_a_column_names_the_classes_of_its_cells() -> None:
    assert columns_message([Column("value", "Last", is_number=True, is_main=True)]) == [
        ["value", "Last", "number main"]
    ]
