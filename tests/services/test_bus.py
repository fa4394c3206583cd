"""What a person may ask of the bus: streams, rates, messages, books, readers — of a real one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from nautilus_data.bus import Finding, Pace, Router, Subscriber, Watch
from nautilus_data.core.dead_letter import DeadLetter, Fate
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.services.bus import ACKNOWLEDGE, REPLAY, SERVER, WORKER, Bus
from nautilus_data.services.live import Live
from nautilus_data.store import Store
from nautilus_data.transport import Connection, State
from tests.bus.wire import FILL, QUOTE, READY, fields, pack
from tests.conftest import RedisServer, wait_until
from tests.services.said import T0, heartbeat, order, quote, ready, said

PACE = Pace(discover_s=0.1, block_s=0.1, timeout_s=1.0)
NS = 1_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = T0 * 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bus(store: Store, clock: Clock) -> Bus:
    """Of a process that reads nothing; pages are handed to it."""
    live, router = Live(clock), Router()
    router.subscribe("*", live.feed)
    return Bus(store, live, router, SERVER, clock)


class Reading:
    """A server's part in reading a real bus."""

    def __init__(self, url: str, store: Store, role: str = SERVER, **options: object) -> None:
        self.live, self.router = Live(), Router()
        self.router.subscribe("*", self.live.feed)
        link = Connection("test", **{"base_s": 0.05, "max_s": 0.1, "tries": 1_000} | options)
        self.subscriber = Subscriber(url, pace=PACE, connection=link)
        self.watch = Watch(self.subscriber, lambda: self.live.nodes.copy().values(), "test", ask_s=0.2)
        self.bus = Bus(store, self.live, self.router, role)
        self.bus.attach(self.subscriber, self.watch)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for page in self.subscriber.pages(self.stop):
            self.router.route(page.messages)

    def ask(self) -> None:
        self.watch._next_ask = 0.0
        self.watch.ask()


@contextmanager
def reading(server: RedisServer, store: Store, **options: object) -> Iterator[Reading]:
    made = Reading(server.url, store, **options)
    made.thread.start()
    try:
        yield made
    finally:
        made.stop.set()
        made.thread.join(10)
        made.watch.close()
    assert not made.thread.is_alive()


def add(client: redis.Redis, topic: str, body: object, count: int = 1, trader_id: str = "T-1") -> None:
    with client.pipeline(transaction=False) as pipeline:
        for _ in range(count):
            pipeline.xadd(f"trader-{trader_id}:stream:{topic}", fields(topic, body))
        pipeline.execute()


