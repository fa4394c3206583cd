from decimal import Decimal

import pandas as pd
import pytest

from app.views import table
from app.views.table import MINUS, UNKNOWN
from nautilus_data.core.timerange import NS_PER_S, to_ns

NOW = to_ns("2026-01-05T12:00Z")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1234567.5"), "1,234,567.50"),
        (Decimal("115540.6904"), "115,540.69"),
        (Decimal("999.12345678"), "999.12345678"),
        (Decimal("-0.00012345"), MINUS + "0.00012345"),
        (Decimal("1E+6"), "1,000,000.00"),
        ("99", "99.00"),
        ("", UNKNOWN),
        (None, UNKNOWN),
        (Decimal("NaN"), UNKNOWN),
        (Decimal("-0"), "0.00"),
    ],
)  # fmt: skip
def test_money_keeps_its_digits_where_they_matter(value, shown):
    assert table.money(value) == shown


def test_a_number_shows_the_decimals_asked_for():
    assert table.number(187.126, 2) == "187.13"
    assert table.number(-0.001, 2) == "0.00"
    assert table.number(float("nan")) == UNKNOWN


def test_gain_and_loss_are_told_without_colour():
    assert table.percent(0.0123) == "▲ +1.23 %"
    assert table.percent(-0.0123) == f"▼ {MINUS}1.23 %"
    assert table.percent(0.0) == "■ 0.00 %"
    assert table.percent(float("nan")) == UNKNOWN


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (99, "99 s"), (121, "2 min"), (7_200, "2 h"), (200_000, "2 d"), (-5, "0 s")],
)
def test_an_age_is_as_coarse_as_it_is_old(seconds, shown):
    assert table.age(NOW - int(seconds * NS_PER_S), NOW) == shown


def test_an_unknown_time_is_not_1970():
    assert table.age(0, NOW) == UNKNOWN
    assert table.when(0, "UTC") == UNKNOWN


def test_a_time_is_shown_on_the_clock_of_the_zone():
    assert table.when(NOW, "UTC") == "2026-01-05 12:00:00"
    assert table.when(NOW, "Asia/Tokyo") == "2026-01-05 21:00:00"


def positions(**changes: object) -> pd.DataFrame:
    row = {
        "instrument_id": "AAPL.NASDAQ", "side": "LONG", "signed_qty": Decimal(100), "avg_px_open": 10.0, "mark": 11.5,
        "unrealized_pnl": Decimal("150"), "mark_ts": NOW - 2 * NS_PER_S, "realized_pnl": Decimal(0), "currency": "USD",
        "ts_opened": NOW, "strategy_id": "S", "trader_id": "T", "position_id": "P-1", **changes,
    }  # fmt: skip
    return pd.DataFrame([row], index=["P-1"])


def test_a_position_shows_its_mark_and_how_old_it_is():
    context = table.Context(now=NOW, precisions={"AAPL.NASDAQ": 4})
    shown = table.render(positions(), table.POSITIONS, context).iloc[0]
    assert shown["Mark"] == "11.5000"
    assert shown["Mark age"] == "2 s"
    assert shown["Unrealized P&L"] == "+150.00"


def test_a_position_without_a_price_says_so():
    context = table.Context(now=NOW)
    shown = table.render(positions(mark=None, mark_ts=0, unrealized_pnl=None), table.POSITIONS, context).iloc[0]
    assert shown["Unrealized P&L"] == "not priced"
    assert shown["Mark age"] == UNKNOWN


def test_totals_say_that_equity_is_incomplete():
    frame = pd.DataFrame([{"currency": "USD", "equity": Decimal(5), "unpriced": 2}])
    shown = table.render(frame, table.TOTALS, table.Context()).iloc[0]
    assert shown["Positions"] == "2 not priced: equity is incomplete"


def test_columns_a_frame_lacks_are_shown_as_unknown():
    shown = table.render(pd.DataFrame([{"currency": "USD"}]), table.TOTALS, table.Context()).iloc[0]
    assert shown["Equity"] == UNKNOWN


def test_an_empty_frame_keeps_its_titles():
    shown = table.render(pd.DataFrame(), table.ORDERS, table.Context())
    assert shown.empty
    assert "Reason" in shown.columns


def test_only_changed_cells_are_patched():
    context = table.Context(now=NOW)
    before = table.render(positions(), table.POSITIONS, context)
    after = table.render(positions(mark=12.0), table.POSITIONS, context)
    assert table.changed_cells(before, after) == {"Mark": [(0, "12.00")]}
    assert table.changed_cells(before, before) == {}


def test_rows_that_came_or_went_are_no_patch():
    context = table.Context()
    before = table.render(positions(), table.POSITIONS, context)
    assert table.changed_cells(before, before.iloc[:0]) is None


TABLES = [table.LATEST, table.TOTALS, table.ACCOUNTS, table.POSITIONS, table.ORDERS, table.FILLS, table.JOBS]


@pytest.mark.parametrize("fields", [*TABLES, table.COVERAGE])
def test_titles_of_a_table_are_unique(fields):
    titles = [field.title for field in fields]
    assert len(set(titles)) == len(titles)
