"""Instrument ids and prices."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.instrument import Instrument, from_ticks, may_be_negative, split_instrument_id, to_ticks


@pytest.mark.parametrize(
    ("instrument_id", "parts"),
    [("AAPL.NASDAQ", ("AAPL", "NASDAQ")), ("GBP/USD.SIM", ("GBP/USD", "SIM")), ("BRK.B.NYSE", ("BRK.B", "NYSE"))],
)
def test_the_venue_follows_the_last_dot(instrument_id: str, parts: tuple[str, str]) -> None:
    assert split_instrument_id(instrument_id) == parts
    instrument = Instrument(instrument_id=instrument_id, raw_symbol=parts[0])
    assert (instrument.symbol, instrument.venue) == parts


@pytest.mark.parametrize(
    ("instrument_id", "may"),
    [
        ("CLK0.NYMEX", True), ("CL.NYMEX", True), ("^TICK-NYSE.NYSE", True), ("ESZ6.XCME", True),
        ("AAPL.NASDAQ", False), ("EUR/USD.IDEALPRO", False), ("BTC/USD.PAXOS", False), ("IBUS500.IBCFD", False),
    ],
)  # fmt: skip
def test_futures_and_indices_can_cost_less_than_nothing(instrument_id: str, may: bool) -> None:
    assert may_be_negative(instrument_id) is may


@pytest.mark.parametrize("wrong", ["", "AAPL", ".NASDAQ", "AAPL.", "."])
def test_an_id_without_symbol_or_venue_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"write SYMBOL\.VENUE"):
        split_instrument_id(wrong)


@given(st.integers(-(2**63), 2**63 - 1))
def test_ticks_come_back_from_their_price(ticks: int) -> None:
    assert to_ticks(from_ticks(ticks)) == ticks
    assert to_ticks(str(from_ticks(ticks))) == ticks


@pytest.mark.parametrize(
    ("price", "ticks"), [("1.57", 1_570_000_000), (2, 2_000_000_000), ("-0.000000001", -1), (Decimal("1e3"), 10**12)]
)
def test_prices_become_exact_ticks(price, ticks: int) -> None:
    assert to_ticks(price) == ticks


def test_more_decimals_than_nine_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 9 decimals"):
        to_ticks("0.0000000001")


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "-Infinity", "", "one"])
def test_what_is_no_number_is_a_value_error(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a price"):
        to_ticks(wrong)


@pytest.mark.parametrize("large", ["9223372036.854775808", "-9223372036.854775809", "1e30"])
def test_a_price_that_does_not_fit_is_refused(large: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        to_ticks(large)
