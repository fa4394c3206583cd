"""Lines: which instrument and which stored line of it a request means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Query

from app.server.asked import EVER, Since, Until, like, span_of
from nautilus_data import TimeRange, errors
from nautilus_data.core.dataset import Series, parse_timeframe

_PRINTED = r"[^\x00-\x20\x7f-\x9f]+"
InstrumentText = Annotated[str, *like(_PRINTED, "an instrument", 100, 1, "AAPL.NASDAQ, EUR/USD.IDEALPRO or AAPL")]
TimeframeText = Annotated[
    str,
    *like(
        "[1-9][0-9]{0,3}(-(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)|[smhdwMY])", "a timeframe", 12, 2,
        "1m, 5m, 1h, 1d, 1w, 1M, 1Y or 1-MINUTE",
    ),
]  # fmt: skip
SourceName = Annotated[str, *like("[a-z_]+", "the name of a source", 40)]
Adjustment = Literal["raw", "split", "total"]
PriceType = Literal["LAST", "BID", "ASK", "MID"]
DatasetName = Annotated[str, *like("[a-z_]+", "the name of a dataset", 40)]
_Word = Annotated[str, *like(r"[^\x00-\x1f\x7f-\x9f]*", "words", 40, 0)]
_MANY = 1_000


@dataclass(frozen=True)
class Which:
    """What is asked for: an instrument by its id or symbol, and what tells it from others of the same symbol."""

    symbol: str
    asset_class: str = ""
    exchange: str = ""
    currency: str = ""


def which(
    symbol: Annotated[
        InstrumentText | None, Query(description="SYMBOL.VENUE, or a symbol; a source's own symbol, too")
    ] = None,
    instrument_id: Annotated[InstrumentText | None, Query(description="another name of `symbol`")] = None,
    asset_class: Annotated[_Word, Query(description="stock, ETF, FX, future, index, crypto")] = "",
    exchange: Annotated[_Word, Query(description="the venue, as NASDAQ")] = "",
    currency: Annotated[_Word, Query(description="as USD")] = "",
) -> Which:
    found = symbol or instrument_id
    if found is None:
        raise errors.SkippableError("say which instrument: symbol=AAPL.NASDAQ")
    return Which(found, asset_class.strip(), exchange.strip(), currency.strip())


@dataclass(frozen=True)
class Span:
    """From and to before, UTC nanoseconds; open where nothing is said."""

    span: TimeRange

    @property
    def chosen(self) -> TimeRange | None:
        """None where nothing is said."""
        return None if self.span == EVER else self.span


def spanned(start: Since = None, end: Until = None) -> Span:
    return Span(span_of(start, end))


WhichInstrument = Annotated[Which, Depends(which)]
Spanned = Annotated[Span, Depends(spanned)]


def instrument_of(opened: Any, asked: Which) -> str:
    """The id of the one instrument that is meant; SkippableError lists several, or says how to write it."""
    if not (asked.asset_class or asked.exchange or asked.currency):
        return opened.instruments.resolve(asked.symbol)
    found = opened.instruments.search(asked.symbol, "", _MANY)
    fitting = [row["instrument_id"] for row in found.to_dict("records") if _fits(row, asked)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise errors.SkippableError(f"{asked.symbol} may be {' or '.join(sorted(fitting))}: write which")
    told = ", ".join(word for word in (asked.asset_class, asked.exchange, asked.currency) if word)
    raise errors.SkippableError(
        f"no instrument {asked.symbol!r} of {told} is known: look for it at /api/v1/instruments?match="
    )


def lines_of(opened: Any, instrument_id: str, timeframe: str, source: str, adjustment: str) -> list[Series]:
    """Stored lines of bars that fit, the one of the best source first; `auto` and `any` fit all."""
    known = opened.market.lines(instrument_id, parse_timeframe(timeframe))
    fitting = [one for one in known if source in ("auto", one.source) and adjustment in ("any", one.adjustment)]
    if not fitting:
        told = ", ".join(f"{one.adjustment} from {one.source}" for one in known)
        hint = f"there are: {told}" if told else "there are none: POST /api/v1/historical/backfill/start fetches them"
        raise errors.SkippableError(f"no such {timeframe} bars of {instrument_id} are stored; {hint}")
    return fitting


def _fits(row: dict[str, Any], asked: Which) -> bool:
    symbol, _, venue = row["instrument_id"].rpartition(".")
    names = {row["instrument_id"].lower(), symbol.lower(), *(alias.lower() for alias in row["aliases"].values())}
    return (
        asked.symbol.lower() in names
        and asked.asset_class.lower() in ("", str(row["kind"]).lower())
        and asked.exchange.upper() in ("", venue.upper())
        and asked.currency.upper() in ("", str(row["currency"]).upper())
    )
