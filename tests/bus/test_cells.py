"""Cells are exact, bounded, and never what a database refuses."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.bus import cells


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=9))
def test_a_price_is_exact(price: Decimal) -> None:
    assert cells.ticks(f"{price:f}") == int(price.scaleb(9))


@pytest.mark.parametrize("wrong", ["", "x", "1.0000000001", "1" * 100, "²", "1e400000", "NaN", "-", "."])
def test_what_is_no_price_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        cells.ticks(wrong)


@pytest.mark.parametrize("wrong", ["x", "1_0", " 1", "1\n", "Infinity", "1e99", "1" * 81, "\u0661"])
def test_what_is_no_number_is_refused(wrong: str) -> None:
    with pytest.raises((ValueError, InvalidOperation)):
        cells.decimal(wrong)


@pytest.mark.parametrize("number", ["0", "-3.15", "1e5", "3.00000000", "+1"])
def test_a_number_keeps_its_text(number: str) -> None:
    assert cells.decimal(number) == number


def test_what_is_not_known_is_empty() -> None:
    assert (cells.decimal(None), cells.money(None), cells.flag(None)) == ("", ("", ""), "")


def test_long_texts_do_not_stay_in_memory() -> None:
    before = cells.ticks.cache_info().currsize
    for number in range(100):
        with pytest.raises(ValueError, match="not a price"):
            cells.ticks("1" * 1_000 + str(number))
    assert cells.ticks.cache_info().currsize == before
