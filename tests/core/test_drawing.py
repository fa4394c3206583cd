"""Drawings: what is refused and why, and the way to a page and back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from nautilus_data.core.drawing import KINDS, Drawing, Point, Sheet, Style

# A float of milliseconds can't tell it from its neighbors.
EXACT_NS = 1_790_000_000_123_456_789


def line(**changes: Any) -> Drawing:
    fields = {"drawing_id": "a1", "kind": "trend_line", "points": (Point(EXACT_NS, 101.25), Point(5, -37.63))}
    return Drawing(**fields | changes)


def message(**changes: Any) -> dict[str, Any]:
    return line().to_message() | changes


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_back_from_a_page_as_it_went(kind: str) -> None:
    points = (Point(EXACT_NS, 0.1 + 0.2), Point(-1, 1e-9))[: KINDS[kind]]
    drawn = line(kind=kind, points=points, style=Style(color="buy", width=1, dash="dotted"), text="Öl <b> 😀")
    assert Drawing.from_message(json.loads(json.dumps(drawn.to_message()))) == drawn


def test_a_point_keeps_its_nanosecond_until_it_moves_in_time() -> None:
    sent = message()
    sent["points"][0]["price"] = 99.5
    assert Drawing.from_message(sent).points[0] == Point(EXACT_NS, 99.5)
    sent["points"][0]["time"] += 60_000
    assert abs(Drawing.from_message(sent).points[0].ts_ns - EXACT_NS - 60 * 10**9) < 1_000


def test_a_time_without_nanoseconds_is_exact_to_what_milliseconds_say() -> None:
    sent = message(points=[{"time": 1_790_000_000_000, "price": 1}, {"time": -1.5, "price": 2}])
    assert [point.ts_ns for point in Drawing.from_message(sent).points] == [1_790_000_000_000_000_000, -1_500_000]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"drawing_id": "a'; --"}, "id has 1 to 64 letters"),
        ({"drawing_id": None}, "id has 1 to 64 letters"),
        ({"kind": "circle"}, "no drawing is called 'circle'"),
        ({"kind": ["ray"]}, "no drawing is called"),
        ({"points": (Point(1, 1.0),)}, "a trend line has 2 points, not 1"),
        ({"points": (Point(1, float("nan")), Point(2, 1.0))}, "prices that are numbers, not nan"),
        ({"points": (Point(1, 1.0), Point(2, float("inf")))}, "prices that are numbers, not inf"),
        ({"points": (Point(1, 1.0), Point(2**63 - 1, 1.0))}, "between 1900-01-01 and 2200-01-01"),
        ({"text": "x" * 501}, "at most 500 characters"),
        ({"text": "a\x00b"}, "can't be stored"),
        ({"text": "\ud83d"}, "can't be stored"),
        ({"kind": "text", "points": (Point(1, 1.0),), "text": "  "}, "needs words"),
    ],
)
def test_what_is_no_drawing_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        line(**changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"color": "#ff0000"}, "no color '#ff0000'"),
        ({"width": 9}, "1 to 5 pixels wide, not 9"),
        ({"width": True}, "not True"),
        ({"dash": "wavy"}, "no dash 'wavy'"),
    ],
)
def test_a_style_is_of_the_theme(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        Style(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"points": None},
        {"points": [1, 2]},
        {"points": [{"time": "now", "price": 1}] * 2},
        {"points": [{"time": 1, "price": None}] * 2},
        {"points": [{"time": float("nan"), "price": 1}] * 2},
        {"points": [{"time": 10**400, "price": 1}] * 2},
        {"points": [{"time": True, "price": 1}] * 2},
        {"style": {"color": "accent", "onclick": "x"}},
        {"style": "red"},
        {"style": {"color": ["accent"]}},
        {"text": 5},
        {"id": 5},
    ],
)
def test_a_message_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"point|style|text|id|color"):
        Drawing.from_message(message(**changes))


def test_a_sheet_has_its_timeframe_in_one_form() -> None:
    assert Sheet.of("ann", "GBP/USD.SIM", "5m") == Sheet("ann", "GBP/USD.SIM", "5-MINUTE")


@pytest.mark.parametrize(
    "names",
    [
        ("", "A.B", "1d"),
        (None, "A.B", "1d"),
        ("ann", None, "1d"),
        ("ann", "A.B", 1),
        ("x" * 201, "A.B", "1d"),
        ("a\x00", "A.B", "1d"),
        ("ann", "A", "1d"),
        ("ann", "A" * 300 + ".B", "1d"),
        ("ann", "A.\x00", "1d"),
        ("ann", "A.B", "hourly"),
        ("ann", "A.B", "1" * 300 + "m"),
    ],
)
def test_a_sheet_of_nobody_or_nothing_is_refused(names: tuple[Any, Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"not a"):
        Sheet.of(*names)
