"""The page of the message bus without a browser."""

from dataclasses import replace

import pytest

from app.layout.live import Snapshot
from app.pages.bus import BusPage
from nautilus_data.core.job import Job, Status
from nautilus_data.services.bus import BookView, Capacity
from nautilus_data.services.overview import BusStatus
from tests.app.conftest import INCIDENT, LETTER, NOW, rows_of, seen, stream_rows

S = 1_000_000_000


@pytest.fixture
def page(stand_in) -> BusPage:
    page = BusPage(stand_in)
    page.snapshot = Snapshot(NOW, stand_in.overview.bus(), stand_in.overview.status())
    page.build()
    assert page.is_ready
    page.take(page.snapshot)
    return page


def later(page: BusPage, stand_in, seconds: float = 1) -> None:
    """One tick with what the stand-in says now; what is read in a thread is due again."""
    for part in page.parts.values():
        for name in ("reading", "_slow", "_jobs", "table"):
            found = getattr(part, name, None)
            for reading in (found, getattr(found, "reading", None)):
                if hasattr(reading, "_asked_at"):
                    reading._asked_at = float("-inf")
            for table in (found, getattr(found, "table", None)):
                if hasattr(table, "_replaced_at"):
                    table._replaced_at = float("-inf")
    page.take(replace(page.snapshot, beat=page.snapshot.beat + int(seconds * S), bus=stand_in.overview.bus()))


def cards(*boards) -> dict[str, dict]:
    return {card["key"]: card for board in boards for group in board.groups for card in group["cards"]}


def health(page: BusPage) -> dict[str, dict]:
    part = page.parts["health"]
    return cards(part._upper, part._rates, part._lower)


def letters(page: BusPage):
    page.view = "letters"
    return page.parts["letters"]


def test_health_shows_connection_readers_types_and_history(page) -> None:
    shown = health(page)
    assert shown["bus"]["value"] == "connected" and shown["bus"]["action"] == ""
    assert shown["since"]["since"] == (NOW - 10**10) // 1_000_000
    assert shown["reader-worker"]["value"] == "connected" and "12 messages" in shown["reader-worker"]["note"]
    assert (shown["type-unreadable"]["tone"], shown["type-Mystery"]["tone"]) == ("bad", "warn")
    assert page.parts["health"]._lower.groups[-1]["cards"][0]["title"].endswith("11:06:30")


def test_no_open_incident_is_said_only_while_the_bus_is_read(page, stand_in) -> None:
    assert list(cards(page._alarms)) == ["calm"]
    stand_in.overview.now = BusStatus(state="reconnecting", error_message="connection refused")
    later(page, stand_in)
    assert cards(page._alarms)["unread"]["tone"] == "bad"
    assert page._frozen.visible and "last known" in page._frozen[0][0].object


def test_a_lost_bus_offers_to_reconnect_and_the_button_does(page, stand_in) -> None:
    stand_in.overview.now = BusStatus(state="error", error_message="connection refused")
    later(page, stand_in)
    assert health(page)["bus"]["note"] == "connection refused"
    page.parts["health"]._upper.pressed = "bus#1"
    assert stand_in.bus.done == [("reconnect",)]


def test_an_open_incident_stands_above_every_view_and_can_be_acknowledged(page, stand_in) -> None:
    stand_in.bus.all_incidents = rows_of(INCIDENT, {}, {"id": "b", "kind": "node silent", "severity": "warn"})
    for view in ("streams", "letters", "health"):
        page.view = view
        shown = cards(page._alarms)
        assert "entries: at least 1" in shown[INCIDENT["id"]]["note"] and "5-0" in shown[INCIDENT["id"]]["note"]
        assert (shown[INCIDENT["id"]]["tone"], shown["b"]["tone"]) == ("bad", "warn")
        assert shown[INCIDENT["id"]]["since"] == (NOW - 10**10) // 1_000_000
    assert shown["b"]["action"] == ""
    page._alarms.pressed = f"{INCIDENT['id']}#1"
    assert stand_in.bus.done == [("acknowledge", INCIDENT["id"])]


def test_a_refused_command_is_told(page, stand_in) -> None:
    page._alarms.pressed = "no such incident#1"
    assert "there is no incident" in page._said[0][0].object


