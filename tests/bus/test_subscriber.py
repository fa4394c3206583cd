"""Subscriber against real Redis servers that are filled, flushed, killed and started again."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from nautilus_data.bus import Garbage, Heartbeat, Message, Pace, Page, QuoteTick, Subscriber, entry_id
from nautilus_data.errors import ConfigError, FatalError, RetryableError
from nautilus_data.transport import Connection, State
from tests.bus import recordings
from tests.bus.wire import QUOTE, TS, fields
from tests.conftest import RedisServer, free_port, wait_until

PACE = Pace(discover_s=0.2, block_s=0.1, timeout_s=1.0)
STREAM = "trader-T-1:stream:data.quotes.SIM.GBP/USD"
TOPIC = "data.quotes.SIM.GBP/USD"
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


def quick(**options: object) -> Connection:
    return Connection("test", **{"base_s": 0.02, "max_s": 0.1, "tries": 1000, "stable_s": 0.0, **options})


def subscribe(server: RedisServer, **options: object) -> Subscriber:
    return Subscriber(server.url, **{"pace": PACE, "connection": quick(), **options})


def quote(number: int) -> dict[str, bytes]:
    return fields(TOPIC, QUOTE | {"ts_event": TS + number})


def write(client: redis.Redis, first: int, last: int, stream: str = STREAM) -> None:
    pipeline = client.pipeline(transaction=False)
    for number in range(first, last):
        pipeline.xadd(stream, quote(number))
    pipeline.execute()


def ack(page: Page) -> None:
    page.ack()


class Reading:
    """A subscriber at work in a thread, and all it gave."""

    def __init__(self, subscriber: Subscriber, use: Callable[[Page], None] = ack) -> None:
        self.subscriber, self._use = subscriber, use
        self.messages: list[Message] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @property
    def numbers(self) -> list[int]:
        return [message.body.ts_event - TS for message in self.messages if type(message.body) is QuoteTick]

    @property
    def state(self) -> State:
        return self.subscriber.connection.state

    def wait_for(self, count: int, timeout_s: float = 15.0) -> None:
        wait_until(lambda: len(self.messages) >= count, timeout_s, f"{count} messages, got {len(self.messages)}")

    def wait_for_state(self, state: State) -> None:
        wait_until(lambda: self.state is state, 15.0, f"{state}, is {self.state}")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        for page in self.subscriber.pages(self._stop):
            self.messages += page.messages
            self._use(page)


@contextmanager
def reading(subscriber: Subscriber, use: Callable[[Page], None] = ack) -> Iterator[Reading]:
    work = Reading(subscriber, use)
    work.start()
    try:
        yield work
    finally:
        work.stop()


@pytest.fixture
def durable_server(redis_binary: Path, tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that keeps everything through kill -9."""
    server = RedisServer(redis_binary, tmp_path, *DURABLE)
    server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("group", [None, "store"])
@pytest.mark.parametrize("name", recordings.STREAMS[:2])
def test_a_real_stream_is_read_whole_by_every_server(each_redis_server, name, group) -> None:
    with each_redis_server.client() as client:
        count = recordings.replay(client, name)
    with reading(subscribe(each_redis_server, group=group)) as work:
        work.wait_for(count)
        subscriber = work.subscriber
        assert subscriber.entries_read == count
        assert subscriber.garbage_read == 0
        assert sum(seen.count for seen in subscriber.streams.values()) == count
        assert any(type(message.body) is Heartbeat for message in work.messages)
        wait_until(lambda: subscriber.lag() == 0)
    keys = Counter((message.stream, message.entry) for message in work.messages)
    assert len(keys) == count


def test_a_new_stream_is_found_within_about_a_second_and_read_from_its_beginning(redis_server) -> None:
    with redis_server.client() as client, reading(subscribe(redis_server, pace=Pace())) as work:
        work.wait_for_state(State.CONNECTED)
        write(client, 0, 5)
        started = time.monotonic()
        work.wait_for(5)
        assert time.monotonic() - started < 1.8
        assert work.numbers == [0, 1, 2, 3, 4]


def test_only_streams_that_match_are_read_and_other_keys_are_left_alone(redis_server) -> None:
    with redis_server.client() as client:
        write(client, 0, 1)
        write(client, 1, 2, "trader-T-2:stream")
        client.set("trader-T-1:general:x", "1")
        client.rpush("trader-T-1:orders:O-1", "x")
        with reading(subscribe(redis_server, patterns=("trader-T-2:*", "absent"))) as work:
            work.wait_for(1)
            assert list(work.subscriber.streams) == ["trader-T-2:stream"]
            assert work.messages[0].trader_id == "T-2"


