"""A store as a demo leaves it: history of two stocks, and a run with an account, a position, an order and a fill."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautilus_data import Workspace, load_settings, open_workspace
from nautilus_data.core.dataset import ACCOUNTS, EQUITY, FILLS, INSTRUMENTS, ORDERS, POSITIONS, RUNS, Series
from nautilus_data.core.timerange import NS_PER_S, to_ns

INSTRUMENT = "AAPL.NASDAQ"
RUN = to_ns("2026-01-05T10:00:00")
DAY = to_ns("2004-06-01T20:00:00")


def opened(folder: Path) -> Workspace:
    return open_workspace(load_settings(nautilus_data_dir=folder, demo="on"))


def put_history(workspace: Workspace) -> None:
    for instrument_id in (INSTRUMENT, "IBM.NYSE"):
        plan = workspace.backfill.plan(instrument_id, start="2004-01-01", end="2005-01-01", adjustment="total")
        asyncio.run(workspace.backfill.fetch(plan))


def put_run(workspace: Workspace) -> None:
    """One long position of 10 at 14.00, marked by the last bar the bus brought, 15.00."""
    store, trader = workspace.store, "DEMO-001"
    same = {"trader_id": trader, "run_id": RUN, "instrument_id": INSTRUMENT, "account_id": "NASDAQ-001",
            "strategy_id": "EMACross-000", "currency": "USD", "entry": 1, "ts_event": RUN + NS_PER_S,
            "ts_init": RUN + NS_PER_S, "ts_last": RUN + NS_PER_S, "ts_opened": RUN}  # fmt: skip
    rows = {
        RUNS: {},
        INSTRUMENTS: {"raw_symbol": "AAPL", "quote_currency": "USD", "multiplier": "1", "price_precision": 2},
        ACCOUNTS: {"account_type": "MARGIN", "total": "1000.00", "free": "900.00", "locked": "100.00"},
        POSITIONS: {"position_id": "P-1", "side": "LONG", "signed_qty": "10", "avg_px_open": 14.0},
        ORDERS: {"client_order_id": "O-1", "side": "BUY", "type": "MARKET", "quantity": "10", "status": "FILLED",
                 "reason": "<script>alert(1)</script>"},
        FILLS: {"event_id": "E-1", "side": "BUY", "last_qty": "10", "last_px": "14.00", "ts_bar": DAY},
        EQUITY: {"balance": "1000.00", "unrealized_pnl": "0", "equity": "1000.00"},
    }  # fmt: skip
    store.write_rows({dataset: [row_of(dataset, {**same, **given})] for dataset, given in rows.items()})
    bars = Series(instrument_id=INSTRUMENT, source="nautilus", adjustment="total")
    ticks = [price * 10**9 for price in (14, 16, 13, 15)]
    store.write(bars, [(DAY, RUN + 2 * NS_PER_S, *ticks, 100.0)])


def row_of(dataset, given: dict) -> tuple:
    empty = dataset.empty()
    return tuple(given.get(name, "" if empty[name].dtype == object else empty[name].dtype.type(0).item())
                 for name in dataset.columns)  # fmt: skip


@pytest.fixture
def workspace(data_dir: Path) -> Iterator[Workspace]:
    """History and a run, recalled as a report does."""
    found = opened(data_dir)
    put_history(found)
    put_run(found)
    found.recall()
    yield found
    found.close()
