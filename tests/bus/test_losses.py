"""Losses against what real servers say of real streams: exact from 7.0 on, unknown before, and never cried in vain."""

from __future__ import annotations

import pytest

from nautilus_data.bus.losses import Losses, Place
from nautilus_data.bus.message import entry_id, entry_text
from nautilus_data.bus.streams import first_after, stream_facts
from nautilus_data.core.incident import UNKNOWN
from tests.conftest import RedisServer

KEY = b"trader-T-1:stream:data.quotes.X"
NAME = KEY.decode()
SECOND = 1_000_000_000
RAW = ("XINFO STREAM", "XINFO GROUPS", "XRANGE")


class Reader:
    """A reader that stops and goes as told, of a group or a tail, and what `Losses` says of it at each look."""

    def __init__(self, server: RedisServer, is_group: bool) -> None:
        self.client = server.client(protocol=2)
        for command in RAW:
            self.client.set_response_callback(command, lambda response, **_: response)
        self.is_group, self.losses = is_group, Losses()
        self.counts = b"entries-added" in self.client.execute_command("XINFO STREAM", self._made())
        self.position, self.count, self.now = 0, 0, 0
        if is_group:
            self.client.xgroup_create(KEY, "g", "0")

    def _made(self) -> bytes:
        self.client.xadd(KEY, {"a": "history"}, id="1-0")
        self.client.xtrim(KEY, maxlen=0, approximate=False)
        return KEY

    def add(self, count: int) -> None:
        last = stream_facts(self.client, [KEY])[KEY].last >> 20
        for number in range(count):
            self.client.xadd(KEY, {"a": "x"}, id=f"{last + number + 1}-0")

    def trim(self, left: int) -> None:
        self.client.xtrim(KEY, maxlen=left, approximate=False)

    def read(self, count: int) -> None:
        if self.is_group:
            reply = self.client.xreadgroup("g", "c", {KEY: ">"}, count=count)
        else:
            reply = self.client.xread({KEY: entry_text(self.position)}, count=count)
        for _, entries in reply:
            self.position, self.count = entry_id(entries[-1][0]), self.count + len(entries)

    def look(self, after_s: float = 1.0) -> tuple[int, int, int] | None:
        """Count, first and last of what was lost since the last look."""
        self.now += int(after_s * SECOND)
        facts = stream_facts(self.client, [KEY], "g" if self.is_group else "")[KEY]
        place = self.place(facts)
        found = self.losses.check(NAME, facts, place, self.now)
        if self.losses.needs_head(NAME, facts, place):
            head = first_after(self.client, KEY, entry_text(place.position))
            self.losses.note_head(NAME, entry_id(head) if head else 0)
        return found and (found.count, found.from_entry >> 20, found.to_entry >> 20)

    def place(self, facts: object) -> Place:
        if self.is_group:
            return Place(facts.delivered, facts.entries_read, True)
        return Place(self.position, self.count)

    def unread(self) -> int:
        facts = stream_facts(self.client, [KEY], "g" if self.is_group else "")[KEY]
        return self.losses.unread(NAME, facts, self.place(facts))

    def known(self, count: int) -> int:
        return count if self.counts else UNKNOWN

    def skip_unless_counted_by_reads(self) -> None:
        if not self.counts:
            pytest.skip("a group is counted from Redis 7 on")
        if self.client.info("server").get("server_name") == "valkey":
            pytest.skip("Valkey counts as read what was trimmed: a loss passed between two looks leaves no trace")


@pytest.fixture(params=["group", "tail"])
def reader(request: pytest.FixtureRequest, each_redis_server: RedisServer) -> Reader:
    return Reader(each_redis_server, request.param == "group")


def test_what_is_trimmed_after_it_was_read_is_no_loss(reader: Reader) -> None:
    reader.add(100)
    assert reader.look() is None
    reader.read(100)
    assert reader.look() is None
    for _ in range(3):
        reader.add(50)
        reader.read(50)
        reader.trim(10)
        assert reader.look() is None
    reader.add(20)
    reader.trim(20)
    assert reader.look() is None
    assert reader.unread() == reader.known(20)


def test_history_trimmed_before_the_first_read_was_never_ours(reader: Reader) -> None:
    reader.add(100)
    reader.trim(40)
    assert reader.look() is None
    reader.read(10)
    assert reader.look() is None
    assert reader.unread() == reader.known(30)
    reader.read(100)
    assert reader.look() is None
    assert reader.unread() == 0


def test_a_stopped_reader_loses_what_is_trimmed_and_the_count_grows_with_the_next_trim(reader: Reader) -> None:
    reader.add(100)
    reader.look()
    reader.read(100)
    reader.look()
    reader.add(50)
    assert reader.look() is None
    reader.trim(30)
    assert reader.look() == (reader.known(20), 101, 122)
    assert reader.look() is None
    reader.trim(20)
    assert reader.look() == (reader.known(30), 101, 132)
    assert reader.unread() == reader.known(20)
    reader.read(100)
    assert reader.look() is None
    reader.add(5)
    assert reader.unread() == reader.known(5)


def test_two_losses_at_different_places_are_two_and_each_is_exact(reader: Reader) -> None:
    reader.add(10)
    reader.look()
    reader.read(10)
    reader.look()
    for first in (11, 21):
        reader.add(10)
        reader.look()
        reader.trim(4)
        assert reader.look() == (reader.known(6), first, first + 7)
        reader.read(10)
        assert reader.look() is None


