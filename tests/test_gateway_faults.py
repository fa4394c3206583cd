"""A backfill from Interactive Brokers through every fault of its gateway ends as one that met none."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from nautilus_data.core.job import BACKFILL, Job, Status
from nautilus_data.core.timerange import TimeRange
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.sources.ib import Gateway
from nautilus_data.sources.interactive_brokers import InteractiveBrokers
from nautilus_data.store import Store
from nautilus_data.transport import State
from tests.conftest import wait_until
from tests.loopback_gateway import LoopbackGateway
from tests.sources.ib.connected import NO_LIMITS, await_state, connected, series

MINUTES = series(timeframe="1-MINUTE")
SPAN = TimeRange.of("2026-10-26", "2026-11-21")
# One for each trading day; winter time begins within.
REQUESTS = 20


def test_a_backfill_through_every_fault_ends_as_one_that_met_none(tmp_path: Path) -> None:
    with LoopbackGateway() as loopback:
        loopback.checks_pacing = False
        with connected(loopback, limits=NO_LIMITS) as gateway:
            job, expected, _ = filled(gateway, tmp_path / "calm.sqlite")
            assert job.status is Status.SUCCEEDED
            assert len(expected) == REQUESTS * 390
        loopback.requests.clear()
        # Each is one answer slow, so that a fault meets it under way.
        loopback.history_delay_s = 0.1
        with connected(loopback, limits=NO_LIMITS) as gateway:
            faults = threading.Thread(target=bring_on, args=(loopback, gateway))
            faults.start()
            job, found, gaps = filled(gateway, tmp_path / "faults.sqlite")
            faults.join(1)
            assert not faults.is_alive()
            assert job.status is Status.SUCCEEDED, job.message
            pd.testing.assert_frame_equal(found, expected)
            assert gaps == 0
            # What was cut off was asked again, what was answered was not.
            assert REQUESTS < len(loopback.asked(20)) <= REQUESTS + 12
            assert len(gateway.outages()) >= 6


def bring_on(loopback: LoopbackGateway, gateway: Gateway) -> None:
    """One fault after the other, each after two more requests."""
    lost = "Connectivity between IB and Trader Workstation has been lost."

    def drop() -> None:
        loopback.drop()
        wait_until(lambda: len(loopback.logins) > logins, 20, "a new login")

    def freeze() -> None:
        loopback.is_frozen = True
        wait_until(lambda: gateway.connection.state is not State.CONNECTED, 20, "the loss to be seen")
        loopback.is_frozen = False

    def cut_off() -> None:
        loopback.say(1100, lost)
        time.sleep(0.3)
        loopback.say(1101, "Connectivity between IB and Trader Workstation has been restored - data lost.")

    def restart() -> None:
        loopback.restart_begins()
        time.sleep(0.5)
        loopback.listen()

    def take_its_id() -> None:
        loopback.taken_ids = {1}
        drop()

    def spoil(how: str) -> Callable[[], None]:
        return lambda: loopback.next_history.append(how)

    for fault in (drop, freeze, spoil("half"), cut_off, restart, spoil("malformed"), take_its_id):
        asked, logins = len(loopback.asked(20)), len(loopback.logins)
        wait_until(lambda asked=asked: len(loopback.asked(20)) >= asked + 2, 30, "two more requests")
        fault()
        await_state(gateway, State.CONNECTED, 20)


def filled(gateway: Gateway, file: Path) -> tuple[Job, pd.DataFrame, int]:
    """A job's end, what it stored, and how many requests a new plan would have."""
    store = Store(f"sqlite:///{file}")
    backfill = Backfill({MINUTES.source: InteractiveBrokers(gateway=gateway)}, store, waits=lambda: iter([0.2] * 5))
    try:
        plan = backfill.plan_series(MINUTES, SPAN.start, SPAN.end)
        assert len(plan.entries) == REQUESTS
        backfill.start(plan)
        job = store.claim_job([BACKFILL])
        asyncio.run(run_job(backfill, store, job))
        left = len(backfill.plan_series(MINUTES, SPAN.start, SPAN.end).entries)
        return store.job(job.id), store.read(MINUTES, SPAN), left
    finally:
        store.close()
