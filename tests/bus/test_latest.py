"""The newest of each kind, and the price it makes."""

from __future__ import annotations

import sys
import threading
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.bus import Latest
from tests.services.said import T0, bar, ns, quote, trade

FX = "GBP/USD.SIM"


def told(*messages: object) -> Latest:
    latest = Latest()
    for message in messages:
        name = type(message.body).__name__
        if name == "Bar":
            latest.take_bar(message)
        elif name == "QuoteTick":
            latest.take_quotes([message])
        else:
            latest.take_trades([message])
    return latest


def test_the_value_before_is_of_the_same_kind() -> None:
    latest = told(quote(FX, "1.5", "1.6"), trade(FX, "9", T0 + 1), quote(FX, "1.6", "1.7", T0 + 2))
    price = latest.price(FX)
    assert (price.kind, price.price, price.previous) == ("quote", Decimal("1.65"), Decimal("1.55"))
    assert latest.price(FX).volume == 3.0


def test_a_price_nobody_asked_for_is_never_worked_out() -> None:
    latest = told(*(quote(FX, f"1.{number}", "2", T0 + number) for number in range(1, 9)))
    assert latest._made == {}
    assert latest.price(FX) is latest.price(FX)
    latest.take_quotes([quote(FX, "2", "2", T0 + 99)])
    assert latest.price(FX).price == 2


@pytest.mark.parametrize("bad", ["abc", "NaN", "Infinity", "1e999999", ""])
def test_a_message_that_says_no_number_leaves_the_one_before(bad: str) -> None:
    latest = told(trade(FX, "1"), trade(FX, "2", T0 + 1), trade(FX, bad, T0 + 2))
    assert (latest.price(FX).price, latest.price(FX).previous) == (2, None)
    assert told(trade(FX, bad)).prices() == {}


def test_many_bad_messages_leave_the_last_price_that_was_asked_for() -> None:
    latest = told(trade(FX, "2"))
    assert latest.price(FX).price == 2
    latest.take_trades([trade(FX, "x", T0 + number) for number in range(1, 5)])
    assert latest.price(FX).price == 2


@pytest.mark.parametrize("zero", ["0", "0.0", "0.00000", "0E-5", "00.0"])
def test_a_side_nobody_quotes_makes_no_middle_however_it_is_written(zero: str) -> None:
    latest = told(quote(FX, "1.5", "1.6"), quote(FX, zero, "1.6", T0 + 1))
    assert (latest.price(FX).price, latest.price(FX).bid) == (Decimal("1.55"), Decimal("1.5"))


def test_the_last_two_sided_quote_outlives_many_one_sided_ones() -> None:
    latest = told(quote(FX, "1.5", "1.6"), *(quote(FX, "0.0000", "1.6", T0 + number) for number in range(1, 50)))
    assert latest.price(FX).price == Decimal("1.55")


def test_each_trader_has_its_own_price_of_the_same_instrument() -> None:
    latest = told(trade(FX, "1"), trade(FX, "2", T0 + 5, trader_id="T-2"), trade("A.B", "7", trader_id="T-2"))
    assert (latest.price(FX, "T-1").price, latest.price(FX, "T-2").price) == (1, 2)
    assert (latest.price(FX).trader_id, latest.price("A.B", "T-1")) == ("T-2", None)
    assert (list(latest.prices("T-1")), latest.instruments("T-2")) == ([FX], ["A.B", FX])


def test_a_stream_without_a_trader_speaks_for_every_trader() -> None:
    latest = told(trade(FX, "1", trader_id=""), bar(FX, "4", trader_id=""))
    assert latest.price(FX, "T-9").price == 1
    assert latest.bar(FX, "1-DAY", "T-9").close == "4"


def test_bars_are_kept_by_timeframe_and_trader() -> None:
    latest = told(bar(FX, "1"), bar(FX, "2", T0 + 1, step="1-MINUTE"), bar(FX, "3", T0 + 2, trader_id="T-2"))
    assert [latest.bar(FX, "1-DAY", name).close for name in ("T-1", "T-2", None)] == ["1", "3", "3"]
    assert (latest.bar(FX, "1-MINUTE").close, latest.bar(FX, "1-HOUR")) == ("2", None)
    assert (latest.price(FX, "T-1").price, latest.price(FX, "T-1").previous) == (2, None)


def test_an_older_bar_that_is_read_later_is_not_the_newest() -> None:
    latest = told(bar(FX, "2", T0 + 9), bar(FX, "1", T0), bar(FX, "7", T0 + 5, price_type="BID"))
    assert (latest.bar(FX, "1-DAY").close, latest.price(FX).price) == ("2", 2)


def test_a_bar_with_a_broken_number_leaves_the_one_before() -> None:
    latest = told(bar(FX, "2"), bar(FX, "3", T0 + 1, high="abc"))
    assert latest.bar(FX, "1-DAY").close == "2"


def test_a_replayed_bar_is_told_from_a_live_one() -> None:
    assert told(bar(FX, "2", T0, 1_000)).bar(FX, "1-DAY").is_replayed
    assert not told(bar(FX, "2", T0, T0 - 1_000)).bar(FX, "1-DAY").is_replayed


@given(st.permutations(range(6)))
def test_the_order_streams_are_read_in_does_not_matter(order: list[int]) -> None:
    said = [quote(FX, "1", "2", T0), quote(FX, "2", "3", T0 + 1), trade(FX, "5", T0 + 2), trade(FX, "6", T0 + 3),
            bar(FX, "7", T0 + 4), quote(FX, "3", "4", T0 + 5)]  # fmt: skip
    price = told(*(said[place] for place in order)).price(FX)
    assert (price.kind, price.price, price.ts_received) == ("quote", Decimal("3.5"), ns(T0 + 5))


def test_readers_never_see_half_of_what_a_busy_feed_writes() -> None:
    """Each new price is one more than the one before, on ever more instruments."""
    latest, stop, wrong = Latest(), threading.Event(), []

    def read() -> None:
        try:
            while not stop.is_set():
                for price in latest.prices().values():
                    if price.previous is not None and price.price - price.previous != 1:
                        wrong.append(price)
        except RuntimeError as error:
            wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for reader in readers:
            reader.start()
        for number in range(1, 4_000):
            latest.take_trades([trade(f"S{number % (1 + number // 40)}.X", str(number), T0 + number)])
            latest.take_trades([trade("A.B", str(number), T0 + number)])
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        sys.setswitchinterval(interval)
    assert [price for price in wrong if not hasattr(price, "price") or price.instrument_id == "A.B"] == []
