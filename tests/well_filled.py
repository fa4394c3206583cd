"""Well filled: a data folder with something in every table, users of each role, and a key of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nautilus_data import Workspace
from nautilus_data.bus import Message, Page, Subscriber
from nautilus_data.core.dataset import BARS, Series
from nautilus_data.core.identity import Role
from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from tests import filings_store, macro_store
from tests.services.said import DAY_MS, T0, account, bar, fill, order, position, ready

PASSWORD = "correct horse battery staple"
"""Of every user."""


@dataclass(frozen=True)
class Filled:
    """A data folder, and the secret of a key by role."""

    folder: Path
    keys: dict[Role, str]


def fill_all(workspace: Workspace) -> Filled:
    """Put something into everything."""
    store = workspace.store
    macro_store.put_rate(store)
    macro_store.put_yields(store)
    macro_store.put_recession(store)
    macro_store.put_release(store)
    filings_store.put_all(store)
    workspace.filings.add(filings_store.CIK)
    put_bars(workspace)
    put_trading(workspace)
    return Filled(workspace.settings.nautilus_data_dir, put_users(workspace))


def put_users(workspace: Workspace) -> dict[Role, str]:
    """A user and a key of each role."""
    found = {}
    for role in (Role.ADMIN, Role.OPERATOR, Role.VIEWER):
        name = f"{role}.person"
        workspace.users.add(name, PASSWORD, role)
        found[role] = workspace.keys.add(name, "a test", role, (), None)[0]
    return found


def put_bars(workspace: Workspace, instrument_id: str = "AAPL.NASDAQ", days: int = 300) -> None:
    first = to_ns("2023-01-02")
    times = [first + day * NS_PER_DAY for day in range(days)]
    prices = {name: [round((100 + day / 7 + shift) * PRICE_SCALE) for day in range(days)]
              for name, shift in {"open": 0, "high": 1.5, "low": -1.5, "close": 0.5}.items()}  # fmt: skip
    frame = BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 1000.0}))
    series = Series(instrument_id=instrument_id, source="sample", adjustment="raw")
    workspace.store.write(series, frame, TimeRange(times[0], times[-1] + 1))


def put_trading(workspace: Workspace) -> None:
    """Store what a node told."""
    take(workspace, trading())


def trading() -> list[Message]:
    """What a node of trader T-1 told: orders, fills, a position, an account, bars."""
    fx = "GBP/USD.SIM"
    told = [ready(), account(), account(T0 + DAY_MS, {"USD": "1010.50", "EUR": "20"})]
    terms = {"order_side": "BUY", "order_type": "LIMIT", "quantity": "10", "time_in_force": "GTC"}
    for number in range(4):
        at, names = T0 + number * 60_000, {"client_order_id": f"O-{number}"}
        told += [order("OrderInitialized", at, **terms, **names, options={"price": "1.5"})]
        told += [order("OrderAccepted", at + 1, **names, venue_order_id=f"V-{number}")]
        if number < 3:
            told += [fill(at + 2, event_id=f"f-{number}", trade_id=f"x-{number}", **names)]
    told += [position(T0 + 5), bar(fx, "1.51", T0 + DAY_MS)]
    return told


def take(workspace: Workspace, messages: list[Message]) -> None:
    """Store messages as the worker does."""
    # Never connected: the page is handed to it.
    ingest = Ingest(Subscriber("redis://127.0.0.1:1/0", group="test"), workspace.store, Live())
    ids = {message.stream.encode(): [f"{message.entry >> 20}-0".encode()] for message in messages}
    ingest.write(Page(messages, ids, lambda ids: None))
