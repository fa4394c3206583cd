import pytest

from app.views import backfill as views
from app.views import backfill_lists, backfill_tables, table
from nautilus_data.core.dataset import NO_DATA, Series
from nautilus_data.core.job import Job, Status
from nautilus_data.core.plan import Request, State
from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.store import Schedule
from nautilus_data.transport import Quota

NOW = 1_795_000_000 * NS_PER_S


def job(**changes: object) -> Job:
    told = {"id": 7, "kind": "backfill", "title": "AAPL.NASDAQ 1-DAY LAST raw from yahoo", "status": Status.RUNNING,
            "done": 20, "total": 80, "ts_started": NOW - 60 * NS_PER_S}  # fmt: skip
    return Job(**told | changes)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "running"),
        ({"message": "paused: the gateway is gone; goes on by itself"}, "paused"),
        ({"message": "trying again in 4 s: HTTP 502"}, "trying again"),
        ({"cancel_requested": True, "message": "paused: x"}, "stopping"),
        ({"status": Status.FAILED, "message": "paused: x"}, "failed"),
    ],
)
def test_the_state_is_the_one_a_person_wants_to_know(changes: dict, state: str):
    assert views.state_of(job(**changes)) == state


def test_a_running_job_tells_pace_and_what_is_left():
    (card,) = views.running([job()], {7: 20.0}, NOW, "UTC").cards
    assert "20 of 80 requests · 20.0 requests a minute · about 3 min left" in card.note
    assert card.fraction == 0.25


def test_a_paused_job_promises_no_end():
    (card,) = views.running([job(message="paused: no gateway")], {7: 20.0}, NOW, "UTC").cards
    assert "left" not in card.note and "no gateway" in card.note


def test_jobs_that_are_not_done_come_first():
    jobs = [job(id=9, status=Status.SUCCEEDED), job(id=3), job(id=8, status=Status.FAILED)]
    assert views.jobs_frame(jobs)["id"].tolist() == [3, 9, 8]


def test_requests_are_shown_with_attempts_and_errors():
    span = TimeRange(NOW, NOW + NS_PER_S)
    requests = [
        Request(ordinal=0, span=span, expected=9, rows=8, state=State.DONE, attempts=2, ts_answered=NOW),
        Request(ordinal=1, span=span, state=State.FAILED, attempts=5, error="HTTP 502"),
        Request(ordinal=2, span=span),
    ]
    shown = table.render(views.requests_frame(requests), backfill_tables.REQUESTS, table.Context())
    assert shown["State"].tolist() == ["● done", "■ failed", "◷ not asked"]
    assert shown["Rows"].tolist() == ["8", table.UNKNOWN, table.UNKNOWN]
    assert shown["Error or remark"].tolist()[1] == "HTTP 502"


def test_an_answer_says_whether_rows_came():
    reasons = ["", NO_DATA, "no permission"]
    frame = table.records({"start": NOW, "end": NOW, "reason": reason} for reason in reasons)
    shown = table.render(frame, backfill_tables.ANSWERS, table.Context())["Answer"].tolist()
    assert [text[0] for text in shown] == ["●", "○", "▲"]


def test_a_series_with_a_space_in_its_name_is_found_again():
    series = Series(instrument_id="BRK B.NYSE", source="yahoo", price_type="MID")
    assert backfill_lists.series_of(backfill_lists.key_of(series)) == series


def test_every_series_is_on_or_off_once():
    on, off = (Series(instrument_id=f"{name}.NASDAQ", source="yahoo") for name in "AB")
    frame = backfill_lists.schedules_frame([off, on], [Schedule(series=on, every_s=60)])
    assert dict(zip(frame["instrument_id"], frame["state"], strict=True)) == {"A.NASDAQ": "on", "B.NASDAQ": "off"}


def test_what_a_quota_has_left_names_its_window():
    assert views.quota_words(Quota(60, 15, 600)) == "45 of 60 left in 10 min"
