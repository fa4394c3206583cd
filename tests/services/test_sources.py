"""Sources: switches heard by others, order, standing from the ledger, disagreements; nobody is asked to find out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.dataset import BARS, Series
from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.errors import RetryableError, SkippableError
from nautilus_data.services.backfill import Backfill
from nautilus_data.services.live import Live
from nautilus_data.services.market import Market
from nautilus_data.services.sources import ACCOUNT, SEARCH, Sources
from nautilus_data.sources import make_sources
from nautilus_data.store import SourceRecords, Store, WatchKey
from nautilus_data.transport import Access, Ledger
from tests.loopback_yahoo import LoopbackYahoo, html, loopback_yahoo

IB = "interactive_brokers"
NOW = 1_700_000_000_000_000_000


class Clock:
    def __init__(self) -> None:
        self.ns = NOW

    def __call__(self) -> int:
        return self.ns

    def s(self) -> float:
        return self.ns / NS_PER_S

    def pass_s(self, seconds: float) -> None:
        self.ns += int(seconds * NS_PER_S)


class WatchedStore(Store):
    """A real one that counts reads of rows, and can be away."""

    reads = 0
    is_away = False

    def read(self, *given: object, **more: object) -> pd.DataFrame:
        self.reads += 1
        return super().read(*given, **more)

    def source_records(self) -> SourceRecords:
        if self.is_away:
            raise RetryableError("the database is away")
        return super().source_records()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[WatchedStore]:
    opened = WatchedStore(f"sqlite:///{tmp_path / 'store.sqlite'}", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def yahoo() -> Iterator[LoopbackYahoo]:
    with loopback_yahoo() as server:
        yield server


@pytest.fixture
def process(store: Store, clock: Clock, yahoo: LoopbackYahoo, tmp_path: Path) -> Iterator[Callable[[], Sources]]:
    """Makes what one more process would have: three sources and their service on the same store and ledger file."""
    ledgers = []

    def make(live: Live | None = None, tolerance: float = 0.001) -> Sources:
        ledgers.append(Ledger(tmp_path))
        access = {"yahoo": Access(folder=tmp_path, base_url=yahoo.url)}
        made = make_sources(lambda name: access.get(name, Access(folder=tmp_path)), ledgers[-1])
        found = {name: made[name] for name in ("sample", "yahoo", IB)}
        desk = Sources(store, found, live or Live(), tolerance, clock, clock.s)
        desk.given = found
        return desk

    yield make
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def desk(process: Callable[[], Sources]) -> Sources:
    return process()


def of(desk: Sources, name: str) -> pd.Series:
    return desk.list().set_index("name").loc[name]


def tell(store: Store, **more: object) -> None:
    """As the worker does each second."""
    told = {"state": "connected", "address": "127.0.0.1:4002", "error": "", "outage": ""}
    store.save_source_state(IB, {**told, **more})


def test_the_brokers_start_switched_off_and_the_others_on(desk: Sources, yahoo: LoopbackYahoo) -> None:
    found = desk.list()
    assert dict(zip(found["name"], found["state"], strict=True)) == {
        IB: "switched off", "yahoo": "not used", "sample": "ok",
    }  # fmt: skip
    assert found["priority"].tolist() == [1, 2, 3]
    assert found["is_enabled"].tolist() == [False, True, True]
    assert "1m 5m 15m" in of(desk, "yahoo")["capabilities"]
    assert yahoo.requests == []


def test_a_source_without_its_key_is_not_set_up_and_says_what_to_do(store: Store, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    fred = make_sources(lambda name: Access(folder=tmp_path), ledger)["fred"]
    row = of(Sources(store, {"fred": fred}, Live(), 0.001), "fred")
    assert (row["state"], row["is_available"]) == ("not set up", False)
    assert "FRED_API_KEY" in row["reason"]
    ledger.close()


def test_a_switch_is_heard_by_another_process_within_two_seconds_and_after_a_restart(
    process: Callable[[], Sources], clock: Clock
) -> None:
    here, there = process(), process()
    assert there.is_enabled("yahoo")
    here.disable("yahoo")
    assert here.given["yahoo"].refusal() == "switched off on /sources"
    clock.pass_s(1.0)
    assert there.given["yahoo"].interruption() == "switched off on /sources"
    assert not process().is_enabled("yahoo")
    here.enable("yahoo")
    assert here.given["yahoo"].refusal() == here.given["yahoo"].interruption() == ""


def test_nobody_asks_a_source_that_is_off(desk: Sources, store: Store, clock: Clock, yahoo: LoopbackYahoo) -> None:
    desk.disable("yahoo")
    backfill = Backfill(desk.given, store, clock)
    for ask in (
        lambda: backfill.plan("AAPL.NASDAQ", "yahoo", "1d"),
        lambda: desk.search("yahoo", "AAPL"),
        lambda: desk.quote("yahoo", "AAPL.NASDAQ"),
    ):
        with pytest.raises(SkippableError, match="switched off on /sources"):
            ask()
    assert yahoo.requests == []


def test_a_source_nobody_has_is_refused_by_name(desk: Sources) -> None:
    for ask in (desk.enable, desk.disable, desk.quotas, desk.is_enabled, desk.connect):
        with pytest.raises(SkippableError, match="no source is called 'nope'; there are: sample, yahoo"):
            ask("nope")
    with pytest.raises(SkippableError, match="keeps no connection"):
        desk.connect("yahoo")


def test_standing_comes_from_the_last_real_request(process: Callable[[], Sources], yahoo: LoopbackYahoo) -> None:
    here, there = process(), process()
    assert here.quote("yahoo", "AAPL.NASDAQ").price > 0
    row = of(there, "yahoo")
    assert (row["state"], row["last_error"]) == ("ok", "") and row["last_ok_at"] > 0 and row["latency_ms"] > 0
    assert (row["quota_limit"], row["quota_window_s"]) == (5, 5.0)
    assert 0 < row["quota_used"] == row["quota_limit"] - row["quota_left"]
    assert there.quotas("yahoo")["limit"].tolist() == [5, 300]
    asked = len(yahoo.requests)
    yahoo.faults.extend([html] * 10)
    with pytest.raises((RetryableError, SkippableError)):
        here.search("yahoo", "MSFT")
    # A process that comes later knows when it last went well, too.
    row = of(process(), "yahoo")
    assert row["state"] == "error" and row["last_error"] and row["last_error_at"] > row["last_ok_at"] > 0
    assert len(yahoo.requests) > asked
    told = len(yahoo.requests)
    there.list()
    assert len(yahoo.requests) == told


def test_the_order_is_kept_and_decides_what_the_market_reads(
    process: Callable[[], Sources], store: Store, clock: Clock
) -> None:
    desk = process()
    assert desk.order() == (IB, "yahoo", "sample", "nautilus")
    bars(store, "yahoo", [10.0])
    bars(store, "sample", [20.0])
    market = Market(store, Live(), desk.given, desk.order)
    assert market.bars("X.NASDAQ", adjustment="raw")["source"].tolist() == ["yahoo"]
    desk.set_priority(["nautilus", "sample"])
    assert desk.order() == ("nautilus", "sample", IB, "yahoo") == process().order()
    assert market.bars("X.NASDAQ", adjustment="raw")["close"].tolist() == [20.0]
    assert desk.list()["name"].tolist() == ["sample", IB, "yahoo"]


@pytest.mark.parametrize(("names", "why"), [(["nope"], "no source is called"), (["yahoo", "yahoo"], "named twice")])
def test_an_order_of_what_is_not_there_or_doubled_is_refused(desk: Sources, names: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        desk.set_priority(names)
    assert desk.order() == (IB, "yahoo", "sample", "nautilus")


def bars(store: Store, source: str, closes: list[float], **more: str) -> Series:
    """Daily bars, one a day from NOW on."""
    series = Series(instrument_id="X.NASDAQ", source=source, adjustment="raw", **more)
    times = [NOW + day * NS_PER_DAY for day in range(len(closes))]
    prices = [round(close * PRICE_SCALE) for close in closes]
    columns = {name: prices for name in ("open", "high", "low", "close")}
    frame = BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times, **columns, "volume": 1.0}))
    store.write(series, frame, TimeRange(times[0], times[-1] + 1))
    return series


def test_closes_that_differ_are_listed_the_worst_first_and_exactly(desk: Sources, store: Store) -> None:
    bars(store, "yahoo", [100.0, 100.05, 101.0, 105.0])
    bars(store, "sample", [100.0, 100.0, 100.0, 100.0, 1.0])
    bars(store, "nautilus", [1.0], price_type="MID")
    found = desk.disagreements()
    assert found["difference"].tolist() == pytest.approx([0.05, 0.01])
    worst = found.iloc[0]
    assert (worst["source_a"], worst["source_b"]) == ("sample", "yahoo")
    assert (worst["close_a"], worst["close_b"]) == (Decimal(100), Decimal(105))
    assert worst["ts_event"] == NOW + 3 * NS_PER_DAY
    assert found.attrs == {"tolerance": 0.001, "total": 2, "is_complete": True}
    assert len(desk.disagreements(1)) == 1


def test_a_pair_is_compared_again_only_when_its_rows_changed(desk: Sources, store: WatchedStore, clock: Clock) -> None:
    bars(store, "yahoo", [100.0])
    bars(store, "sample", [100.0])
    assert desk.disagreements().empty and store.reads == 2
    clock.pass_s(60)
    assert desk.disagreements().empty and store.reads == 2
    bars(store, "yahoo", [102.0])
    assert len(desk.disagreements()) == 1 and store.reads == 4
    bars(store, "yahoo", [103.0])
    assert desk.disagreements()["difference"].tolist() == pytest.approx([0.02]), "not each second"
    clock.pass_s(31)
    assert desk.disagreements()["difference"].tolist() == pytest.approx([0.03])


def test_a_tolerance_is_kept_and_no_overlap_is_no_disagreement(process: Callable[..., Sources], store: Store) -> None:
    bars(store, "yahoo", [100.0, 105.0])
    bars(store, "sample", [100.0, 100.0])
    assert process(tolerance=0.06).disagreements().empty
    store.clear(Series(instrument_id="X.NASDAQ", source="yahoo", adjustment="raw"), TimeRange(0, NOW))
    assert len(process().disagreements()) == 1


def test_what_the_worker_tells_of_a_connection_is_seen_by_all_until_it_grows_old(
    process: Callable[[], Sources], store: Store, clock: Clock
) -> None:
    desk = process()
    desk.enable(IB)
    assert of(desk, IB)["state"] == "no worker"
    assert desk.given[IB].refusal() == "", "a job may wait for the worker"
    tell(store, state="reconnecting", error="no gateway at 127.0.0.1:4002: start it")
    clock.pass_s(1)
    assert of(desk, IB)["state"] == "reconnecting" and "start it" in of(desk, IB)["reason"]
    assert "no gateway at" in process().given[IB].interruption()
    tell(store)
    clock.pass_s(1)
    assert of(desk, IB)["state"] == "connected" and of(desk, IB)["is_available"]
    tell(store, outage="the gateway lost its connection")
    clock.pass_s(1)
    assert desk.given[IB].refusal() == "the gateway lost its connection"
    clock.pass_s(5)
    assert desk.connection()["state"] == "no worker" and not desk.connection()["is_fresh"]


def test_live_values_are_among_the_latest_with_source_and_delay(
    process: Callable[..., Sources], store: Store, clock: Clock
) -> None:
    live = Live()
    desk = process(live)
    desk.enable(IB)
    desk.watch("AAPL.NASDAQ")
    row = {"source": IB, "instrument_id": "AAPL.NASDAQ", "kind": "quotes", "price": "101.5", "bid": "101", "ask": "102",
           "previous": "100", "volume": "", "is_delayed": True, "ts_event": NOW, "ts_received": NOW}  # fmt: skip
    tell(store)
    store.save_latest_values([row])
    market, version = Market(store, live, desk.given), live.version
    clock.pass_s(1)
    desk.refresh()
    assert live.version > version
    (shown,) = market.latest().to_dict("records")
    assert (shown["price"], shown["bid"], shown["source"]) == (101.5, 101.0, IB)
    assert shown["is_delayed"] and not shown["is_stale"] and shown["change"] == pytest.approx(0.015)
    assert desk.latest()["price"].tolist() == ["101.5"] and desk.latest()["volume"].tolist() == [None]
    assert market.latest(trader_id="T-1").empty
    clock.pass_s(10)
    desk.refresh()
    assert market.latest()["is_stale"].tolist() == [True]
    desk.unwatch("AAPL.NASDAQ")
    assert market.latest().empty and desk.watches().empty


def test_a_watch_says_why_nothing_comes(desk: Sources, store: Store, clock: Clock) -> None:
    with pytest.raises(SkippableError, match="switched off"):
        desk.watch("AAPL.NASDAQ")
    desk.enable(IB)
    for wrong in (lambda: desk.watch("AAPL"), lambda: desk.watch("AAPL.NASDAQ", kind="ticks")):
        with pytest.raises(ValueError, match="write"):
            wrong()
    desk.watch("AAPL.NASDAQ", kind="LAST")
    assert desk.watches()["note"].tolist() == ["no worker tells of it"]
    tell(store, refusals={"AAPL.NASDAQ LAST": "no permission"})
    clock.pass_s(1)
    assert desk.watches()["note"].tolist() == ["no permission"]
    assert WatchKey(IB, "AAPL.NASDAQ", "LAST") in store.source_records().watches


def test_the_account_is_shown_as_told(desk: Sources, store: Store) -> None:
    assert desk.account().empty and desk.positions().empty
    value = {"account": "DU1", "tag": "NetLiquidation", "value": "1000.10", "currency": "USD"}
    held = {"account": "DU1", "instrument_id": "AAPL.NASDAQ", "quantity": "5", "average_cost": None}
    store.save_source_state(ACCOUNT.format(IB), {"values": [value], "positions": [held]})
    desk.refresh()
    assert desk.account().to_dict("records") == [value]
    assert desk.positions().to_dict("records") == [held]


def test_a_search_goes_to_the_worker_and_its_refusal_comes_back(desk: Sources, store: Store) -> None:
    desk.enable(IB)
    hit = {"instrument_id": "PLTR.NASDAQ", "symbol": "1", "name": "PALANTIR", "kind": "Equity", "exchange": "NASDAQ",
           "currency": "USD"}  # fmt: skip

    async def ask(**answer: object) -> list:
        asking = asyncio.ensure_future(desk.given[IB].search("PLTR"))
        while (job := store.claim_job([SEARCH])) is None:
            await asyncio.sleep(0.01)
        assert (job.params["text"], job.params["sec_type"]) == ("PLTR", "STK")
        store.update_job(job.id, params={**job.params, "found": [hit]}, **answer)
        return await asking

    (found,) = asyncio.run(ask(status="SUCCEEDED"))
    assert found.instrument_id == "PLTR.NASDAQ"
    with pytest.raises(SkippableError, match="no such thing"):
        asyncio.run(ask(status="FAILED", message="no such thing"))


def test_a_store_that_is_away_leaves_what_is_known(desk: Sources, store: WatchedStore, clock: Clock) -> None:
    desk.disable("yahoo")

    store.is_away = True
    clock.pass_s(60)
    assert not desk.is_enabled("yahoo")


def test_symbols_a_person_named_reach_the_source(desk: Sources, store: Store) -> None:
    store.save_alias("AAPL.NASDAQ", "yahoo", "AAPL2")
    store.save_alias("MSFT.NASDAQ", "yahoo", "MSFT")
    desk.refresh()
    assert desk.given["yahoo"].symbol("AAPL.NASDAQ") == "AAPL2"
    assert desk.given["yahoo"].aliases == {"AAPL.NASDAQ": "AAPL2"}
