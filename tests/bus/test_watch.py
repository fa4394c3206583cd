"""Watch over a real reader of a real Redis: what goes wrong is an incident, and evidence alone ends it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import redis

from nautilus_data.bus import Finding, Pace, Router, Subscriber, Watch
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.services.live import Live
from nautilus_data.transport import Connection, State
from tests.bus.wire import QUOTE, READY, fields
from tests.conftest import RedisServer, wait_until

PACE = Pace(discover_s=0.1, block_s=0.1, timeout_s=1.0, answer_s=0.3)
BEAT_S = 0.3
TOPIC = "data.quotes.SIM.A"
QUOTES = f"trader-T-1:stream:{TOPIC}"


class Node:
    """Writes as a node does: quotes and heartbeats, until it is stopped or its first write fails."""

    def __init__(self, server: RedisServer, trader_id: str = "T-1", topics: tuple[str, ...] = (TOPIC,)) -> None:
        self.trader_id, self.topics, self.has_beat, self.has_quotes = trader_id, list(topics), True, True
        self._client = server.client(retry=None, socket_timeout=0.5)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.say(f"events.system.{trader_id}", READY | {"trader_id": trader_id, "component_id": trader_id})
        self._thread.start()

    def say(self, topic: str, body: object) -> None:
        self._client.xadd(f"trader-{self.trader_id}:stream:{topic}", fields(topic, body))

    def kill(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def stop(self) -> None:
        who = {"trader_id": self.trader_id, "component_id": self.trader_id}
        self.say(f"events.system.{self.trader_id}", READY | who | {"state": "STOPPED"})
        self.kill()

    def _run(self) -> None:
        next_beat = 0.0
        with suppress(redis.RedisError):
            while not self._stop.wait(0.02):
                if self.has_beat and time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + BEAT_S
                    self.say("health:heartbeat", str(time.time_ns()).encode())
                for topic in self.topics if self.has_quotes else ():
                    self.say(topic, QUOTE)


class Watching:
    """A reader at work and its watch, looked through every 50 ms."""

    def __init__(self, url: str, group: str | None = None, silence_s: float = 1.0, max_s: float = 0.1) -> None:
        self.live, router = Live(), Router()
        router.subscribe("*", self.live.feed)
        link = Connection("test", base_s=0.05, max_s=max_s, tries=1000, stable_s=0.0, probe_s=0.2)
        self.subscriber = Subscriber(url, pace=PACE, group=group, connection=link)
        self.watch = Watch(self.subscriber, lambda: self.live.nodes.copy().values(), "test", silence_s, ask_s=0.2)
        self.is_reading, self.stop = threading.Event(), threading.Event()
        self.is_reading.set()
        self._route = router.route
        self.threads = [threading.Thread(target=work) for work in (self._read, self._look, self._ask)]

    def _read(self) -> None:
        for page in self.subscriber.pages(self.stop):
            self._route(page.messages)
            page.ack()
            while not self.is_reading.wait(0.05) and not self.stop.is_set():
                pass

    def _look(self) -> None:
        while not self.stop.wait(0.05):
            self.watch.look()

    def _ask(self) -> None:
        while not self.stop.wait(0.05):
            self.watch.ask()
        self.watch.close()

    @property
    def open(self) -> list[Kind]:
        return [one.kind for one in self.watch.open_incidents]

    def wait_for(self, kind: Kind, timeout_s: float = 8.0) -> Incident:
        def find() -> Incident | None:
            return next((one for one in self.watch.open_incidents if one.kind is kind), None)

        return wait_until(find, timeout_s, f"{kind}, there is {self.watch.open_incidents}")

    def wait_until_over(self, kind: Kind, timeout_s: float = 8.0) -> Incident:
        wait_until(lambda: kind not in self.open, timeout_s, f"the end of {kind}: {self.watch.open_incidents}")
        return next(one for one in self.watch.incidents if one.kind is kind)

    def wait_for_rhythm(self) -> None:
        wait_until(lambda: self.live.nodes and all(node.heartbeat_s for node in self.live.nodes.copy().values()))

    def wait_for_look(self) -> None:
        """Redis was asked twice from now on."""
        for _ in range(2):
            asked_at = self.watch.asked_at
            wait_until(lambda asked_at=asked_at: self.watch.asked_at > asked_at, 5.0, self.watch.problem or "a look")


@contextmanager
def watching(server: RedisServer, *, login: str = "", **options: object) -> Iterator[Watching]:
    work = Watching(f"redis://{login}127.0.0.1:{server.port}/0", **options)
    for thread in work.threads:
        thread.start()
    try:
        yield work
    finally:
        work.stop.set()
        for thread in work.threads:
            thread.join(10)
    assert not any(thread.is_alive() for thread in work.threads)


@pytest.fixture
def start_node(request: pytest.FixtureRequest) -> Callable[..., Node]:
    started: list[Node] = []

    def start(*given: object, **options: object) -> Node:
        started.append(Node(*given, **options))
        return started[-1]

    yield start
    for node in started:
        node.kill()


def test_a_bus_that_works_has_no_incident(redis_server: RedisServer, start_node: Callable[..., Node]) -> None:
    start_node(redis_server)
    for group in (None, "store"):
        with watching(redis_server, group=group) as work:
            work.wait_for_rhythm()
            work.wait_for_look()
            assert work.watch.incidents == []
            wait_until(lambda work=work: work.watch.streams[QUOTES].length > 0)


def test_history_of_a_dead_node_is_not_news_until_it_is_read(redis_server: RedisServer) -> None:
    """While an old stream is read, what its heartbeats say is of then."""
    client, now = redis_server.client(), time.time_ns() // 1_000_000
    pipeline = client.pipeline(transaction=False)
    for number in range(20_000):
        pipeline.xadd("trader-T-9:stream:health:heartbeat", fields("health:heartbeat", b"1"),
                      id=f"{now - 20_000_000 + 1_000 * number}-0")  # fmt: skip
    pipeline.execute()
    with watching(redis_server) as work:
        told = work.wait_for(Kind.HEARTBEAT_MISSED)
        assert work.subscriber.is_caught_up
        assert told.ts_started // 1_000_000 == now - 20_000_000 + 1_000 * 20_000
    assert [one.kind for one in work.watch.incidents] == [Kind.HEARTBEAT_MISSED]


def test_a_killed_node_is_missed_and_heard_again(redis_server: RedisServer, start_node: Callable[..., Node]) -> None:
    node = start_node(redis_server)
    with watching(redis_server) as work:
        work.wait_for_rhythm()
        time.sleep(1.0)
        node.kill()
        killed = time.monotonic()
        told = work.wait_for(Kind.HEARTBEAT_MISSED)
        assert time.monotonic() - killed < 2 * BEAT_S + 0.25 + 0.4
        assert (told.subject, told.trader_id, told.reader) == ("T-1", "T-1", "test")
        start_node(redis_server)
        over = work.wait_until_over(Kind.HEARTBEAT_MISSED)
        assert over.evidence == "its heartbeat came again"
        # Its stream fell silent with it, which is no incident of its own.
        assert {one.kind for one in work.watch.incidents} == {Kind.HEARTBEAT_MISSED}


def test_a_node_that_stops_by_itself_is_not_missed(redis_server: RedisServer, start_node: Callable[..., Node]) -> None:
    node = start_node(redis_server)
    with watching(redis_server) as work:
        work.wait_for_rhythm()
        node.stop()
        time.sleep(1.5)
        assert work.watch.incidents == []


def test_a_heartbeat_missed_stays_while_redis_is_gone_and_after(
    redis_server: RedisServer, start_node: Callable[..., Node]
) -> None:
    node = start_node(redis_server)
    with watching(redis_server) as work:
        work.wait_for_rhythm()
        node.kill()
        work.wait_for(Kind.HEARTBEAT_MISSED)
        redis_server.process.send_signal(signal.SIGSTOP)
        gone = work.wait_for(Kind.REDIS_GONE)
        assert Kind.HEARTBEAT_MISSED in work.open
        redis_server.process.send_signal(signal.SIGCONT)
        assert work.wait_until_over(Kind.REDIS_GONE).evidence == "Redis answers again"
        time.sleep(0.5)
        assert work.open == [Kind.HEARTBEAT_MISSED]
        assert gone.detail


def test_a_frozen_redis_is_gone_and_a_node_that_goes_on_is_never_missed(
    redis_server: RedisServer, start_node: Callable[..., Node]
) -> None:
    start_node(redis_server)
    with watching(redis_server) as work:
        work.wait_for_rhythm()
        redis_server.process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        work.wait_for(Kind.REDIS_GONE)
        assert time.monotonic() - started < PACE.block_s + PACE.answer_s + 0.5
        redis_server.process.send_signal(signal.SIGCONT)
        work.wait_until_over(Kind.REDIS_GONE)
        assert work.open == []


def test_a_node_mute_after_a_restart_of_redis_is_told_until_it_was_heard(
    redis_server: RedisServer, start_node: Callable[..., Node]
) -> None:
    start_node(redis_server)
    with watching(redis_server) as work:
        work.wait_for_rhythm()
        work.wait_for_look()
        redis_server.kill()
        work.wait_for(Kind.REDIS_GONE)
        redis_server.start()
        work.wait_until_over(Kind.REDIS_GONE)
        told = work.wait_for(Kind.REDIS_RESTARTED)
        assert "started anew" in told.detail
        assert told.ts_started <= told.ts_detected
        work.wait_for(Kind.HEARTBEAT_MISSED)
        assert Kind.REDIS_RESTARTED in work.open
        start_node(redis_server)
        assert work.wait_until_over(Kind.REDIS_RESTARTED).evidence == "every node was heard since"
        work.wait_until_over(Kind.HEARTBEAT_MISSED)


def test_a_stream_whose_entries_are_older_than_what_was_read_is_a_restart(redis_server: RedisServer) -> None:
    client = redis_server.client()
    client.xadd(QUOTES, fields(TOPIC, QUOTE))
    with watching(redis_server) as work:
        wait_until(lambda: work.subscriber.entries_read == 1)
        with client.pipeline() as pipeline:
            pipeline.delete(QUOTES)
            pipeline.xadd(QUOTES, fields(TOPIC, QUOTE), id="5-1")
            pipeline.execute()
        assert "1 streams are shorter" in work.wait_for(Kind.REDIS_RESTARTED).detail


@pytest.mark.parametrize("group", [None, "store"])
def test_a_reader_that_stands_still_while_its_stream_is_trimmed_loses_and_says_how_much(
    each_redis_server: RedisServer, group: str | None
) -> None:
    client = each_redis_server.client()
    add(client, 10)
    with watching(each_redis_server, group=group, silence_s=60.0) as work:
        wait_until(lambda: work.subscriber.entries_read == 10)
        work.wait_for_look()
        counts = work.watch.streams[QUOTES].added is not None
        work.is_reading.clear()
        add(client, 1)
        wait_until(lambda: work.subscriber.entries_read == 11)
        add(client, 100)
        work.wait_for_look()
        for lost, left in ((60, 40), (75, 25)):
            client.xtrim(QUOTES, maxlen=left, approximate=False)
            wait_until(lambda lost=lost: count_of(work) == (lost if counts else -1), 5, f"{lost}: {count_of(work)}")
        assert sum(kind is Kind.TRIMMED_UNREAD for kind in work.open) == 1
        told = work.wait_for(Kind.TRIMMED_UNREAD)
        assert told.stream == QUOTES
        assert 0 < told.from_entry < told.to_entry
        work.is_reading.set()
        wait_until(lambda: work.subscriber.entries_read == 36)
        work.wait_for_look()
        # What is lost stays lost, until a person has seen it.
        assert work.open == [Kind.TRIMMED_UNREAD]
        work.watch.acknowledge(told.kind, told.subject)
        assert work.watch.incidents[0].evidence == "seen by a person"


def count_of(work: Watching) -> int | None:
    return next((one.count for one in work.watch.open_incidents if one.kind is Kind.TRIMMED_UNREAD), None)


def add(client: redis.Redis, count: int, stream: str = QUOTES) -> None:
    pipeline = client.pipeline(transaction=False)
    for _ in range(count):
        pipeline.xadd(stream, fields(TOPIC, QUOTE))
    pipeline.execute()


def test_a_stream_that_is_trimmed_as_it_is_read_loses_nothing(redis_server: RedisServer) -> None:
    client, stop = redis_server.client(), threading.Event()

    def write() -> None:
        with redis_server.client() as own:
            while not stop.wait(0.001):
                for _ in range(20):
                    own.xadd(QUOTES, fields(TOPIC, QUOTE), maxlen=2_000, approximate=False)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for group in (None, "store"):
            with watching(redis_server, group=group) as work:
                for _ in range(2):
                    work.wait_for_look()
                assert [one.kind for one in work.watch.incidents if one.kind is not Kind.READER_BEHIND] == []
    finally:
        stop.set()
        thread.join(5)
        client.close()


def test_a_full_redis_is_told_until_there_is_room(each_redis_server: RedisServer) -> None:
    client = each_redis_server.client()
    add(client, 10)
    with watching(each_redis_server) as work:
        work.wait_for_look()
        client.config_set("maxmemory", "1mb")
        told = work.wait_for(Kind.REDIS_FULL)
        assert "noeviction" in told.detail
        with suppress(redis.exceptions.OutOfMemoryError):
            add(client, 1)
        client.config_set("maxmemory", "0")
        work.wait_until_over(Kind.REDIS_FULL)


def test_evictions_and_refusals_are_told_even_where_there_is_room_again(redis_server: RedisServer) -> None:
    client = redis_server.client()
    with watching(redis_server) as work:
        work.wait_for_look()
        client.config_set("maxmemory", "1")
        with suppress(redis.exceptions.OutOfMemoryError):
            client.set("x", "y")
        client.config_set("maxmemory", "0")
        assert "refused 1 writes" in work.wait_for(Kind.REDIS_FULL).detail
        work.wait_until_over(Kind.REDIS_FULL)
        client.mset({f"evict-me-{number}": "x" * 1_000_000 for number in range(10)})
        client.config_set("maxmemory-policy", "allkeys-random")
        client.config_set("maxmemory", client.info("memory")["used_memory"] - 3_000_000)
        client.set("x", "y")
        assert "evicted" in work.wait_for(Kind.REDIS_FULL).detail


def test_a_user_who_may_not_ask_is_read_and_watched_all_the_same(
    redis_server: RedisServer, start_node: Callable[..., Node]
) -> None:
    node = start_node(redis_server)
    redis_server.client().acl_setuser(
        "reader", enabled=True, passwords=["+pw"], keys=["*"],
        commands=["+ping", "+scan", "+xread", "+xrevrange", "+time"],
    )  # fmt: skip
    with watching(redis_server, login="reader:pw@") as work:
        work.wait_for_rhythm()
        wait_until(lambda: work.watch.server is not None and "may not ask" in work.watch.server.note)
        assert work.watch.streams == {}
        assert work.watch.memory([QUOTES]) == {QUOTES: None}
        node.kill()
        work.wait_for(Kind.HEARTBEAT_MISSED)


def test_one_silent_stream_is_told_and_ends_with_an_entry(
    redis_server: RedisServer, start_node: Callable[..., Node]
) -> None:
    node = start_node(redis_server, topics=(TOPIC, "data.quotes.SIM.B"))
    with watching(redis_server) as work:
        wait_until(lambda: sum(seen.pages > 20 for seen in work.subscriber.streams.values()) >= 2)
        node.topics.remove(TOPIC)
        told = work.wait_for(Kind.STREAM_SILENT)
        assert (told.subject, told.stream, told.trader_id) == (QUOTES, QUOTES, "T-1")
        assert work.open == [Kind.STREAM_SILENT]
        node.topics.append(TOPIC)
        assert work.wait_until_over(Kind.STREAM_SILENT).evidence == "an entry came"


def test_streams_that_fall_silent_together_are_few_incidents(
    redis_server: RedisServer, start_node: Callable[..., Node]
) -> None:
    """At most twenty of their own, however they are spread over the looks; the rest as one."""
    node = start_node(redis_server, topics=tuple(f"data.quotes.SIM.{number}" for number in range(30)))
    with watching(redis_server) as work:
        wait_until(lambda: sum(seen.pages > 20 for seen in work.subscriber.streams.values()) >= 30, 20)
        node.has_quotes = False
        work.wait_for(Kind.STREAM_SILENT)
        wait_until(lambda: sum(max(1, one.count) for one in work.watch.open_incidents) >= 30, 20)
        told = work.watch.open_incidents
        assert {one.kind for one in told} == {Kind.STREAM_SILENT}
        assert len(told) <= 21 and "streams of T-1" in [one.subject for one in told]
        node.has_quotes = True
        assert work.wait_until_over(Kind.STREAM_SILENT).evidence
        wait_until(lambda: not work.watch.open_incidents, 20)


def test_silent_streams_of_a_node_that_stops_are_over(
    redis_server: RedisServer, start_node: Callable[..., Node]
) -> None:
    node = start_node(redis_server)
    with watching(redis_server) as work:
        wait_until(lambda: work.subscriber.streams.get(QUOTES) and work.subscriber.streams[QUOTES].pages > 20)
        node.has_quotes = False
        work.wait_for(Kind.STREAM_SILENT)
        node.stop()
        assert "stopped by itself" in work.wait_until_over(Kind.STREAM_SILENT).evidence


def test_a_node_without_a_heartbeat_is_silent_after_a_while(
    redis_server: RedisServer, start_node: Callable[..., Node]
) -> None:
    client = redis_server.client()
    add(client, 5)
    with watching(redis_server, silence_s=0.5) as work:
        assert work.wait_for(Kind.NODE_SILENT).trader_id == "T-1"
        add(client, 1)
        assert work.wait_until_over(Kind.NODE_SILENT).evidence == "messages come again"
        work.wait_for(Kind.NODE_SILENT)
        # It comes back with a heartbeat, which is looked at from then on.
        start_node(redis_server)
        work.wait_until_over(Kind.NODE_SILENT)


def finding(**fields: object) -> Finding:
    return Finding(**{"kind": Kind.POSITIONS_DIFFER, "subject": "T-1 position P", "is_trouble": True} | fields)


@pytest.fixture
def watch() -> Watch:
    """Of a reader that never connects."""
    return Watch(Subscriber("redis://127.0.0.1:1/0"), tuple, "worker")


def test_what_changed_is_given_out_once_and_taken_back_when_it_could_not_be_written(watch: Watch) -> None:
    watch.tell(finding())
    [changed] = watch.drain()
    assert watch.drain() == []
    watch.put_back([changed])
    watch.tell(finding(is_trouble=False, evidence="equal"))
    [over] = watch.drain()
    assert (over.id, over.evidence, over.is_open) == (changed.id, "equal", False)
    watch.put_back([over])
    assert watch.drain() == [over]


def test_what_a_predecessor_left_open_is_kept_and_ends_as_its_own(watch: Watch) -> None:
    left = Incident(kind=Kind.HEARTBEAT_MISSED, subject="T-1", ts_started=5, ts_detected=6, reader="worker")
    watch.tell(finding())
    watch.tell(finding(kind=Kind.HEARTBEAT_MISSED, subject="T-1", since=7))
    lost = watch.drain()
    assert len(lost) == 2
    watch.adopt([left])
    assert {one.kind: one.ts_started for one in watch.open_incidents}[Kind.HEARTBEAT_MISSED] == 5
    # What was found before somebody wrote is written now.
    assert {one.id for one in watch.drain()} == {left.id, lost[0].id}
    watch.tell(
        finding(kind=Kind.HEARTBEAT_MISSED, subject="T-1", is_trouble=False, evidence="its heartbeat came again")
    )
    [over] = watch.drain()
    assert (over.id, over.is_open) == (left.id, False)


def test_a_second_look_at_the_same_trouble_changes_nothing_but_a_greater_count(watch: Watch) -> None:
    lost = {"kind": Kind.TRIMMED_UNREAD, "subject": "s 5"}
    watch.tell(finding(**lost, count=10, to_entry=20))
    watch.drain()
    watch.tell(finding(**lost, count=10, to_entry=20))
    assert watch.drain() == []
    watch.tell(finding(**lost, count=15, to_entry=25))
    [changed] = watch.drain()
    assert (changed.count, changed.to_entry) == (15, 25)


def test_the_worst_stands_first(watch: Watch) -> None:
    for kind, since in ((Kind.STREAM_SILENT, 1), (Kind.REDIS_FULL, 9), (Kind.REDIS_GONE, 3), (Kind.READER_BEHIND, 2)):
        watch.tell(finding(kind=kind, subject="x", since=since))
    found = [one.kind for one in watch.open_incidents]
    assert found == [Kind.REDIS_GONE, Kind.REDIS_FULL, Kind.STREAM_SILENT, Kind.READER_BEHIND]


def test_an_entrys_payload_is_fetched_while_redis_has_it(each_redis_server: RedisServer) -> None:
    client = each_redis_server.client()
    kept = client.xadd(QUOTES, {"topic": TOPIC, "payload": b"\x00" * 100_000})
    entry = int(kept.split(b"-")[0]) << 20 | int(kept.split(b"-")[1])
    watch = Watch(Subscriber(each_redis_server.url, pace=PACE), tuple, "test")
    assert watch.payload(QUOTES, entry) == b"\x00" * 100_000
    client.xdel(QUOTES, kept)
    assert watch.payload(QUOTES, entry) is None
    assert watch.payload("absent", entry) is None


def test_nothing_is_asked_of_a_redis_that_is_not_connected(redis_server: RedisServer) -> None:
    watch = Watch(Subscriber(redis_server.url, pace=PACE), tuple, "test")
    watch.look()
    watch.ask()
    assert (watch.server, watch.asked_at, watch.open_incidents) == (None, 0, [])
    assert watch._subscriber.connection.state is State.DISCONNECTED
