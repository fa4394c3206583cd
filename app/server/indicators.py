"""REST of indicators: those there are, and their values over stored bars."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import like
from app.server.bars import Adjusted
from app.server.columns import Time
from app.server.lines import SourceName, Spanned, TimeframeText, WhichInstrument, instrument_of, lines_of
from app.server.rows import LongPaged, Paged, table
from app.server.shown import shown

ROUTER = APIRouter(prefix="/api/v1/indicators", tags=["indicators"])
_NOTICE = {
    "X-Notice": {"description": "why the values are not exact, where they are not", "schema": {"type": "string"}}
}
Wanted = Annotated[
    str,
    *like(r"[a-z][a-z0-9_]{0,40}(:[a-z_]{1,40}=-?[0-9]{1,9}(\.[0-9]{1,9})?){0,8}", "an indicator", 400, 1,
          "ema or ema:length=20"),
    Query(description="a name, and parameters that differ from its own", examples=["ema:length=20"]),
]  # fmt: skip


class IndicatorRow(BaseModel):
    name: str = Field(examples=["ema"])
    title: str
    group: str
    pane: str = Field(description="price: drawn over the bars; own: under them")
    parameters: list[dict[str, object]] = Field(description="name, default, low and high of each")
    outputs: list[str]
    levels: list[float] = Field(description="values a line is drawn at")
    nautilus: str | None = Field(description="NautilusTrader's class of the same aim")
    difference: str | None = Field(description="how its values differ from these")
    doc: str = Field(description="how it is defined")


class ValueRow(BaseModel):
    ts_event: Time = Field(description="close of the bar that made it, UTC")
    output: str = Field(description="the line of values, as `outputs` of the indicator names them")
    value: float | None = Field(description="null: not known yet")


@table(ROUTER, "", IndicatorRow)
def known(opened: Opened, page: Paged) -> Response:
    """Every indicator there is."""
    rows = [_told(one) for one in opened.indicators.known.values()]
    return page.rows(pd.DataFrame(rows, columns=list(IndicatorRow.model_fields)), IndicatorRow, ["name"])


@table(ROUTER, "/values", ValueRow, headers=_NOTICE)
def values(
    opened: Opened,
    page: LongPaged,
    asked: WhichInstrument,
    within: Spanned,
    indicator: Wanted,
    timeframe: Annotated[TimeframeText, Query(description="of stored bars: 1m, 5m, 1h, 1d, or 1-DAY")] = "1-DAY",
    source: Annotated[SourceName, Query(description="auto: the first by priority that has such bars")] = "auto",
    adjustment: Adjusted = "any",
) -> Response:
    """Values at the bars of a span, computed over the whole line; a row for each bar and output, in order of time."""
    series, *_ = lines_of(opened, instrument_of(opened, asked), timeframe, source, adjustment)
    line = (series.instrument_id, series.timeframe, series.source, series.adjustment)
    found = opened.indicators.over(*line, _chosen(opened, indicator), within.chosen)
    notice = found.attrs["approximate"]
    rows = found.melt("ts_event", var_name="output").sort_values(["ts_event", "output"], ignore_index=True)
    return shown(page.rows(rows, ValueRow, ["ts_event", "output"]), notice=notice)


def _chosen(opened: Any, indicator: str) -> Any:
    try:
        (chosen,) = opened.indicators.parse_list(indicator)
    except ValueError as error:
        raise HTTPException(404, str(error)) from None
    return chosen


def _told(one: Any) -> dict[str, Any]:
    parameters = [
        {"name": each.name, "title": each.title, "default": each.default, "low": each.low, "high": each.high}
        for each in one.parameters
    ]
    return {
        "name": one.name, "title": one.title, "group": one.group, "pane": one.pane, "parameters": parameters,
        "outputs": [each.name for each in one.outputs], "levels": list(one.levels), "nautilus": one.nautilus or None,
        "difference": one.difference or None, "doc": one.doc,
    }  # fmt: skip