@pytest.mark.parametrize("group", [None, "store"])
def test_garbage_is_counted_and_stops_nothing(redis_server, group) -> None:
    with redis_server.client() as client:
        for entry in ({"x": "y"}, {"topic": b"\xff", "payload": "x"}, fields(TOPIC, b"\x80"), fields(TOPIC, b"")):
            client.xadd(STREAM, entry)
        client.xadd(b"\xff\xfe:stream", {"a": "b"})
        write(client, 0, 3)
        with reading(subscribe(redis_server, group=group)) as work:
            work.wait_for(8)
            assert work.subscriber.garbage_read == 5
            assert work.numbers == [0, 1, 2]
            assert sum(type(message.body) is Garbage for message in work.messages) == 5


def test_a_tail_from_the_end_sees_only_what_comes_later(redis_server) -> None:
    with redis_server.client() as client:
        write(client, 0, 10)
        with reading(subscribe(redis_server, start="end")) as work:
            work.wait_for_state(State.CONNECTED)
            wait_until(lambda: work.subscriber.lag() == 0)
            write(client, 10, 12)
            write(client, 12, 14, "trader-T-1:stream:new")
            work.wait_for(4)
            assert sorted(work.numbers) == [10, 11, 12, 13]


def test_a_tail_from_the_end_of_nothing_sees_the_first_stream_whole(redis_server) -> None:
    with redis_server.client() as client, reading(subscribe(redis_server, start="end")) as work:
        work.wait_for_state(State.CONNECTED)
        wait_until(lambda: work.subscriber._next_discovery > 0)
        write(client, 0, 3)
        work.wait_for(3)


def test_a_tail_goes_on_from_cursors_given_to_it(redis_server) -> None:
    with redis_server.client() as client:
        ids = [client.xadd(STREAM, quote(number)) for number in range(4)]
        with reading(subscribe(redis_server, start={STREAM: entry_id(ids[1])})) as work:
            work.wait_for(2)
            assert work.numbers == [2, 3]


@pytest.mark.parametrize("group", [None, "store"])
def test_a_flushed_redis_is_read_on(redis_server, group) -> None:
    with redis_server.client() as client:
        write(client, 0, 5)
        with reading(subscribe(redis_server, group=group)) as work:
            work.wait_for(5)
            client.flushall()
            write(client, 5, 10)
            work.wait_for(10)
            assert sorted(work.numbers) == list(range(10))
            assert work.state is State.CONNECTED


@pytest.mark.parametrize("group", [None, "store"])
def test_a_stream_replaced_by_another_key_and_back_is_read_on(redis_server, group) -> None:
    with redis_server.client() as client:
        write(client, 0, 2)
        with reading(subscribe(redis_server, group=group)) as work:
            work.wait_for(2)
            client.delete(STREAM)
            client.set(STREAM, "not a stream")
            write(client, 2, 3, "trader-T-1:stream:other")
            work.wait_for(3)
            client.delete(STREAM)
            write(client, 3, 4)
            work.wait_for(4)
            assert work.numbers == [0, 1, 2, 3]


def test_killing_redis_shows_and_heals_and_the_group_loses_and_doubles_nothing(durable_server) -> None:
    client = durable_server.client(retry=None)
    connection = quick(base_s=0.1, max_s=0.1)
    with reading(subscribe(durable_server, group="store", connection=connection)) as work:
        write(client, 0, 500)
        work.wait_for(500)
        for round_ in range(1, 4):
            write(client, round_ * 500, round_ * 500 + 250)
            durable_server.kill()
            work.wait_for_state(State.RECONNECTING)
            assert "REDIS_URL" in (work.subscriber.connection.error_message or "")
            durable_server.start()
            work.wait_for_state(State.CONNECTED)
            write(durable_server.client(), round_ * 500 + 250, round_ * 500 + 500)
            work.wait_for(round_ * 500 + 500)
        wait_until(lambda: durable_server.client().xpending(STREAM, "store")["pending"] == 0)
    assert sorted(work.numbers) == list(range(2000))


