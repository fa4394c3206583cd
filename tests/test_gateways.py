"""The worker's connection to Interactive Brokers, at a gateway on loopback: switch, commands, live values, account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.job import BACKFILL, Status
from nautilus_data.core.timerange import TimeRange
from nautilus_data.gateways import Gateways
from nautilus_data.services.backfill import run_job
from nautilus_data.settings import Settings, load_settings
from nautilus_data.workspace import Workspace, open_workspace
from tests.conftest import free_port
from tests.loopback_gateway import LoopbackGateway

IB = "interactive_brokers"


@pytest.fixture
def loopback() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as made:
        yield made


@pytest.fixture
def reached(loopback: LoopbackGateway, data_dir: Path) -> Settings:
    return load_settings(nautilus_data_dir=data_dir, demo="off", ib_port=loopback.port, ib_timeout_s=2.0)


class House:
    """A worker's part and a server's workspace on one store."""

    def __init__(self, settings: Settings) -> None:
        self.worker, self.server = open_workspace(settings), open_workspace(settings)
        self.gateways = Gateways(self.worker)
        self.desk = self.server.desk

    async def until(self, condition: Callable[[], Any], what: str, timeout_s: float = 15.0) -> Any:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            await self.gateways.tick()
            if found := await asyncio.to_thread(condition):
                return found
            await asyncio.sleep(0.05)
        pytest.fail(f"waited {timeout_s} s in vain for {what}")

    def state(self) -> str:
        return self.desk.connection()["state"]

    def states(self) -> list[str]:
        return [one["state"] for one in self.desk.connection()["history"]]

    async def until_state(self, state: str) -> None:
        await self.until(lambda: self.state() == state, f"the state {state}; it is {self.state()}")

    async def job(self, job_id: int) -> Any:
        return await self.until(lambda: (job := self.server.store.job(job_id)).status.is_final and job, f"job {job_id}")


def in_house(settings: Settings, work: Callable[[House], Awaitable[None]]) -> None:
    @asynccontextmanager
    async def opened() -> Any:
        house = House(settings)
        try:
            yield house
        finally:
            await house.gateways.stop()
            for workspace in (house.worker, house.server):
                workspace.close()

    async def run() -> None:
        async with opened() as house:
            await work(house)

    asyncio.run(run())


def test_nobody_connects_before_it_is_switched_on_and_a_switch_is_followed_in_two_seconds(
    reached: Settings, loopback: LoopbackGateway
) -> None:
    async def work(house: House) -> None:
        for _ in range(12):
            await house.gateways.tick()
            await asyncio.sleep(0.1)
        assert loopback.logins == [] and house.state() == "switched off"
        house.desk.enable(IB)
        began = time.monotonic()
        await house.until_state("connected")
        assert time.monotonic() - began < 5
        told = house.desk.connection()
        assert told["client_id"] == 1 and told["connected_at"] > 0
        await house.until(lambda: house.desk.connection()["farms"].get("usfarm") == "ok", "word of the farm")
        assert house.states()[-2:] == ["connecting", "connected"]
        row = house.desk.list().set_index("name").loc[IB]
        assert row["state"] == "connected" and row["is_available"] and row["quota_limit"] == 60
        house.desk.disable(IB)
        began = time.monotonic()
        await house.until(lambda: not loopback.clients, "the gateway to be left")
        assert time.monotonic() - began < 2.5
        assert house.state() == "switched off"

    in_house(reached, work)


def test_a_gateway_that_is_not_there_is_told_with_what_to_do(data_dir: Path) -> None:
    settings = load_settings(nautilus_data_dir=data_dir, demo="off", ib_port=free_port())

    async def work(house: House) -> None:
        house.desk.enable(IB)
        await house.until(lambda: "no gateway at" in (house.server.sources[IB].refusal()), "the reason")
        assert house.state() in ("connecting", "reconnecting")
        assert "start TWS or IB Gateway" in house.desk.list().set_index("name").loc[IB]["reason"]

    in_house(settings, work)


def test_commands_disconnect_connect_and_reconnect(reached: Settings, loopback: LoopbackGateway) -> None:
    async def work(house: House) -> None:
        house.desk.enable(IB)
        await house.until_state("connected")
        job = await house.job(house.desk.disconnect())
        assert job.status is Status.SUCCEEDED
        await house.until_state("disconnected")
        assert "a person disconnected it" in house.server.sources[IB].refusal()
        await house.job(house.desk.connect())
        await house.until_state("connected")
        await house.job(house.desk.reconnect())
        await house.until(lambda: house.states().count("connected") == 3, "a third connection")
        assert len(loopback.logins) == 3

    in_house(reached, work)


def test_a_lost_connection_is_told_and_comes_back(reached: Settings, loopback: LoopbackGateway) -> None:
    async def work(house: House) -> None:
        house.desk.enable(IB)
        await house.until_state("connected")
        loopback.restart_begins()
        await house.until_state("reconnecting")
        loopback.listen()
        await house.until_state("connected")
        assert house.desk.connection()["outages"][-1]["reason"]

    in_house(reached, work)


def test_watched_quotes_and_bars_reach_the_pages_of_another_process(
    reached: Settings, loopback: LoopbackGateway
) -> None:
    loopback.without_permission = {"SPY"}

    def price(house: House, instrument_id: str) -> Any:
        found = house.server.market.latest()
        return found[found["instrument_id"] == instrument_id].to_dict("records")

    async def work(house: House) -> None:
        house.desk.enable(IB)
        await house.until_state("connected")
        house.desk.watch("AAPL.NASDAQ")
        house.desk.watch("SPY.ARCA")
        house.desk.watch("SPY.ARCA", kind="LAST")
        house.desk.watch("AAPL.NASDAQ", kind="MID")
        house.desk.watch("NOPE.NASDAQ")
        await house.until(lambda: len(loopback.asked(1)) == 2 and len(loopback.asked(50)) == 2, "four lines")
        loopback.quote("AAPL", 219.5, 220.5, 220.0)
        loopback.quote("SPY", 499.0, 501.0, 500.0)
        loopback.realtime_bar("AAPL", 1_795_000_000, (1.0, 2.0, 0.5, 1.5))
        await house.until(
            lambda: house.desk.refresh() or len(price(house, "AAPL.NASDAQ") + price(house, "SPY.ARCA")) == 3, "prices"
        )
        rows = {row["kind"]: row for row in price(house, "AAPL.NASDAQ")}
        assert (rows["quotes"]["bid"], rows["quotes"]["source"], rows["quotes"]["is_delayed"]) == (219.5, IB, False)
        assert rows["MID"]["price"] == 1.5
        assert price(house, "SPY.ARCA")[0]["is_delayed"]
        notes = house.desk.watches().set_index(["instrument_id", "kind"])["note"]
        assert notes["AAPL.NASDAQ", "quotes"] == "" and "permission" in notes["SPY.ARCA", "LAST"]
        assert "NOPE" in notes["NOPE.NASDAQ", "quotes"]
        house.desk.unwatch("AAPL.NASDAQ")
        await house.until(lambda: loopback.asked(2), "the line to be given back")
        assert [row["kind"] for row in price(house, "AAPL.NASDAQ")] == ["MID"]

    in_house(reached, work)


def test_the_account_is_read_and_told(reached: Settings) -> None:
    async def work(house: House) -> None:
        house.desk.enable(IB)
        await house.until(lambda: house.desk.refresh() or len(house.desk.positions()), "positions")
        values = house.desk.account()
        assert {"NetLiquidation"} <= set(values["tag"])
        assert all(isinstance(text, str) for text in (*values["value"], *house.desk.positions()["quantity"]))

    in_house(reached, work)


def test_a_search_of_a_server_is_answered_by_the_worker(reached: Settings) -> None:
    async def work(house: House) -> None:
        house.desk.enable(IB)
        await house.until_state("connected")
        asking = asyncio.create_task(asyncio.to_thread(house.desk.search, IB, "PLT"))
        await house.until(asking.done, "the answer")
        assert [one.instrument_id for one in asking.result()] == ["PLTR.NASDAQ"], "the stock, no pair of currencies"
        asking = asyncio.create_task(asyncio.to_thread(house.desk.search, IB, "PLT", sec_type="BOND"))
        await house.until(asking.done, "the refusal")
        assert "no contracts are of the kind 'BOND'" in str(asking.exception())

    in_house(reached, work)


def test_a_backfill_planned_in_a_server_runs_in_the_worker_and_pauses_while_it_is_switched_off(
    reached: Settings, loopback: LoopbackGateway
) -> None:
    series = Series(instrument_id="AAPL.NASDAQ", source=IB, timeframe="1-HOUR", adjustment="split")
    span = TimeRange.of("2026-11-02", "2026-11-21")

    def message(workspace: Workspace, job_id: int) -> str:
        return workspace.store.job(job_id).message

    async def work(house: House) -> None:
        house.desk.enable(IB)
        await house.until_state("connected")
        # The directory's own symbols of the predefined are no names of contracts.
        assert house.server.instruments.aliases(IB)["AAPL.NASDAQ"] == "AAPL"
        plan = house.server.backfill.plan_series(series, span.start, span.end)
        job_id = house.server.backfill.start(plan)
        house.desk.disable(IB)
        await house.until(lambda: house.worker.sources[IB].gateway is None and not loopback.clients, "the switch")
        job = house.worker.store.claim_job([BACKFILL])
        running = asyncio.create_task(run_job(house.worker.backfill, house.worker.store, job))
        await house.until(lambda: "switched off on /sources" in message(house.server, job_id), "the pause")
        assert loopback.asked(20) == []
        house.desk.enable(IB)
        await house.until(running.done, "the backfill")
        assert house.server.store.job(job_id).status is Status.SUCCEEDED
        assert house.server.store.summary(series)[0] == 15 * 7

    in_house(reached, work)
