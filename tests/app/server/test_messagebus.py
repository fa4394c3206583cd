"""REST of the message bus."""

from urllib.parse import parse_qsl, quote, urlsplit

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
    answer = client.get(f"{ROOT}/streams", params={"limit": 118})
    assert answer.headers["X-Total-Count"] == "120" and len(answer.json()) == 118
    last = client.get(answer.links["next"]["url"])
    assert [row["topic"] for row in last.json()] == ["topic.1", "topic.0"] and "next" not in last.links
    row = last.json()[-1]
    assert (row["lag"], row["is_trimmed"]) == (None, None)
    assert row["last_message_at"] == "2026-11-18T11:06:39.000000000Z"


def test_streams_are_filtered_and_ordered(client, stand_in) -> None:
    found = client.get(f"{ROOT}/streams", params={"match": "*topic.?", "sort": "topic"}).json()
    assert [row["topic"] for row in found] == ["topic.0", "topic.1", "topic.2"]
    answer = client.get(f"{ROOT}/streams", params={"trader": "OTHER-001"})
    assert (answer.json(), answer.headers["X-Total-Count"]) == ([], "0")


@pytest.mark.parametrize("asked", [{"sort": "secret"}, {"limit": 0}, {"limit": 100_000}, {"match": "\n"}])
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


def test_a_look_at_messages_is_short_and_closed_again(client, stand_in) -> None:
    stand_in.bus.seen[:] = [seen(2), seen(1, decoded="not JSON", is_cut=True), seen(0, "events.risk")]
    found = client.get(f"{ROOT}/messages", params={"topic": "data.*", "wait_s": 0}).json()
    assert [row["decoded"] for row in found] == ['{"bid": "1.5"}', "not JSON"]
    assert found[0]["written_at"] == "2026-11-18T11:06:40.002000000Z"
    assert stand_in.bus.looks[0].is_closed


def test_a_book_whose_id_has_a_slash_is_found(client, stand_in) -> None:
    stand_in.bus.book_views = [BookView("DEMO-001", "GBP/USD.SIM", (("1.5", "10", 2),), (), False, "late", NOW, NOW)]
    assert client.get(f"{ROOT}/books").json() == [{"trader_id": "DEMO-001", "instrument_id": "GBP/USD.SIM"}]
    for name in ("GBP/USD.SIM", quote("GBP/USD.SIM", safe="")):
        found = client.get(f"{ROOT}/books/{name}").json()
        assert (found["bids"], found["asks"], found["note"]) == (1, 0, "late")
        levels = client.get(f"{ROOT}/levels/{name}")
        assert levels.json() == [{"side": "bid", "place": 1, "price": "1.5", "size": "10", "orders": 2}]
        assert levels.headers["X-Complete"] == "false"
    answer = client.get(f"{ROOT}/books/X.Y")
    assert answer.status_code == 404 and "/books lists" in answer.json()["detail"]


def test_capacity_readers_and_types(client) -> None:
    assert client.get(f"{ROOT}/capacity").json()["holds_s"] == 500.0
    (reader,) = client.get(f"{ROOT}/readers").json()
    assert (reader["mode"], reader["error_message"], reader["lag_entries"]) == ("group", None, 0)
    found = client.get(f"{ROOT}/types").json()
    assert found == [
        {"type": "Mystery", "count": 1, "is_known": False}, {"type": "QuoteTick", "count": 5, "is_known": True},
        {"type": "unreadable", "count": 2, "is_known": True},
    ]  # fmt: skip


def test_rates_and_changes_of_the_connection_are_rows(client) -> None:
    answer = client.get(f"{ROOT}/rates", params={"limit": 3})
    rows = [*answer.json(), *client.get(answer.links["next"]["url"]).json()]
    assert [row["kind"] for row in rows] == ["market data", "orders"] * 2
    assert rows[0] == {"ts_event": "2026-11-18T11:06:38.000000000Z", "kind": "market data", "rate": 4.0}
    changes = client.get(f"{ROOT}/history").json()
    assert [(row["state"], row["reason"]) for row in changes] == [("connecting", None), ("connected", "first try")]


@pytest.mark.parametrize(
    "path", ["streams", "incidents", "dead-letters", "messages?wait_s=0", "books", "readers", "types"]
)
@pytest.mark.parametrize("form", ["json", "csv", "arrow", "parquet"])
def test_every_table_comes_in_each_format_with_nothing_in_it_too(client, stand_in, path: str, form: str) -> None:
    for is_empty in (False, True):
        if is_empty:
            stand_in.bus.all_streams = stream_rows(3).head(0)
        answer = client.get(f"{ROOT}/{path}", params={**dict(parse_qsl(urlsplit(path).query)), "format": form})
        assert answer.status_code == 200, answer.text
