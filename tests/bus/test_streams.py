"""What real servers say of their streams and of themselves."""

from __future__ import annotations

import time
from threading import Event, Thread

import redis

from nautilus_data.bus import Link
from nautilus_data.bus.message import entry_id, entry_text
from nautilus_data.bus.streams import first_after, server_facts, stream_facts, stream_memory
from tests.conftest import RedisServer

RAW = ("XINFO STREAM", "XINFO GROUPS", "MEMORY USAGE", "TIME", "XRANGE")
KEY = b"trader-T-1:stream"


def raw_client(server: RedisServer, login: str = "") -> redis.Redis:
    return Link(f"redis://{login}127.0.0.1:{server.port}/0").client(RAW)


def filled(server: RedisServer, count: int = 10, key: bytes = KEY) -> redis.Redis:
    client = raw_client(server)
    for number in range(1, count + 1):
        client.xadd(key, {"topic": "t", "payload": "x"}, id=f"{number}-0")
    return client


def is_counting(client: redis.Redis) -> bool:
    return int(client.info("server")["redis_version"].split(".")[0]) >= 7


def test_a_stream_is_told_as_far_as_the_server_knows(each_redis_server: RedisServer) -> None:
    client = filled(each_redis_server)
    client.xtrim(KEY, maxlen=6, approximate=False)
    client.xgroup_create(KEY, "g", "0")
    client.xgroup_create(KEY, "other", "$")
    client.xreadgroup("g", "c", {KEY: ">"}, count=2)
    told = stream_facts(client, [KEY, b"gone"], "g")
    facts, knows = told[KEY], is_counting(client)
    assert told[b"gone"] is None
    assert (facts.length, entry_text(facts.first), entry_text(facts.last)) == (6, "5-0", "10-0")
    assert (entry_text(facts.delivered), facts.pending) == ("6-0", 2)
    assert (facts.added, facts.trimmed, facts.entries_read, facts.lag) == ((10, 4, 6, 4) if knows else (None,) * 4)


def test_without_a_group_nothing_is_said_of_one(each_redis_server: RedisServer) -> None:
    client = filled(each_redis_server)
    for group in ("", "absent"):
        facts = stream_facts(client, [KEY], group)[KEY]
        assert (facts.delivered, facts.entries_read, facts.lag, facts.pending) == (None,) * 4


def test_an_emptied_stream_keeps_its_last_id(each_redis_server: RedisServer) -> None:
    client = filled(each_redis_server)
    client.xtrim(KEY, maxlen=0, approximate=False)
    facts = stream_facts(client, [KEY])[KEY]
    assert (facts.length, facts.first, entry_text(facts.last)) == (0, 0, "10-0")


def test_keys_that_are_no_streams_and_more_than_a_chunk_are_no_trouble(redis_server: RedisServer) -> None:
    client = raw_client(redis_server)
    names = [b"s%d" % number for number in range(1_100)]
    pipeline = client.pipeline(transaction=False)
    for name in names:
        pipeline.xadd(name, {"a": "b"}, id="5-0")
    pipeline.execute()
    client.set("text", "x")
    told = stream_facts(client, [*names, b"text"], "g")
    assert len(told) == 1_101
    assert told.pop(b"text") is None
    assert {facts.last for facts in told.values()} == {entry_id(b"5-0")}


def test_what_is_delivered_never_lies_behind_the_end_while_a_busy_stream_is_asked(redis_server: RedisServer) -> None:
    """Else a reader would seem to be ahead of its stream, as after a restart of Redis."""
    client, stop = filled(redis_server), Event()
    client.xgroup_create(KEY, "g", "0")

    def write_and_read() -> None:
        with redis_server.client() as own:
            while not stop.is_set():
                own.xadd(KEY, {"a": "b"})
                own.xreadgroup("g", "c", {KEY: ">"}, count=10)

    thread = Thread(target=write_and_read)
    thread.start()
    try:
        seen = [stream_facts(client, [KEY], "g")[KEY] for _ in range(500)]
    finally:
        stop.set()
        thread.join(5)
    assert all(facts.delivered <= facts.last for facts in seen)


def test_memory_and_the_first_entry_after_a_place(each_redis_server: RedisServer) -> None:
    client = filled(each_redis_server)
    sizes = stream_memory(client, [KEY, b"gone"])
    assert sizes[KEY] > 100
    assert sizes[b"gone"] is None
    assert first_after(client, KEY, "3-0") == b"4-0"
    assert first_after(client, KEY, "10-0") is None


def test_a_server_tells_of_itself(each_redis_server: RedisServer) -> None:
    client = raw_client(each_redis_server)
    client.config_set("maxmemory", "50mb")
    facts = server_facts(client)
    assert facts.version and len(facts.run_id) == 40
    assert 0 < facts.used_bytes < facts.limit_bytes == 50 << 20 < facts.machine_bytes
    assert (facts.policy, facts.evicted_keys, facts.refused_writes, facts.note) == ("noeviction", 0, 0, "")
    assert abs(facts.clock_ahead_ms) < 1_000


def test_refused_writes_are_counted(each_redis_server: RedisServer) -> None:
    client = filled(each_redis_server)
    client.config_set("maxmemory", "1")
    for _ in range(3):
        try:
            client.xadd(KEY, {"a": "b"})
        except redis.exceptions.OutOfMemoryError:
            continue
    assert server_facts(client).refused_writes == 3


def test_a_clock_that_is_ahead_is_told(redis_server: RedisServer) -> None:
    facts = server_facts(raw_client(redis_server), lambda: time.time_ns() - 5_000_000_000)
    assert 4_900 < facts.clock_ahead_ms < 5_500


def test_a_user_who_may_not_ask_gets_a_note_and_no_facts(each_redis_server: RedisServer) -> None:
    admin = filled(each_redis_server)
    admin.acl_setuser("poor", enabled=True, passwords=["+pw"], commands=["+ping", "+time"], keys=["*"])
    client = raw_client(each_redis_server, "poor:pw@")
    facts = server_facts(client)
    assert (facts.used_bytes, facts.run_id, facts.refused_writes) == (None, "", None)
    assert "may not ask" in facts.note
    assert stream_facts(client, [KEY], "g") == {KEY: None}
    assert stream_memory(client, [KEY]) == {KEY: None}