def test_incidents_are_listed_with_what_cleared_them(page, stand_in) -> None:
    cleared = {"id": "b", "kind": "redis gone", "ts_cleared": NOW, "evidence": "PING answered", "count": 0}
    stand_in.bus.all_incidents = rows_of(INCIDENT, {}, cleared)
    page.view = "incidents"
    shown = page.parts["incidents"].table.shown
    assert list(shown["Cleared by"]) == ["–", "PING answered"]
    assert list(shown["Entries"]) == ["at least 1", "–"] and shown["Cleared"].iloc[0] == "◆ open"


def test_streams_are_told_a_page_at_a_time(page, stand_in) -> None:
    stand_in.bus.all_streams = stream_rows(2_600)
    page.view = "streams"
    table = page.parts["streams"].table
    assert len(table.table.shown) == 50 and table._where.object == "1 to 50 of 2,600"
    assert table.table.shown["Topic"].iloc[0] == "topic.2599"
    table.pager.pressed = "next#1"
    table.table._replaced_at = float("-inf")
    page.live()
    assert table._where.object == "51 to 100 of 2,600" and table.table.shown["Topic"].iloc[0] == "topic.2549"


def test_a_pattern_of_topics_finds_their_keys(page) -> None:
    page.view = "streams"
    table = page.parts["streams"].table
    table.match.value_input = "topic.?"
    assert table._where.object == "1 to 3 of 3"


def test_a_filter_begins_at_the_first_page(page, stand_in) -> None:
    stand_in.bus.all_streams = stream_rows(2_600)
    page.view = "streams"
    table = page.parts["streams"].table
    table.pager.pressed = "next#1"
    table.match.value_input = "topic.259"
    assert table._where.object == "1 to 11 of 11"


def test_rows_do_not_jump_each_second_with_their_rate(page, stand_in) -> None:
    page.view = "streams"
    table = page.parts["streams"].table.table
    before = list(table.shown["Topic"])
    stand_in.bus.all_streams["rate"] = [9.0, 5.0, 1.0]
    later(page, stand_in)
    assert list(table.shown["Topic"]) == before and table.shown["Rate"].iloc[-1] == "9.0 /s"
    later(page, stand_in, 6)
    assert list(table.shown["Topic"]) == before[::-1]


def test_what_is_not_known_of_a_stream_is_a_dash(page) -> None:
    page.view = "streams"
    shown = page.parts["streams"].table.table.shown.set_index("Topic")
    assert (shown["Lag"]["topic.0"], shown["Lag"]["topic.1"]) == ("–", "0")


def test_a_click_on_a_stream_leads_to_its_messages(page, stand_in) -> None:
    page.view = "streams"
    page.parts["streams"].table._click("trader-DEMO-001:stream:topic.1")
    assert page.view == "messages" and stand_in.bus.looks[-1].pattern == "topic.1"


def test_streams_that_cannot_be_read_keep_the_last_rows_and_say_why(page, stand_in) -> None:
    page.view = "streams"
    stand_in.bus.is_broken = True
    later(page, stand_in)
    table = page.parts["streams"].table
    assert "Redis is gone" in table._trouble.layout[0][0][0].object and len(table.table.shown) == 3


def test_messages_are_shown_as_they_come_and_one_is_kept_when_it_scrolled_away(page, stand_in) -> None:
    stand_in.bus.seen[:] = [seen(1)]
    page.view = "messages"
    inspector = page.parts["messages"].inspector
    assert [row["topic"] for row in inspector.rows] == ["data.quotes.SIM.GBP/USD"]
    inspector.chosen = inspector.rows[0]["key"]
    assert inspector.detail["decoded"] == '{"bid": "1.5"}'
    stand_in.bus.seen[:] = [seen(number) for number in range(200, 50, -1)]
    later(page, stand_in)
    assert len(inspector.rows) == 100 and inspector.detail["facts"][3] == ["Entry", "1-0"]


def test_a_paused_list_stands_still(page, stand_in) -> None:
    stand_in.bus.seen[:] = [seen(1)]
    page.view = "messages"
    inspector = page.parts["messages"].inspector
    inspector.is_paused = True
    stand_in.bus.seen[:] = [seen(2), seen(1)]
    later(page, stand_in)
    assert stand_in.bus.looks[-1].is_paused and len(inspector.rows) == 1
    inspector.is_paused = False
    assert not stand_in.bus.looks[-1].is_paused and len(inspector.rows) == 2


def test_only_the_selected_trader_is_shown(page, stand_in) -> None:
    stand_in.bus.seen[:] = [seen(2, trader_id="OTHER-001"), seen(1)]
    page.view = "messages"
    page.selection.trader = "OTHER-001"
    assert [row["key"][-3:] for row in page.parts["messages"].inspector.rows] == ["2-0"]
    page.view = "streams"
    assert page.parts["streams"].table._where.object == "0 to 0 of 0"


