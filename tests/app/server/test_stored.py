"""REST of what is stored, missing and topped up."""

from __future__ import annotations

import pytest

from nautilus_data.core.answer import Taken
from nautilus_data.core.plan import State
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from tests.app.server.test_bars import FIRST, store_bars

ROOT = "/api/v1/historical/backfill"
LINE = {"instrument_id": "AAPL.NASDAQ", "source": "sample"}


def test_series_are_told_with_what_is_stored_of_them(client, workspace) -> None:
    store_bars(workspace)
    store_bars(workspace, "yahoo")
    rows = client.get(f"{ROOT}/coverage").json()
    assert [(row["source"], row["rows"], row["gaps"]) for row in rows] == [("sample", 3, 0), ("yahoo", 3, 0)]
    assert rows[0]["ts_end"] == rows[0]["ts_watermark"] == "2012-01-05T21:00:00.000000001Z"
    assert client.get(f"{ROOT}/coverage", params={"dataset": "observations"}).json() == []
    assert client.get(f"{ROOT}/coverage", params={"dataset": "poems"}).status_code == 404


def test_gaps_are_told_where_bars_are_missing(client, workspace) -> None:
    series = store_bars(workspace)
    workspace.store.cover(series, TimeRange(FIRST - NS_PER_DAY, to_ns("2012-01-11")), "")
    (gap,) = client.get(f"{ROOT}/gaps", params=LINE).json()
    assert gap["ts_start"][:10] == "2012-01-06" and gap["bars"] == 3
    assert client.get(f"{ROOT}/gaps", params={**LINE, "end": "2012-01-05"}).json() == []
    assert client.get(f"{ROOT}/gaps", params={**LINE, "source": "yahoo"}).json() == []


def test_what_was_asked_answered_and_refused_about_a_span(client, workspace) -> None:
    asked = {"instrument_id": "AAPL.NASDAQ", "start": "2010-01-01", "end": "2012-01-01"}
    job_id = client.post(f"{ROOT}/start", json=asked).json()["job_id"]
    series = workspace.backfill.plan_of(job_id).series
    workspace.store.settle(series, Taken(state=State.REFUSED, error="HTTP 403"), job_id, 0)
    rows = client.get(f"{ROOT}/jobs/{job_id}/requests").json()
    assert [(row["ordinal"], row["state"], row["error"]) for row in rows] == [(0, "REFUSED", "HTTP 403"),
                                                                             (1, "NOT_ASKED", "")]  # fmt: skip
    told = client.get(f"{ROOT}/coverage/requests", params={**LINE, "start": "2010-06-01", "end": "2010-07-01"}).json()
    assert [(row["job"], row["ordinal"], row["state"]) for row in told] == [(job_id, 0, "REFUSED")]
    assert client.get(f"{ROOT}/coverage/answers", params=LINE).status_code == 200
    assert client.get(f"{ROOT}/jobs/99/requests").status_code == 404


def test_a_job_that_was_stopped_goes_on(client, workspace) -> None:
    job_id = client.post(f"{ROOT}/start", json={**LINE, "start": "2010-01-01", "end": "2012-01-01"}).json()["job_id"]
    assert client.post(f"{ROOT}/resume", json={"job_id": job_id}).status_code == 409
    client.post(f"{ROOT}/stop", json={"job_id": job_id})
    assert client.post(f"{ROOT}/resume", json={"job_id": job_id}).json() == {"job_id": job_id, "to_ask": 2}
    assert client.post(f"{ROOT}/resume", json={"job_id": 99}).status_code == 404


def test_a_series_is_topped_up_and_no_more(client, workspace) -> None:
    assert client.put(f"{ROOT}/schedules", params=LINE, json={"every_s": 3600}).json()["every_s"] == 3600
    (row,) = client.get(f"{ROOT}/schedules").json()
    assert (row["instrument_id"], row["timeframe"], row["every_s"], row["last_job"]) == (
        "AAPL.NASDAQ", "1-DAY", 3600, 0,
    )  # fmt: skip
    assert client.delete(f"{ROOT}/schedules", params=LINE).json()["every_s"] == 0
    assert client.get(f"{ROOT}/schedules").json() == []
    assert client.delete(f"{ROOT}/schedules", params=LINE).status_code == 404


@pytest.mark.parametrize(
    ("params", "body", "status"),
    [(LINE, {"every_s": 0}, 422), ({**LINE, "source": "nowhere"}, {"every_s": 60}, 409), ({}, {"every_s": 60}, 422),
     ({**LINE, "dataset": "poems"}, {"every_s": 60}, 404), ({**LINE, "timeframe": "1m"}, {"every_s": 60}, 409)],
)  # fmt: skip
def test_what_can_not_be_topped_up_is_refused(client, workspace, params: dict, body: dict, status: int) -> None:
    assert client.put(f"{ROOT}/schedules", params=params, json=body).status_code == status
    assert workspace.backfill.schedules() == []


def test_refused_rows_are_told_a_page_at_a_time_however_long_they_are(client, workspace) -> None:
    job_id = client.post(f"{ROOT}/start", json={**LINE, "start": "2010-01-01", "end": "2012-01-01"}).json()["job_id"]
    series = workspace.backfill.plan_of(job_id).series
    bad = [(FIRST + number, "high below low", f"{number}" + "x" * 3000) for number in range(5)]
    workspace.store.settle(series, Taken(state=State.DONE, bad=bad), job_id, 0)
    first = client.get(f"{ROOT}/bad-rows", params={"limit": 3})
    rows = first.json() + client.get(first.links["next"]["url"]).json()
    assert sorted(row["row"][0] for row in rows) == ["0", "1", "2", "3", "4"]
    assert {row["reason"] for row in rows} == {"high below low"}
    whole = client.get(f"{ROOT}/coverage/bad-rows", params=LINE).json()
    assert len(whole) == 5
