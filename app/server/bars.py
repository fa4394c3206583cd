"""REST of bars: what is stored, exactly, a line at a time; and the latest values of all."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from app.server.answers import Opened
from app.server.asked import like
from app.server.columns import NUMBER, Time, as_rows
from app.server.formats import Ticks
from app.server.lines import (
    Adjustment,
    InstrumentText,
    SourceName,
    Span,
    Spanned,
    TimeframeText,
    Which,
    WhichInstrument,
    instrument_of,
    lines_of,
)
from app.server.rows import LongPaged, Paged, table
from nautilus_data import TimeRange
from nautilus_data.core.dataset import Series

ROUTER = APIRouter(prefix="/api/v1", tags=["market data"])
Price = Annotated[
    Decimal, Ticks(), Field(description="exact; text in JSON and CSV, a decimal of 9 places else", examples=["101.5"],
                            json_schema_extra={"pattern": NUMBER}),
]  # fmt: skip
Adjusted = Annotated[Literal["raw", "split", "total", "any"], Query(description="any: the first the source has")]
_HEADERS = {
    "X-Instrument-Id": "which instrument the bars are of",
    "X-Timeframe": "of the bars",
    "X-Source": "where the bars come from",
    "X-Adjustment": "raw, split or total",
    "X-Price-Type": "LAST, BID, ASK or MID",
}
_DESCRIBED = {name: {"description": told, "schema": {"type": "string"}} for name, told in _HEADERS.items()}
TraderId = Annotated[
    str | None, *like(r"[^\x00-\x1f\x7f-\x9f]+", "a trader", 100), Query(description="one trader alone, as DEMO-001")
]


class BarRow(BaseModel):
    ts_event: Time = Field(description="close of the bar, UTC")
    open: Price
    high: Price
    low: Price
    close: Price
    volume: float | None = Field(description="in units of the instrument; null where the source has none")


class HistoricalBars(BaseModel):
    instrument_id: str = Field(examples=["AAPL.NASDAQ"])
    timeframe: str = Field(examples=["1-DAY"])
    source: str = Field(description="where these bars come from", examples=["yahoo"])
    adjustment: Adjustment
    price_type: str = Field(description="LAST, BID, ASK or MID")
    bars: list[BarRow] = Field(description="the newest of the span, in order of time")


class LatestRow(BaseModel):
    instrument_id: str = Field(examples=["AAPL.NASDAQ"])
    kind: str = Field(description="what the price is: bar, trade, quote, or of a source")
    price: float | None
    bid: float | None
    ask: float | None
    volume: float | None
    change: float | None = Field(description="since the value before, or the day's; a fraction: 0.01 is 1 %")
    ts_event: Time | None = Field(description="when it happened, UTC; of a replay the replayed time")
    ts_received: Time | None = Field(description="when it came here, UTC")
    source: str
    trader_id: str = Field(description="empty of what a source streams")
    is_stale: bool | None = Field(description="what told it is silent now")
    is_delayed: bool | None = Field(description="its exchange lets it go out late")


@table(ROUTER, "/market-data/historical/bars", BarRow, HistoricalBars, _DESCRIBED)
def bars(
    opened: Opened,
    page: LongPaged,
    asked: WhichInstrument,
    within: Spanned,
    timeframe: Annotated[TimeframeText, Query(description="1m, 5m, 1h, 1d, or 1-DAY")] = "1-DAY",
    source: Annotated[SourceName, Query(description="auto: the first by priority that has such bars")] = "auto",
    adjustment: Adjusted = "any",
) -> Response:
    """Stored bars, never of two sources or adjustments at once; source and adjustment are named in the headers, too.

    The newest `limit` of the span, in order of time; `Link` leads to those before them.
    """
    return _bars(opened, page, instrument_of(opened, asked), timeframe, source, adjustment, within)


@table(ROUTER, "/yfinance/historical/{symbol:path}", BarRow, HistoricalBars, _DESCRIBED, operation_id="yfinance_bars")
def yahoo_bars(
    opened: Opened,
    page: LongPaged,
    symbol: Annotated[InstrumentText, Path(description="Yahoo's symbol, or SYMBOL.VENUE", examples=["AAPL"])],
    within: Spanned,
    timeframe: Annotated[TimeframeText, Query(description="1m, 5m, 1h, 1d, or 1-DAY")] = "1-DAY",
    adjustment: Adjusted = "any",
) -> Response:
    """Bars of Yahoo that are stored; nothing is asked of Yahoo: POST /api/v1/yfinance/backfill does that."""
    return _bars(opened, page, instrument_of(opened, Which(symbol)), timeframe, "yahoo", adjustment, within)


@table(ROUTER, "/market-data/latest", LatestRow)
def latest(opened: Opened, page: Paged, trader_id: TraderId = None) -> Response:
    """The latest value of each instrument on the bus and at each source that streams, as numbers to look at."""
    stale = {node.trader_id for node in opened.overview.nodes() if node.is_stale}
    frame = opened.market.latest(trader_id, stale.__contains__)
    ordered = frame.sort_values(["instrument_id", "kind", "source", "trader_id"], ignore_index=True)
    return page.rows(as_rows(ordered, LatestRow), LatestRow, ["instrument_id", "kind", "source", "trader_id"])


def _bars(
    opened: Any, page: LongPaged, instrument_id: str, timeframe: str, source: str, adjustment: str, within: Span
) -> Response:
    series, *_ = lines_of(opened, instrument_id, timeframe, source, adjustment)
    span = within.span
    if page.after is not None:
        # The cursor is the first bar of the answer before.
        end = page.time_after()
        span = TimeRange(min(span.start, end), min(span.end, end))
    found = opened.market.stored(series, span, page.limit + 1)
    first = [int(found["ts_event"].iloc[1])] if len(found) > page.limit else None
    shown = found.iloc[-page.limit :] if first else found
    return page.answer(shown, BarRow, first, ("bars", _named(series)), _told(series))


def _named(series: Series) -> dict[str, str]:
    return {name: getattr(series, name) for name in ("instrument_id", "timeframe", "source", "adjustment",
                                                     "price_type")}  # fmt: skip


def _told(series: Series) -> dict[str, str]:
    line = {f"X-{name.replace('_', '-').title()}": value for name, value in _named(series).items()}
    return {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in line.items()}