def test_another_pattern_closes_the_look_before_it(page, stand_in) -> None:
    page.view = "messages"
    inspector = page.parts["messages"].inspector
    inspector.is_paused = True
    inspector.pattern = "events.*"
    first, second = stand_in.bus.looks
    assert first.is_closed and not second.is_closed and second.pattern == "events.*" and not inspector.is_paused
    page.parts["messages"].close()
    assert second.is_closed


def test_a_page_whose_messages_are_not_looked_at_opens_no_look(page, stand_in) -> None:
    assert stand_in.bus.looks == []


def test_a_dead_letter_is_shown_whole_and_replayed(page, stand_in) -> None:
    stand_in.bus.letters = rows_of(LETTER, {}, {"key": "b", "state": "replayed"})
    part = letters(page)
    part.choose(LETTER["key"])
    texts = [group["text"] for group in part._detail.groups]
    assert texts[2:] == ["not a map", LETTER["preview"]]
    stand_in.overview.all_jobs = [Job(id=42, kind="replay", title="1 dead letter", status=Status.RUNNING, total=1)]
    part.commands.pressed = "replay-one#1"
    assert stand_in.bus.done == [("replay", LETTER["key"])]
    assert cards(part._result)["job-42"]["value"] == "running"
    stand_in.overview.all_jobs = [Job(id=42, kind="replay", title="1 dead letter", status=Status.FAILED, message="no")]
    later(page, stand_in)
    assert cards(part._result)["job-42"]["tone"] == "bad" and part._job_id == 0


def test_letting_go_is_asked_twice(page, stand_in) -> None:
    stand_in.bus.letters = rows_of(LETTER, {}, {"key": "b"})
    part = letters(page)
    assert [entry[3] for entry in part.commands.entries] == [False, True, False, True]
    part.commands.pressed = "discard-one#1"
    part.commands.pressed = "discard-all#2"
    assert stand_in.bus.done == [] and part.commands.entries[3][1] == "Really discard all 2 shown?"
    part.commands.pressed = "discard-all#3"
    assert stand_in.bus.done == [("discard", LETTER["key"], "b")]
    assert cards(part._result)["discarded"]["value"] == "2 let go"


def test_dead_letters_that_wait_are_counted_in_every_view(page, stand_in) -> None:
    stand_in.bus.letters = rows_of(LETTER, {}, {"key": "b", "state": "discarded"})
    later(page, stand_in)
    later(page, stand_in)
    assert ["letters", "Dead letters", "1", "bad"] in page._tabs.entries


def test_a_full_redis_that_refuses_writes_is_a_warning(page, stand_in) -> None:
    assert health(page)["policy"]["tone"] == ""
    stand_in.bus.room = Capacity(9 * 10**7, 10**8, "noeviction", 1e5, 100.0)
    later(page, stand_in)
    shown = health(page)
    assert shown["policy"]["tone"] == "bad" and "ends the node's publishing for good" in shown["policy"]["note"]
    assert (shown["used"]["tone"], shown["used"]["fraction"], shown["holds"]["value"]) == ("warn", 0.9, "2 min")


def test_without_a_book_the_page_says_why(page) -> None:
    page.view = "books"
    assert "book deltas" in page.parts["books"].layout[0][0].object


def test_a_book_is_drawn_and_changes_with_it(page, stand_in) -> None:
    book = BookView("DEMO-001", "X.SIM", (("1.5", "10", 2),), (("1.6", "5", 0),), True, "", NOW, NOW)
    stand_in.bus.book_views = [book]
    page.view = "books"
    ladder = page.parts["books"].ladder
    assert ladder.book["state"] == "complete" and ladder.book["bids"][0]["share"] == 1.0
    stand_in.bus.book_views = [replace(book, asks=(("1.4", "5", 0),))]
    later(page, stand_in)
    assert ladder.book["state"] == "crossed"


def test_the_rate_chart_gets_each_second_once(page, stand_in) -> None:
    points = page.parts["health"]._points
    later(page, stand_in, 0.25)
    assert len(points.data["second"]) == 2 and list(points.data["orders"]) == [4.0, 4.0]


def test_times_change_with_the_zone_and_name_it(page) -> None:
    page.selection.tz = "Asia/Tokyo"
    assert health(page)["last"]["note"].endswith("Asia/Tokyo")
