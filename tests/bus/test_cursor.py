"""Cursor: how far a reader has come, whatever breaks between asking and reading."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

import pytest
import redis

from nautilus_data.bus import Link, Pace, Page, Subscriber, entry_id
from nautilus_data.bus.cursor import Cursor, Group, Tail
from nautilus_data.bus.packing import pack, pack_all
from nautilus_data.transport import State
from tests.bus.test_subscriber import PACE, STREAM, quick, quote, reading, subscribe, write
from tests.bus.wire import fields
from tests.conftest import RedisServer, wait_until

KEY = STREAM.encode()
OTHER = "trader-T-1:stream:other"
RAW = ("SCAN", "XREVRANGE", "XINFO GROUPS", "XGROUP CREATE")


def ids_of(reply: list) -> list[bytes]:
    return [entry[0] for _, entries in reply for entry in entries]


def connected(cursor: Cursor, server: RedisServer, *keys: bytes) -> redis.Redis:
    client = Link(server.url, PACE).connect(RAW)
    cursor.resume(client)
    cursor.adopt(client, keys)
    if isinstance(cursor, Group) and not cursor._pending:
        # First it looks for what a dead consumer left.
        assert cursor.read(1, 1) == []
    return client


def made(kind: str) -> Cursor:
    return Tail() if kind == "tail" else Group("g", "c")


def take(cursor: Cursor, count: int) -> list[bytes]:
    """A page, given out and acknowledged."""
    reply = cursor.read(count, 20)
    ids = {key: [entry[0] for entry in entries] for key, entries in reply}
    cursor.give(ids)
    cursor.ack(ids)
    return ids_of(reply)


def read_all(cursor: Cursor, rounds: int = 10) -> list[bytes]:
    """Page after page until nothing comes."""
    found = [one for _ in range(rounds) for one in take(cursor, 100)]
    cursor.finish()
    return found


def test_a_packed_command_is_what_redis_py_packs(redis_server: RedisServer) -> None:
    words = (b"XREAD", b"COUNT", 10, b"STREAMS", b"a\r\nb", b"", b"0-0")
    client = redis_server.client()
    connection = client.connection_pool.get_connection()
    assert pack(*words) == b"".join(connection.pack_command(*words))
    assert pack(*words[:4], more=3) + pack_all(words[4:]) == pack(*words)


@pytest.mark.parametrize("kind", ["tail", "group"])
def test_what_was_asked_ahead_is_given_at_the_next_read_and_once(each_redis_server: RedisServer, kind: str) -> None:
    client = each_redis_server.client()
    ids = [client.xadd(STREAM, quote(number)) for number in range(30)]
    cursor = made(kind)
    connected(cursor, each_redis_server, KEY)
    first = cursor.read(10, 50)
    cursor.ask(10)
    # What comes meanwhile is no part of an answer that is there already.
    time.sleep(0.05)
    client.xadd(STREAM, quote(30))
    second = cursor.read(999, 50)
    assert (ids_of(first), ids_of(second)) == (ids[:10], ids[10:20])
    assert not cursor.is_caught_up
    assert ids_of(cursor.read(999, 50))[:10] == ids[20:]
    assert cursor.is_caught_up


@pytest.mark.parametrize("kind", ["tail", "group"])
def test_a_stream_forgotten_while_it_was_asked_for_is_not_given(redis_server: RedisServer, kind: str) -> None:
    client = redis_server.client()
    for name in (STREAM, OTHER):
        for number in range(4):
            client.xadd(name, quote(number))
    cursor = made(kind)
    connected(cursor, redis_server, KEY, OTHER.encode())
    cursor.read(1, 50)
    cursor.ask(2)
    cursor.forget([KEY])
    reply = cursor.read(2, 50)
    assert [key for key, _ in reply] == [OTHER.encode()]
    assert len(ids_of(cursor.read(10, 50))) == 1


@pytest.mark.parametrize("kind", ["tail", "group"])
@pytest.mark.parametrize("moment", ["before the answer", "after the answer", "in the middle"])
def test_a_connection_killed_between_ask_and_read_loses_nothing(
    each_redis_server: RedisServer, kind: str, moment: str
) -> None:
    admin = each_redis_server.client()
    ids = [admin.xadd(STREAM, quote(number)) for number in range(60)]
    cursor = made(kind)
    connected(cursor, each_redis_server, KEY)
    first = cursor.read(10, 50)
    given = {key: [entry[0] for entry in entries] for key, entries in first}
    cursor.give(given)
    if moment == "before the answer":
        kill_others(admin)
    try:
        cursor.ask(10)
        cursor.ack(given)
        if moment == "after the answer":
            time.sleep(0.05)
        kill_others(admin)
        found = take(cursor, 10)
    except (redis.RedisError, OSError):
        found = []
    connected_again = Link(each_redis_server.url, PACE).connect(RAW)
    cursor.resume(connected_again)
    found += read_all(cursor)
    # What was given out before is not given out again: it is acknowledged instead.
    assert found == ids[10:]
    if kind == "group":
        assert admin.xpending(STREAM, "g")["pending"] == 0


def kill_others(admin: redis.Redis) -> None:
    admin.client_kill_filter(_type="normal", skipme=True)


@pytest.mark.parametrize("group", [None, "store"])
def test_a_reader_whose_connection_is_killed_at_any_moment_loses_and_doubles_nothing(
    redis_server: RedisServer, group: str | None
) -> None:
    client, stop = redis_server.client(), threading.Event()

    def kill_often() -> None:
        chance = random.Random(5)
        while not stop.wait(chance.uniform(0.005, 0.08)):
            client.client_kill_filter(_type="normal", skipme=True)

    killer = threading.Thread(target=kill_often)
    with reading(subscribe(redis_server, group=group)) as work, redis_server.client() as writer:
        killer.start()
        written = 0
        try:
            while written < 8_000:
                try:
                    write(writer, written, written + 100)
                    written += 100
                except redis.ConnectionError:
                    # How much of the batch came through is what the stream says.
                    written = redis_server.client().xlen(STREAM)
                if written > 4_000:
                    time.sleep(0.002)
        finally:
            stop.set()
            killer.join(5)
        total = redis_server.client().xlen(STREAM)
        work.wait_for(total)
        time.sleep(0.3)
        entries = [message.entry for message in work.messages]
        if group:
            wait_until(lambda: redis_server.client().xpending(STREAM, group)["pending"] == 0)
    assert len(entries) == len(set(entries)) == total
    assert entries == sorted(entries)


def test_acks_ride_with_the_next_read_and_the_last_at_the_end(redis_server: RedisServer) -> None:
    client = redis_server.client()
    write(client, 0, 20)
    cursor = Group("g", "c")
    connected(cursor, redis_server, KEY)
    before = calls(client, "xack")
    reply = cursor.read(10, 50)
    given = {KEY: ids_of(reply)}
    cursor.give(given)
    cursor.ack(given)
    assert (calls(client, "xack"), client.xpending(STREAM, "g")["pending"]) == (before, 10)
    last = {KEY: ids_of(cursor.read(10, 50))}
    assert (calls(client, "xack"), client.xpending(STREAM, "g")["pending"]) == (before + 1, 10)
    cursor.give(last)
    cursor.ack(last)
    cursor.finish()
    assert client.xpending(STREAM, "g")["pending"] == 0


def calls(client: redis.Redis, command: str) -> int:
    return client.info("commandstats").get(f"cmdstat_{command}", {}).get("calls", 0)


def test_what_was_asked_ahead_at_the_end_stays_pending_and_comes_first_next_time(redis_server: RedisServer) -> None:
    client = redis_server.client()
    write(client, 0, 20)
    cursor = Group("g", "c")
    connected(cursor, redis_server, KEY)
    reply = cursor.read(10, 50)
    cursor.ask(10)
    cursor.ack({KEY: ids_of(reply)})
    cursor.finish()
    assert client.xpending(STREAM, "g")["pending"] == 10
    heir = Group("g", "c")
    connected(heir, redis_server, KEY)
    assert len(read_all(heir)) == 10


def test_a_page_may_be_acknowledged_from_another_thread_and_in_any_order(redis_server: RedisServer) -> None:
    client = redis_server.client()
    pages: list[Page] = []
    stop = threading.Event()

    def ack_later() -> None:
        chance = random.Random(2)
        while not stop.is_set() or pages:
            if pages:
                pages.pop(chance.randrange(len(pages))).ack()
            else:
                time.sleep(0.001)

    thread = threading.Thread(target=ack_later)
    thread.start()
    with reading(subscribe(redis_server, group="store", min_idle_s=0.2), pages.append) as work:
        for first in range(0, 5_000, 100):
            write(client, first, first + 100)
        work.wait_for(5_000)
        stop.set()
        thread.join(10)
        wait_until(lambda: client.xpending(STREAM, "store")["pending"] == 0)
    assert sorted(work.numbers) == list(range(5_000))


READ_ONLY = ["+ping", "+scan", "+xread", "+xrevrange", "+xrange", "+xinfo", "+type", "+time", "+info", "+memory|usage"]


def read_only(server: RedisServer, cursors: Callable[[], dict[str, int]]) -> Subscriber:
    server.client().acl_setuser("reader", enabled=True, passwords=["+pw"], keys=["*"], commands=[
        command for command in READ_ONLY if "|" not in command])  # fmt: skip
    url = f"redis://reader:pw@127.0.0.1:{server.port}/0"
    return Subscriber(url, group="store", cursors=cursors, pace=PACE, connection=quick())


def test_a_user_who_may_only_read_goes_on_from_the_stores_cursors_and_leaves_no_trace(
    each_redis_server: RedisServer,
) -> None:
    client, cursors = each_redis_server.client(), {}

    def keep(page: Page) -> None:
        for message in page.messages:
            cursors[message.stream] = message.entry
        page.ack()

    write(client, 0, 10)
    with reading(read_only(each_redis_server, cursors.copy), keep) as first:
        first.wait_for(10)
        assert first.subscriber.mode == "cursors"
        assert first.state is State.CONNECTED
    write(client, 10, 15)
    write(client, 100, 103, OTHER)
    with reading(read_only(each_redis_server, cursors.copy), keep) as second:
        second.wait_for(8)
        time.sleep(0.2)
    assert sorted(second.numbers) == [10, 11, 12, 13, 14, 100, 101, 102]
    assert client.xinfo_groups(STREAM) == client.xinfo_groups(OTHER) == []
    assert sorted(client.keys()) == sorted([KEY, OTHER.encode()])


def test_a_user_who_may_only_read_is_refused_where_a_group_is_insisted_on(redis_server: RedisServer) -> None:
    subscriber = read_only(redis_server, dict)
    subscriber._cursors = None
    write(redis_server.client(), 0, 1)
    with reading(subscriber) as work:
        work.wait_for_state(State.ERROR)
        assert "does not allow" in subscriber.connection.error_message


@pytest.mark.parametrize("group", [None, "store"])
def test_a_burst_of_large_entries_brings_pages_of_bounded_size(redis_server: RedisServer, group: str | None) -> None:
    """Small entries first, so that the reader asks for many."""
    client, sizes = redis_server.client(), []

    def weigh(page: Page) -> None:
        sizes.append(sum(len(message.payload) for message in page.messages))
        page.ack()

    write(client, 0, 20_000)
    with reading(subscribe(redis_server, group=group), weigh) as work:
        work.wait_for(20_000)
        wait_until(lambda: work.subscriber.is_caught_up)
        before = len(sizes)
        big = fields("data.custom.Blob", b"\x81\xa1a\xc6" + (1_000_000).to_bytes(4, "big") + b"x" * 1_000_000)
        add_slowly(client, 5)
        work.wait_for(20_005)
        with client.pipeline(transaction=True) as pipeline:
            for _ in range(200):
                pipeline.xadd(STREAM, big)
            pipeline.execute()
        work.wait_for(20_205, 60)
    burst = [size for size in sizes[before:] if size]
    assert sum(burst) > 200_000_000
    assert max(burst) <= 51 * 1_000_100
    assert sorted(burst)[-2] <= 16 << 20


def add_slowly(client: redis.Redis, count: int) -> None:
    for number in range(count):
        write(client, number, number + 1)
        time.sleep(0.05)


def test_an_ack_of_a_stream_that_is_gone_is_dropped(redis_server: RedisServer) -> None:
    client = redis_server.client()
    write(client, 0, 5)
    cursor = Group("g", "c")
    connection = connected(cursor, redis_server, KEY)
    given = {KEY: ids_of(cursor.read(10, 50))}
    cursor.give(given)
    client.delete(STREAM)
    cursor.forget([KEY])
    cursor.ack(given)
    client.xadd(OTHER, quote(1))
    cursor.adopt(connection, [OTHER.encode()])
    assert len(read_all(cursor, 3)) == 1
    assert cursor.trouble is None


def test_a_tail_is_not_sent_back_by_a_key_that_became_something_else(redis_server: RedisServer) -> None:
    client = redis_server.client()
    write(client, 0, 20)
    write(client, 100, 101, OTHER)
    slow = Pace(discover_s=5.0, block_s=0.1, timeout_s=1.0)
    with reading(subscribe(redis_server, pace=slow)) as work:
        work.wait_for(21)
        with client.pipeline() as pipeline:
            pipeline.delete(OTHER)
            pipeline.set(OTHER, "no stream any more")
            pipeline.execute()
        write(client, 20, 25)
        work.wait_for(26)
        time.sleep(0.3)
    assert sorted(work.numbers) == [*range(25), 100]


def test_keys_too_long_for_a_database_are_told_and_not_read(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    client = redis_server.client()
    client.xadd("x" * 2_000, quote(1))
    write(client, 0, 1)
    with reading(subscribe(redis_server, group="store")) as work:
        work.wait_for(1)
        wait_until(lambda: "1 streams are not read" in (work.subscriber.connection.error_message or ""))
        client.delete("x" * 2_000)
        wait_until(lambda: work.subscriber.connection.error_message is None)


def test_a_tail_given_places_begins_there_and_elsewhere_at_the_beginning(redis_server: RedisServer) -> None:
    client = redis_server.client()
    ids = [client.xadd(STREAM, quote(number)) for number in range(6)]
    client.xadd(OTHER, quote(9))
    tail = Tail({STREAM: entry_id(ids[3])})
    connected(tail, redis_server, KEY, OTHER.encode())
    assert len(read_all(tail, 3)) == 3


def test_a_group_that_has_everything_is_not_behind_whatever_redis_counts(each_redis_server: RedisServer) -> None:
    """As after Redis 7.0 read its append-only file again: it then counts fewer entries read than there were."""
    with each_redis_server.client() as client:
        write(client, 0, 10)
        cursor = Group("g", "c")
        mine = connected(cursor, each_redis_server, KEY)
        assert len(take(cursor, 100)) == 10
        try:
            client.execute_command("XGROUP", "SETID", KEY, "g", client.xinfo_stream(KEY)["last-generated-id"],
                                   "ENTRIESREAD", 3)  # fmt: skip
        except redis.ResponseError:
            pytest.skip("a group is counted from Redis 7 on")
        assert cursor.lag(mine) == 0
        write(client, 10, 11)
        assert cursor.lag(mine) > 0
