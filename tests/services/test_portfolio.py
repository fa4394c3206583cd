"""Money: every figure against arithmetic done by hand."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nautilus_data.core.dataset import EQUITY
from nautilus_data.errors import DashboardError
from nautilus_data.services.live import Live
from nautilus_data.services.portfolio import Portfolio
from nautilus_data.store import Store
from tests.services.said import T0, account, bar, fill, instrument, ns, order, position, quote, ready, trade

Feed = Callable[..., None]
EQUITY_ID, FUTURE, INVERSE, FX, SPOT = "AAPL.NASDAQ", "ES.CME", "XBTUSD.BITMEX", "GBP/USD.SIM", "BTCUSDT.BINANCE"


@pytest.fixture
def portfolio(store: Store, live: Live) -> Portfolio:
    return Portfolio(store, live)


def held(instrument_id: str, side: str, quantity: str, opened: float, ms: int = T0, **fields: object) -> object:
    more = {"position_id": f"P-{instrument_id}", "realized_pnl": "0 USD"} | fields
    return position(ms, instrument_id=instrument_id, side=side, quantity=quantity, avg_px_open=opened, **more)


@pytest.mark.parametrize(
    ("side", "price", "profit"),
    [("LONG", "110", "1000"), ("LONG", "90", "-1000"), ("SHORT", "110", "-1000"), ("SHORT", "90", "1000")],
)
def test_a_long_gains_and_a_short_loses_when_the_price_rises(
    portfolio: Portfolio, feed: Feed, side: str, price: str, profit: str
) -> None:
    feed(instrument(EQUITY_ID), held(EQUITY_ID, side, "100", 100.0), trade(EQUITY_ID, price))
    row = portfolio.positions().iloc[0]
    assert (row["mark"], row["mark_kind"], row["mark_ts"]) == (Decimal(price), "trade", ns(T0))
    assert str(row["unrealized_pnl"]) == profit


def test_the_multiplier_counts(portfolio: Portfolio, feed: Feed) -> None:
    feed(instrument(FUTURE, multiplier="50"), held(FUTURE, "SHORT", "2", 5000.25), trade(FUTURE, "5001.00"))
    assert portfolio.positions().iloc[0]["unrealized_pnl"] == Decimal("-75")


def test_an_inverse_contract_is_worth_its_reciprocal_in_the_base_currency(portfolio: Portfolio, feed: Feed) -> None:
    long = held(INVERSE, "LONG", "10000", 50_000.0, realized_pnl="0 BTC", currency="BTC")
    feed(instrument(INVERSE, is_inverse=True), long, trade(INVERSE, "62500"))
    assert portfolio.positions().iloc[0]["unrealized_pnl"] == Decimal("0.04")  # 10,000 / 50,000 - 10,000 / 62,500
    assert portfolio.totals().set_index("currency").loc["BTC", "equity"] == Decimal("0.04")


def test_an_inverse_contract_at_zero_has_no_profit_and_breaks_nothing(portfolio: Portfolio, feed: Feed) -> None:
    feed(instrument(INVERSE, is_inverse=True), held(INVERSE, "LONG", "1", 50_000.0), trade(INVERSE, "0"))
    assert portfolio.positions().iloc[0]["unrealized_pnl"] is None
    assert portfolio.totals().iloc[0]["unpriced"] == 1


def test_a_contract_whose_size_nobody_told_is_not_guessed(portfolio: Portfolio, feed: Feed) -> None:
    feed(held(FUTURE, "LONG", "2", 5000.0), trade(FUTURE, "5001"))
    row = portfolio.positions().iloc[0]
    assert (row["mark"], row["unrealized_pnl"]) == (Decimal("5001"), None)
    assert portfolio.totals().iloc[0]["unpriced"] == 1


def test_a_position_without_a_price_is_counted_and_left_out(portfolio: Portfolio, feed: Feed) -> None:
    feed(account(T0, {"USD": "500"}), instrument(EQUITY_ID), held(EQUITY_ID, "LONG", "1", 10.0))
    total = portfolio.totals().iloc[0]
    assert (total["equity"], total["unpriced"]) == (Decimal("500"), 1)
    assert portfolio.positions().iloc[0]["mark"] is None


def test_a_closed_position_has_no_unrealized_profit_and_keeps_its_realized(portfolio: Portfolio, feed: Feed) -> None:
    closed = held(EQUITY_ID, "FLAT", "0", 10.0, realized_pnl="-3.15 USD", ts_closed=str(ns(T0 + 5)))
    feed(account(T0, {"USD": "996.85"}), instrument(EQUITY_ID), closed, trade(EQUITY_ID, "12"))
    assert portfolio.positions().empty
    assert portfolio.positions(open_only=False).iloc[0]["unrealized_pnl"] == 0
    total = portfolio.totals().iloc[0]
    assert (total["realized_pnl"], total["equity"], total["unpriced"]) == (Decimal("-3.15"), Decimal("996.85"), 0)


def test_a_flip_closes_one_position_and_opens_another(portfolio: Portfolio, feed: Feed) -> None:
    feed(instrument(EQUITY_ID), held(EQUITY_ID, "LONG", "5", 10.0), trade(EQUITY_ID, "8"))
    feed(
        held(EQUITY_ID, "FLAT", "0", 10.0, realized_pnl="-10 USD", ts_closed=str(ns(T0 + 9))),
        held(EQUITY_ID, "SHORT", "5", 8.0, T0 + 9),
    )
    assert portfolio.positions()[["side", "unrealized_pnl"]].values.tolist() == [["SHORT", Decimal(0)]]
    assert portfolio.totals().iloc[0]["realized_pnl"] == Decimal("-10")


def test_an_older_event_of_a_position_does_not_undo_a_newer_one(portfolio: Portfolio, feed: Feed) -> None:
    feed(held(EQUITY_ID, "LONG", "5", 10.0, T0 + 5, ts_opened=str(ns(T0))))
    feed(held(EQUITY_ID, "LONG", "9", 10.0, T0, ts_opened=str(ns(T0))))
    assert portfolio.positions().iloc[0]["signed_qty"] == Decimal(5)


def test_each_currency_has_its_own_total(portfolio: Portfolio, feed: Feed) -> None:
    feed(account(T0, {"USD": "100.10", "EUR": "7"}), instrument(EQUITY_ID), trade(EQUITY_ID, "3"))
    feed(held(EQUITY_ID, "LONG", "1", 1.0, realized_pnl="0.2 JPY", currency="JPY"))
    totals = portfolio.totals().set_index("currency")
    assert totals["balance"].to_dict() == {"EUR": Decimal(7), "JPY": Decimal(0), "USD": Decimal("100.10")}
    assert totals["equity"].to_dict() == {"EUR": Decimal(7), "JPY": Decimal(2), "USD": Decimal("100.10")}


def test_a_sum_of_cents_has_no_float_in_it(portfolio: Portfolio, feed: Feed) -> None:
    for number in range(30):
        feed(account(T0 + number, {"USD": "0.10"}, account_id=f"A-{number}"))
    assert str(portfolio.totals().iloc[0]["equity"]) == "3.00"


def test_a_cash_account_owns_what_it_paid_for(portfolio: Portfolio, feed: Feed) -> None:
    """1,000 bought 10 shares at 60: 400 are left, and at 70 both together are 1,100."""
    cash = account(T0, {"USD": "400"}, account_type="CASH", base_currency="USD")
    feed(cash, instrument(EQUITY_ID), held(EQUITY_ID, "LONG", "10", 60.0), trade(EQUITY_ID, "70"))
    total = portfolio.totals().iloc[0]
    assert (total["unrealized_pnl"], total["equity"]) == (Decimal(100), Decimal(1_100))


def test_a_cash_account_that_holds_the_coins_counts_them_once(portfolio: Portfolio, feed: Feed) -> None:
    cash = account(T0, {"USDT": "400", "BTC": "2"}, account_type="CASH")
    pair = instrument(SPOT, type="CurrencyPair", base_currency="BTC", quote_currency="USDT")
    feed(cash, pair, held(SPOT, "LONG", "2", 300.0, realized_pnl="0 USDT", currency="USDT"), trade(SPOT, "350"))
    totals = portfolio.totals().set_index("currency")
    assert totals["equity"].to_dict() == {"BTC": Decimal(2), "USDT": Decimal(400)}
    assert totals.loc["USDT", "unrealized_pnl"] == Decimal(100)


def test_the_newest_state_of_an_account_counts(portfolio: Portfolio, feed: Feed) -> None:
    feed(account(T0 + 5, {"USD": "2"}), account(T0, {"USD": "1"}))
    assert portfolio.accounts()["total"].tolist() == [Decimal(2)]


def test_only_the_current_run_of_each_trader_is_shown(portfolio: Portfolio, feed: Feed) -> None:
    feed(ready(T0), account(T0 + 1, {"USD": "1"}), fill(T0 + 2, event_id="a"), order("OrderInitialized", T0 + 1))
    feed(ready(T0 + 10), account(T0 + 11, {"USD": "5"}), fill(T0 + 12, event_id="b"))
    assert portfolio.accounts()["total"].tolist() == [Decimal(5)]
    assert portfolio.fills()["event_id"].tolist() == ["b"]
    assert len(portfolio.orders()) == 1
    assert portfolio.traders() == ["T-1"]


def test_a_node_that_was_there_before_the_dashboard_is_shown(portfolio: Portfolio, feed: Feed) -> None:
    """Its READY was trimmed from the bus long ago."""
    feed(account(T0, {"USD": "5"}), instrument(FX), position(T0), quote(FX, "1.4", "1.6"))
    assert portfolio.totals().iloc[0]["balance"] == Decimal(5)
    assert len(portfolio.positions()) == 1


def test_the_newest_fills_come_first_and_no_more_than_asked(portfolio: Portfolio, feed: Feed) -> None:
    feed(*(fill(T0 + number, event_id=f"f-{number}") for number in range(5)))
    assert portfolio.fills(2)["event_id"].tolist() == ["f-4", "f-3"]
    assert portfolio.fills(2)["last_px"].tolist() == [Decimal("1.57618")] * 2


def test_a_conversion_names_its_rate_and_refuses_without_one(portfolio: Portfolio, feed: Feed) -> None:
    feed(account(T0, {"GBP": "100", "USD": "10"}), quote(FX, "1.5", "1.7"))
    total, notes = portfolio.converted("USD")
    assert total == Decimal("170")
    assert notes == ["GBP/USD.SIM quote 1.6", "USD as booked"]
    assert portfolio.converted("GBP")[0] == 100 + Decimal(10) * (1 / Decimal("1.6"))
    assert portfolio.converted("JPY") == (None, ["no GBP/JPY rate on the bus", "no USD/JPY rate on the bus"])


def test_equity_is_recorded_while_something_comes_and_sums_the_accounts(
    portfolio: Portfolio, feed: Feed, store: Store
) -> None:
    assert portfolio.record_equity() == 0
    feed(account(T0, {"USD": "100"}, account_id="A"), account(T0 + 1, {"USD": "50"}, account_id="SIM-001"))
    feed(instrument(EQUITY_ID), held(EQUITY_ID, "SHORT", "10", 20.0), trade(EQUITY_ID, "19.5"))
    assert portfolio.record_equity() == 2
    assert portfolio.record_equity() == 0
    assert sorted(store.read(EQUITY)["equity"]) == ["100", "55"]
    curve = Portfolio(store, Live()).equity()
    assert curve[["currency", "balance", "unrealized_pnl", "equity"]].values.tolist() == [["USD", 150.0, 5.0, 155.0]]


def test_a_profit_in_a_currency_without_a_balance_is_recorded_too(
    portfolio: Portfolio, feed: Feed, store: Store
) -> None:
    feed(account(T0, {"USD": "100"}), instrument(EQUITY_ID), trade(EQUITY_ID, "3"))
    feed(held(EQUITY_ID, "LONG", "1", 1.0, realized_pnl="0 JPY", currency="JPY"))
    portfolio.record_equity()
    assert dict(zip(store.read(EQUITY)["currency"], store.read(EQUITY)["equity"], strict=True)) == {
        "USD": "100", "JPY": "2",
    }  # fmt: skip


def test_nothing_booked_is_no_error(portfolio: Portfolio) -> None:
    for frame in (
        portfolio.accounts(),
        portfolio.positions(),
        portfolio.orders(),
        portfolio.fills(),
        portfolio.totals(),
    ):
        assert frame.empty
    assert portfolio.equity().empty
    assert portfolio.converted("USD") == (Decimal(0), [])


_prices = st.decimals(Decimal("0.00000001"), 10**9, places=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    opened=st.floats(0.0001, 1e9), price=_prices, quantity=st.decimals(0, 10**12, places=6), size=st.integers(1, 10**5)
)
def test_profit_of_a_short_is_the_loss_of_a_long(
    portfolio: Portfolio, live: Live, feed: Feed, opened: float, price: Decimal, quantity: Decimal, size: int
) -> None:
    feed(instrument(FUTURE, multiplier=str(size)), trade(FUTURE, f"{price:f}"))
    feed(
        held(FUTURE, "LONG", f"{quantity:f}", opened, position_id="L"),
        held(FUTURE, "SHORT", f"{quantity:f}", opened, position_id="S"),
    )
    fresh = Portfolio(portfolio._store, live)
    long, short = fresh.positions().set_index("position_id").loc[["L", "S"], "unrealized_pnl"]
    assert long == -short
    assert fresh.totals()["unrealized_pnl"].tolist() == [Decimal(0)]


def test_a_replayed_bar_is_a_mark(portfolio: Portfolio, feed: Feed) -> None:
    feed(instrument(EQUITY_ID), held(EQUITY_ID, "LONG", "2", 1.0), bar(EQUITY_ID, "4", T0, 1_000))
    assert portfolio.positions().iloc[0]["unrealized_pnl"] == Decimal(6)


T2 = {"trader_id": "T-2"}


def test_each_trader_is_marked_to_the_price_its_own_node_told(portfolio: Portfolio, feed: Feed) -> None:
    feed(instrument(EQUITY_ID), held(EQUITY_ID, "LONG", "1", 10.0), held(EQUITY_ID, "LONG", "1", 10.0, **T2))
    feed(trade(EQUITY_ID, "12"), trade(EQUITY_ID, "15", T0 + 1, "T-2"))
    marks = portfolio.positions().set_index("trader_id")["mark"]
    assert marks.to_dict() == {"T-1": Decimal(12), "T-2": Decimal(15)}
    assert portfolio.totals("T-2").iloc[0]["unrealized_pnl"] == Decimal(5)
    assert portfolio.totals().iloc[0]["unrealized_pnl"] == Decimal(7)


def test_a_price_another_trader_told_marks_nothing_but_one_of_nobody_does(portfolio: Portfolio, feed: Feed) -> None:
    """Another node may replay a year long gone."""
    feed(instrument(EQUITY_ID), held(EQUITY_ID, "LONG", "1", 10.0), trade(EQUITY_ID, "99", T0, "T-2"))
    assert portfolio.positions().iloc[0]["mark"] is None
    feed(trade(EQUITY_ID, "12", T0, ""))
    assert portfolio.positions().iloc[0]["mark"] == Decimal(12)


def test_a_restart_is_a_new_run_and_the_newest_comes_first(portfolio: Portfolio, feed: Feed) -> None:
    feed(ready(T0), account(T0 + 7, {"USD": "1"}), ready(T0 + 10), ready(T0 + 3, trader_id="T-2"))
    runs = portfolio.runs("T-1")
    assert runs.values.tolist() == [[ns(T0 + 10), ns(T0 + 10)], [ns(T0), ns(T0 + 7)]]
    assert portfolio.runs("T-2")["run_id"].tolist() == [ns(T0 + 3)]
    assert portfolio.runs("T-9").empty


def test_a_run_the_worker_has_not_stored_yet_is_known_from_the_bus(portfolio: Portfolio, live: Live) -> None:
    live.feed([ready(T0 + 5)])
    assert portfolio.runs("T-1")["run_id"].tolist() == [ns(T0 + 5)]
    assert portfolio.traders() == ["T-1"]


def test_an_earlier_run_is_shown_as_it_ended(portfolio: Portfolio, feed: Feed, live: Live) -> None:
    feed(ready(T0), instrument(EQUITY_ID), account(T0 + 1, {"USD": "100"}), trade(EQUITY_ID, "12", T0 + 2))
    feed(held(EQUITY_ID, "LONG", "10", 10.0, T0 + 2), fill(T0 + 2, event_id="a"), order("OrderInitialized", T0 + 2))
    portfolio.record_equity()
    feed(ready(T0 + 10), account(T0 + 11, {"USD": "7"}), fill(T0 + 12, event_id="b"), trade(EQUITY_ID, "99", T0 + 13))
    later, run = Portfolio(portfolio._store, live), ns(T0)
    assert later.accounts("T-1", run)["total"].tolist() == [Decimal(100)]
    assert later.fills(10, "T-1", run)["event_id"].tolist() == ["a"]
    assert len(later.orders(10, "T-1", run)) == 1
    assert later.positions(trader_id="T-1", run_id=run)[["mark", "unrealized_pnl"]].values.tolist() == [[None, None]]
    assert later.equity("T-1", run_id=run)["equity"].tolist() == [120.0]
    total = later.totals("T-1", run).iloc[0]
    assert (total["balance"], total["unrealized_pnl"], total["equity"], total["unpriced"]) == (100, None, 120, 0)
    assert later.totals("T-1").iloc[0]["equity"] == Decimal(7)
    assert (later.converted("USD", "T-1", run)[0], later.converted("USD", "T-1")[0]) == (120, 7)


def test_an_earlier_run_whose_equity_was_never_stored_has_none(portfolio: Portfolio, feed: Feed) -> None:
    feed(ready(T0), account(T0 + 1, {"USD": "100"}), held(EQUITY_ID, "LONG", "10", 10.0, T0 + 2), ready(T0 + 10))
    total = portfolio.totals("T-1", ns(T0)).iloc[0]
    assert (total["balance"], total["equity"], total["unpriced"]) == (100, None, 1)
    assert portfolio.converted("USD", "T-1", ns(T0)) == (None, ["USD as booked"])


def test_an_earlier_run_that_ended_flat_is_worth_its_balance(portfolio: Portfolio, feed: Feed) -> None:
    feed(ready(T0), account(T0 + 1, {"USD": "100"}), ready(T0 + 10))
    assert portfolio.totals("T-1", ns(T0)).iloc[0]["equity"] == Decimal(100)


def test_the_current_run_named_by_its_id_is_marked_like_without(portfolio: Portfolio, feed: Feed) -> None:
    feed(ready(T0), instrument(EQUITY_ID), held(EQUITY_ID, "LONG", "1", 10.0, T0 + 1), trade(EQUITY_ID, "12", T0 + 2))
    assert portfolio.positions(trader_id="T-1", run_id=ns(T0)).iloc[0]["mark"] == Decimal(12)


def test_a_run_of_another_trader_holds_nothing_of_this_one(portfolio: Portfolio, feed: Feed) -> None:
    feed(ready(T0), account(T0 + 1, {"USD": "100"}))
    assert portfolio.accounts("T-2", ns(T0)).empty
    assert portfolio.accounts("T-1", 5).empty


def test_the_traders_known_are_told_while_the_store_is_away(portfolio: Portfolio, feed: Feed, store: Store) -> None:
    feed(ready(T0))
    assert portfolio.traders() == ["T-1"]
    with closing(sqlite3.connect(store.name.removeprefix("sqlite:///"))) as other:
        other.executescript("DROP TABLE runs; DROP TABLE accounts")
    time.sleep(1)
    assert portfolio.traders() == ["T-1"]
    assert portfolio.runs("T-1")["run_id"].tolist() == [ns(T0)]
    with pytest.raises(DashboardError):
        portfolio.accounts()


def test_a_rate_is_that_of_the_trader_asked_for(portfolio: Portfolio, feed: Feed) -> None:
    feed(quote(FX, "1.5", "1.7"), quote(FX, "2", "2", T0 + 1, trader_id="T-2"))
    assert portfolio.rate("GBP", "USD", "T-1")[0] == Decimal("1.6")
    assert portfolio.rate("GBP", "USD")[0] == Decimal(2)
    assert portfolio.rate("GBP", "USD", "T-3") == (None, "no GBP/USD rate on the bus")


def test_equity_of_a_live_trader_is_not_stamped_with_anothers_replay(
    portfolio: Portfolio, feed: Feed, store: Store
) -> None:
    feed(account(T0, {"USD": "1"}), account(T0, {"USD": "2"}, trader_id="T-2"), bar(EQUITY_ID, "4", T0, 1_000))
    portfolio.record_equity()
    assert store.read(EQUITY).set_index("trader_id")["ts_replayed"].to_dict() == {"T-1": ns(1_000), "T-2": 0}
