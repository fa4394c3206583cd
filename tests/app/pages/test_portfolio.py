from decimal import Decimal
from types import SimpleNamespace

import pandas as pd
import pytest

from app.pages.portfolio import Portfolio
from nautilus_data.core.timerange import to_ns

NOW = to_ns("2026-01-05T12:00Z")


class Booked:
    """A portfolio with one priced and one unpriced position."""

    def __init__(self) -> None:
        self.mark = 12.0
        self.points = 2

    def traders(self) -> list[str]:
        return ["DEMO-001"]

    def totals(self, trader_id=None) -> pd.DataFrame:
        row = {"currency": "USD", "balance": Decimal(1_000), "realized_pnl": Decimal(5), "unpriced": 1,
               "unrealized_pnl": Decimal(200), "equity": Decimal(1_200)}  # fmt: skip
        return pd.DataFrame([row])

    def positions(self, open_only=True, trader_id=None) -> pd.DataFrame:
        base = {"trader_id": "DEMO-001", "ts_opened": NOW, "side": "LONG", "signed_qty": Decimal(100)}
        priced = {"position_id": "P-1", "instrument_id": "A.X", "mark": self.mark, "mark_ts": NOW,
                  "unrealized_pnl": Decimal(200), **base}  # fmt: skip
        unpriced = {"position_id": "P-2", "instrument_id": "B.X", "mark": None, "mark_ts": 0, "unrealized_pnl": None}
        return pd.DataFrame([priced, unpriced | base])

    def accounts(self, trader_id=None) -> pd.DataFrame:
        return pd.DataFrame()

    def orders(self, limit=200, trader_id=None) -> pd.DataFrame:
        row = {"trader_id": "DEMO-001", "client_order_id": "O-1", "status": "DENIED", "reason": "NOTIONAL_EXCEEDS"}
        return pd.DataFrame([row])

    def fills(self, limit=200, trader_id=None) -> pd.DataFrame:
        return pd.DataFrame()

    def equity(self, trader_id=None) -> pd.DataFrame:
        rows = [("DEMO-001", "USD", NOW + number, 1_000.0 + number, 0) for number in range(self.points)]
        return pd.DataFrame(rows, columns=["trader_id", "currency", "ts_event", "equity", "unpriced"])


@pytest.fixture
def booked(workspace) -> SimpleNamespace:
    return SimpleNamespace(
        portfolio=Booked(), market=workspace.market, settings=workspace.settings, is_demo=False
    )  # fmt: skip


def built(workspace) -> Portfolio:
    page = Portfolio(workspace=workspace)
    page.build()
    assert page.is_ready, page._body
    return page


def test_an_empty_store_gives_an_empty_look_in_each_table(workspace):
    page = built(workspace)
    for shown in (page.totals, page.accounts, page.positions, page.orders, page.fills):
        assert shown.widget is None
        assert "Nothing here yet" in shown.layout[0][0].object


def test_unpriced_positions_are_said_openly(booked):
    page = built(booked)
    assert list(page.positions.shown["Unrealized P&L"]) == ["+200.00", "not priced"]
    card = page._board.groups[0]["cards"][0]
    assert (card["value"], card["tone"]) == ("1,200.00", "warn")
    assert "1 positions have no price" in card["note"]


def test_why_an_order_was_denied_is_shown(booked):
    assert built(booked).orders.shown["Reason"].tolist() == ["NOTIONAL_EXCEEDS"]


def test_a_new_mark_is_patched(booked):
    page = built(booked)
    value = page.positions.widget.value
    booked.portfolio.mark = 13.0
    page.positions._replaced_at = float("-inf")
    page._read_at = float("-inf")
    page.live()
    assert page.positions.widget.value is value
    assert value["Mark"].iloc[0] == "13.00"


def test_a_new_point_is_patched_into_the_equity_curve(booked):
    page = built(booked)
    drawn = page._equity.object
    booked.portfolio.points = 3
    page._show_equity()
    assert page._equity.object is drawn
    assert len(page._points.contents["data"]) == 3


def test_another_zone_draws_the_equity_curve_anew(booked):
    page = built(booked)
    drawn = page._equity.object
    page.selection.tz = "Asia/Tokyo"
    assert page._equity.object is not drawn


def test_times_are_shown_in_the_zone_chosen(booked):
    page = built(booked)
    page.selection.tz = "Asia/Tokyo"
    page.positions._replaced_at = float("-inf")
    page._show_tables()
    assert page.positions.shown["Opened"].iloc[0] == "2026-01-05 21:00:00"
