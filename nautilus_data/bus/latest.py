"""Latest: the newest quote, trade and bar of each trader and instrument; a price is worked out when asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from nautilus_data.bus.message import Message
from nautilus_data.bus.records import Bar, QuoteTick, TradeTick
from nautilus_data.bus.rows import bar_series
from nautilus_data.core.dataset import timeframe_ns
from nautilus_data.core.entry import entry_ns
from nautilus_data.core.timerange import NS_PER_S

# A quote or trade this young tells the price better than the bar that sums it up.
_FRESH_NS = 60 * NS_PER_S
# A bar that closed this many of its own lengths before it was published is replayed history.
_REPLAY_FACTOR = 3
# A side nobody quotes comes as 0: the middle would be half the price.
_ZEROS = frozenset(("", "0", *("0." + "0" * digits for digits in range(1, 19))))
_MAX_EXPONENT = 40
_PRICES = ("open", "high", "low", "close")

# The newest message by entry and the one before: replaced whole, so that another thread never reads half of it.
Kept = tuple[Message, Message | None]
Lines = defaultdict[str, dict[str, Kept]]


@dataclass(frozen=True)
class Price:
    """The latest price of an instrument: a quote's middle, a trade or a bar's close; times in ns.

    `previous` is the value before of the same kind.
    """

    instrument_id: str
    kind: str
    price: Decimal
    bid: Decimal | None
    ask: Decimal | None
    volume: float | None
    previous: Decimal | None
    ts_event: int
    ts_received: int
    trader_id: str


@dataclass(frozen=True)
class LiveBar:
    """A bar as it came; `is_replayed` when it is history published anew."""

    instrument_id: str
    timeframe: str
    price_type: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    ts_event: int
    ts_init: int
    is_replayed: bool
    trader_id: str = ""
    entry: int = 0


@dataclass(frozen=True)
class Value:
    """What the newest readable message of a kind says."""

    kind: str
    message: Message
    price: Decimal
    previous: Decimal | None


class Latest:
    """One thread takes messages, others read; a message that says no price leaves the one before it."""

    def __init__(self) -> None:
        self._quotes: Lines = defaultdict(dict)
        self._trades: Lines = defaultdict(dict)
        # By bar type; the newest of them by instrument, and by instrument and timeframe.
        self._bars: Lines = defaultdict(dict)
        self._newest: dict[str, dict[Any, str]] = defaultdict(dict)
        self._made: dict[tuple[str, str], tuple[tuple, Price | None]] = {}

    def take_quotes(self, messages: Iterable[Message]) -> None:
        # The loop all quotes go through: kept short, see benchmarks.
        quotes = self._quotes
        for message in messages:
            body = message.body
            if body.bid_price in _ZEROS or body.ask_price in _ZEROS:
                continue
            mine, instrument_id = quotes[message.trader_id], body.instrument_id
            kept = mine.get(instrument_id)
            if kept is None:
                mine[instrument_id] = message, None
            elif message.entry >= kept[0].entry:
                mine[instrument_id] = message, kept[0]

    def take_trades(self, messages: Iterable[Message]) -> None:
        for message in messages:
            _keep(self._trades[message.trader_id], message.body.instrument_id, message)

    def take_bar(self, message: Message) -> LiveBar:
        """Raises ValueError when the bar's type can't be read."""
        bar_type = message.body.bar_type
        bar = _live_bar(message)
        mine, newest = self._bars[message.trader_id], self._newest[message.trader_id]
        _keep(mine, bar_type, message)
        for key in (bar.instrument_id, (bar.instrument_id, bar.timeframe)):
            other = mine.get(newest.get(key, bar_type))
            if other is None or message.entry >= other[0].entry:
                newest[key] = bar_type
        return bar

    def instruments(self, trader_id: str | None = None) -> list[str]:
        """Ids of all that had a price."""
        found: set[str] = set()
        for name in self._traders(trader_id):
            found.update(*(list(lines.get(name, ())) for lines in (self._quotes, self._trades)))
            found.update(key for key in list(self._newest.get(name, ())) if isinstance(key, str))
        return sorted(found)

    def prices(self, trader_id: str | None = None) -> dict[str, Price]:
        """The latest price of each instrument; with no trader the newest over all of them."""
        found = {name: self.price(name, trader_id) for name in self.instruments(trader_id)}
        return {name: price for name, price in found.items() if price is not None}

    def price(self, instrument_id: str, trader_id: str | None = None) -> Price | None:
        """What a trader's node said last; a stream whose key names no trader speaks for every one."""
        found = (self._price(name, instrument_id) for name in self._traders(trader_id))
        return max((price for price in found if price), key=lambda price: price.ts_received, default=None)

    def bar(self, instrument_id: str, timeframe: str, trader_id: str | None = None) -> LiveBar | None:
        """The newest bar of a timeframe."""
        return max(self.bars(instrument_id, timeframe, trader_id), key=lambda bar: bar.entry, default=None)

    def bars(self, instrument_id: str, timeframe: str, trader_id: str | None = None) -> list[LiveBar]:
        """The newest bar of each trader."""
        found = []
        for name in self._traders(trader_id):
            bar_type = self._newest.get(name, {}).get((instrument_id, timeframe))
            kept = self._bars[name][bar_type] if bar_type else ()
            found += [_live_bar(message) for message in kept if message and _is_whole(message.body)][:1]
        return found

    def _traders(self, trader_id: str | None) -> list[str]:
        return [*{*self._quotes, *self._trades, *self._bars}] if trader_id is None else [*{trader_id, ""}]

    def _price(self, trader_id: str, instrument_id: str) -> Price | None:
        bar_type = self._newest.get(trader_id, {}).get(instrument_id)
        kept = (
            self._quotes.get(trader_id, {}).get(instrument_id),
            self._trades.get(trader_id, {}).get(instrument_id),
            self._bars[trader_id][bar_type] if bar_type else None,
        )
        key = trader_id, instrument_id
        made = self._made.get(key)
        if made is None or made[0] != kept:
            made = kept, _make(instrument_id, *kept) or (made[1] if made else None)
            self._made[key] = made
        return made[1]


