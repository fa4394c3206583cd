"""The live book is NautilusTrader's own, level by level."""

from __future__ import annotations

from decimal import Decimal
from importlib.util import find_spec
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.bus.book import Book, Books, Level
from nautilus_data.bus.message import Message
from nautilus_data.bus.newer import OrderBookDepth
from nautilus_data.bus.payload import decode
from nautilus_data.bus.records import BookOrder, OrderBookDelta, OrderBookDeltas
from tests.bus import recordings
from tests.bus.wire import TS, pack

ID = "XRPUSDT-LINEAR.BYBIT"
needs_nautilus = pytest.mark.skipif(find_spec("nautilus_trader") is None, reason="nautilus_trader is not installed")


def delta(action: str, side: str, price: str, size: str, order_id: int = 0, flags: int = 0) -> OrderBookDelta:
    return OrderBookDelta(ID, action, BookOrder(side, price, size, order_id), flags, 1, TS, TS)


CLEAR = delta("CLEAR", "NO_ORDER_SIDE", "0", "0")


def book(*records) -> Book:
    made = Book(ID)
    for record in records:
        made.apply(record)
    return made


def texts(levels: list[Level]) -> list[tuple[Decimal, Decimal, int]]:
    return [(level.price, level.size, level.orders) for level in levels]


class Theirs:
    """NautilusTrader's own order book."""

    def __init__(self, book_type: str) -> None:
        # Only these tests need the optional package nautilus_trader.
        from nautilus_trader.model import book, data, enums, identifiers, objects

        self.data, self.enums, self.objects = data, enums, objects
        self.instrument_id = identifiers.InstrumentId.from_str(ID)
        self.book = book.OrderBook(self.instrument_id, enums.BookType[book_type])

    def apply(self, record: OrderBookDelta) -> None:
        order = record.order
        theirs = self.data.BookOrder(
            self.enums.OrderSide[order.side],
            self.objects.Price.from_str(order.price),
            self.objects.Quantity.from_str(order.size),
            order.order_id,
        )
        action = self.enums.BookAction[record.action]
        self.book.apply_delta(
            self.data.OrderBookDelta(self.instrument_id, action, theirs, record.flags, record.sequence, TS, TS)
        )

    def levels(self) -> tuple[list, list]:
        return self._side(self.book.bids()), self._side(self.book.asks())

    def _side(self, levels: list) -> list:
        return [
            (level.price.as_decimal(), sum(order.size.as_decimal() for order in level.orders()), len(level.orders()))
            for level in levels
        ]


@needs_nautilus
@pytest.mark.parametrize("name", recordings.STREAMS[:2])
def test_a_real_book_is_nautilus_traders_after_every_event(name) -> None:
    ours, theirs, seen = Book(ID), Theirs("L2_MBP"), 0
    for _, _, fields in recordings.entries(name):
        if fields["topic"].startswith(b"data.book.deltas."):
            record = decode(fields["topic"].decode(), fields["payload"])
            ours.apply(record)
            for item in record.deltas:
                theirs.apply(item)
            assert tuple(map(texts, ours.levels())) == theirs.levels()
            seen += 1
    assert seen >= 50
    assert (ours.is_complete, ours.is_damaged, ours.skipped, ours.is_crossed) == (True, False, 0, False)


PRICES = st.integers(1, 30).map(lambda ticks: f"{ticks / 100:.2f}")
SIZES = st.integers(1, 50).map(str)
SIDES = st.sampled_from(["BUY", "SELL"])
BY_PRICE = st.builds(delta, st.sampled_from(["ADD", "UPDATE"]), SIDES, PRICES, SIZES)


@needs_nautilus
@settings(deadline=None, max_examples=60)
@given(st.lists(BY_PRICE | st.just(CLEAR), max_size=60), st.data())
def test_any_book_of_levels_is_nautilus_traders(deltas, data) -> None:
    ours, theirs, open_levels = Book(ID), Theirs("L2_MBP"), set()
    for record in deltas:
        if open_levels and data.draw(st.booleans()):
            side, price = data.draw(st.sampled_from(sorted(open_levels)))
            record = delta("DELETE", side, price, "1")
        ours.apply(record)
        theirs.apply(record)
        open_levels = {(side, f"{price:.2f}") for side, price in _places(ours)}
    assert tuple(map(texts, ours.levels())) == theirs.levels()


def _places(ours: Book) -> list[tuple[str, Decimal]]:
    bids, asks = ours.levels()
    return [("BUY", level.price) for level in bids] + [("SELL", level.price) for level in asks]


@needs_nautilus
@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("aaud"), SIDES, PRICES, SIZES, st.integers(0, 99)), max_size=80))
def test_any_book_of_orders_is_nautilus_traders(steps) -> None:
    ours, theirs, ids, resting = Book(ID), Theirs("L3_MBO"), count(1), {}
    for step, side, price, size, pick in steps:
        if step == "a" or not resting:
            order_id, action = next(ids), "ADD"
            resting[order_id] = side, price
        else:
            order_id = sorted(resting)[pick % len(resting)]
            side, old = resting[order_id]
            action, price = ("UPDATE", price) if step == "u" else ("DELETE", old)
            resting[order_id] = side, price
            if action == "DELETE":
                del resting[order_id]
        record = delta(action, side, price, size, order_id)
        ours.apply(record)
        theirs.apply(record)
    assert tuple(map(texts, ours.levels())) == theirs.levels()


