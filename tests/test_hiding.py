"""A portfolio without amounts: what is left tells how it does, and not how large it is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace

import pandas as pd
import pytest

from app.views import performance, table
from nautilus_data.core.dataset import ACCOUNTS, FILLS, ORDERS, POSITIONS, Kind
from nautilus_data.core.hidden import is_hidden
from nautilus_data.hiding import WithoutAmounts

SECRET = Decimal("98765.4321")
FRAMES = {"accounts": ACCOUNTS, "positions": POSITIONS, "orders": ORDERS, "fills": FILLS}
FIELDS = {"accounts": table.ACCOUNTS, "positions": table.POSITIONS, "orders": table.ORDERS, "fills": table.FILLS}
PRICES = {"avg_px", "avg_px_open", "avg_px_close", "price", "trigger_price", "last_px", "realized_return"}


def frame_of(name: str) -> pd.DataFrame:
    """Two rows whose every number but times and prices is the secret."""
    kinds = FRAMES[name].columns
    cells = {
        column: 1_700_000_000_000_000_000 if kind is Kind.NS else 101.5 if column in PRICES
        else SECRET if kind in (Kind.DECIMAL, Kind.FLOAT) else 7 if kind is Kind.INT else "X"
        for column, kind in kinds.items()
    }  # fmt: skip
    return pd.DataFrame([cells, cells])


def equity() -> pd.DataFrame:
    rows = [("T-1", "USD", at, 50_000.0 + 1_000 * at) for at in range(3)]
    rows += [("T-1", "EUR", at, 0.0) for at in range(3)]
    frame = pd.DataFrame(rows, columns=["trader_id", "currency", "ts_event", "equity"])
    return frame.assign(ts_replayed=0, balance=frame["equity"], unrealized_pnl=12.5, unpriced=0)


@pytest.fixture
def hidden() -> Iterator[WithoutAmounts]:
    answers = {name: (lambda frame: lambda **_: frame)(frame_of(name)) for name in FRAMES}
    totals = pd.DataFrame([("USD", SECRET, SECRET, SECRET, SECRET, 0)], columns=[
        "currency", "balance", "realized_pnl", "unrealized_pnl", "equity", "unpriced"])  # fmt: skip
    yield WithoutAmounts(SimpleNamespace(**answers, totals=lambda **_: totals, equity=lambda **_: equity()))


@pytest.mark.parametrize("name", FRAMES)
def test_no_amount_is_in_what_is_told_nor_in_the_words_of_a_page(hidden: WithoutAmounts, name: str) -> None:
    told = getattr(hidden, name)()
    assert list(told.columns) == list(frame_of(name).columns)
    assert "98765" not in told.to_csv()
    words = table.render(told, FIELDS[name], table.Context())
    assert "98,765" not in words.to_csv() and "•••" in words.to_csv()


def test_prices_sides_and_times_stay(hidden: WithoutAmounts) -> None:
    fill = hidden.fills().iloc[0]
    assert (fill["last_px"], fill["side"], fill["ts_event"]) == (101.5, "X", 1_700_000_000_000_000_000)
    assert is_hidden(fill["last_qty"]) and is_hidden(fill["commission"])


def test_a_column_nobody_thought_of_is_hidden(hidden: WithoutAmounts) -> None:
    odd = pd.DataFrame({"side": ["BUY"], "notional_in_some_new_column": [SECRET]})
    assert is_hidden(WithoutAmounts(SimpleNamespace(orders=lambda: odd)).orders()["notional_in_some_new_column"][0])


def test_totals_say_the_currency_and_nothing_of_its_sums(hidden: WithoutAmounts) -> None:
    row = hidden.totals().iloc[0]
    assert row["currency"] == "USD" and row["unpriced"] == 0
    assert all(is_hidden(row[name]) for name in ("balance", "realized_pnl", "unrealized_pnl", "equity"))
    assert table.money(row["equity"]) == "•••" and table.money(None) != "•••"


def test_equity_is_an_index_of_each_line_and_one_that_began_at_nothing_is_left_out(hidden: WithoutAmounts) -> None:
    told = hidden.equity()
    assert list(told["equity"]) == pytest.approx([100.0, 102.0, 104.0])
    assert performance.labels(told) == ("T-1 USD, begun at 100",)
    assert told["balance"].isna().all() and told["unrealized_pnl"].isna().all()
    # How far it fell is the same.
    assert list(performance.equity_points(told)["drawdown"]) == [0.0, 0.0, 0.0]
