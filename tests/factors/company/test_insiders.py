from __future__ import annotations

import math

import pandas as pd
import pytest

from nautilus_data.core.timerange import to_ns
from nautilus_data.factors.company import Company
from nautilus_data.factors.company.insiders import InsiderNetBuying
from tests.company_facts import trade, trades_of


def rows_of(*trades: tuple, as_of: str = "2024-12-31", **options: object) -> pd.DataFrame:
    return InsiderNetBuying(**options).compute(Company(to_ns(as_of), {"insider_trades": trades_of(*trades)}))


def test_net_buying_is_of_dollars_bought_and_sold() -> None:
    row = rows_of(trade("2024-05-01", "P", 100, "10"), trade("2024-05-02", "S", 20, "12.5"), as_of="2024-06-01").iloc[
        -1
    ]
    assert row["value"] == pytest.approx((1000 - 250) / 1250)
    assert (row["bought"], row["sold"]) == (1000, 250)


def test_only_open_market_trades_of_shares_with_a_price_count() -> None:
    others = [trade("2024-05-01", "A", 1, "9"), trade("2024-05-01", "S", 1, "9", is_derivative=True, insider="2"),
              trade("2024-05-01", "S", 1, "", insider="3"), trade("2024-05-01", "S", 1, "0", insider="4")]  # fmt: skip
    assert rows_of(trade("2024-05-01", "P", 100, "10"), *others, as_of="2024-06-01")["value"].iloc[-1] == 1


def test_a_trade_counts_from_when_it_was_reported_to_180_days_after_it_was_made() -> None:
    frame = rows_of(trade("2024-01-02", "P", 1, "10", filed="2024-02-01"))
    assert frame["ts_init"].iloc[0] == to_ns("2024-02-02")
    assert frame["value"].iloc[0] == 1
    assert frame["ts_init"].iloc[-1] == to_ns("2024-06-30")
    assert frame["reason"].iloc[-1].startswith("no insider bought or sold in the last 180 days")


def test_an_amended_report_takes_the_place_of_what_it_amends() -> None:
    first, amended = (
        trade("2024-05-01", "P", 100, "10"),
        trade("2024-05-01", "P", 10, "10", form="4/A", filed="2024-06-01"),
    )
    other = trade("2024-05-01", "S", 10, "10", insider="2")
    frame = rows_of(first, amended, other, as_of="2024-07-01")
    assert frame["bought"].tolist() == [1000, 100]
    assert frame["value"].iloc[-1] == 0


def test_opportunistic_is_without_who_trades_in_the_same_month_each_year() -> None:
    routine = [trade(f"{year}-05-10", "S", 100, "10", insider="1") for year in (2021, 2022, 2023, 2024)]
    row = rows_of(*routine, trade("2024-05-12", "P", 10, "10", insider="2"), as_of="2024-06-01").iloc[-1]
    assert row["value"] == pytest.approx((100 - 1000) / 1100)
    assert row["opportunistic"] == 1
    alone = rows_of(*routine, as_of="2024-06-01").iloc[-1]
    assert (alone["value"], math.isnan(alone["opportunistic"])) == (-1, True)


def test_planned_trades_can_be_left_out() -> None:
    trades = [trade("2024-05-01", "P", 1, "10"), trade("2024-05-02", "S", 1, "10", is_planned=True)]
    assert rows_of(*trades, as_of="2024-06-01")["value"].iloc[-1] == 0
    assert rows_of(*trades, as_of="2024-06-01", excludes_planned=True)["value"].iloc[-1] == 1
