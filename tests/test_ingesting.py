"""A worker's part in reading the bus: who writes incidents down, who reads at all, commands of a person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
import redis

from nautilus_data.bus import Finding, Message, entry_id
from nautilus_data.core.dataset import ACCOUNTS, FILLS, POSITIONS, QUOTES
from nautilus_data.core.dead_letter import Fate
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.core.job import Status
from nautilus_data.errors import FatalError
from nautilus_data.ingesting import Ingesting
from nautilus_data.services.bus import WORKER
from nautilus_data.settings import Settings, load_settings
from nautilus_data.workspace import Workspace, open_workspace
from tests.bus.test_cache import Written
from tests.bus.test_cache import fill as cached_fill
from tests.bus.wire import ACCOUNT, FILL, QUOTE, READY, fields, pack
from tests.conftest import RedisServer, wait_until

GROUP = "nautilus-dashboard"
QUOTE_TOPIC = "data.quotes.SIM.A"
STREAM = f"trader-T-1:stream:{QUOTE_TOPIC}"


@pytest.fixture
def client(redis_server: RedisServer) -> redis.Redis:
    return redis_server.client()


@pytest.fixture
def configured(settings: Settings, redis_server: RedisServer) -> Callable[..., Settings]:
    def build(**more: object) -> Settings:
        given = {"demo": "off", "redis_url": redis_server.url} | more
        return load_settings(nautilus_data_dir=settings.nautilus_data_dir, **given)

    return build


@contextmanager
def worker(settings: Settings, leads: bool = True, takes: Callable[[str], bool] = lambda name: True) -> Iterator[tuple]:
    """Workspace and ingest as a worker has them, in this process; `leads` as one with the lease."""
    workspace = open_workspace(settings, role=WORKER)
    ingesting = Ingesting(workspace, takes)
    workspace.start_tail(is_watched=False)
    try:
        ingesting.may_lead = leads
        ingesting.keep()
        if leads:
            ingesting.lead(0)
        yield workspace, ingesting
    finally:
        ingesting.stop()
        workspace.close()


def add(client: redis.Redis, topic: str, *bodies: object) -> list[bytes]:
    return [client.xadd(f"trader-T-1:stream:{topic}", fields(topic, body)) for body in bodies]


def stored(workspace: Workspace, count: int) -> None:
    wait_until(lambda: len(workspace.store.read(QUOTES)) == count, 15, f"{count} quotes stored")


@pytest.mark.parametrize("group", ["auto", "on", "off"])
def test_the_bus_is_stored_by_a_group_or_without_one(
    client: redis.Redis, configured: Callable[..., Settings], group: str
) -> None:
    add(client, QUOTE_TOPIC, QUOTE)
    settings = configured(bus_group=group)
    with worker(settings) as (workspace, ingesting):
        stored(workspace, 1)
        assert ingesting.is_ready and ingesting.leads and ingesting.up_since
    assert [found["name"].decode() for found in client.xinfo_groups(STREAM)] == ([] if group == "off" else [GROUP])
    add(client, QUOTE_TOPIC, QUOTE | {"ts_event": "2"})
    with worker(settings) as (workspace, ingesting):
        stored(workspace, 2)
        wait_until(lambda: ingesting._subscriber.is_caught_up)
        assert ingesting._subscriber.entries_read == 1


def test_without_a_group_only_the_leader_reads(client: redis.Redis, configured: Callable[..., Settings]) -> None:
    add(client, QUOTE_TOPIC, QUOTE)
    with worker(configured(bus_group="off"), leads=False) as (_, ingesting):
        assert not ingesting.is_ready
        ingesting.may_lead = True
        ingesting.keep()
        assert ingesting.is_ready


def test_what_was_found_before_it_led_is_written_down_and_a_predecessors_is_ended(
    client: redis.Redis, configured: Callable[..., Settings]
) -> None:
    add(client, QUOTE_TOPIC, QUOTE)
    with worker(configured(), leads=False) as (workspace, ingesting):
        left = Incident(kind=Kind.REDIS_GONE, subject=ingesting._subscriber.address, ts_started=1, ts_detected=2,
                        reader="worker")  # fmt: skip
        workspace.store.save_incidents([left])
        lost = Finding(kind=Kind.TRIMMED_UNREAD, subject=f"{STREAM} 5", is_trouble=True, count=3)
        ingesting._watch.tell(lost)
        time.sleep(1.5)
        assert [one.kind for one in workspace.store.incidents()] == [Kind.REDIS_GONE]
        ingesting.lead(predecessor_seen_at=time.time_ns() - 10**10)
        wait_until(lambda: len(workspace.store.incidents()) == 3)
        kept = {one.kind: one for one in workspace.store.incidents()}
        assert kept[Kind.TRIMMED_UNREAD].count == 3
        assert "another goes on" in kept[Kind.READER_GONE].evidence
        wait_until(lambda: not workspace.store.incidents(trader_id=None, limit=9)[-1].is_open, 5)
        assert kept[Kind.REDIS_GONE].id == left.id
        gone = [one for one in workspace.store.incidents() if one.kind is Kind.REDIS_GONE]
        assert [one.evidence for one in gone] == ["Redis answers again"]


def test_a_restart_of_redis_while_no_worker_ran_is_written_down(
    redis_server: RedisServer, client: redis.Redis, configured: Callable[..., Settings]
) -> None:
    add(client, QUOTE_TOPIC, QUOTE)
    with worker(configured()) as (workspace, _):
        told = wait_until(lambda: [one for one in workspace.store.readers() if one["recorded_of"]])[0]
        # Of a process of its own, as a worker's is.
        workspace.store.save_reader("worker elsewhere:1", WORKER, told)
        assert workspace.store.incidents() == []
    redis_server.kill()
    redis_server.start()
    with worker(configured()) as (workspace, _):
        [found] = wait_until(workspace.store.incidents)
        assert found.kind is Kind.REDIS_RESTARTED and "started anew" in found.detail


def test_a_slot_taken_by_another_ends_this_worker(configured: Callable[..., Settings]) -> None:
    is_mine = True
    with worker(configured(), takes=lambda name: is_mine) as (_, ingesting):
        assert ingesting.slot.endswith("-0")
        is_mine = False
        with pytest.raises(FatalError, match="another worker took over"):
            ingesting.keep()


def test_each_worker_of_a_host_has_a_slot_of_its_own(configured: Callable[..., Settings]) -> None:
    with worker(configured(), takes=lambda name: name.endswith("-2")) as (_, ingesting):
        assert ingesting.slot.endswith("-2")


def do(workspace: Workspace, ingesting: Ingesting, number: int) -> tuple[Status, str]:
    """What became of a command."""
    ingesting.carry_out(workspace.store.job(number))
    job = workspace.store.job(number)
    return job.status, job.message


def test_a_message_its_handler_refused_is_replayed_once_that_is_mended(
    client: redis.Redis, configured: Callable[..., Settings]
) -> None:
    is_broken, taken = True, []

    def risky(messages: Sequence[Message]) -> None:
        if is_broken:
            raise RuntimeError("no rule yet")
        taken.extend(messages)

    with worker(configured()) as (workspace, ingesting):
        ingesting._ingest.router.subscribe("data.quotes.*", risky, "risk")
        add(client, QUOTE_TOPIC, QUOTE, QUOTE | {"ts_event": "2"})
        stored(workspace, 2)
        wait_until(lambda: len(workspace.store.dead_letters()) == 2)
        letters = workspace.bus.dead_letters()
        assert set(letters["handler"]) == {"risk"}
        assert set(letters["attempts"]) == {3}
        assert letters["reason"][0] == "RuntimeError: no rule yet"
        wait_until(lambda: client.xpending(STREAM, GROUP)["pending"] == 0)
        status, message = do(workspace, ingesting, workspace.bus.replay(letters["key"].tolist()))
        assert (status, message.partition(":")[0]) == (Status.FAILED, "0 replayed, 2 failed again")
        assert {one.state for one in workspace.store.dead_letters()} == {Fate.DEAD}
        is_broken = False
        assert do(workspace, ingesting, workspace.bus.replay(letters["key"].tolist())) == (
            Status.SUCCEEDED, "2 replayed",
        )  # fmt: skip
        assert len(taken) == 2
        assert {one.state for one in workspace.store.dead_letters()} == {Fate.REPLAYED}


def test_a_payload_kept_cut_is_replayed_from_redis_while_it_has_it(
    client: redis.Redis, configured: Callable[..., Settings]
) -> None:
    is_broken, sizes = True, []

    def weigh(messages: Sequence[Message]) -> None:
        if is_broken:
            raise ValueError("too heavy")
        sizes.extend(len(message.payload) for message in messages)

    with worker(configured()) as (workspace, ingesting):
        ingesting._ingest.router.subscribe("data.custom.*", weigh, "scale")
        topic = "data.custom.Big"
        ids = add(client, topic, *(pack({"type": "Big", "n": number, "x": "x" * 300_000}) for number in range(2)))
        wait_until(lambda: len(workspace.store.dead_letters()) == 2, 20)
        assert {len(one.payload) for one in workspace.store.dead_letters()} == {65_536}
        assert min(one.size for one in workspace.store.dead_letters()) > 300_000
        is_broken = False
        client.xdel(f"trader-T-1:stream:{topic}", ids[0])
        keys = workspace.bus.dead_letters().set_index("entry_id")["key"]
        status, message = do(workspace, ingesting, workspace.bus.replay([keys[ids[0].decode()]]))
        assert status is Status.FAILED
        assert "Redis has the entry no more" in message
        assert do(workspace, ingesting, workspace.bus.replay([keys[ids[1].decode()]])) == (
            Status.SUCCEEDED,
            "1 replayed",
        )
        assert sizes == [max(one.size for one in workspace.store.dead_letters())]


def test_what_can_not_be_decoded_or_stored_is_replayed_into_the_store(
    client: redis.Redis, configured: Callable[..., Settings]
) -> None:
    with worker(configured()) as (workspace, ingesting):
        add(client, "events.order.S-1", b"\xc1", FILL | {"last_qty": None, "event_id": "f-9"}, FILL)
        wait_until(lambda: len(workspace.store.read(FILLS)) == 1 and len(workspace.store.dead_letters()) == 2)
        keys = workspace.bus.dead_letters()["key"].tolist()
        status, message = do(workspace, ingesting, workspace.bus.replay(keys))
        assert (status, message.partition(":")[0]) == (Status.FAILED, "0 replayed, 2 failed again")
        # Three tries of what the store refused, one of what nobody can read, and the replay's.
        assert {one.handler: one.attempts for one in workspace.store.dead_letters()} == {"decode": 2, "store": 4}


def test_commands_that_make_no_sense_fail_alone(configured: Callable[..., Settings]) -> None:
    with worker(configured()) as (workspace, ingesting):
        store = workspace.store
        missing = store.add_job("bus.replay", "x", {"keys": ["s|5-0|store"]})
        assert do(workspace, ingesting, missing)[0] is Status.FAILED
        assert do(workspace, ingesting, store.add_job("bus.replay", "x", {"keys": ["nonsense"]}))[0] is Status.FAILED
        assert do(workspace, ingesting, store.add_job("bus.acknowledge", "x", {}))[0] is Status.FAILED
        lost = Finding(kind=Kind.TRIMMED_UNREAD, subject="s 5", is_trouble=True)
        ingesting._watch.tell(lost)
        wait_until(lambda: store.incidents(open_only=True))
        workspace.bus.acknowledge(store.incidents()[0].id)
        [job] = store.jobs(1, kinds=["bus.acknowledge"], active=True)
        assert do(workspace, ingesting, job.id)[0] is Status.SUCCEEDED
        wait_until(lambda: not store.incidents(open_only=True))


def test_positions_that_differ_are_put_right_told_and_over_once_compared_again(
    client: redis.Redis, configured: Callable[..., Settings]
) -> None:
    """The position grows in the cache, and the bus says nothing of it."""
    cache = Written(client)
    cache.instrument()
    now = str(time.time_ns())
    cache.account(event_id="a-1", ts_event=now, ts_init=now)
    with worker(configured()) as (workspace, ingesting):
        add(client, "events.system.T-1", READY)
        add(client, "events.account.SIM-001", ACCOUNT | {"event_id": "a-1"})
        cache.position(cached_fill(1, ts_event=now, ts_init=now))
        wait_until(lambda: not workspace.store.read(ACCOUNTS).empty)
        comparing(ingesting, lambda: not workspace.store.read(POSITIONS).empty)
        assert workspace.store.incidents() == []
        later = str(time.time_ns())
        cache.position(cached_fill(2, ts_event=later, ts_init=later))
        comparing(ingesting, lambda: workspace.store.read(POSITIONS)["signed_qty"].iloc[-1].startswith("2000"))
        wait_until(lambda: workspace.store.incidents(), 5)
        # Nothing can be compared: that is no evidence.
        ingesting._seed.seen_at.clear()
        ingesting._tell([])
        assert [one.kind for one in ingesting._watch.open_incidents if one.is_open] == [Kind.POSITIONS_DIFFER]
        comparing(ingesting, lambda: Kind.POSITIONS_DIFFER not in [one.kind for one in ingesting._watch.open_incidents])
        kept = {one.kind: one for one in wait_until(lambda: _none_open(workspace, Kind.POSITIONS_DIFFER), 5)}
        assert kept[Kind.POSITIONS_DIFFER].evidence == "equal to the node's cache"


def _none_open(workspace: Workspace, kind: Kind) -> list[Incident]:
    found = workspace.store.incidents()
    return [] if any(one.kind is kind and one.is_open for one in found) else found


def comparing(ingesting: Ingesting, condition: Callable[[], object]) -> None:
    def look() -> object:
        ingesting.reconcile()
        time.sleep(0.2)
        return condition()

    wait_until(look, 15, "the comparison")


def test_a_user_who_may_only_read_is_stored_without_a_trace(
    client: redis.Redis, configured: Callable[..., Settings], redis_server: RedisServer
) -> None:
    client.acl_setuser("reader", enabled=True, passwords=["+pw"], keys=["*"],
                       commands=["+@read", "+ping", "+time", "+info", "+@connection"])  # fmt: skip
    url = f"redis://reader:pw@127.0.0.1:{redis_server.port}/0"
    ids = add(client, QUOTE_TOPIC, *(QUOTE | {"ts_event": str(number)} for number in range(5)))
    with worker(configured(redis_url=url)) as (workspace, ingesting):
        stored(workspace, 5)
        assert ingesting._subscriber.mode == "cursors"
        assert workspace.store.cursors()[STREAM][0] == entry_id(ids[-1])
        wait_until(lambda: workspace.store.readers() and workspace.store.readers()[0]["mode"] == "cursors", 5)
    add(client, QUOTE_TOPIC, QUOTE | {"ts_event": "9"})
    with worker(configured(redis_url=url)) as (workspace, ingesting):
        stored(workspace, 6)
        assert ingesting._subscriber.entries_read == 1
    assert client.xinfo_groups(STREAM) == []
