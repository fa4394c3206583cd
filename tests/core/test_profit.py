"""Profit of a position, by hand."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from nautilus_data.core.profit import Terms, cash_value, unrealized

SHARE = Terms(Decimal(1), is_inverse=False, is_pair=False)
INVERSE = Terms(Decimal(1), is_inverse=True, is_pair=False)
PAIR = Terms(Decimal(1), is_inverse=False, is_pair=True)


@pytest.mark.parametrize(("quantity", "profit"), [("10", "5"), ("-10", "-5"), ("0", "0")])
def test_a_long_gains_what_a_short_loses(quantity: str, profit: str) -> None:
    assert unrealized(10.0, Decimal(quantity), Decimal("10.5"), SHARE) == Decimal(profit)


def test_an_inverse_contract_gains_in_its_base_currency() -> None:
    assert unrealized(50_000.0, Decimal(10_000), Decimal(62_500), INVERSE) == Decimal("0.04")
    assert unrealized(50_000.0, Decimal(10_000), Decimal(0), INVERSE) is None


def test_what_is_not_known_makes_no_profit() -> None:
    assert unrealized(math.nan, Decimal(1), Decimal(1), SHARE) is None
    assert unrealized(1.0, None, Decimal(1), SHARE) is None
    assert cash_value(None, Decimal(1), SHARE, "USD") is None


def test_a_cash_account_owns_what_it_paid_for_once() -> None:
    assert cash_value(Decimal(10), Decimal(70), SHARE, "USD") == 700
    assert cash_value(Decimal(2), Decimal(350), PAIR, "") == 0


def test_amounts_are_written_plainly() -> None:
    assert str(cash_value(Decimal(100), Decimal(1), SHARE, "USD")) == "100"
