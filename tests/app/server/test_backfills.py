"""REST of backfills, instruments and bars, on a store of its own."""

import pytest

from nautilus_data.core.answer import Taken
from nautilus_data.core.dataset import Series
from nautilus_data.core.job import Status
from nautilus_data.core.plan import State
from nautilus_data.core.timerange import TimeRange, to_ns

ROOT = "/api/v1/historical/backfill"
ASKED = {"instrument_id": "AAPL.NASDAQ", "start": "2010-01-01", "end": "2012-01-01"}


def test_a_plan_lists_its_requests_and_their_cost_and_queues_nothing(client, workspace) -> None:
    found = client.post(f"{ROOT}/plan", json=ASKED).json()
    assert (found["requests"], found["cost"], found["rows"], found["mode"]) == (2, 2, 504, "missing")
    assert [one["ordinal"] for one in found["planned"]] == [0, 1]
    assert found["planned"][0]["start"].startswith("2010-01-01T00:00")
    assert workspace.backfill.jobs() == []


@pytest.mark.parametrize("path", [f"{ROOT}/start", "/api/v1/backfills"])
def test_a_backfill_is_planned_and_queued(client, workspace, path: str) -> None:
    answer = client.post(path, json=ASKED)
    (job,) = workspace.backfill.jobs()
    assert answer.status_code == 202
    assert answer.json() == {"title": job.title, "requests": 2, "job_id": job.id}


def test_a_dry_run_and_an_empty_plan_queue_nothing(client, workspace) -> None:
    assert client.post(f"{ROOT}/start", json={**ASKED, "dry_run": True}).json()["job_id"] is None
    series = Series(instrument_id="AAPL.NASDAQ", source="sample")
    workspace.store.cover(series, TimeRange(to_ns("2009-01-01"), to_ns("2013-01-01")), "no data exists")
    assert client.post(f"{ROOT}/start", json=ASKED).json() == {
        "title": "AAPL.NASDAQ 1-DAY LAST raw from sample",
        "requests": 0,
        "job_id": None,
    }
    assert workspace.backfill.jobs() == []


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"instrument_id": "NOBODY"}, 409, "SYMBOL.VENUE"),
        ({"source": "nowhere"}, 409, "no source is called"),
        ({"timeframe": "7q"}, 422, "not a timeframe"),
        ({"timeframe": "1m"}, 409, "choose one it lists"),
        ({"price_type": "BID"}, 409, "has no BID prices; it has LAST"),
        ({"start": "2199-01-01", "end": None}, 409, "in the future"),
        ({"start": "2012-01-01", "end": "2011-01-01"}, 409, "reversed"),
        ({"start": "2099-01-01", "end": None}, 409, "future"),
        ({"mode": "everything"}, 422, "mode"),
    ],
)
def test_what_cannot_be_planned_says_why(client, workspace, changes: dict, status: int, words: str) -> None:
    answer = client.post(f"{ROOT}/start", json={**ASKED, **changes})
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.json()
    assert workspace.backfill.jobs() == []


def test_an_instrument_may_be_named_by_its_symbol(client) -> None:
    assert client.post(f"{ROOT}/plan", json={**ASKED, "instrument_id": "aapl"}).json()["instrument_id"] == "AAPL.NASDAQ"


def test_yahoo_has_a_route_of_its_own(client, workspace) -> None:
    asked = {"instrument_id": "AAPL.NASDAQ", "start": "2020-01-01", "end": "2021-01-01"}
    answer = client.post("/api/v1/yfinance/backfill", json=asked)
    assert answer.status_code == 202, answer.json()
    assert workspace.backfill.jobs()[0].params["series"]["source"] == "yahoo"


def test_interactive_brokers_has_a_route_of_its_own_and_says_when_it_cannot_be_asked(client, workspace) -> None:
    answer = client.post("/api/v1/ib/backfill", json={"instrument_id": "AAPL.NASDAQ"})
    assert answer.status_code == 409 and "Interactive Brokers" in answer.json()["detail"]
    assert workspace.backfill.jobs() == []


def test_status_tells_jobs_and_the_requests_of_one(client) -> None:
    job_id = client.post(f"{ROOT}/start", json=ASKED).json()["job_id"]
    every = client.get(f"{ROOT}/status").json()
    assert (every["is_running"], [job["id"] for job in every["jobs"]], every["requests"]) == (True, [job_id], None)
    one = client.get(f"{ROOT}/status", params={"job_id": job_id}).json()
    assert [request["state"] for request in one["requests"]] == ["NOT_ASKED", "NOT_ASKED"]
    assert one["requests"][0]["ts_asked"] is None
    assert client.get(f"{ROOT}/status", params={"job_id": 99}).status_code == 404


def test_one_backfill_or_all_of_them_are_stopped(client, workspace) -> None:
    first = client.post(f"{ROOT}/start", json=ASKED).json()["job_id"]
    second = client.post(f"{ROOT}/start", json={**ASKED, "instrument_id": "IBM.NYSE"}).json()["job_id"]
    assert client.post(f"{ROOT}/stop", json={"job_id": first}).json() == {"stopped": [first]}
    assert client.post(f"{ROOT}/stop", json={}).json() == {"stopped": [second]}
    assert client.post(f"{ROOT}/stop", json={"job_id": 99}).status_code == 404
    assert client.post(f"/api/v1/backfills/{second}/cancel").json() == {"job_id": second}
    assert all(job.status is Status.CANCELLED for job in workspace.backfill.jobs())


def test_what_failed_is_asked_again_and_a_running_job_is_left_alone(client, workspace) -> None:
    job_id = client.post(f"{ROOT}/start", json=ASKED).json()["job_id"]
    assert client.post(f"{ROOT}/retry", json={"job_id": job_id}).status_code == 409
    series = workspace.backfill.plan_of(job_id).series
    workspace.store.settle(series, Taken(state=State.FAILED, error="HTTP 502"), job_id, 0)
    workspace.store.update_job(job_id, status=Status.FAILED)
    assert client.post(f"{ROOT}/retry", json={"job_id": job_id, "ordinal": 0}).json()["job_id"] == job_id
    assert workspace.backfill.jobs()[0].status is Status.QUEUED


def test_observations_are_planned_from_a_source_that_has_them(client, workspace) -> None:
    pytest.importorskip("arch", reason="the package arch, of the demo, is not installed")
    asked = {"instrument_id": "cpilfesl", "source": "arch"}
    found = client.post(f"{ROOT}/plan", json=asked).json()
    assert (found["instrument_id"], found["dataset"], found["rows"]) == ("CPILFESL.FRED", "observations", 0)
    answer = client.post(f"{ROOT}/start", json=asked).json()
    assert answer["title"] == "CPILFESL.FRED observations from arch"
    assert [job.id for job in workspace.backfill.jobs()] == [answer["job_id"]]
    refused = client.post(f"{ROOT}/plan", json={**asked, "dataset": "bars"})
    assert refused.status_code == 409
    assert "Series in the arch package has no bars; it has observations" in refused.json()["detail"]
