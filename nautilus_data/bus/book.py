"""Book: the live order book of an instrument, kept from what its feed publishes."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, zip_longest
from typing import Any

from nautilus_data.bus.cells import decimal
from nautilus_data.bus.message import Message
from nautilus_data.bus.newer import OrderBookDepth
from nautilus_data.bus.records import BookOrder, OrderBookDelta, OrderBookDeltas

_TOP, _SNAPSHOT, _BY_PRICE = 64, 32, 16
_MAX_PENDING = 500
_MAX_ORDERS = 100_000
_MAX_BOOKS = 200
_UNREADABLE = (ValueError, ArithmeticError)
_SIDES = frozenset(("BUY", "SELL"))


@dataclass(frozen=True)
class Level:
    """All orders of one price."""

    price: Decimal
    size: Decimal
    orders: int


@dataclass
class _Ladders:
    """Orders of both sides by `(side, id)`; the id is the price where the feed tells levels, not orders."""

    orders: dict[tuple[str, Any], tuple[Decimal, Decimal, int]] = field(default_factory=dict)

    def clear(self, side: str) -> None:
        kept = {key: order for key, order in self.orders.items() if side in _SIDES and key[0] != side}
        self.orders = kept

    def put(self, order: BookOrder, flags: int, count: int = 1) -> None:
        price, size = Decimal(decimal(order.price)), Decimal(decimal(order.size))
        key = _key(order, price, flags)
        if size < 0 or order.side not in _SIDES or len(self.orders) >= _MAX_ORDERS:
            raise ValueError(f"not an order, or one too many: {order}")
        self.orders[key] = price, size, count
        if not size:
            del self.orders[key]

    def remove(self, order: BookOrder, flags: int) -> None:
        price = Decimal(decimal(order.price))
        sides = [order.side] if order.side in _SIDES else sorted(_SIDES)
        for side in sides:
            self.orders.pop((side, _key(order, price, flags)[1]), None)

    def levels(self, side: str, depth: int | None) -> list[Level]:
        """Best first."""
        sizes: dict[Decimal, tuple[Decimal, int]] = {}
        for (owner, _), (price, size, count) in self.orders.items():
            if owner == side:
                total, counted = sizes.get(price, (Decimal(0), 0))
                sizes[price] = total + size, counted + count
        prices = sorted(sizes, reverse=side == "BUY")
        return [Level(price, *sizes[price]) for price in prices[:depth]]


def _key(order: BookOrder, price: Decimal, flags: int) -> tuple[str, Any]:
    if flags & _TOP:
        return order.side, "top"
    # A price as key is no int, so it meets no order's id.
    return order.side, order.order_id if order.order_id and not flags & _BY_PRICE else str(price.normalize())


class Book:
    """What is applied waits until somebody looks; safe to read while another thread applies."""

    def __init__(self, instrument_id: str) -> None:
        self.instrument_id = instrument_id
        self.entry = 0
        self._lock = threading.Lock()
        self._pending: deque[OrderBookDelta | OrderBookDepth] = deque()
        self._ladders = _Ladders()
        self._is_complete = False
        self._is_damaged = False
        self._skipped = 0
        self._sequence = 0
        self._ts_event = 0

    def apply(self, record: OrderBookDeltas | OrderBookDelta | OrderBookDepth, entry: int = 0) -> None:
        """Take one record of the feed; what is wrong in it is skipped and counted."""
        items = record.deltas if type(record) is OrderBookDeltas else [record]
        with self._lock:
            self.entry = max(self.entry, entry)
            for item in items:
                if type(item) is OrderBookDepth or (item.action == "CLEAR" and _both(item)):
                    # Nothing before it matters.
                    self._pending.clear()
                self._pending.append(item)
            if len(self._pending) > _MAX_PENDING:
                self._settle()

    def levels(self, depth: int | None = None) -> tuple[list[Level], list[Level]]:
        """Bids and asks, best first."""
        with self._lock:
            self._settle()
            return self._ladders.levels("BUY", depth), self._ladders.levels("SELL", depth)

    @property
    def best(self) -> tuple[Level | None, Level | None]:
        """The best bid and the best ask."""
        bids, asks = self.levels(1)
        return (bids[0] if bids else None), (asks[0] if asks else None)

    @property
    def is_crossed(self) -> bool:
        bid, ask = self.best
        return bool(bid and ask and bid.price >= ask.price)

    @property
    def is_complete(self) -> bool:
        """Was the whole book told since reading began? Before, levels may be missing."""
        return self._settled("_is_complete")

    @property
    def is_damaged(self) -> bool:
        """Was something skipped since the book was last told anew?"""
        return self._settled("_is_damaged")

    @property
    def skipped(self) -> int:
        """How many deltas could not be applied."""
        return self._settled("_skipped")

    @property
    def sequence(self) -> int:
        return self._settled("_sequence")

    @property
    def ts_event(self) -> int:
        """When the last that was applied happened, in ns."""
        return self._settled("_ts_event")

    def _settled(self, name: str) -> Any:
        with self._lock:
            self._settle()
            return getattr(self, name)

    def _settle(self) -> None:
        while self._pending:
            item = self._pending.popleft()
            try:
                self._take(item)
            except _UNREADABLE:
                self._skipped += 1
                self._is_damaged = True
            self._sequence, self._ts_event = item.sequence, item.ts_event

    def _take(self, item: OrderBookDelta | OrderBookDepth) -> None:
        if type(item) is OrderBookDepth:
            self._take_depth(item)
        elif item.action == "CLEAR":
            self._ladders.clear(item.order.side if item.order else "")
            self._begin(is_whole=_both(item))
        else:
            self._take_delta(item)

    def _take_delta(self, delta: OrderBookDelta) -> None:
        if delta.order is None or delta.action not in ("ADD", "UPDATE", "DELETE"):
            raise ValueError(f"not a delta: {delta.action!r}")
        if delta.action == "DELETE":
            self._ladders.remove(delta.order, delta.flags)
        else:
            self._ladders.put(delta.order, delta.flags)
        self._is_complete |= bool(delta.flags & _SNAPSHOT)

    def _take_depth(self, depth: OrderBookDepth) -> None:
        self._ladders.clear("")
        self._begin(is_whole=True)
        sides = (depth.bids, depth.bid_counts), (depth.asks, depth.ask_counts)
        for order, count in chain(*(zip_longest(orders, counts[: len(orders)]) for orders, counts in sides)):
            # A side with less than ten levels is filled up with orders of nothing.
            if order.side in _SIDES:
                self._ladders.put(order, _BY_PRICE, count or 1)

    def _begin(self, is_whole: bool) -> None:
        if is_whole:
            self._is_complete, self._is_damaged = True, False


def _both(delta: OrderBookDelta) -> bool:
    return not (delta.order and delta.order.side in _SIDES)


class Books:
    """The books of all traders' instruments, the most recently updated ones."""

    def __init__(self, most: int = _MAX_BOOKS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._books: OrderedDict[tuple[str, str], Book] = OrderedDict()

    def feed(self, messages: Iterable[Message]) -> None:
        """Take what one page says of books, in the order it was read; answers to requests are no news."""
        for message in messages:
            if type(message.body) in _KINDS and not message.is_requested:
                self._book(message.trader_id, message.body.instrument_id).apply(message.body, message.entry)

    def get(self, trader_id: str, instrument_id: str) -> Book | None:
        with self._lock:
            return self._books.get((trader_id, instrument_id))

    def keys(self) -> list[tuple[str, str]]:
        """`(trader_id, instrument_id)` of each, the most recently updated last."""
        with self._lock:
            return list(self._books)

    def _book(self, trader_id: str, instrument_id: str) -> Book:
        key = trader_id, instrument_id
        with self._lock:
            book = self._books.setdefault(key, Book(instrument_id))
            self._books.move_to_end(key)
            while len(self._books) > self._most:
                self._books.popitem(last=False)
        return book


_KINDS = frozenset((OrderBookDelta, OrderBookDeltas, OrderBookDepth))
