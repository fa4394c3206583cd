"""REST of drawings: what the caller drew on a chart; nobody sees another's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import TimeText, like
from app.server.columns import Time, text
from app.server.instruments import InstrumentId
from app.server.lines import TimeframeText
from app.server.rows import Paged, table
from nautilus_data import to_ns
from nautilus_data.core.drawing import Drawing, Point, Style

ROUTER = APIRouter(prefix="/api/v1/drawings", tags=["drawings"])
DrawingId = Annotated[str, *like("[0-9A-Za-z_-]+", "a drawing's id", 64), Path(description="as the caller chose it")]
Kind = Literal[
    "trend_line", "ray", "extended_line", "horizontal_line", "vertical_line", "rectangle", "fibonacci", "text"
]  # fmt: skip
Color = Literal["accent", "text", "muted", "ok", "warn", "bad", "up", "down", "buy", "sell"]
Words = Annotated[str, *like(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]*", "a text", 500, 0)]


class PointPut(BaseModel):
    ts_event: TimeText = Field(description="UTC; it may lie beyond the last bar", examples=["2024-01-05T21:00Z"])
    price: float = Field(ge=-1e15, le=1e15)


class StylePut(BaseModel):
    color: Color = "accent"
    width: int = Field(2, ge=1, le=5, description="pixels")
    dash: Literal["solid", "dashed", "dotted"] = "solid"


class DrawingPut(BaseModel):
    kind: Kind
    points: list[PointPut] = Field(min_length=1, max_length=2, description="one of a horizontal, vertical line or text")
    style: StylePut = Field(default_factory=StylePut)
    text: Words = ""


class PointTold(BaseModel):
    ts_event: Time
    price: float


class DrawingRow(BaseModel):
    drawing_id: str
    kind: Kind
    points: list[PointTold]
    style: StylePut
    text: str
    ts_created: Time | None
    ts_updated: Time | None


class Gone(BaseModel):
    deleted: int


@dataclass(frozen=True)
class Chart:
    """Whose chart it is: the arguments that the service's verbs begin with."""

    place: tuple[str, str, str]


def chart(
    opened: Opened,
    instrument_id: Annotated[InstrumentId, Query(examples=["AAPL.NASDAQ"])],
    timeframe: Annotated[TimeframeText, Query(description="1m, 1d, or 1-DAY")] = "1-DAY",
) -> Chart:
    return Chart((opened.identity.name, instrument_id, timeframe))


OnChart = Annotated[Chart, Depends(chart)]


@table(ROUTER, "", DrawingRow)
def drawings(opened: Opened, page: Paged, on: OnChart) -> Response:
    """What the caller drew on a chart, the oldest first."""
    rows = [_row(one) for one in opened.drawings.list(*on.place)]
    return page.rows(pd.DataFrame(rows, columns=list(DrawingRow.model_fields)), DrawingRow, ["drawing_id"])


@ROUTER.put("/{drawing_id}")
def put(opened: Opened, on: OnChart, drawing_id: DrawingId, told: DrawingPut) -> DrawingRow:
    """Add it, or change the one of its id; the last one to say so wins."""
    points = tuple(Point(to_ns(point.ts_event), point.price) for point in told.points)
    style = Style(**told.style.model_dump())
    drawing = Drawing(drawing_id=drawing_id, kind=told.kind, points=points, style=style, text=told.text)
    opened.drawings.put(*on.place, drawing)
    kept = next(one for one in opened.drawings.list(*on.place) if one.drawing_id == drawing_id)
    row = _row(kept)
    return DrawingRow(**{**row, "ts_created": text(row["ts_created"]), "ts_updated": text(row["ts_updated"])})


@ROUTER.delete("/{drawing_id}")
def delete(opened: Opened, on: OnChart, drawing_id: DrawingId) -> Gone:
    """Take one off the chart."""
    if not opened.drawings.delete(*on.place, drawing_id):
        raise HTTPException(404, f"there is no drawing {drawing_id!r} on this chart")
    return Gone(deleted=1)


@ROUTER.delete("")
def clear(opened: Opened, on: OnChart) -> Gone:
    """Take all off the chart."""
    return Gone(deleted=opened.drawings.clear(*on.place))


def _row(one: Drawing) -> dict[str, Any]:
    style = {"color": one.style.color, "width": one.style.width, "dash": one.style.dash}
    points = [{"ts_event": text(point.ts_ns), "price": point.price} for point in one.points]
    return {
        "drawing_id": one.drawing_id, "kind": one.kind, "points": points, "style": style, "text": one.text,
        "ts_created": one.ts_created, "ts_updated": one.ts_updated,
    }  # fmt: skip
