"""Entries linked to exits: against arithmetic done by hand, and against what NautilusTrader booked."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nautilus_data.core.position import Terms, replay
from nautilus_data.core.round_trip import Execution, PositionKey, RoundTrip, begin, match

KEY = PositionKey("T-1", 0, "P-1", "S-1", "AAPL.NASDAQ")
LINEAR = Terms()


def fill(at: int, side: str, qty: str, price: str, paid: str = "0") -> Execution:
    return Execution(f"f-{at}-{side}", side, Decimal(qty), Decimal(price), at, at * 100, Decimal(paid), "USD")


def trips(*fills: Execution, terms: Terms | None = LINEAR, closes: frozenset[int] = frozenset()) -> list[RoundTrip]:
    return match(KEY, fills, terms, "USD", closes)


def links(trip: RoundTrip) -> list[tuple[int, int, Decimal, Decimal | None]]:
    return [(link.entry.ts_event, link.exit.ts_event, link.qty, link.pnl) for link in trip.links]


def test_lots_are_closed_in_the_order_they_were_opened_and_split_where_needed() -> None:
    [trip] = trips(fill(1, "BUY", "10", "100"), fill(2, "BUY", "10", "104"), fill(3, "SELL", "15", "106"))
    assert links(trip) == [(1, 3, 10, 60), (2, 3, 5, 10)]
    assert [(lot.entry.ts_event, lot.qty) for lot in trip.lots] == [(2, 5)]
    assert (trip.is_open, trip.pnl, trip.lasted_ns) == (True, 70, None)


def test_a_closed_trip_knows_what_it_made_took_and_cost() -> None:
    [trip] = trips(fill(1, "SELL", "2", "50", "0.10"), fill(5, "BUY", "2", "40", "0.20"))
    assert (trip.side, trip.ts_opened, trip.ts_closed, trip.lots) == ("SHORT", 1, 5, ())
    assert (trip.pnl, trip.net_pnl, trip.paid["USD"]) == (20, Decimal("19.70"), Decimal("0.30"))
    assert (trip.return_fraction, trip.lasted_ns) == (0.2, 400)


def test_a_fill_through_zero_ends_one_trip_and_begins_another_with_its_share_of_the_commission() -> None:
    first, second = trips(fill(1, "BUY", "2", "10"), fill(2, "SELL", "3", "11", "0.90"), fill(3, "BUY", "1", "9"))
    assert (first.pnl, first.paid["USD"], first.ts_closed) == (2, Decimal("0.60"), 2)
    assert (second.side, second.ts_opened, second.pnl, second.paid["USD"]) == ("SHORT", 2, 2, Decimal("0.30"))


def test_the_multiplier_counts_and_an_inverse_contract_earns_its_reciprocal() -> None:
    [future] = trips(fill(1, "BUY", "2", "5000"), fill(2, "SELL", "2", "5001.5"), terms=Terms(Decimal(50)))
    assert (future.pnl, future.return_fraction) == (150, 150 / 500_000)
    inverse = Terms(Decimal(1), True, "BTC")
    [swap] = trips(fill(1, "BUY", "100000", "50000"), fill(2, "SELL", "100000", "62500"), terms=inverse)
    assert (swap.pnl, swap.return_fraction) == (Decimal("0.4"), 0.2)


def test_a_contract_whose_size_nobody_told_is_linked_without_a_profit() -> None:
    [trip] = trips(fill(1, "BUY", "1", "5"), fill(2, "SELL", "1", "6"), terms=None)
    assert (len(trip.links), trip.pnl, trip.net_pnl, trip.return_fraction) == (1, None, None, None)


def test_a_negative_price_is_a_price() -> None:
    [trip] = trips(fill(1, "BUY", "1", "-37.63"), fill(2, "SELL", "1", "10.01"))
    assert (trip.pnl, trip.return_fraction) == (Decimal("47.64"), pytest.approx(47.64 / 37.63))


def test_a_commission_in_another_currency_is_told_and_not_taken_off() -> None:
    paid = Execution("f", "BUY", Decimal(1), Decimal(5), 1, 1, Decimal("0.001"), "BNB")
    [trip] = trips(paid, fill(2, "SELL", "1", "6", "0.01"))
    assert (trip.net_pnl, dict(trip.paid)) == (Decimal("0.99"), {"BNB": Decimal("0.001"), "USD": Decimal("0.01")})


def test_dust_that_a_commission_left_is_gone_where_the_position_was_said_flat() -> None:
    bought, sold = fill(1, "BUY", "1", "100"), fill(2, "SELL", "0.999", "110")
    first, second = trips(bought, sold, fill(3, "BUY", "1", "105"), closes=frozenset({2}))
    assert (first.ts_closed, first.lots, second.ts_opened) == (2, (), 3)
    [only] = trips(bought, sold, closes=frozenset({2}))
    assert (only.ts_closed, only.is_open) == (2, False)


def test_a_fill_that_was_voided_whole_is_no_part_of_any_trip() -> None:
    [trip] = trips(fill(1, "BUY", "0", "100"), fill(2, "SELL", "1", "110"))
    assert (trip.side, trip.ts_opened) == ("SHORT", 2)


_fills = st.lists(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 9), st.integers(1, 500)), min_size=1, max_size=40
)


@given(_fills)
def test_what_is_linked_and_what_is_left_is_all_that_was_traded(drawn: list[tuple[str, int, int]]) -> None:
    fills = [fill(at, side, str(qty), str(price), "0.07") for at, (side, qty, price) in enumerate(drawn, 1)]
    made = trips(*fills)
    linked = sum(2 * link.qty for trip in made for link in trip.links)
    held = sum(lot.qty for trip in made for lot in trip.lots)
    assert linked + held == sum(one.qty for one in fills)
    assert [trip.is_open for trip in made[:-1]] == [False] * (len(made) - 1)
    assert sum(trip.paid["USD"] for trip in made) == Decimal("0.07") * len(fills)
    cash = sum((-one.signed * one.price for one in fills), Decimal(0))
    inventory = sum(one.entry.price * one.qty * (1 if t.side == "LONG" else -1) for t in made for one in t.lots)
    assert sum(trip.pnl for trip in made) == cash + inventory


@given(_fills)
def test_trips_read_from_their_own_beginning_are_those_read_from_the_first(drawn: list[tuple[str, int, int]]) -> None:
    fills = [fill(at, side, str(qty), str(price), "0.07") for at, (side, qty, price) in enumerate(drawn, 1)]
    for trip in trips(*fills):
        later = [one for one in fills if one.ts_event >= trip.ts_opened]
        [own, *_] = trips(*begin(later, trip.ts_opened, trip.ts_closed or 10**9, peak(trip)))
        assert (own.pnl, own.paid, own.ts_closed, links(own)) == (trip.pnl, trip.paid, trip.ts_closed, links(trip))


def peak(trip: RoundTrip) -> Decimal:
    """The most that was held, as NautilusTrader tells it."""
    moves: dict[int, Decimal] = {}
    for link in trip.links:
        moves[link.entry.ts_event] = moves.get(link.entry.ts_event, Decimal(0)) + link.qty
        moves[link.exit.ts_event] = moves.get(link.exit.ts_event, Decimal(0)) - link.qty
    for lot in trip.lots:
        moves[lot.entry.ts_event] = moves.get(lot.entry.ts_event, Decimal(0)) + lot.qty
    held = most = Decimal(0)
    for at in sorted(moves):
        held += moves[at]
        most = max(most, held)
    return most


class Filled:
    """A fill as `core.position` takes it."""

    strategy_id, instrument_id, account_id, currency = "S-1", "AAPL.NASDAQ", "A", "USD"

    def __init__(self, one: Execution) -> None:
        self.event_id = self.client_order_id = one.event_id
        self.order_side, self.last_qty, self.last_px, self.ts_event = (
            one.side,
            str(one.qty),
            str(one.price),
            one.ts_event,
        )
        self.commission = f"{one.commission} USD"


@example([("BUY", 1, 1), ("SELL", 2, 2)])
@given(_fills)
def test_closed_trips_made_what_nautilus_trader_books_to_its_rounding(drawn: list[tuple[str, int, int]]) -> None:
    """Half a cent with each fill."""
    fills = [fill(at, side, str(qty), f"{price / 7:.3f}", "0.07") for at, (side, qty, price) in enumerate(drawn, 1)]
    booked = {one.ts_opened: one for one in replay(map(Filled, fills), Terms(Decimal(1), False, "USD"))}
    for trip in (trip for trip in trips(*fills) if not trip.is_open):
        assert abs(trip.net_pnl - booked[trip.ts_opened].realized_pnl) <= Decimal("0.005") * len(fills)
        assert trip.ts_closed == booked[trip.ts_opened].ts_closed