def test_an_ack_that_finds_redis_dead_is_sent_later_and_nothing_comes_twice(durable_server) -> None:
    write(durable_server.client(), 0, 10)
    killed = threading.Event()

    def kill_then_ack(page: Page) -> None:
        if not killed.is_set():
            durable_server.kill()
            killed.set()
        page.ack()

    with reading(subscribe(durable_server, group="store"), kill_then_ack) as work:
        wait_until(killed.is_set)
        work.wait_for_state(State.RECONNECTING)
        durable_server.start()
        write(durable_server.client(), 10, 20)
        work.wait_for(20)
        wait_until(lambda: durable_server.client().xpending(STREAM, "store")["pending"] == 0)
    assert work.numbers == list(range(20))


def test_a_redis_that_comes_back_empty_is_read_from_its_new_beginning(redis_server) -> None:
    for group in (None, "store"):
        write(redis_server.client(), 0, 5)
        with reading(subscribe(redis_server, group=group)) as work:
            work.wait_for(5)
            redis_server.kill()
            work.wait_for_state(State.RECONNECTING)
            redis_server.start()
            write(redis_server.client(), 5, 8)
            work.wait_for(8)
            assert work.numbers == [0, 1, 2, 3, 4, 5, 6, 7]
        redis_server.client().flushall()


def test_a_tail_notices_that_a_stream_of_the_same_name_began_anew_while_it_was_away(redis_server) -> None:
    write(redis_server.client(), 0, 3)
    with reading(subscribe(redis_server)) as work:
        work.wait_for(3)
        redis_server.kill()
        work.wait_for_state(State.RECONNECTING)
        redis_server.start()
        redis_server.client().xadd(STREAM, quote(3), id="5-1")
        work.wait_for(4)


def test_what_a_predecessor_read_and_did_not_acknowledge_comes_first(redis_server) -> None:
    client = redis_server.client()
    write(client, 0, 6)
    with reading(subscribe(redis_server, group="store"), lambda page: None) as first:
        first.wait_for(6)
    write(client, 6, 9)
    with reading(subscribe(redis_server, group="store")) as second:
        second.wait_for(9)
        assert second.numbers == list(range(9))
        wait_until(lambda: client.xpending(STREAM, "store")["pending"] == 0)


@pytest.mark.parametrize("deleted", [0, 2])
def test_what_a_dead_consumer_left_is_claimed(each_redis_server, deleted) -> None:
    client = each_redis_server.client()
    ids = [client.xadd(STREAM, quote(number)) for number in range(6)]
    with reading(subscribe(each_redis_server, group="store", consumer="dead"), lambda page: None) as dead:
        dead.wait_for(6)
    if deleted:
        client.xdel(STREAM, *ids[:deleted])
    with reading(subscribe(each_redis_server, group="store", consumer="heir", min_idle_s=0.3)) as heir:
        heir.wait_for(6 - deleted)
        wait_until(lambda: client.xpending(STREAM, "store")["pending"] == 0)
        assert heir.numbers == list(range(deleted, 6))
        assert heir.subscriber.entries_lost == deleted


def test_a_page_in_hand_is_not_claimed_or_given_out_again(redis_server) -> None:
    client = redis_server.client()
    write(client, 0, 4)
    pages: list[Page] = []
    with reading(subscribe(redis_server, group="store", min_idle_s=0.1), pages.append) as work:
        work.wait_for(4)
        write(client, 4, 5)
        work.wait_for(5)
        wait_until(lambda: client.xpending(STREAM, "store")["pending"] == 5)
        time.sleep(0.4)  # several claims pass
        assert work.numbers == [0, 1, 2, 3, 4]
        for page in pages:
            page.ack()
        wait_until(lambda: client.xpending(STREAM, "store")["pending"] == 0)


def test_entries_trimmed_before_they_were_acknowledged_are_counted_as_lost(redis_server) -> None:
    client = redis_server.client()
    write(client, 0, 5)
    with reading(subscribe(redis_server, group="store"), lambda page: None) as first:
        first.wait_for(5)
    client.xtrim(STREAM, maxlen=2, approximate=False)
    with reading(subscribe(redis_server, group="store")) as second:
        second.wait_for(2)
        wait_until(lambda: client.xpending(STREAM, "store")["pending"] == 0)
        assert second.numbers == [3, 4]
        assert second.subscriber.entries_lost == 3


def test_two_groups_and_a_tail_each_see_everything(redis_server) -> None:
    write(redis_server.client(), 0, 50)
    for group in ("one", "two", None):
        with reading(subscribe(redis_server, group=group)) as work:
            work.wait_for(50)
            assert work.numbers == list(range(50))