def _keep(mine: dict[str, Kept], key: str, message: Message) -> None:
    """Streams are read in turn, so an older entry may come later."""
    kept = mine.get(key)
    if kept is None:
        mine[key] = message, None
    elif message.entry >= kept[0].entry:
        mine[key] = message, kept[0]


def _make(instrument_id: str, quotes: Kept | None, trades: Kept | None, bars: Kept | None) -> Price | None:
    quote, trade = _value("quote", quotes, _middle), _value("trade", trades, _traded)
    bar = _value("bar", bars, _closed)
    tick = max((value for value in (quote, trade) if value), key=lambda value: value.message.entry, default=None)
    best = bar if bar and (tick is None or _is_better(bar.message, tick.message)) else tick
    if best is None:
        return None
    # A trade says nothing about the quote before it, nor a quote about the last volume.
    quoted = quote.message.body if quote and best is not bar else None
    sized = best if best is not quote else trade
    return Price(
        instrument_id=instrument_id, kind=best.kind, price=best.price, previous=best.previous,
        bid=quoted and _number(quoted.bid_price), ask=quoted and _number(quoted.ask_price),
        volume=sized and _volume(sized.message.body), ts_event=best.message.body.ts_event,
        ts_received=entry_ns(best.message.entry), trader_id=best.message.trader_id,
    )  # fmt: skip


def _is_better(bar: Message, tick: Message) -> bool:
    return bar.entry >= tick.entry and bar.body.ts_event - tick.body.ts_event >= _FRESH_NS


def _value(kind: str, kept: Kept | None, read: Callable[[Any], Decimal | None]) -> Value | None:
    readable = [(message, price) for message in kept or () if message and (price := read(message.body)) is not None]
    if not readable:
        return None
    (message, price), before = readable[0], readable[1:]
    return Value(kind, message, price, before[0][1] if before else None)


def _middle(quote: QuoteTick) -> Decimal | None:
    bid, ask = _number(quote.bid_price), _number(quote.ask_price)
    return (bid + ask) / 2 if bid and ask else None


def _traded(trade: TradeTick) -> Decimal | None:
    return _number(trade.price)


def _closed(bar: Bar) -> Decimal | None:
    return _number(bar.close)


def _number(text: str) -> Decimal | None:
    """None of what is no number, or beyond any price."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _MAX_EXPONENT else None


def _volume(body: Bar | TradeTick) -> float | None:
    volume = _number(body.volume if isinstance(body, Bar) else body.size)
    return None if volume is None else float(volume)


def _is_whole(bar: Bar) -> bool:
    return None not in [_number(getattr(bar, name)) for name in (*_PRICES, "volume")]


def _live_bar(message: Message) -> LiveBar:
    body, series = message.body, bar_series(message.body.bar_type)
    is_replayed = body.ts_init - body.ts_event > _REPLAY_FACTOR * _bar_ns(series.timeframe)
    return LiveBar(
        series.instrument_id, series.timeframe, series.price_type, body.open, body.high, body.low, body.close,
        body.volume, body.ts_event, body.ts_init, is_replayed, message.trader_id, message.entry,
    )  # fmt: skip


def _bar_ns(timeframe: str) -> int:
    try:
        return timeframe_ns(timeframe)
    except ValueError:
        return timeframe_ns("1-DAY")
