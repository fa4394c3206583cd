"""Work on a job: its lines bear the job and the request that asked for it."""

from __future__ import annotations

import logging

import pytest

from nautilus_data.core.correlation import CORRELATION, JOB, correlated
from nautilus_data.core.job import Status
from nautilus_data.errors import RetryableError
from nautilus_data.store import Store, work_on


class AwayStore(Store):
    """Its database goes away once the job is claimed."""

    def job_origins(self, job_ids):
        raise RetryableError("the database is away")

    def job(self, job_id):
        raise RetryableError("the database is away")


def test_a_job_is_worked_on_under_the_id_it_was_asked_for_with(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    store = Store("sqlite://")
    with correlated("abc"):
        job_id = store.add_job("engine.stop", "Stop the node")
    job = store.claim_job(["engine.stop"])
    with work_on(store, job):
        assert (CORRELATION.get(), JOB.get()) == ("abc", job_id)
        store.update_job(job_id, status=Status.SUCCEEDED)
    assert (CORRELATION.get(), JOB.get()) == ("", 0)
    begins, left = [record.getMessage() for record in caplog.records]
    assert begins == f"job begins job={job_id} kind=engine.stop title=Stop the node"
    assert left.startswith(f"job left job={job_id} status=SUCCEEDED took_s=0.0")


def test_a_job_that_nobody_asked_for_has_an_id_of_its_own() -> None:
    store = Store("sqlite://")
    job_id = store.add_job("engine.stop", "Stop the node")
    with work_on(store, store.claim_job(["engine.stop"])):
        assert CORRELATION.get() == f"job-{job_id}"


def test_a_job_is_worked_on_though_nobody_can_say_who_asked_for_it() -> None:
    store = AwayStore("sqlite://")
    store.add_job("engine.stop", "Stop the node")
    job = Store.claim_job(store, ["engine.stop"])
    with work_on(store, job):
        assert CORRELATION.get() == f"job-{job.id}"


def test_what_fails_inside_is_not_held_back_and_leaves_no_id_behind() -> None:
    store = Store("sqlite://")
    store.add_job("engine.stop", "Stop the node")
    with pytest.raises(ZeroDivisionError), work_on(store, store.claim_job(["engine.stop"])):
        _ = 1 / 0
    assert (CORRELATION.get(), JOB.get()) == ("", 0)