def test_streams_are_told_with_all_that_is_known(each_redis_server: RedisServer, store: Store) -> None:
    client = each_redis_server.client()
    add(client, "data.quotes.SIM.A", QUOTE, 50)
    client.xtrim("trader-T-1:stream:data.quotes.SIM.A", maxlen=40, approximate=False)
    add(client, "events.order.S-1", FILL | {"trader_id": "T-2"}, 3, "T-2")
    with reading(each_redis_server, store) as work:
        work.bus.sample()
        wait_until(lambda: work.subscriber.entries_read == 43)
        work.ask()
        frame, total = work.bus.streams()
        assert total == 2
        quotes = frame.set_index("topic").loc["data.quotes.SIM.A"]
        assert (quotes["entries"], quotes["read"], quotes["lag"], quotes["trader_id"]) == (40, 40, 0, "T-1")
        assert quotes["is_trimmed"] == ("unknown" if work.watch.streams[quotes["stream"]].added is None else "yes")
        assert quotes["state"] == "live"
        assert quotes["memory_bytes"] > 1_000
        assert quotes["first_at"] <= quotes["last_at"] <= time.time_ns()
        assert quotes["first_id"].partition("-")[0] == str(quotes["first_at"] // 1_000_000)
        assert quotes["rate"] > 0
        assert work.bus.streams(trader_id="T-2")[0]["topic"].tolist() == ["events.order.S-1"]


def test_a_redis_nobody_reads_has_no_streams(bus: Bus) -> None:
    frame, total = bus.streams()
    assert (len(frame), total, "memory_bytes" in frame) == (0, 0, True)
    assert bus.capacity().note == "Redis was not asked yet"
    assert bus.status()["error_message"] == "no Redis to read"
    assert bus.history() == []
    bus.reconnect()


@pytest.mark.parametrize("match", ["Q.1", "*:stream:data.quotes.*", "quotes", "QUOTES"])
def test_thousands_of_streams_are_sorted_filtered_and_paged_at_once(
    redis_server: RedisServer, store: Store, match: str
) -> None:
    client = redis_server.client()
    with client.pipeline(transaction=False) as pipeline:
        for number in range(2_600):
            kind = "quotes" if number % 2 else "trades"
            topic = f"data.{kind}.SIM.Q.{number}"
            pipeline.xadd(f"trader-T-{number % 3}:stream:{topic}", fields(topic, QUOTE))
        pipeline.execute()
    with reading(redis_server, store) as work:
        wait_until(lambda: work.subscriber.entries_read == 2_600, 20)
        work.ask()
        assert len(work.watch.streams) == 2_600
        took = []
        for _ in range(5):
            started = time.process_time()
            frame, total = work.bus.streams(match=match, sort="stream", descending=False, limit=100, offset=100)
            took.append(time.process_time() - started)
        names = [name for name, _ in work.subscriber.keys.values()]
        wanted = [name for name in names if "quotes" in name] if "quotes" in match.lower() else names
        wanted = sorted(name for name in wanted if match != "Q.1" or "Q.1" in name)
        assert (total, frame["stream"].tolist()) == (len(wanted), wanted[100:200])
        behind, _ = work.bus.streams(match=match, sort="stream", descending=False, limit=100, after=wanted[99])
        assert behind["stream"].tolist() == wanted[100:200]
        with pytest.raises(LookupError, match="no stream 'nobody' among these"):
            work.bus.streams(match=match, after="nobody")
        assert (frame["memory_bytes"] > 0).all()
        assert min(took) < 0.15


@pytest.mark.parametrize("sort", ["memory_bytes", "nonsense", ""])
def test_what_can_not_be_sorted_by_is_refused_with_what_can(bus: Bus, sort: str) -> None:
    with pytest.raises(ValueError, match="choose stream"):
        bus.streams(sort=sort)


def test_rates_are_told_by_kind_and_second(bus: Bus, clock: Clock) -> None:
    assert set(bus.rates().values()) == {0.0}
    bus.sample()
    for second in range(400):
        clock.now += NS
        bus._router.route([quote("A.B", "1", "2", T0 + second)] * 10 + [order("OrderSubmitted"), heartbeat(T0)])
        bus._router.route([said("data.custom.X", {"type": "Mine"})])
        bus.sample()
    assert bus.rates() == {
        "market data": 10.0, "orders": 1.0, "positions and accounts": 0.0, "system": 1.0, "other": 1.0,
    }  # fmt: skip
    history = bus.rate_history()
    assert history["second"].nunique() == 300
    assert history.groupby("kind")["rate"].sum()["market data"] == 3_000
    assert bus.types()["QuoteTick"] == 4_000
    assert bus.unknown_types() == {"Mine"}


def test_an_inspector_shows_the_newest_of_its_topics_and_pauses(bus: Bus) -> None:
    bus._router.route([quote("A.B", "1", "2", T0 + number) for number in range(5)])
    bus._router.route([order("OrderSubmitted", T0 + 9), said("data.quotes.A.B", b"\xc1bad", T0 + 10)])
    shown = bus.inspect("data.quotes.*")
    assert [one.at // 1_000_000 - T0 for one in shown.messages()] == [10, 4, 3, 2, 1, 0]
    worst, best = shown.messages(2)
    assert (worst.type, best.type) == ("unreadable", "QuoteTick")
    assert '"bid_price": "1"' in best.decoded
    assert best.raw.startswith("8") or "bid_price" in best.raw
    shown.pause()
    bus._router.route([quote("A.B", "5", "6", T0 + 20)])
    assert len(shown.messages()) == 6
    shown.resume()
    bus._router.route([quote("A.B", "7", "8", T0 + 30)] * 500)
    assert len(shown.messages(1_000)) == 200
    shown.close()
    bus._router.route([quote("A.B", "9", "9", T0 + 40)])
    assert shown.messages(1)[0].at // 1_000_000 - T0 == 30
    assert bus._router.names.count("inspector") == 0


def test_an_inspector_survives_what_is_large_or_strange(bus: Bus) -> None:
    shown = bus.inspect()
    nested = b"\x81\xa1a" * 5_000 + b"\xc0"
    for payload in (b"", b"\xff" * 10, pack({"a": b"\x00\xff"}), nested, pack({"x": "y" * 200_000}), b'{"a":1e999}'):
        bus._router.route([said("data.custom.X", payload)])
    seen = shown.messages()
    assert len(seen) == 6
    assert all(isinstance(one.decoded, str) and isinstance(one.raw, str) for one in seen)
    assert max(len(one.decoded) + len(one.raw) for one in seen) < 300_000
    assert [one.is_cut for one in seen].count(True) == 1


def book_delta(action: str, side: str, price: str, size: str) -> dict:
    return {"type": "OrderBookDelta", "instrument_id": "GBP/USD.SIM", "action": action, "flags": 0, "sequence": 1,
            "order": {"side": side, "price": price, "size": size, "order_id": 0},
            "ts_event": "1", "ts_init": "1"}  # fmt: skip


def test_a_book_is_told_best_first(bus: Bus) -> None:
    deltas = [book_delta("CLEAR", "NO_ORDER_SIDE", "0", "0"), book_delta("ADD", "BUY", "1.5", "10"),
              book_delta("ADD", "BUY", "1.4", "20"), book_delta("ADD", "SELL", "1.6", "5")]  # fmt: skip
    topic = "data.book.deltas.SIM.GBP/USD"
    body = {
        "type": "OrderBookDeltas",
        "instrument_id": "GBP/USD.SIM",
        "deltas": deltas,
        "ts_event": "1",
        "ts_init": "1",
    }
    bus._router.route([said(topic, body)])
    assert bus.books() == bus.books("T-1") == [("T-1", "GBP/USD.SIM")]
    assert bus.books("T-2") == []
    shown = bus.book("GBP/USD.SIM", depth=1)
    assert [level[:2] for level in shown.bids] == [("1.5", "10")]
    assert [level[:2] for level in shown.asks] == [("1.6", "5")]
    assert (shown.is_complete, shown.note, shown.received_at) == (True, "", T0 * 1_000_000)
    assert bus.book("X.Y") is None
    assert bus.book("GBP/USD.SIM", "T-2") is None


def test_capacity_tells_how_long_redis_holds(redis_server: RedisServer, store: Store) -> None:
    client = redis_server.client()
    client.config_set("maxmemory", "100mb")
    with reading(redis_server, store) as work:
        for _ in range(3):
            add(client, "data.quotes.SIM.A", QUOTE, 1_000)
            time.sleep(0.1)
            work.bus.sample()
        wait_until(lambda: work.subscriber.entries_read == 3_000)
        work.ask()
        told = work.bus.capacity()
        assert (told.limit_bytes, told.policy) == (100 << 20, "noeviction")
        assert told.used_bytes > 500_000
        assert 3_000 / 5 * 100 < told.bytes_per_s < 3_000 / 5 * 500
        assert told.holds_s == pytest.approx(told.limit_bytes / told.bytes_per_s)
        assert "noeviction" in told.note


def test_capacity_is_not_known_to_a_user_who_may_not_ask(redis_server: RedisServer, store: Store) -> None:
    client = redis_server.client()
    client.acl_setuser("poor", enabled=True, passwords=["+pw"], keys=["*"],
                       commands=["+ping", "+scan", "+xread", "+xrevrange", "+time"])  # fmt: skip
    redis_url = f"redis://poor:pw@127.0.0.1:{redis_server.port}/0"
    work = Reading(redis_url, store)
    work.thread.start()
    try:
        wait_until(lambda: work.subscriber.connection.state is State.CONNECTED)
        work.ask()
        told = work.bus.capacity()
        assert (told.used_bytes, told.holds_s) == (None, None)
        assert "may not ask" in told.note
    finally:
        work.stop.set()
        work.thread.join(5)
        work.watch.close()


def letter(number: int = 1, **more: object) -> DeadLetter:
    basic = {"stream": "a|b:stream", "entry": number << 20, "handler": "store", "topic": "t", "trader_id": "T-1",
             "reason": "no", "payload": b"{}", "size": 2}  # fmt: skip
    return DeadLetter(**basic | more)


def test_dead_letters_are_listed_replayed_and_discarded_by_their_key(bus: Bus, store: Store) -> None:
    store.keep_dead_letters([letter(1), letter(2, trader_id="T-2"), letter(3, payload=b"\x00\xff" * 500, size=1_000)])
    rows = bus.dead_letters()
    assert set(rows["key"]) == {f"a|b:stream|{number}-0|store" for number in (1, 2, 3)}
    assert bus.dead_letters(trader_id="T-2")["entry_id"].tolist() == ["2-0"]
    assert rows["preview"].str.len().max() < 3_100
    job = store.job(bus.replay(["a|b:stream|1-0|store", "a|b:stream|2-0|store"]))
    assert (job.kind, job.params["keys"][0]) == (REPLAY, "a|b:stream|1-0|store")
    assert [one.state for one in store.dead_letters(fates=[Fate.QUEUED])] == [Fate.QUEUED] * 2
    assert bus.discard(["a|b:stream|3-0|store", "a|b:stream|9-0|store"]) == 1
    assert bus.dead_letters()["state"].tolist().count("discarded") == 1
    for wrong in ("", "x", "a|b", "a|no-id|store", "s|1-0"):
        with pytest.raises(ValueError, match="not the key"):
            bus.replay([wrong])


def test_incidents_of_the_worker_and_of_this_process_stand_together_once(bus: Bus, store: Store) -> None:
    watch = Watch(Subscriber("redis://127.0.0.1:1/0"), tuple, "server here")
    bus.attach(watch._subscriber, watch)
    stored = Incident(kind=Kind.REDIS_GONE, subject="r", ts_started=1, ts_detected=5, reader="worker")
    store.save_incidents([stored, Incident(kind=Kind.REDIS_FULL, subject="r", ts_started=1, ts_detected=2,
                                           ts_cleared=3, reader="worker")])  # fmt: skip
    watch.tell(Finding(kind=Kind.REDIS_GONE, subject="r", is_trouble=True, since=2))
    watch.tell(Finding(kind=Kind.STREAM_SILENT, subject="s", is_trouble=True, trader_id="T-1"))
    assert bus.incidents()["kind"].tolist() == ["stream silent", "redis gone", "redis full"]
    assert bus.incidents(open_only=True)["reader"].tolist() == ["server here", "worker"]
    assert bus.incidents(trader_id="T-2")["kind"].tolist() == ["redis gone", "redis full"]
    assert bus.open_incidents()["kind"].tolist() == ["redis gone", "stream silent"]
    assert bus.open_incidents()["severity"].tolist() == ["bad", "warn"]


def test_incidents_are_told_while_the_database_is_away(bus: Bus, store: Store, tmp_path: Path) -> None:
    watch = Watch(Subscriber("redis://127.0.0.1:1/0"), tuple, "worker")
    bus.attach(watch._subscriber, watch)
    watch.tell(Finding(kind=Kind.REDIS_GONE, subject="r", is_trouble=True))
    broken = Store(f"sqlite:///{tmp_path / 'other.sqlite'}", busy_timeout_s=0.05)
    bus._store = broken
    with broken._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE bus_incidents")
    with pytest.raises(Exception, match="bus_incidents"):
        bus.record()
    assert bus.incidents()["kind"].tolist() == ["redis gone"]
    bus._store = store
    bus.record()
    assert [one.kind for one in store.incidents()] == [Kind.REDIS_GONE]
    broken.close()


def test_only_what_nothing_else_can_clear_is_acknowledged(bus: Bus, store: Store) -> None:
    lost = Incident(kind=Kind.TRIMMED_UNREAD, subject="s 5", ts_started=1, ts_detected=5, reader="worker")
    gone = Incident(kind=Kind.REDIS_GONE, subject="r", ts_started=1, ts_detected=5, reader="worker")
    store.save_incidents([lost, gone])
    bus.acknowledge(lost.id)
    [job] = store.jobs(5, kinds=[ACKNOWLEDGE])
    assert job.params == {"kind": "entries trimmed unread", "subject": "s 5"}
    with pytest.raises(ValueError, match="by evidence alone"):
        bus.acknowledge(gone.id)
    with pytest.raises(LookupError):
        bus.acknowledge("nothing")


def test_every_process_answers_as_the_worker_does_and_for_itself_without_one(
    redis_server: RedisServer, store: Store, tmp_path: Path
) -> None:
    add(redis_server.client(), "data.quotes.SIM.A", QUOTE, 7)
    other = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with reading(redis_server, store) as server, reading(redis_server, other, role=WORKER) as worker:
        wait_until(lambda: server.subscriber.entries_read == worker.subscriber.entries_read == 7)
        assert server.bus.status()["role"] == SERVER
        server.bus.publish()
        worker.bus.publish()
        told = server.bus.status()
        assert (told["role"], told["state"], told["messages_received"]) == (WORKER, "connected", 7)
        assert {one["role"] for one in told["readers"]} == {WORKER, SERVER}
        rows = server.bus.readers()
        assert rows["is_fresh"].all()
        assert rows["mode"].tolist() == ["tail", "tail"]
    other.close()


def test_a_reader_that_tells_nothing_more_is_stale_then_forgotten(bus: Bus, clock: Clock, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'clocked.sqlite'}", clock=clock)
    bus._store = store
    store.save_reader("worker x:1", "worker", {"state": "connected"})
    assert bus.status()["name"] == "worker x:1"
    clock.now += 6 * NS
    assert bus.status()["name"] == bus.name
    assert bus.readers()["is_fresh"].tolist() == [False]
    clock.now += 3_601 * NS
    bus.forget_readers()
    assert bus.readers().empty
    store.close()


def test_a_call_to_reconnect_reaches_every_process(redis_server: RedisServer, store: Store) -> None:
    redis_server.kill()
    given_up = {"tries": 1, "max_s": 60.0, "probe_s": 60.0}
    with reading(redis_server, store, **given_up) as one, reading(redis_server, store, **given_up) as other:
        for work in (one, other):
            wait_until(lambda work=work: work.subscriber.connection.state is State.ERROR)
        redis_server.start()
        started = time.monotonic()
        one.bus.reconnect()
        while other.subscriber.connection.state is not State.CONNECTED and time.monotonic() - started < 3:
            # As each process does once a second.
            other.bus.publish()
            time.sleep(0.1)
        wait_until(lambda: one.subscriber.connection.state is State.CONNECTED, 2)
        assert time.monotonic() - started < 2
        assert [state for _, state, _ in other.bus.history()][-2:] == ["connecting", "connected"]


def test_a_new_process_does_not_take_an_old_call_for_its_own(store: Store, redis_server: RedisServer) -> None:
    store.send_signal("bus.reconnect")
    work = Reading(redis_server.url, store)
    heard: list[bool] = []
    work.subscriber.connection.retry = lambda: heard.append(True)
    work.bus.publish()
    assert heard == []


@pytest.fixture
def routed(bus: Bus) -> Callable[..., None]:
    return lambda *messages: bus._router.route(list(messages))


def test_a_trader_told_by_two_nodes_is_two(routed: Callable[..., None], bus: Bus) -> None:
    routed(ready(T0), ready(T0, "T-2"), said("events.system.T-3", READY, T0, "T-3"))
    assert set(bus._live.nodes) >= {"T-1", "T-2"}
