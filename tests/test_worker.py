"""The worker as a process: one at a time, nothing lost when it dies."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from nautilus_data.core.dataset import QUOTES, Series
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.core.job import Status
from nautilus_data.engine import Identity
from nautilus_data.services.backfill import Backfill
from nautilus_data.services.engine import Engine
from nautilus_data.services.overview import WORKER_LEASE
from nautilus_data.settings import Settings, load_settings
from nautilus_data.sources.sample import Sample
from nautilus_data.store import Store
from nautilus_data.worker import holder_name, is_gone
from nautilus_data.workspace import open_workspace
from tests.bus.wire import QUOTE, fields
from tests.conftest import RedisServer, wait_until
from tests.loopback_gateway import LoopbackGateway
from tests.processes import worker, worker_pid

AAPL = Series(instrument_id="AAPL.NASDAQ", source="sample")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings.store_url)
    yield opened
    opened.close()


def test_a_holder_of_this_host_that_died_is_known_to_be_gone() -> None:
    here = socket.gethostname()
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        dead = Identity.of(process.pid)
    assert is_gone(holder_name(here, dead))
    assert not is_gone(holder_name(here, Identity.of()))
    assert not is_gone(holder_name("elsewhere", dead))


def test_one_worker_at_a_time_and_the_next_takes_over_at_once(settings: Settings, store: Store) -> None:
    with worker(settings) as first:
        wait_until(lambda: worker_pid(store) == first.pid, 30)
        with worker(settings) as second:
            stale = store.lease(WORKER_LEASE)
            wait_until(lambda: store.lease(WORKER_LEASE) > stale, 10, "the lease to be renewed")
            assert worker_pid(store) == first.pid
            first.kill()
            wait_until(lambda: worker_pid(store) == second.pid, 10)
            second.send_signal(signal.SIGTERM)
            assert second.wait(15) == 0
    assert store.lease(WORKER_LEASE) is None


def test_a_worker_whose_lease_was_taken_ends(settings: Settings, store: Store) -> None:
    with worker(settings) as process:
        wait_until(lambda: worker_pid(store) == process.pid, 30)
        # As one sees it whose clock is a minute ahead: the worker's own renewal can't come in between.
        assert store.acquire_lease(WORKER_LEASE, "elsewhere:1:2.0", 60, now=time.time_ns() + 60 * 10**9)
        assert process.wait(15) == 0
    assert store.lease(WORKER_LEASE)[0] == "elsewhere:1:2.0"


def test_a_worker_ends_with_its_server(settings: Settings, store: Store) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as server:
        owner = Identity.of(server.pid)
        with worker(settings, "--supervisor", f"{owner.pid}:{owner.created}") as process:
            wait_until(lambda: worker_pid(store) == process.pid, 30)
            server.kill()
            assert process.wait(10) == 0


def test_a_worker_begins_with_what_a_dead_one_left(settings: Settings, store: Store, redis_server: RedisServer) -> None:
    """Without a Redis at first; the job of the dead one goes on, one that can't be done fails alone."""
    backfill = Backfill({"sample": Sample()}, store)
    left = backfill.start(backfill.plan("AAPL.NASDAQ", end="2003-01-01"))
    assert store.claim_job(["backfill"]).id == left
    refused = backfill.start(backfill.plan("NOBODY.NASDAQ", end="2001-01-01"))
    pause = Engine(store).pause()
    configured = settings.model_copy(update={"redis_host": "127.0.0.1", "redis_port": redis_server.port})
    configured.model_fields_set.update(("redis_host", "redis_port"))
    redis_server.kill()
    with worker(configured):
        wait_until(lambda: all(store.job(number).status.is_final for number in (left, refused, pause)), 40)
        assert store.job(left).status is Status.SUCCEEDED
        assert "Sample data has no NOBODY.NASDAQ" in store.job(refused).message
        assert store.job(pause).message == "no node runs: start one first"
        redis_server.start()
        with redis_server.client() as client:
            client.xadd("trader-T-1:stream:data.quotes.X", fields("data.quotes.X", QUOTE))
            wait_until(lambda: len(store.read(QUOTES)) == 1, 20, "the bus to be read once Redis is there")
    assert store.summary(AAPL)[0] == 712


