"""What is kept about the bus: dead letters, incidents, readers, signals; on every database alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nautilus_data.core.dead_letter import DECODER, DeadLetter, Fate
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.store import Store
from nautilus_data.store.bus_records import DEAD_LETTER_BYTES
from tests.store.conftest import Clock

LETTER = DeadLetter(
    stream="trader-T-1:stream:events.order.S", entry=5 << 20 | 7, handler="store", topic="events.order.S",
    trader_id="T-1", reason="ValueError: no", payload=b"\x00\xff{}", size=4,
)  # fmt: skip
KEY = LETTER.stream, LETTER.entry, LETTER.handler


def test_a_letter_comes_back_as_it_was(store: Store, clock: Clock) -> None:
    store.keep_dead_letters([LETTER])
    assert store.dead_letters() == [replace(LETTER, ts_first=clock.now, ts_last=clock.now)]
    assert store.dead_letter(KEY) == store.dead_letters()[0]
    assert store.dead_letter((*KEY[:2], "other")) is None


def test_a_letter_that_fails_again_keeps_its_first_time_and_counts_its_tries(store: Store, clock: Clock) -> None:
    first = clock.now
    store.keep_dead_letters([replace(LETTER, attempts=3)])
    store.set_fate([KEY], Fate.REPLAYED)
    clock.now += 10
    store.keep_dead_letters([replace(LETTER, attempts=3, reason="worse")])
    [kept] = store.dead_letters()
    assert (kept.attempts, kept.reason, kept.state) == (6, "worse", Fate.DEAD)
    assert (kept.ts_first, kept.ts_last) == (first, first + 10)


def test_one_entry_that_two_handlers_refuse_is_two_letters(store: Store) -> None:
    store.keep_dead_letters([LETTER, replace(LETTER, handler=DECODER), replace(LETTER, handler="alerts")])
    assert {one.handler for one in store.dead_letters()} == {"store", DECODER, "alerts"}


@pytest.mark.parametrize("text", ["a\0b", "\ud800 lone", "é\U0001f600", "x" * 100_000, "'; DROP TABLE bars; --"])
def test_any_text_is_kept(store: Store, text: str) -> None:
    """PostgreSQL has no NUL, no database a lone surrogate: such a text must not hold up the ingest for ever."""
    store.keep_dead_letters([replace(LETTER, topic=text, reason=text, trader_id=text, stream=text)])
    [kept] = store.dead_letters()
    assert kept.topic
    assert kept.reason[:2] == text[:2].replace("\0", "\\0").replace("\ud800", "\\ud800")[:2]
    store.write_rows({}, {}, [replace(LETTER, topic=text, stream=text)])
    assert store.dead_letters()[0].attempts == 2


def test_a_large_payload_is_kept_cut_with_its_size(store: Store) -> None:
    store.keep_dead_letters([replace(LETTER, payload=b"x" * 10_000_000, size=10_000_000)])
    [kept] = store.dead_letters()
    assert (len(kept.payload), kept.size, kept.is_cut) == (DEAD_LETTER_BYTES, 10_000_000, True)
    assert not LETTER.is_cut


def test_letters_are_found_by_trader_and_fate_the_last_first(store: Store, clock: Clock) -> None:
    for number in range(5):
        clock.now += 1
        store.keep_dead_letters([replace(LETTER, entry=number, trader_id=f"T-{number % 2}")])
    assert [one.entry for one in store.dead_letters()] == [4, 3, 2, 1, 0]
    assert [one.entry for one in store.dead_letters(1)] == [4]
    assert [one.entry for one in store.dead_letters(trader_id="T-1")] == [3, 1]
    assert store.set_fate([(LETTER.stream, number, "store") for number in (0, 1, 99)], Fate.DISCARDED) == 2
    assert [one.entry for one in store.dead_letters(fates=[Fate.DISCARDED])] == [1, 0]


def test_a_failed_replay_is_another_attempt_with_its_reason(store: Store, clock: Clock) -> None:
    store.keep_dead_letters([LETTER])
    store.set_fate([KEY], Fate.QUEUED)
    assert store.dead_letter(KEY).attempts == 1
    clock.now += 5
    store.set_fate([KEY], Fate.DEAD, "again no")
    kept = store.dead_letter(KEY)
    assert (kept.state, kept.reason, kept.attempts, kept.ts_last) == (Fate.DEAD, "again no", 2, clock.now)


def incident(number: int = 1, **fields: object) -> Incident:
    basic = {"kind": Kind.TRIMMED_UNREAD, "subject": f"s {number}", "ts_started": number, "ts_detected": number,
             "trader_id": "T-1", "stream": "s", "from_entry": 1 << 40, "to_entry": 2 << 40, "count": 7,
             "detail": "lost", "reader": "worker"}  # fmt: skip
    return Incident(**basic | fields)


def test_an_incident_comes_back_as_it_was_and_is_brought_up_to_date(store: Store) -> None:
    store.save_incidents([incident()])
    assert store.incidents() == [incident()]
    store.save_incidents([incident().cleared(99, "seen by a person")])
    [kept] = store.incidents()
    assert (kept.ts_cleared, kept.evidence, kept.is_open) == (99, "seen by a person", False)
    assert store.incidents(open_only=True) == []


def test_incidents_of_redis_belong_to_every_trader(store: Store) -> None:
    gone = incident(3, kind=Kind.REDIS_GONE, trader_id="")
    store.save_incidents([incident(1), incident(2, trader_id="T-2"), gone])
    assert store.incidents(trader_id="T-1") == [gone, incident(1)]
    assert store.incidents(1) == [gone]
    assert len(store.incidents()) == 3


def test_two_of_a_kind_at_different_times_are_two(store: Store) -> None:
    store.save_incidents([incident(1, subject="x"), incident(2, subject="x"), incident(1, subject="x", reader="y")])
    assert len(store.incidents()) == 3


def test_what_is_over_is_pruned_and_what_is_open_stays(store: Store, clock: Clock) -> None:
    store.save_incidents([incident(1), incident(2).cleared(10, ""), incident(3).cleared(1_000, "")])
    clock.now = 5
    store.keep_dead_letters([LETTER, replace(LETTER, entry=1)])
    store.set_fate([KEY], Fate.REPLAYED)
    assert store.prune_bus_records(100) == 2
    assert [one.ts_started for one in store.incidents()] == [3, 1]
    assert [one.entry for one in store.dead_letters()] == [1]


def test_readers_tell_of_themselves_and_are_forgotten(store: Store, clock: Clock) -> None:
    store.save_reader("worker a:1", "worker", {"state": "connected", "lag_entries": None})
    clock.now += 10
    store.save_reader("server a:2", "server", {"state": "error"})
    store.save_reader("server a:2", "server", {"state": "connected"})
    first, second = store.readers()
    assert (first["name"], first["role"], first["state"], first["ts_updated"]) == (
        "server a:2", "server", "connected", clock.now,
    )  # fmt: skip
    assert (second["name"], second["lag_entries"]) == ("worker a:1", None)
    store.forget_readers(clock.now)
    assert [one["name"] for one in store.readers()] == ["server a:2"]


def test_a_signal_has_the_time_it_was_sent_last(store: Store, clock: Clock) -> None:
    assert store.signal("bus.reconnect") == 0
    store.send_signal("bus.reconnect")
    clock.now += 7
    store.send_signal("bus.reconnect")
    assert (store.signal("bus.reconnect"), store.signal("other")) == (clock.now, 0)