def test_more_streams_than_fit_a_page_are_read_whole(redis_server) -> None:
    client = redis_server.client()
    pipeline = client.pipeline(transaction=False)
    for number in range(6000):
        pipeline.xadd(f"trader-T-1:stream:{number % 300}", quote(number))
    pipeline.execute()
    with reading(subscribe(redis_server, group="store")) as work:
        work.wait_for(6000)
        assert sorted(work.numbers) == list(range(6000))


def test_nobody_listening_ends_in_error_and_a_person_starts_over(redis_server) -> None:
    redis_server.kill()
    # The waits are 5 ms doubled: ten tries take under three seconds.
    with reading(subscribe(redis_server, connection=quick(base_s=0.005, max_s=60, tries=10))) as work:
        work.wait_for_state(State.ERROR)
        assert work.subscriber.connection.reconnect_attempts == 10
        assert work.subscriber.address in work.subscriber.connection.error_message
        redis_server.start()
        write(redis_server.client(), 0, 1)
        work.subscriber.connection.retry()
        work.wait_for(1)
        assert work.state is State.CONNECTED


def test_a_wrong_password_is_fatal_and_never_shown(redis_server, caplog) -> None:
    caplog.set_level(logging.DEBUG, "nautilus_data")
    redis_server.client().config_set("requirepass", "the-right-one")
    subscriber = Subscriber(f"redis://:s3cret@127.0.0.1:{redis_server.port}/0", pace=PACE, connection=quick(max_s=60))
    with pytest.raises(FatalError, match="REDIS_PASSWORD") as raised:
        subscriber.check()
    with reading(subscriber) as work:
        work.wait_for_state(State.ERROR)
    texts = (str(raised.value), repr(subscriber), subscriber.connection.error_message, caplog.text)
    assert not any("s3cret" in text for text in texts)


@pytest.mark.parametrize(
    "url", ["redis://:p/w@host:1", "http://s3cret@x", "s3cret", "redis://host:s3cret", "", "redis://["]
)
def test_a_url_that_cannot_be_read_is_a_setting_error_without_its_text(url) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL") as raised:
        Subscriber(url)
    assert "s3cret" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_nobody_at_the_address_is_retryable_and_names_it() -> None:
    port = free_port()
    with pytest.raises(RetryableError, match=f"127.0.0.1:{port}"):
        Subscriber(f"redis://127.0.0.1:{port}", pace=PACE).check()


def test_a_server_that_is_not_redis_is_told_as_such() -> None:
    with _listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port, pytest.raises(FatalError, match="is not Redis"):
        Subscriber(f"redis://127.0.0.1:{port}", pace=PACE).check()


def test_a_half_open_connection_is_given_up_in_time() -> None:
    with _listener(b"") as port:
        started = time.monotonic()
        with pytest.raises(RetryableError, match="does not answer"):
            Subscriber(f"redis://127.0.0.1:{port}", pace=PACE).check()
        assert time.monotonic() - started < 3


def test_a_redis_too_full_for_a_group_is_told_and_read_once_it_has_room(redis_server) -> None:
    client = redis_server.client()
    write(client, 0, 3)
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1")
    with reading(subscribe(redis_server, group="store")) as work:
        wait_until(lambda: "it is full" in (work.subscriber.connection.error_message or ""))
        assert work.state is State.CONNECTED
        client.config_set("maxmemory", "0")
        work.wait_for(3)
        wait_until(lambda: work.subscriber.connection.error_message is None)


def test_a_user_without_the_needed_rights_is_told_so(redis_server) -> None:
    client = redis_server.client()
    client.acl_setuser("poor", enabled=True, passwords=["+pw"], commands=["+ping"], keys=["*"])
    url = f"redis://poor:pw@127.0.0.1:{redis_server.port}/0"
    with reading(Subscriber(url, pace=PACE, connection=quick(max_s=60))) as work:
        work.wait_for_state(State.ERROR)
        assert "does not allow" in work.subscriber.connection.error_message


def test_a_reader_at_rest_uses_next_to_no_processor(redis_server) -> None:
    write(redis_server.client(), 0, 1)
    with reading(subscribe(redis_server, pace=Pace())) as work:
        work.wait_for(1)
        before = time.process_time()
        time.sleep(1.0)
        assert time.process_time() - before < 0.1


@contextmanager
def _listener(answer: bytes) -> Iterator[int]:
    """A server that says `answer` to whoever connects, then nothing more."""
    server = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def serve() -> None:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        accepted.append(connection)
        connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        for connection in accepted:
            connection.close()
        server.close()
        thread.join(5)