@pytest.fixture
def on_a_bus(settings: Settings, redis_server: RedisServer) -> Settings:
    configured = settings.model_copy(update={"redis_host": "127.0.0.1", "redis_port": redis_server.port})
    configured.model_fields_set.update(("redis_host", "redis_port"))
    return configured


def publish(server: RedisServer, first: int, last: int) -> None:
    with server.client() as client, client.pipeline(transaction=False) as pipeline:
        for number in range(first, last):
            pipeline.xadd("trader-T-1:stream:data.quotes.X", fields("data.quotes.X", QUOTE | {"ts_event": str(number)}))
        pipeline.execute()


def test_two_workers_share_the_bus_and_the_second_leads_when_the_first_dies(
    on_a_bus: Settings, store: Store, redis_server: RedisServer
) -> None:
    """Nothing is lost or doubled, and what nobody could write down at the time is written then."""
    with worker(on_a_bus) as first:
        wait_until(lambda: worker_pid(store) == first.pid, 30)
        publish(redis_server, 0, 500)
        wait_until(lambda: len(store.read(QUOTES)) == 500, 20)
        with worker(on_a_bus) as second:
            wait_until(lambda: len([one for one in store.readers() if one["role"] == "worker"]) == 2, 30)
            with redis_server.client() as client:
                stream = "trader-T-1:stream:data.quotes.X"
                wait_until(lambda: len(names(client, stream)) == 2, 20, "both to read")
            first.kill()
            publish(redis_server, 500, 1_500)
            wait_until(lambda: worker_pid(store) == second.pid, 10)
            # What the dead one was given just before is taken over after five seconds.
            wait_until(lambda: len(store.read(QUOTES)) == 1_500, 15)
            # The lease is taken first; what the new leader tells is written down a moment later.
            wait_until(lambda: [one.is_open for one in gone(store)] == [False], 10, "the death to be recorded and over")
            assert [(one.subject, "another goes on" in one.evidence) for one in gone(store)] == [("worker", True)]
    assert len(store.read(QUOTES)) == 1_500


def gone(store: Store) -> list[Incident]:
    return [one for one in store.incidents() if one.kind is Kind.READER_GONE]


def names(client: object, stream: str) -> set[bytes]:
    return {one["name"] for one in client.xinfo_consumers(stream, "nautilus-dashboard")}


def test_a_worker_without_a_group_stores_the_bus_and_goes_on_where_it_was(
    on_a_bus: Settings, store: Store, redis_server: RedisServer
) -> None:
    without = on_a_bus.model_copy(update={"bus_group": "off"})
    without.model_fields_set.add("bus_group")
    for last in (50, 80):
        publish(redis_server, 0 if last == 50 else 50, last)
        with worker(without):
            wait_until(lambda last=last: len(store.read(QUOTES)) == last, 30)
    with redis_server.client() as client:
        assert client.xinfo_groups("trader-T-1:stream:data.quotes.X") == []


def test_a_worker_connects_to_interactive_brokers_and_so_does_the_next_after_a_kill(settings: Settings) -> None:
    """Also after a kill; what it told last grows old."""
    with LoopbackGateway() as gateway:
        configured = load_settings(
            nautilus_data_dir=settings.nautilus_data_dir, demo="off", ib_port=gateway.port, ib_timeout_s=5.0
        )
        server = open_workspace(configured)
        try:
            server.desk.enable("interactive_brokers")
            for _ in range(2):
                with worker(configured) as process:
                    wait_until(lambda: server.desk.connection()["state"] == "connected", 30, "the connection")
                    assert [one.instrument_id for one in server.desk.search("interactive_brokers", "PLT")] == [
                        "PLTR.NASDAQ"
                    ]
                    process.kill()
                    process.wait()
                    wait_until(lambda: server.desk.connection()["state"] == "no worker", 10, "nobody to tell")
        finally:
            server.close()
