"""The queue of jobs, the leases, and the engine's runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from nautilus_data.core.acting import acting
from nautilus_data.core.correlation import correlated
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.core.job import Status
from nautilus_data.store import Store
from tests.store.conftest import Clock


def test_a_job_goes_from_queued_to_running_to_its_end(store: Store, clock: Clock) -> None:
    job_id = store.add_job("backfill", "AAPL daily", {"source": "sample"})
    queued = store.job(job_id)
    assert (queued.status, queued.params, queued.ts_created) == (Status.QUEUED, {"source": "sample"}, clock.now)
    clock.now += 1
    running = store.claim_job(["backfill"])
    assert (running.id, running.status, running.ts_started) == (job_id, Status.RUNNING, clock.now)
    clock.now += 1
    assert store.update_job(job_id, done=1, total=4).fraction == 0.25
    clock.now += 1
    ended = store.update_job(job_id, status=Status.SUCCEEDED, message="10 rows")
    assert (ended.status, ended.message, ended.ts_finished) == (Status.SUCCEEDED, "10 rows", clock.now)


def test_the_oldest_job_of_the_wanted_kinds_is_claimed(store: Store) -> None:
    first, other, second = (store.add_job(kind, "t") for kind in ("backfill", "engine", "backfill"))
    assert store.claim_job(["backfill"]).id == first
    assert store.claim_job(["backfill"]).id == second
    assert store.claim_job(["backfill"]) is None
    assert store.claim_job(["backfill", "engine"]).id == other


def test_two_workers_never_claim_one_job(store: Store) -> None:
    ids = [store.add_job("backfill", "t") for _ in range(20)]
    with ThreadPoolExecutor(4) as pool:
        claimed = [job for job in pool.map(lambda _: store.claim_job(["backfill"]), range(30)) if job]
    assert sorted(job.id for job in claimed) == ids


def test_a_queued_job_is_cancelled_at_once(store: Store, clock: Clock) -> None:
    job_id = store.add_job("backfill", "t")
    cancelled = store.request_cancel(job_id)
    assert (cancelled.status, cancelled.ts_finished) == (Status.CANCELLED, clock.now)
    assert store.claim_job(["backfill"]) is None


def test_a_running_job_learns_that_it_should_stop(store: Store) -> None:
    job_id = store.add_job("backfill", "t")
    store.claim_job(["backfill"])
    assert store.request_cancel(job_id).status is Status.RUNNING
    assert store.update_job(job_id, done=1).cancel_requested


def test_a_job_that_ended_stays_as_it_ended(store: Store) -> None:
    job_id = store.add_job("backfill", "t")
    store.request_cancel(job_id)
    assert store.update_job(job_id, status=Status.SUCCEEDED).status is Status.CANCELLED
    assert not store.request_cancel(job_id).cancel_requested


def test_what_a_dead_worker_ran_is_queued_again(store: Store) -> None:
    job_id = store.add_job("backfill", "t")
    store.claim_job(["backfill"])
    assert store.requeue_jobs(["engine"]) == 0
    assert store.requeue_jobs(["backfill"]) == 1
    assert store.claim_job(["backfill"]).id == job_id


def test_jobs_are_listed_newest_first_and_filtered(store: Store) -> None:
    ended, queued, other = store.add_job("backfill", "a"), store.add_job("backfill", "b"), store.add_job("engine", "c")
    store.request_cancel(ended)
    assert [job.id for job in store.jobs()] == [other, queued, ended]
    assert [job.id for job in store.jobs(limit=1)] == [other]
    assert [job.id for job in store.jobs(kinds=["backfill"], active=True)] == [queued]
    assert [job.id for job in store.jobs(active=False)] == [ended]


@pytest.mark.parametrize("ask", ["job", "request_cancel", "update_job"])
def test_a_job_that_is_not_there_is_named(store: Store, ask: str) -> None:
    with pytest.raises(LookupError, match="no job 404"):
        getattr(store, ask)(404)


def test_one_holder_at_a_time_has_the_lease(store: Store, clock: Clock) -> None:
    assert store.lease("worker") is None
    assert store.acquire_lease("worker", "one", ttl_s=10)
    assert not store.acquire_lease("worker", "two", ttl_s=10)
    assert store.lease("worker") == ("one", clock.now + 10_000_000_000)


def test_the_holder_renews_its_lease(store: Store, clock: Clock) -> None:
    store.acquire_lease("worker", "one", ttl_s=10)
    clock.now += 9_000_000_000
    assert store.acquire_lease("worker", "one", ttl_s=10)
    clock.now += 9_000_000_000
    assert not store.acquire_lease("worker", "two", ttl_s=10)


def test_a_stale_lease_is_taken_over(store: Store, clock: Clock) -> None:
    store.acquire_lease("worker", "one", ttl_s=10)
    clock.now += 10_000_000_000
    assert store.acquire_lease("worker", "two", ttl_s=10)
    assert not store.acquire_lease("worker", "one", ttl_s=10)


def test_only_the_holder_releases(store: Store) -> None:
    store.acquire_lease("worker", "one", ttl_s=10)
    store.release_lease("worker", "two")
    assert store.lease("worker")[0] == "one"
    store.release_lease("worker", "one")
    assert store.lease("worker") is None


def test_one_of_many_gets_the_lease(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda n: store.acquire_lease("worker", f"holder {n}", ttl_s=10), range(12)))
    assert taken.count(True) == 1


def test_an_engine_run_is_made_and_changed_field_by_field(store: Store, clock: Clock) -> None:
    store.save_engine_run("run-1", status="STARTING", config={"pace": 1}, ts_started=5)
    clock.now += 1
    store.save_engine_run("run-1", status="RUNNING", bars_sent=7, is_paused=True)
    (run,) = store.engine_runs()
    assert (run["status"], run["bars_sent"], run["is_paused"], run["ts_started"]) == ("RUNNING", 7, True, 5)
    assert (run["config"], run["error"], run["ts_updated"]) == ({"pace": 1}, "", clock.now)


def test_engine_runs_are_listed_newest_first(store: Store) -> None:
    for number in (1, 3, 2):
        store.save_engine_run(f"run-{number}", ts_started=number)
    assert [run["id"] for run in store.engine_runs(limit=2)] == ["run-3", "run-2"]


def test_a_job_says_which_request_asked_for_it_and_who(store: Store) -> None:
    by_itself = store.add_job("backfill", "t")
    with correlated("c0ffee"):
        nobody = store.add_job("backfill", "t")
        with acting(Identity("ann", Role.OPERATOR, Door.SESSION)):
            asked = store.add_job("backfill", "t")
    assert store.job_origin(asked) == ("c0ffee", "ann")
    assert store.job_origins([by_itself, nobody, asked]) == {nobody: ("c0ffee", ""), asked: ("c0ffee", "ann")}
    assert store.job_origin(by_itself) == store.job_origin(10**6) == ("", "")
