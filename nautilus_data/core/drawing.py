"""Drawing: what a person drew on a chart, anchored at times and prices."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from nautilus_data.core.dataset import parse_timeframe
from nautilus_data.core.instrument import split_instrument_id
from nautilus_data.core.timerange import say_time, to_ns

MAX_DRAWINGS = 500
MAX_TEXT = 500
# How many points each kind is held by.
KINDS: MappingProxyType[str, int] = MappingProxyType(
    {
        "trend_line": 2,
        "ray": 2,
        "extended_line": 2,
        "horizontal_line": 1,
        "vertical_line": 1,
        "rectangle": 2,
        "fibonacci": 2,
        "text": 1,
    }
)
COLORS = ("accent", "text", "muted", "ok", "warn", "bad", "up", "down", "buy", "sell")
DASHES = ("solid", "dashed", "dotted")
_WIDTHS = range(1, 6)
_FIRST_NS, _LAST_NS = to_ns("1900-01-01"), to_ns("2200-01-01")
_NS_PER_MS = 1_000_000
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_MAX_NAME = 200


class Sheet(NamedTuple):
    """What is drawn on: one instrument's chart of one timeframe, as one user sees it."""

    user: str
    instrument_id: str
    timeframe: str

    @classmethod
    def of(cls, user: str, instrument_id: str, timeframe: str) -> Self:
        """Checked; `1m` becomes `1-MINUTE`. A ValueError says what is wrong."""
        for what, name in (("user's name", user), ("instrument id", instrument_id), ("timeframe", timeframe)):
            if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or not _is_plain(name):
                raise ValueError(f"not a {what}: {str(name)[:40]!r}; it takes 1 to {_MAX_NAME} characters of text")
        split_instrument_id(instrument_id)
        return cls(user, instrument_id, parse_timeframe(timeframe))


class Point(NamedTuple):
    """Where a drawing is held; it may lie beyond the last bar, and between two."""

    ts_ns: int
    price: float


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a drawing looks; `color` names one of the theme's, so that it fits light and dark."""

    color: str = "accent"
    width: int = 2
    dash: str = "solid"

    def __post_init__(self) -> None:
        if self.color not in COLORS:
            raise ValueError(f"a drawing has no color {self.color!r}; there are: {', '.join(COLORS)}")
        if type(self.width) is not int or self.width not in _WIDTHS:
            raise ValueError(f"a drawing's line is 1 to {_WIDTHS[-1]} pixels wide, not {self.width!r}")
        if self.dash not in DASHES:
            raise ValueError(f"a drawing has no dash {self.dash!r}; there are: {', '.join(DASHES)}")


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One shape; a ValueError says what is wrong with it. The stamps are the store's, 0 before it is kept."""

    drawing_id: str
    kind: str
    points: tuple[Point, ...]
    style: Style = field(default_factory=Style)
    text: str = ""
    ts_created: int = 0
    ts_updated: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.drawing_id, str) or not _ID.fullmatch(self.drawing_id):
            raise ValueError("a drawing's id has 1 to 64 letters, digits, - and _")
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            raise ValueError(f"no drawing is called {self.kind!r}; there are: {', '.join(KINDS)}")
        if len(self.points) != KINDS[self.kind]:
            raise ValueError(f"a {_said(self.kind)} has {KINDS[self.kind]} points, not {len(self.points)}")
        for point in self.points:
            _check_point(point, self.kind)
        _check_text(self.text, self.kind)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Self:
        """Of what a page sends: `{id, kind, points: [{time, price, ns}], style, text}`.

        `time` is in ms; `ns`, a text, is what `to_message` gave and holds while the point has not moved in time.
        """
        points = message.get("points")
        if not isinstance(points, list):
            raise ValueError("a drawing without a list of points: nothing was kept")
        return cls(
            drawing_id=message.get("id"),
            kind=message.get("kind"),
            points=tuple(_point_of(point) for point in points),
            style=_style_of(message.get("style") or {}),
            text=message.get("text") or "",
        )

    def to_message(self) -> dict[str, Any]:
        """Of the shape `from_message` takes."""
        points = [
            {"time": point.ts_ns / _NS_PER_MS, "price": point.price, "ns": str(point.ts_ns)} for point in self.points
        ]
        style = {"color": self.style.color, "width": self.style.width, "dash": self.style.dash}
        return {"id": self.drawing_id, "kind": self.kind, "points": points, "style": style, "text": self.text}


def _point_of(message: Any) -> Point:
    if not isinstance(message, Mapping):
        raise ValueError("a point of a drawing needs a time and a price")
    time, price, ns = (message.get(name) for name in ("time", "price", "ns"))
    if not _is_number(time) or not _is_number(price):
        raise ValueError("a point of a drawing needs a time and a price that are numbers: it was not kept")
    if isinstance(ns, str) and re.fullmatch(r"-?\d{1,19}", ns) and int(ns) / _NS_PER_MS == time:
        return Point(int(ns), float(price))
    whole = math.floor(time)
    return Point(whole * _NS_PER_MS + round((time - whole) * _NS_PER_MS), float(price))


def _style_of(message: Any) -> Style:
    if not isinstance(message, Mapping) or not set(message) <= {"color", "width", "dash"}:
        raise ValueError("a drawing's style has color, width and dash, nothing else")
    return Style(**message)


def _is_number(value: Any) -> bool:
    # An int may be too long for a float.
    return type(value) in (int, float) and abs(value) < 1e300


def _check_point(point: Point, kind: str) -> None:
    if not math.isfinite(point.price):
        raise ValueError(f"a {_said(kind)} needs prices that are numbers, not {point.price}")
    if not _FIRST_NS <= point.ts_ns < _LAST_NS:
        raise ValueError(
            f"a {_said(kind)} lies between {say_time(_FIRST_NS)} and {say_time(_LAST_NS)}: draw it nearer to the bars"
        )


def _check_text(text: str, kind: str) -> None:
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise ValueError(f"a drawing's text has at most {MAX_TEXT} characters: write less")
    if not _is_plain(text):
        raise ValueError("a drawing's text holds a character that can't be stored: type it instead of pasting")
    if kind == "text" and not text.strip():
        raise ValueError("a text on the chart needs words")


def _is_plain(text: str) -> bool:
    """Neither NUL, which PostgreSQL does not take, nor half a character, which is no UTF-8."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _said(kind: str) -> str:
    return kind.replace("_", " ")
