"""What the bus' service answers as cards."""

import pandas as pd
import pytest

from app.views import bus
from app.views.cards import Tone
from nautilus_data.core.job import Job, Status
from nautilus_data.services.bus import Capacity
from nautilus_data.services.overview import BusStatus
from tests.app.conftest import INCIDENT, LETTER, NOW, StandInBus, rows_of

UP = BusStatus(state="connected", address="redis://127.0.0.1:6379/0", last_message_at=NOW)
NONE_OPEN = pd.DataFrame(columns=list(INCIDENT))


def by_key(group) -> dict:
    return {card.key: card for card in group.cards}


@pytest.mark.parametrize(
    ("kind", "count", "said"),
    [
        ("entries trimmed unread", -1, "at least 1"),
        ("reader behind", -1, "unknown"),
        ("reader behind", 12_345, "12,345"),
    ],
)  # fmt: skip
def test_a_count_says_what_is_known_of_it(kind: str, count: int, said: str) -> None:
    assert bus.lost(kind, count) == said


def test_what_is_worst_and_newest_stands_first_and_a_flood_is_cut() -> None:
    many = rows_of(INCIDENT, *[{"id": f"w{at}", "severity": "warn", "ts_started": NOW - at} for at in range(9)], {})
    group = bus.alarms(many, UP, "UTC")
    assert [card.key for card in group.cards] == [INCIDENT["id"], "w0", "w1", "w2", "w3", "w4", "more"]
    assert group.cards[-1].title == "4 more are open"


def test_only_what_a_person_must_see_has_a_button() -> None:
    kinds = [{"id": kind, "kind": kind} for kind in ("entries trimmed unread", "redis restarted", "stream silent")]
    shown = by_key(bus.alarms(rows_of(INCIDENT, *kinds), UP, "UTC"))
    assert [card.action for card in shown.values()] == ["Acknowledge", "Acknowledge", ""]


def test_nothing_is_called_fine_while_the_bus_is_not_read() -> None:
    assert by_key(bus.alarms(NONE_OPEN, UP, "UTC"))["calm"].tone is Tone.OK
    silent = BusStatus(state="connected", silent=("TESTER-001",))
    assert by_key(bus.alarms(NONE_OPEN, silent, "UTC"))["calm"].tone is Tone.WARN
    frozen = bus.alarms(NONE_OPEN, BusStatus(state="reconnecting"), "UTC").cards
    assert [card.tone for card in frozen] == [Tone.BAD]


def test_a_lost_connection_says_since_when_and_offers_a_way_out() -> None:
    lost = BusStatus(state="error", error_message="refused: start Redis", reconnect_attempts=10)
    shown = by_key(bus.connection(lost, NOW, "UTC"))
    assert (shown["bus"].tone, shown["bus"].note, shown["bus"].action) == (
        Tone.BAD,
        lost.error_message,
        "Reconnect now",
    )
    assert (shown["since"].title, shown["since"].since) == ("Not connected", NOW)


def test_a_reader_that_does_not_speak_is_bad_whatever_it_said_last() -> None:
    frame = StandInBus().readers().assign(is_fresh=False, lag_entries=-1)
    (card,) = bus.readers(frame, "UTC").cards
    assert (card.value, card.tone, card.since) == ("not heard from", Tone.BAD, NOW) and "lag unknown" in card.note


@pytest.mark.parametrize(
    ("room", "used", "policy", "holds"),
    [
        (Capacity(), "–", "unknown", "unknown"),
        (Capacity(5, None, "noeviction", 0.0, None), "5 B", "noeviction", "unknown"),
        (Capacity(10**6, 10**9, "allkeys-lru", 1.0, 10.0**12), "1.0 MB", "allkeys-lru", "over 10 years"),
    ],
)  # fmt: skip
def test_what_is_not_known_of_the_capacity_is_said(room: Capacity, used: str, policy: str, holds: str) -> None:
    shown = by_key(bus.capacity(room))
    assert (shown["used"].value, shown["policy"].value, shown["holds"].value) == (used, policy, holds)
    assert (shown["used"].fraction is None) == (room.limit_bytes is None)


@pytest.mark.parametrize(("policy", "tone"), [("noeviction", Tone.BAD), ("allkeys-lru", Tone.WARN)])
def test_nearly_full_is_worst_where_writes_are_refused(policy: str, tone: Tone) -> None:
    assert by_key(bus.capacity(Capacity(80, 100, policy)))["policy"].tone is tone
    assert by_key(bus.capacity(Capacity(79, 100, policy)))["policy"].tone is Tone.NONE


def test_types_that_ask_for_attention_come_first() -> None:
    group = bus.types({"QuoteTick": 9, "unreadable": 1, "New": 2, "Bar": 0}, {"New"})
    assert [(card.title, card.tone) for card in group.cards] == [
        ("unreadable", Tone.BAD), ("New", Tone.WARN), ("QuoteTick", Tone.NONE),
    ]  # fmt: skip


def test_a_dead_letter_shows_reason_and_body_as_text() -> None:
    groups = {group.key: group for group in bus.dead_letter(LETTER, "UTC")}
    assert groups["reason"].text == "not a map" and groups["body"].text == LETTER["preview"]
    assert by_key(groups["letter"])["state"].tone is Tone.BAD


def test_a_job_tells_its_end() -> None:
    (card,) = bus.job(Job(id=7, kind="replay", title="2 dead letters", status=Status.FAILED, message="no store")).cards
    assert (card.value, card.tone, card.note) == ("failed", Tone.BAD, "no store")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("trader-TESTER-001:stream:data.quotes.SIM.GBP/USD", "data.quotes.SIM.GBP/USD of TESTER-001"),
        ("trader-TESTER-001:stream", "trader-TESTER-001:stream"),
        ("127.0.0.1:6379", "127.0.0.1:6379"),
    ],
)
def test_a_key_is_read_at_a_glance(key: str, shown: str) -> None:
    assert bus.short(key) == shown


def test_silence_has_nothing_to_count() -> None:
    (card,) = bus.alarms(rows_of(INCIDENT, {"kind": "stream silent"}), UP, "UTC").cards
    assert "entries:" not in card.note
