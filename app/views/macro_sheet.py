"""Sheet: rows of cells under headings, as the component of that name takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

_TOLD = ("text", "below", "tone", "title", "svg", "key", "link")
_KINDS = ("is_number", "is_head", "is_main", "is_long")


@dataclass(frozen=True)
class Column:
    """On a narrow screen a row is known by `is_head`, and `is_main` stands beside it; `is_long` may wrap."""

    key: str
    title: str
    is_number: bool = False
    is_head: bool = False
    is_main: bool = False
    is_long: bool = False


@dataclass(frozen=True)
class Chip:
    """A small mark with a word; one with a key can be pressed."""

    text: str
    tone: str = ""
    title: str = ""
    key: str = ""
    color: str = ""


@dataclass(frozen=True)
class Cell:
    """`below` stands under the text, `title` is shown to the mouse; `svg` is drawn in place of a text.

    One with a `key` can be pressed by itself; `link` (https) is opened by the text in a tab of its own.
    """

    text: str = ""
    below: str = ""
    tone: str = ""
    title: str = ""
    svg: str = ""
    chips: tuple[Chip, ...] = ()
    key: str = ""
    link: str = ""


@dataclass(frozen=True)
class Row:
    """A row with a key can be pressed."""

    cells: tuple[Cell, ...]
    key: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Section:
    """Rows under a heading; `empty` is said where there are none."""

    title: str
    rows: tuple[Row, ...] = field(default=())
    note: str = ""
    empty: str = ""


def columns_message(columns: Iterable[Column]) -> list[list[Any]]:
    """key, title, and the classes of its cells."""
    return [
        [
            one.key,
            one.title,
            " ".join(name for name in _KINDS if getattr(one, name)).replace("is_", ""),
        ]
        for one in columns
    ]


def message(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """What is empty is left out: sixty rows are sent at each move of a slider."""
    return [
        {
            "title": section.title,
            "note": section.note,
            "empty": section.empty,
            "rows": [{"key": row.key, "tone": row.tone, "cells": list(map(_cell, row.cells))} for row in section.rows],
        }
        for section in sections
    ]


def _cell(cell: Cell) -> dict[str, Any]:
    told: dict[str, Any] = {name: value for name in _TOLD if (value := getattr(cell, name))}
    if cell.chips:
        told["chips"] = [[chip.text, chip.tone, chip.title, chip.key, chip.color] for chip in cell.chips]
    return told
