"""How everything stands, with a clock that is set by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautilus_data.bus import Subscriber
from nautilus_data.services.live import Live
from nautilus_data.services.overview import LEASE_S, WORKER_LEASE, Overview
from nautilus_data.sources import SOURCES
from nautilus_data.store import Store
from nautilus_data.transport import State
from tests.services.said import T0, fill, heartbeat, ns, ready, said


class Desk:
    """An overview whose bus is connected and whose time the test sets."""

    def __init__(self, store: Store, live: Live) -> None:
        self.ms, self.live = T0, live
        self.reader = Subscriber("redis://:secret@127.0.0.1:1/0")
        self.reader.connection.state = State.CONNECTED
        sources = {name: source() for name, source in SOURCES.items()}
        self.overview = Overview(store, live, sources, lambda: "redis://127.0.0.1:1/0", 5.0, lambda: ns(self.ms))
        self.overview.subscriber = self.reader

    def node(self) -> object:
        return self.overview.nodes()[0]


@pytest.fixture
def desk(store: Store, live: Live) -> Desk:
    return Desk(store, live)


def test_a_node_is_stale_before_two_beats_are_over(desk: Desk) -> None:
    desk.live.feed([ready(T0), *(heartbeat(T0 + 2_000 * beat) for beat in range(4))])
    desk.ms = T0 + 6_000 + 3_550
    assert not desk.node().is_stale
    desk.ms += 1
    assert desk.node().is_stale
    assert desk.overview.bus().silent == ("T-1",)


def test_after_one_beat_nobody_knows_when_the_next_is_due(desk: Desk) -> None:
    desk.live.feed([heartbeat(T0)])
    desk.ms = T0 + 10_000
    assert not desk.node().is_stale
    desk.ms = T0 + 31_000
    assert desk.node().is_stale


def test_a_node_without_a_heartbeat_is_stale_when_it_falls_silent(desk: Desk) -> None:
    desk.live.feed([fill(T0)])
    assert "no heartbeat" in desk.node().note
    desk.ms = T0 + 5_001
    assert desk.node().is_stale


@pytest.mark.parametrize(
    ("state", "connected_at", "note"),
    [
        (State.CONNECTED, T0 - 1, "silent: the node is dead, cut off, or publishing ended"),
        (State.CONNECTED, T0 + 60_000, "publishing ended when Redis went away: restart the node"),
        (State.RECONNECTING, T0 - 1, "the bus can't be read now"),
    ],
)
def test_a_silent_node_is_told_as_what_it_is(desk: Desk, state: State, connected_at: int, note: str) -> None:
    desk.live.feed([heartbeat(T0 - 1_000), heartbeat(T0)])
    desk.reader.connection.state, desk.reader.connection.connected_at = state, ns(connected_at)
    desk.ms = T0 + 90_000
    assert desk.node().note == note


def test_a_node_that_said_goodbye_is_not_silent(desk: Desk) -> None:
    desk.live.feed([heartbeat(T0), ready(T0 + 1, state="STOPPED")])
    desk.ms = T0 + 90_000
    assert (desk.node().note, desk.overview.bus().silent) == ("stopped", ())


def test_messages_of_no_trader_make_no_node(desk: Desk) -> None:
    desk.live.feed([said("custom", 1, trader_id="")])
    assert desk.overview.nodes() == []


def test_a_worker_is_alive_while_its_lease_is(desk: Desk, store: Store) -> None:
    assert desk.overview.worker().note == "no worker has run yet"
    store.acquire_lease(WORKER_LEASE, "here:1:2.0", LEASE_S, now=ns(T0))
    worker = desk.overview.worker()
    assert (worker.alive, worker.holder, worker.heartbeat_at) == (True, "here:1:2.0", ns(T0))
    desk.ms += int(LEASE_S * 1_000)
    assert not desk.overview.worker().alive


def test_the_last_entry_stored_is_told(desk: Desk, store: Store) -> None:
    store.acquire_lease(WORKER_LEASE, "here:1:2.0", LEASE_S, now=ns(T0))
    store.write_rows({}, {"a": T0 << 20 | 5, "b": (T0 - 9) << 20})
    assert desk.overview.worker().ingested_at == ns(T0)


def test_a_redis_without_streams_is_told_and_no_secret(desk: Desk) -> None:
    assert "no stream found" in desk.overview.bus().note
    assert "secret" not in repr(desk.overview.status())


def test_a_process_that_reads_no_bus_says_so(store: Store, live: Live) -> None:
    bus = Overview(store, live, {}, lambda: "no Redis", 5.0).bus()
    assert (bus.state, bus.note) == ("disconnected", "this process does not read the bus")


def test_sources_tell_when_they_were_last_used(desk: Desk, store: Store) -> None:
    assert [(source.name, source.last_used_at) for source in desk.overview.sources()] == [(name, 0) for name in SOURCES]
    store.add_job("backfill", "x", {"series": {"source": "sample"}})
    assert desk.overview.sources()[0].last_used_at > 0


def test_a_store_that_is_gone_is_told_and_not_raised(desk: Desk, store: Store) -> None:
    assert desk.overview.store().ok
    Path(store.name.removeprefix("sqlite:///")).unlink()
    found = desk.overview.store()
    assert not found.ok
    assert "moved or deleted" in found.error
