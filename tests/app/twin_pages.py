"""Twin pages: a workspace with something in every table, and each view of each page over it with something chosen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from app.layout.live import Snapshot
from app.layout.page import Page
from app.layout.selection import Selection
from app.pages.backfill import Backfill
from app.pages.bus import BusPage
from app.pages.catalog import CatalogPage
from app.pages.engine import EnginePage
from app.pages.filings import FilingsPage
from app.pages.macro import MacroPage
from app.pages.market import Market
from app.pages.overview import OverviewPage
from app.pages.portfolio import Portfolio
from app.pages.sources import SourcesPage
from app.pages.system import SystemPage
from nautilus_data import Workspace
from nautilus_data.core.answer import Taken
from nautilus_data.core.dataset import Series
from nautilus_data.core.dead_letter import DeadLetter
from nautilus_data.core.identity import Identity, Role
from nautilus_data.core.plan import State
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.services.sources import ACCOUNT
from tests import filings_store
from tests.bus.wire import fields
from tests.conftest import RedisServer, wait_until
from tests.services import catalogs
from tests.services.macro.seeded import seed
from tests.services.said import T0, quote, said, trade
from tests.services.test_sources import bars
from tests.well_filled import PASSWORD, fill_all, trading

IB = "interactive_brokers"
PRICED, BOOKED = "GBP/USD.SIM", "XRP.BYBIT"
_TIME = 1_795_000_000_000_000_000


def fill(workspace: Workspace, redis: RedisServer) -> Identity:
    """Something into every table; what comes over the bus comes over a Redis. Returns an admin."""
    keys = fill_all(workspace).keys
    _publish(workspace, redis)
    _tell_sources(workspace)
    _backfill(workspace)
    _export(workspace)
    workspace.portfolio.record_equity()
    workspace.filings.add(filings_store.CIK)
    closes = {f"{day}T21:30": {day: 15.0 + place % 20} for place, day in enumerate(_weekdays("2022-06-01", 400))}
    seed(workspace.store, "VIXCLS", closes)
    admin = workspace.keys.identity(keys[Role.ADMIN])
    workspace.users.log_in(admin.name, PASSWORD, "127.0.0.1", "a browser")
    workspace.permit(admin).shares.add(admin.name, "portfolio", "tz=UTC", False, 7)
    return admin


def _weekdays(first: str, count: int) -> list[str]:
    return [str(day) for day in np.busday_offset(first, range(count))]


def pages(workspace: Workspace, identity: Identity) -> Iterator[tuple[Page, str]]:
    """Each view of each page, built, with something chosen in it; '' where a page has one view."""
    permitted = workspace.permit(identity)
    stored = {"instrument": "AAPL.NASDAQ", "timeframe": "1-DAY", "source": "sample", "adjustment": "raw"}
    for kind in (OverviewPage, Portfolio, EnginePage):
        yield _built(kind, permitted), ""
    market = _built(Market, permitted, Selection(**stored))
    market.chart.component._on_message("ready", {"width": 900})
    yield market, ""
    cases: tuple[tuple[type[Page], dict[str, Any]], ...] = (
        (MacroPage, {"as_of": "2024-01-10", "series_id": "UNRATE", "span": "all", "compare": "UNRATE,DGS10",
                     "factor": "curve_level"}),
        (FilingsPage, {"cik": filings_store.CIK, "factor": _factor(workspace)}), (BusPage, {}), (SourcesPage, {}),
        (Backfill, {"job": workspace.backfill.jobs(1)[0].id}),
        (CatalogPage, {"catalog": workspace.catalog.list()["path"].iloc[0]}), (SystemPage, {}),
    )  # fmt: skip
    for kind, given in cases:
        page = _built(kind, permitted, **given)
        for view in page.parts:
            page.view = view
            _choose(page, view)
            page.live()
            yield page, view


def _factor(workspace: Workspace) -> str:
    """One that has a history."""
    cik, filings = filings_store.CIK, workspace.filings
    return next(one.key for one in filings.factors() if len(filings.factor(cik, one.key)))


def snapshot(workspace: Any) -> Snapshot:
    """What the hub would push now."""
    return Snapshot(time.time_ns(), workspace.overview.bus(), workspace.overview.status())


def _built(kind: type[Page], workspace: Any, selection: Selection | None = None, **given: Any) -> Page:
    page = kind(workspace=workspace, selection=selection, **given)
    page.snapshot = snapshot(workspace)
    page.build()
    assert page.is_ready, page._body
    page.live()
    return page


def _choose(page: Page, view: str) -> None:
    """What a person would press to see the rest of a view."""
    parts = page.parts
    if (page.title, view) == ("Macro", "series"):
        parts["series"]._choose_period(str(to_ns("2023-12-01")))
    elif (page.title, view) == ("Filings", "holdings"):
        page.cik = filings_store.MANAGER
    elif page.title == "Filings":
        page.cik = filings_store.CIK
    if (page.title, view) == ("Filings", "statements"):
        parts["statements"]._choose(f"revenue|{to_ns('2022-01-01')}|{to_ns('2022-12-31')}")
    elif (page.title, view) == ("Filings", "facts"):
        parts["facts"]._choose(f"revenue|{to_ns('2022-01-01')}|{to_ns('2022-12-31')}")
    elif (page.title, view) == ("Filings", "overview"):
        page.finder.text.value_input = "example"
    elif (page.title, view) == ("Backfill", "jobs"):
        planning = parts["jobs"].planning
        planning.instrument.value = "IBM.NYSE"
        planning.source.value, planning.adjustment.value = "sample", "raw"
        planning.make_plan()
    elif (page.title, view) == ("Backfill", "coverage"):
        cells = parts["coverage"].cells
        parts["coverage"].detail.open(cells[cells["instrument_id"] == "MSFT.NASDAQ"].iloc[0].to_dict())
    elif (page.title, view) == ("Catalog", "catalogs"):
        content = parts["catalogs"].content
        content.show_intervals({"type": "bar", "identifier": catalogs.NAME})


def _publish(workspace: Workspace, redis: RedisServer) -> None:
    order = {"side": "BUY", "price": "1.9531", "size": "6203.0", "order_id": 0}
    delta = {"type": "OrderBookDelta", "instrument_id": BOOKED, "action": "ADD", "flags": 128, "sequence": 1,
             "order": order, "ts_event": str(_TIME), "ts_init": str(_TIME)}  # fmt: skip
    ask = delta | {"order": order | {"side": "SELL", "price": "1.9540"}, "sequence": 2}
    book = {"type": "OrderBookDeltas", "instrument_id": BOOKED, "deltas": [delta, ask]}
    more = [quote(PRICED, "1.51", "1.52"), trade(PRICED, "1.515"), said("data.book.deltas.BYBIT.XRP", book)]
    client = redis.client()
    told = [*trading(), *more]
    workspace.start_tail()
    wait_until(lambda: workspace.overview.bus().state == "connected", 20, "the bus to be read")
    for message in told:
        client.xadd(message.stream, fields(message.topic, message.payload))
    wait_until(lambda: workspace.overview.bus().messages_received >= len(told), 20, "all messages to be read")
    letter = DeadLetter(
        stream="trader-T-1:stream:x", entry=T0 << 20, handler="store", topic="x", trader_id="T-1", reason="not a map",
        payload=b"\xff", size=1, attempts=3, ts_first=_TIME, ts_last=_TIME + 1,
    )  # fmt: skip
    workspace.store.keep_dead_letters([letter])


def _tell_sources(workspace: Workspace) -> None:
    told = {
        "state": "connected", "address": "127.0.0.1:4002", "error": "", "outage": "", "client_id": 1, "lines": 2,
        "connected_at": _TIME, "farms": {"usfarm": "ok"},
        "history": [{"at": _TIME, "state": "connected", "reason": ""}],
        "outages": [{"start": _TIME - 10**10, "end": _TIME, "reason": "the gateway was gone"}],
    }  # fmt: skip
    value = {"account": "DU1", "tag": "NetLiquidation", "value": "1000.50", "currency": "USD"}
    held = {"account": "DU1", "instrument_id": "AAPL.NASDAQ", "quantity": "-3", "average_cost": "1.25"}
    workspace.store.save_source_state(IB, told)
    workspace.store.save_source_state(ACCOUNT.format(IB), {"values": [value], "positions": [held]})
    workspace.desk.enable(IB)
    workspace.desk.watch("AAPL.NASDAQ")
    bars(workspace.store, "yahoo", [100.0, 100.05, 101.0, 105.0])
    bars(workspace.store, "sample", [100.0, 100.0, 100.0, 100.0])
    workspace.desk.refresh()


def _backfill(workspace: Workspace) -> None:
    """A job of which a request was answered, a schedule, and a row that was refused."""
    store, backfill = workspace.store, workspace.backfill
    plan = backfill.plan("MSFT.NASDAQ", "sample", "1-DAY", "2012-01-03", "2012-02-03", "raw")
    job = backfill.start(plan)
    first = plan.entries[0]
    bad = (int(first.span.start) + NS_PER_DAY, "high below low", '{"high": 1}')
    store.note_attempt(job, 0)
    store.settle(plan.series, Taken(state=State.EMPTY, covered=first.span, bad=[bad]), job, 0)
    backfill.schedule(Series(instrument_id="AAPL.NASDAQ", source="sample", adjustment="raw"), 86_400)


def _export(workspace: Workspace) -> None:
    catalogs.keep(workspace.store)
    found = workspace.catalog.series(["AAPL.NASDAQ"], "1-MINUTE", "yahoo", "raw", "LAST")
    job = workspace.catalog.export(found, "mine")
    catalogs.run(workspace.store, job)