def test_a_reader_that_caught_up_before_anybody_looked_still_lost_it(reader: Reader) -> None:
    reader.add(10)
    reader.look()
    reader.read(10)
    reader.look()
    reader.add(100)
    reader.trim(30)
    reader.read(100)
    if reader.is_group and reader.counts:
        reader.skip_unless_counted_by_reads()
    found = reader.look(after_s=10.0)
    assert found == (reader.known(70), 11, 82)
    assert reader.look() is None


def test_a_reader_without_a_pause_is_not_suspected_where_nothing_is_counted(reader: Reader) -> None:
    """A stream kept short moves on as a whole between two looks."""
    reader.add(10)
    reader.look()
    for _ in range(5):
        reader.add(20)
        reader.read(100)
        reader.trim(5)
        assert reader.look() is None


def test_a_stream_trimmed_to_nothing_unread_is_lost(reader: Reader) -> None:
    reader.add(10)
    reader.look()
    reader.read(10)
    reader.look()
    reader.add(7)
    reader.look()
    reader.trim(0)
    found = reader.look()
    assert found is not None
    assert found[:2] == (reader.known(7), 11)
    assert reader.unread() == (0 if reader.counts else UNKNOWN)


def test_what_was_never_read_of_a_known_stream_is_lost_too(reader: Reader) -> None:
    reader.add(10)
    assert reader.look() is None
    assert reader.look() is None
    reader.trim(4)
    assert reader.look()[0] == reader.known(6)
    reader.read(2)
    assert reader.look() is None
    assert reader.unread() == reader.known(2)
    reader.read(10)
    assert reader.look() is None


def test_a_page_of_a_tail_that_is_under_way_is_no_loss(redis_server: RedisServer) -> None:
    reader = Reader(redis_server, is_group=False)
    reader.add(10)
    reader.look()
    reader.read(10)
    reader.look()
    reader.add(10)
    position, count = reader.position, reader.count
    reader.read(10)
    now = reader.position, reader.count
    # Read, and not yet counted.
    reader.position, reader.count = position - (1 << 20), count - 1
    reader.trim(2)
    assert reader.look() is None
    reader.position, reader.count = now
    assert reader.look() is None


def test_a_group_left_alone_while_it_was_trimmed_is_told_at_the_next_start(each_redis_server: RedisServer) -> None:
    reader = Reader(each_redis_server, is_group=True)
    reader.add(10)
    reader.read(10)
    reader.add(10)
    reader.trim(3)
    reader.losses = Losses()
    assert reader.look() == (reader.known(7), 11, 19)
    assert reader.look() is None


def test_a_tail_that_joins_far_behind_does_not_take_history_for_a_loss(redis_server: RedisServer) -> None:
    reader = Reader(redis_server, is_group=False)
    reader.add(1_000)
    reader.trim(500)
    reader.read(100)
    assert reader.look() is None
    assert reader.unread() == UNKNOWN
    reader.trim(300)
    reader.look()
    assert reader.look() is None or reader.counts
    reader.read(1_000)
    reader.look()
    assert reader.unread() == 0


def test_what_is_forgotten_begins_anew(reader: Reader) -> None:
    reader.add(5)
    reader.look()
    reader.read(5)
    reader.look()
    reader.losses.forget(NAME)
    reader.add(2)
    assert reader.look() is None


@pytest.mark.parametrize("is_new", [False, True])
def test_a_group_whose_count_redis_forgot_when_it_read_its_file_again_lost_nothing(
    each_redis_server: RedisServer, is_new: bool
) -> None:
    reader = Reader(each_redis_server, True)
    if not reader.counts:
        pytest.skip("a group is counted from Redis 7 on")
    reader.add(100)
    reader.read(100)
    assert reader.look() is None
    reader.client.execute_command("XGROUP", "SETID", KEY, "g", "101-0", "ENTRIESREAD", 3)
    reader.losses = Losses() if is_new else reader.losses
    reader.add(10)
    assert reader.look() is None
    reader.read(10)
    assert reader.look() is None
    reader.add(10)
    reader.trim(4)
    assert reader.look() == (6, 111, 118)


def counted_by_reads(server: RedisServer) -> Reader:
    """A group's reader that was seen when it had read all there was."""
    reader = Reader(server, True)
    reader.skip_unless_counted_by_reads()
    reader.add(10)
    reader.read(10)
    assert reader.look() is None
    return reader


def test_a_loss_is_told_though_the_next_look_finds_the_reader_past_it_and_busy(each_redis_server: RedisServer) -> None:
    reader = counted_by_reads(each_redis_server)
    reader.add(50)
    reader.trim(8)
    reader.add(3)
    reader.read(10)
    assert reader.look() is None  # one entry is under way
    reader.read(1)
    assert reader.look()[0] == 42


@pytest.mark.parametrize(("read_in_time", "lost"), [(50, 0), (8, 42)])
def test_of_a_reader_that_is_never_found_caught_up_the_unread_are_counted(
    each_redis_server: RedisServer, read_in_time: int, lost: int
) -> None:
    reader = counted_by_reads(each_redis_server)
    reader.add(58)
    reader.read(read_in_time)
    reader.trim(8)
    reader.add(3)
    reader.read(10)
    facts = stream_facts(reader.client, [KEY], "g")[KEY]
    place = Place(facts.delivered, facts.entries_read, True)
    assert reader.look() is None
    assert reader.losses.needs_count(NAME, facts, place)
    found = reader.losses.note_count(NAME, facts, place, 1)
    assert (found.count if found else 0) == lost
    assert not reader.losses.needs_count(NAME, facts, place)
