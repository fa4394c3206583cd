"""Plans, answers, refused rows and schedules, kept whole or not at all."""

from __future__ import annotations

import pandas as pd
import pytest

from nautilus_data.core.answer import Taken
from nautilus_data.core.dataset import NO_DATA
from nautilus_data.core.job import Status
from nautilus_data.core.plan import Mode, Plan, Request, State
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import DashboardError
from nautilus_data.store import Schedule, Store
from tests.store.conftest import DAILY, Clock, bars

PLAN = Plan(
    series=DAILY,
    span=TimeRange(0, 30),
    entries=tuple(Request(ordinal=n, span=TimeRange(n * 10, n * 10 + 10), expected=10, cost=2) for n in range(3)),
    mode=Mode.MISSING_FAILED,
    overlap=TimeRange(0, 5),
    ts_planned=7,
    ts_estimated=9,
)


def test_a_plan_comes_back_as_it_was_made(store: Store) -> None:
    job_id = store.add_backfill(PLAN, {"mode": "missing"})
    assert store.backfill_plan(job_id) == PLAN
    assert (PLAN.rows, PLAN.cost, store.job(job_id).total) == (30, 6, 3)
    assert store.backfill_plan(404) is None


def test_an_answer_is_stored_with_its_request_and_progress(store: Store, clock: Clock) -> None:
    job_id = store.add_backfill(PLAN, {})
    store.note_attempt(job_id, 1, message="asking")
    taken = Taken(
        state=State.DONE,
        rows=bars(10, 10),
        covered=TimeRange(10, 20),
        holes=[(TimeRange(12, 13), NO_DATA), (TimeRange(15, 16), "high below low")],
        bad=[(15, "high below low", "{}")],
    )
    assert store.settle(DAILY, taken, job_id, 1, "1 of 3") == 10
    one = store.backfill_requests(job_id)[1]
    assert (one.state, one.rows, one.attempts, one.ts_answered) == (State.DONE, 10, 1, clock.now)
    assert (store.job(job_id).done, store.job(job_id).message) == (1, "1 of 3")
    assert store.coverage(DAILY) == [TimeRange(10, 20)]
    assert store.failures(DAILY) == [(TimeRange(15, 16), "high below low")]
    assert store.bad_rows(DAILY).iloc[0][["ts_event", "reason", "job"]].tolist() == [15, "high below low", job_id]


def test_an_answer_that_does_not_fit_changes_nothing(store: Store) -> None:
    job_id = store.add_backfill(PLAN, {})
    wrong = bars(10, 10).astype({"volume": object})
    wrong.loc[3, "volume"] = "much"
    with pytest.raises(DashboardError):
        store.settle(DAILY, Taken(state=State.DONE, rows=wrong, covered=TimeRange(10, 20)), job_id, 1)
    assert store.coverage(DAILY) == []
    assert store.read(DAILY).empty
    assert store.backfill_requests(job_id)[1].state is State.NOT_ASKED


def test_refused_rows_seen_again_are_kept_once(store: Store) -> None:
    taken = Taken(state=State.REFUSED, bad=[(15, "negative price", "{}"), (16, "negative price", "{}")])
    store.settle(DAILY, taken)
    store.settle(DAILY, taken)
    assert len(store.bad_rows()) == 2
    assert len(store.bad_rows(DAILY, TimeRange(0, 16))) == 1


def test_requests_about_a_span_are_found_whichever_job_made_them(store: Store) -> None:
    first, second = store.add_backfill(PLAN, {}), store.add_backfill(PLAN, {})
    found = store.requests_about(DAILY, TimeRange(10, 11))
    assert [(job, one.ordinal) for job, one in found] == [(second, 1), (first, 1)]


def test_what_failed_is_asked_again_in_the_same_job(store: Store) -> None:
    job_id = store.add_backfill(PLAN, {})
    assert store.reopen_backfill(job_id, [State.FAILED]) == 0
    for ordinal, state in enumerate((State.DONE, State.FAILED, State.REFUSED)):
        store.settle(DAILY, Taken(state=state, error="why"), job_id, ordinal)
    store.update_job(job_id, status=Status.FAILED)
    assert store.reopen_backfill(job_id, [State.FAILED, State.REFUSED], ordinal=1) == 1
    job = store.job(job_id)
    assert (job.status, job.done, job.ts_finished, job.cancel_requested) == (Status.QUEUED, 2, 0, False)
    assert store.backfill_requests(job_id)[1].error == ""
    assert [one.ordinal for one in store.backfill_requests(job_id, [State.REFUSED])] == [2]


def test_a_plan_may_grow_and_says_why(store: Store) -> None:
    job_id = store.add_backfill(PLAN, {})
    store.cover(DAILY, TimeRange(0, 10))
    more = [Request(ordinal=3, span=TimeRange(0, 5))]
    store.extend_backfill(job_id, DAILY, more, "split 4:1", TimeRange(0, 10))
    plan = store.backfill_plan(job_id)
    assert (plan.note, plan.requests, store.job(job_id).total) == ("split 4:1", 4, 4)
    assert store.coverage(DAILY) == []


def test_a_job_whose_series_is_at_work_already_waits(store: Store) -> None:
    first, second = store.add_backfill(PLAN, {}), store.add_backfill(PLAN, {})
    assert store.claim_job(["backfill"]).id == first
    assert store.claim_job(["backfill"], besides=[PLAN.title]) is None
    assert store.claim_job(["backfill"]).id == second


def test_schedules_are_kept_and_changed(store: Store) -> None:
    store.save_schedule(Schedule(series=DAILY, every_s=60, ts_next=5))
    store.save_schedule(Schedule(series=DAILY, every_s=90, ts_next=6, ts_last=2, last_job=1))
    assert store.schedules() == [Schedule(series=DAILY, every_s=90, ts_next=6, ts_last=2, last_job=1)]


@pytest.mark.parametrize("count", [10, 60_000])
def test_few_and_many_rows_come_back_the_same(store: Store, count: int) -> None:
    written = bars(0, count)
    written.loc[3, "volume"] = float("nan")
    assert store.write(DAILY, written) == count
    assert store.write(DAILY, written) == 0
    pd.testing.assert_frame_equal(store.read(DAILY), written)
    changed = bars(0, count, close=7)
    assert store.write(DAILY, changed) == count
    assert (store.read(DAILY)["close"] == 7).all()
