"""REST of drawings."""

from __future__ import annotations

import pytest

from nautilus_data.core.identity import Door, Identity, Role
from tests import rest

CHART = {"instrument_id": "AAPL.NASDAQ", "timeframe": "1d"}
ROOT = "/api/v1/drawings"
LINE = {
    "kind": "trend_line",
    "points": [{"ts_event": "2024-01-05T21:00Z", "price": 101.5}, {"ts_event": "2024-02-05T21:00Z", "price": 111}],
}


def test_a_drawing_is_kept_changed_and_deleted(client) -> None:
    kept = client.put(f"{ROOT}/one", params=CHART, json=LINE)
    assert kept.status_code == 200, kept.json()
    (told,) = client.get(ROOT, params=CHART).json()
    assert told == kept.json()
    assert told["points"][0] == {"ts_event": "2024-01-05T21:00:00.000000000Z", "price": 101.5}
    assert told["style"] == {"color": "accent", "width": 2, "dash": "solid"}
    client.put(f"{ROOT}/one", params=CHART, json={**LINE, "style": {"color": "bad", "width": 5}})
    client.put(f"{ROOT}/two", params=CHART, json={"kind": "text", "points": LINE["points"][:1], "text": "here"})
    rows = client.get(ROOT, params={**CHART, "timeframe": "1-DAY"}).json()
    assert [(row["drawing_id"], row["style"]["color"]) for row in rows] == [("one", "bad"), ("two", "accent")]
    assert client.delete(f"{ROOT}/one", params=CHART).json() == {"deleted": 1}
    assert client.delete(f"{ROOT}/one", params=CHART).status_code == 404
    assert client.delete(ROOT, params=CHART).json() == {"deleted": 1}
    assert client.get(ROOT, params=CHART).json() == []


def test_nobody_sees_anothers(client) -> None:
    anna = rest.client(Identity("anna", Role.VIEWER, Door.SESSION, ""))
    assert anna.put(f"{ROOT}/one", params=CHART, json=LINE).status_code == 200
    assert client.get(ROOT, params=CHART).json() == []
    assert client.delete(f"{ROOT}/one", params=CHART).status_code == 404
    assert len(anna.get(ROOT, params=CHART).json()) == 1


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"kind": "circle"}, 422, "kind"), ({"points": []}, 422, "points"), ({"points": LINE["points"][:1]}, 409, "2"),
        ({"points": [{"ts_event": "someday", "price": 1}] * 2}, 422, "not a time"),
        ({"points": [{"ts_event": "1700-01-01", "price": 1}] * 2}, 409, "between"),
        ({"points": [{"ts_event": "2024-01-01", "price": "nan"}] * 2}, 422, "price"),
        ({"style": {"width": 6}}, 422, "width"), ({"text": "x" * 501}, 422, "text"), ({"text": "\x00"}, 422, "text"),
    ],
)  # fmt: skip
def test_what_can_not_be_drawn_says_why(client, changes: dict, status: int, word: str) -> None:
    answer = client.put(f"{ROOT}/one", params=CHART, json={**LINE, **changes})
    assert (answer.status_code, word in answer.json()["detail"]) == (status, True), answer.json()
    assert client.get(ROOT, params=CHART).json() == []


@pytest.mark.parametrize("drawing_id", ["a.b", "x" * 65, "%00", "a%20b"])
def test_an_id_has_letters_digits_and_dashes(client, drawing_id: str) -> None:
    assert client.put(f"{ROOT}/{drawing_id}", params=CHART, json=LINE).status_code == 422
