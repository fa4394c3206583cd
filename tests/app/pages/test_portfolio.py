from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pandas as pd
import pytest

from app.layout.live import Snapshot
from app.layout.selection import Selection
from app.pages.portfolio import Portfolio
from nautilus_data.core.dataset import ACCOUNTS, RUNS
from nautilus_data.core.entry import entry_at
from nautilus_data.core.timerange import to_ns
from nautilus_data.services.overview import BusStatus

NOW = to_ns("2026-01-05T12:00Z")


class Booked:
    """A portfolio with one priced and one unpriced position."""

    def __init__(self) -> None:
        self.mark = 12.0
        self.points = 2
        self.priced_only = False
        self.begun = [NOW]
        self.asked: list[tuple] = []

    def traders(self) -> list[str]:
        return ["DEMO-001"]

    def runs(self, trader_id: str) -> pd.DataFrame:
        return pd.DataFrame([(run_id, NOW) for run_id in self.begun], columns=["run_id", "ts_last"])

    def totals(self, trader_id=None, run_id=None) -> pd.DataFrame:
        self.asked.append((trader_id, run_id))
        unpriced = 0 if self.priced_only else 1
        row = {"currency": "USD", "balance": Decimal(1_000), "realized_pnl": Decimal(5), "unpriced": unpriced,
               "unrealized_pnl": Decimal(200), "equity": Decimal(1_200)}  # fmt: skip
        return pd.DataFrame([row])

    def positions(self, open_only=True, trader_id=None, run_id=None) -> pd.DataFrame:
        self.asked.append((trader_id, run_id))
        base = {"trader_id": "DEMO-001", "ts_opened": NOW, "side": "LONG", "signed_qty": Decimal(100)}
        priced = {"position_id": "P-1", "instrument_id": "A.X", "mark": self.mark, "mark_ts": NOW,
                  "unrealized_pnl": Decimal(200), **base}  # fmt: skip
        unpriced = {"position_id": "P-2", "instrument_id": "B.X", "mark": None, "mark_ts": 0, "unrealized_pnl": None}
        return pd.DataFrame([priced, unpriced | base])

    def accounts(self, trader_id=None, run_id=None) -> pd.DataFrame:
        self.asked.append((trader_id, run_id))
        return pd.DataFrame()

    def orders(self, limit=200, trader_id=None, run_id=None) -> pd.DataFrame:
        self.asked.append((trader_id, run_id))
        row = {"trader_id": "DEMO-001", "client_order_id": "O-1", "status": "DENIED", "reason": "NOTIONAL_EXCEEDS"}
        return pd.DataFrame([row])

    def fills(self, limit=200, trader_id=None, run_id=None) -> pd.DataFrame:
        self.asked.append((trader_id, run_id))
        return pd.DataFrame()

    def equity(self, trader_id=None, run_id=None) -> pd.DataFrame:
        self.asked.append((trader_id, run_id))
        rows = [("DEMO-001", "USD", NOW + number, 1_000.0 + number, 0) for number in range(self.points)]
        return pd.DataFrame(rows, columns=["trader_id", "currency", "ts_event", "equity", "unpriced"])


@pytest.fixture
def booked(workspace) -> SimpleNamespace:
    return SimpleNamespace(
        portfolio=Booked(), market=workspace.market, settings=workspace.settings, is_demo=False
    )  # fmt: skip


def built(workspace, **selected: str) -> Portfolio:
    page = Portfolio(workspace=workspace, selection=Selection(**selected))
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


def test_everything_asked_is_of_the_trader_and_run_selected(booked):
    page = built(booked)
    booked.portfolio.asked.clear()
    page.selection.param.update(trader="DEMO-001", run="5")
    page._show_all()
    assert set(booked.portfolio.asked) == {("DEMO-001", 5)}


def test_a_total_of_a_silent_node_is_no_green_one(booked):
    booked.portfolio.priced_only = True
    page = built(booked)
    shot = Snapshot(NOW, BusStatus(state="connected", last_message_at=NOW))
    page._read_at = float("-inf")
    page.take(shot)
    assert page._board.groups[0]["cards"][0]["tone"] == "up"
    page._read_at = float("-inf")
    page.take(replace(shot, bus=BusStatus(state="reconnecting")))
    card = page._board.groups[0]["cards"][0]
    assert (card["tone"], card["note"]) == ("warn", "stale: +200.00 unrealized")


def test_a_real_earlier_run_is_shown_as_it_ended_and_says_so(workspace):
    for run_id, total in ((7, "100"), (9, "5")):
        row = ("T-1", run_id, "A-1", "USD", "e", entry_at(NOW), "MARGIN", "USD", total, "0", total, NOW, NOW)
        workspace.store.write_rows({RUNS: [("T-1", run_id, 0)], ACCOUNTS: [row]})
    page = built(workspace, trader="T-1", run="7")
    assert page.totals.shown["Equity"].tolist() == ["100.00"]
    assert page._board.groups[0]["cards"][0]["note"] == "as of the run's end"
    assert "accounts last told 2026-01-05 12:00:00 (UTC)" in page._notice[0][0].object
    page.totals._replaced_at = float("-inf")
    page.header.run = ""
    assert page.totals.shown["Equity"].tolist() == ["5.00"]
    assert not page._notice.visible


def test_a_run_that_left_positions_open_says_they_have_no_mark(booked):
    booked.portfolio.begun = [NOW, 5]
    page = built(booked, trader="DEMO-001", run="5")
    assert page._board.groups[0]["cards"][0]["note"] == "1 positions were left open, with no mark"
    booked.portfolio.points = 0
    page._show_equity()
    assert "No point of this run" in page._curves[0][0].object
