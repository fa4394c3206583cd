"""REST of the message bus."""

from urllib.parse import quote

import panel as pn
import pytest

from nautilus_data.services.bus import BookView
from tests import rest
from tests.app.conftest import INCIDENT, LETTER, NOW, rows_of, seen, stream_rows

ROOT = "/api/v1/messagebus"


@pytest.fixture
def client(stand_in):
    pn.state.cache["workspace"] = stand_in
    yield rest.client()
    del pn.state.cache["workspace"]


def test_streams_are_told_a_page_at_a_time_and_the_unknown_is_null(client, stand_in) -> None:
    stand_in.bus.all_streams = stream_rows(120)
    found = client.get(f"{ROOT}/streams", params={"limit": 2, "offset": 118}).json()
    assert found["total"] == 120 and [row["topic"] for row in found["streams"]] == ["topic.1", "topic.0"]
    last = found["streams"][-1]
    assert (last["lag"], last["is_trimmed"]) == (None, None)
    assert last["last_message_at"] == "2026-11-18T11:06:39.000+00:00"


def test_streams_are_filtered_and_ordered(client, stand_in) -> None:
    found = client.get(f"{ROOT}/streams", params={"match": "*topic.?", "sort": "topic"}).json()
    assert [row["topic"] for row in found["streams"]] == ["topic.0", "topic.1", "topic.2"]
    assert client.get(f"{ROOT}/streams", params={"trader": "OTHER-001"}).json() == {"total": 0, "streams": []}


@pytest.mark.parametrize("asked", [{"sort": "secret"}, {"limit": 0}, {"limit": 100_000}, {"offset": -1}])
def test_what_cannot_be_asked_is_named(client, asked: dict) -> None:
    answer = client.get(f"{ROOT}/streams", params=asked)
    assert answer.status_code == 422 and next(iter(asked)) in answer.json()["detail"]


def test_incidents_say_null_for_a_count_that_cannot_be_known(client, stand_in) -> None:
    stand_in.bus.all_incidents = rows_of(INCIDENT, {}, {"id": "b", "ts_cleared": NOW, "count": 3})
    both = client.get(f"{ROOT}/incidents").json()
    assert [row["count"] for row in both] == [None, 3]
    assert [row["ts_cleared"] is None for row in both] == [True, False]
    assert [row["id"] for row in client.get(f"{ROOT}/incidents?open=true").json()] == [INCIDENT["id"]]


def test_an_incident_is_acknowledged_by_its_id(client, stand_in) -> None:
    stand_in.bus.all_incidents = rows_of(INCIDENT, {})
    assert client.post(f"{ROOT}/incidents/acknowledge", json={"id": INCIDENT["id"]}).status_code == 200
    assert stand_in.bus.done == [("acknowledge", INCIDENT["id"])]
    answer = client.post(f"{ROOT}/incidents/acknowledge", json={"id": "x"})
    assert answer.status_code == 404 and "/incidents lists them" in answer.json()["detail"]


def test_dead_letters_are_listed_replayed_and_discarded(client, stand_in) -> None:
    stand_in.bus.letters = rows_of(LETTER, {}, {"key": "b"})
    assert [row["key"] for row in client.get(f"{ROOT}/dead-letters").json()] == [LETTER["key"], "b"]
    answer = client.post(f"{ROOT}/dead-letters/replay", json={"keys": [LETTER["key"]]})
    assert (answer.status_code, answer.json()) == (202, {"job_id": 42})
    assert client.post(f"{ROOT}/dead-letters/discard", json={"keys": ["b"]}).json() == {"discarded": 1}
    assert stand_in.bus.done == [("replay", LETTER["key"]), ("discard", "b")]


@pytest.mark.parametrize("verb", ["replay", "discard"])
def test_a_dead_letter_that_is_not_there_changes_nothing(client, stand_in, verb: str) -> None:
    assert client.post(f"{ROOT}/dead-letters/{verb}", json={"keys": ["x"]}).status_code == 404
    assert client.post(f"{ROOT}/dead-letters/{verb}", json={"keys": []}).status_code == 422
    assert stand_in.bus.done == []


def test_another_origin_replays_nothing(client, stand_in) -> None:
    stand_in.bus.letters = rows_of(LETTER, {})
    asked = {"keys": [LETTER["key"]]}
    answer = client.post(f"{ROOT}/dead-letters/replay", json=asked, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403 and stand_in.bus.done == []


def test_a_look_at_messages_is_short_and_closed_again(client, stand_in) -> None:
    stand_in.bus.seen[:] = [seen(2), seen(1, decoded="not JSON", is_cut=True), seen(0, "events.risk")]
    found = client.get(f"{ROOT}/messages", params={"topic": "data.*", "wait_s": 0}).json()
    assert [row["decoded"] for row in found] == [{"bid": "1.5"}, "not JSON"]
    assert found[0]["at"] == "2026-11-18T11:06:40.002+00:00"
    assert stand_in.bus.looks[0].is_closed


def test_a_book_whose_id_has_a_slash_is_found(client, stand_in) -> None:
    stand_in.bus.book_views = [BookView("DEMO-001", "GBP/USD.SIM", (("1.5", "10", 2),), (), False, "late", NOW, NOW)]
    assert client.get(f"{ROOT}/books").json() == [{"trader_id": "DEMO-001", "instrument_id": "GBP/USD.SIM"}]
    for name in ("GBP/USD.SIM", quote("GBP/USD.SIM", safe="")):
        found = client.get(f"{ROOT}/books/{name}").json()
        assert found["bids"] == [{"price": "1.5", "size": "10", "orders": 2}] and found["note"] == "late"
    answer = client.get(f"{ROOT}/books/X.Y")
    assert answer.status_code == 404 and "/books lists" in answer.json()["detail"]


def test_capacity_readers_and_types(client) -> None:
    assert client.get(f"{ROOT}/capacity").json()["holds_s"] == 500.0
    (reader,) = client.get(f"{ROOT}/readers").json()
    assert (reader["mode"], reader["error_message"], reader["lag_entries"]) == ("group", None, 0)
    found = client.get(f"{ROOT}/types").json()
    assert found == {"types": {"QuoteTick": 5, "Mystery": 1, "unreadable": 2}, "unknown": ["Mystery"]}