def test_levels_come_best_first_and_as_many_as_asked_for() -> None:
    made = book(CLEAR, *(delta("ADD", "BUY", f"1.{n}", "5") for n in range(5)), delta("ADD", "SELL", "1.50", "2"))
    bids, asks = made.levels(2)
    assert [str(level.price) for level in bids] == ["1.4", "1.3"]
    assert texts(asks) == [(Decimal("1.50"), Decimal(2), 1)]
    assert made.best == (bids[0], asks[0])


def test_one_price_written_in_two_ways_is_one_level() -> None:
    made = book(delta("ADD", "BUY", "1.50", "5"), delta("UPDATE", "BUY", "1.5", "7"))
    assert texts(made.levels()[0]) == [(Decimal("1.5"), Decimal(7), 1)]


def test_a_size_of_zero_deletes() -> None:
    assert book(delta("ADD", "BUY", "1.5", "5"), delta("UPDATE", "BUY", "1.5", "0")).levels() == ([], [])


def test_a_book_joined_late_is_not_complete_until_it_is_told_anew() -> None:
    made = book(delta("ADD", "BUY", "1.5", "5"))
    assert not made.is_complete
    made.apply(CLEAR)
    assert made.is_complete
    assert book(delta("ADD", "BUY", "1.5", "5", flags=32)).is_complete


def test_a_crossed_book_says_so() -> None:
    assert book(delta("ADD", "BUY", "1.5", "5"), delta("ADD", "SELL", "1.5", "5")).is_crossed
    assert not book(delta("ADD", "BUY", "1.5", "5")).is_crossed


@pytest.mark.parametrize(
    "wrong",
    [delta("ADD", "BUY", "one", "5"), delta("ADD", "BUY", "1", "NaN"), delta("ADD", "BUY", "1", "-5"),
     delta("MELT", "BUY", "1", "5"), delta("ADD", "NO_ORDER_SIDE", "1", "5"), delta("DELETE", "BUY", "1e999", "5"),
     OrderBookDelta(ID, "ADD", None)],
)  # fmt: skip
def test_a_wrong_delta_is_skipped_and_the_book_is_damaged_until_it_is_told_anew(wrong) -> None:
    made = book(CLEAR, delta("ADD", "SELL", "2", "5"), wrong, delta("ADD", "BUY", "1", "5"))
    assert [len(side) for side in made.levels()] == [1, 1]
    assert (made.skipped, made.is_damaged) == (1, True)
    made.apply(CLEAR)
    assert (made.skipped, made.is_damaged, made.levels()) == (1, False, ([], []))


def test_a_depth_replaces_the_book_and_counts_the_orders_of_its_levels() -> None:
    none = BookOrder(None, "0", "0")
    bids, asks = [BookOrder("BUY", "1.5", "5"), none], [BookOrder("SELL", "1.6", "7"), none]
    made = book(delta("ADD", "BUY", "9", "9"), OrderBookDepth(ID, bids, asks, [3, 0], [4, 0], sequence=8, ts_event=TS))
    assert [texts(side) for side in made.levels()] == [
        [(Decimal("1.5"), Decimal(5), 3)],
        [(Decimal("1.6"), Decimal(7), 4)],
    ]
    assert (made.is_complete, made.sequence, made.ts_event) == (True, 8, TS)


def test_what_waits_unseen_is_bounded_and_nothing_is_lost() -> None:
    made = Book(ID)
    for number in range(3_000):
        made.apply(delta("ADD", "BUY", f"{number + 1}", "1"))
    assert len(made._pending) <= 500
    assert len(made.levels()[0]) == 3_000


def test_books_are_kept_by_trader_and_the_least_recently_told_go() -> None:
    books = Books(most=2)
    for entry, (trader_id, name) in enumerate([("T-1", "A.X"), ("T-2", "A.X"), ("T-1", "A.X"), ("T-1", "B.X")]):
        deltas = OrderBookDeltas(name, [delta("ADD", "BUY", "1", "5")])
        books.feed([Message("s", trader_id, entry, "data.book.deltas.X.A", deltas)])
    assert books.keys() == [("T-1", "A.X"), ("T-1", "B.X")]
    assert books.get("T-2", "A.X") is None
    assert books.get("T-1", "A.X").entry == 2


def test_a_book_of_the_past_leaves_the_live_one_alone() -> None:
    books = Books()
    payload = pack({"type": "OrderBookDeltas", "instrument_id": ID, "deltas": []})
    for topic in ("historical.data.book.deltas.BYBIT.XRP", "data.pipeline.book.deltas.BYBIT.XRP"):
        books.feed([Message("s", "T-1", 1, topic, decode(topic, payload))])
    assert books.keys() == []
