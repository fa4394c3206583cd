"""Jobs and leases: what the worker is asked to do, and which worker does it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from nautilus_data.core.acting import ACTOR
from nautilus_data.core.correlation import CORRELATION
from nautilus_data.core.job import Job, JobOrigin, Status
from nautilus_data.store.database import Database
from nautilus_data.store.tables import ENGINE_RUNS, JOB_ORIGINS, JOBS, LEASES

_FINAL = [status.value for status in Status if status.is_final]


class Jobs(Database):
    """The table is the queue."""

    def add_job(self, kind: str, title: str, params: dict[str, Any] | None = None) -> int:
        """Queue a job; its id."""
        with self._writing() as connection:
            return new_job(connection, self._clock(), kind, title, params)

    def claim_job(self, kinds: Iterable[str], besides: Iterable[str] = ()) -> Job | None:
        """The oldest queued job of these kinds, now RUNNING and ours; none that has a title in `besides`."""
        queued = select(JOBS.c.id).where(
            JOBS.c.status == Status.QUEUED.value, JOBS.c.kind.in_(list(kinds)), JOBS.c.title.not_in(list(besides))
        )
        oldest = queued.order_by(JOBS.c.id).limit(1)
        with self._reading() as connection:
            # Asked often and mostly in vain: only a job that is there costs a write.
            if connection.execute(oldest).scalar() is None:
                return None
        with self._writing() as connection:
            job_id = connection.execute(oldest.with_for_update(skip_locked=True)).scalar()
            if job_id is None:
                return None
            now = self._clock()
            _set(connection, job_id, status=Status.RUNNING.value, ts_started=now, ts_updated=now)
            return _find(connection, job_id)

    def update_job(self, job_id: int, **fields: Any) -> Job:
        """Set status, done, total, message or params; a job that has ended stays as it ended.

        The job comes back, so that its runner sees `cancel_requested`.
        """
        now = self._clock()
        values = {**fields, "ts_updated": now}
        if "params" in fields:
            values["params"] = json.dumps(fields["params"])
        if "status" in fields:
            status = Status(fields["status"])
            values["status"] = status.value
            if status.is_final:
                values["ts_finished"] = now
        with self._writing() as connection:
            _set(connection, job_id, **values)
            return _find(connection, job_id)

    def requeue_jobs(self, kinds: Iterable[str]) -> int:
        """Queue again what a worker that died was running; how many. Only the holder of the lease may ask."""
        left = (JOBS.c.status == Status.RUNNING.value, JOBS.c.kind.in_(list(kinds)))
        with self._writing() as connection:
            done = connection.execute(
                update(JOBS).where(*left).values(status=Status.QUEUED.value, ts_updated=self._clock())
            )
            return done.rowcount

    def request_cancel(self, job_id: int) -> Job:
        """A queued job is cancelled at once; a running one is asked to stop."""
        now = self._clock()
        cancelled = {"status": Status.CANCELLED.value, "ts_finished": now, "ts_updated": now}
        is_queued = (JOBS.c.id == job_id, JOBS.c.status == Status.QUEUED.value)
        with self._writing() as connection:
            if not connection.execute(update(JOBS).where(*is_queued).values(cancelled)).rowcount:
                _set(connection, job_id, cancel_requested=True, ts_updated=now)
            return _find(connection, job_id)

    def job(self, job_id: int) -> Job:
        """One job; LookupError when there is none."""
        with self._reading() as connection:
            return _find(connection, job_id)

    def job_origin(self, job_id: int) -> JobOrigin:
        """Which request asked for a job, and who; both empty where that is not known."""
        return self.job_origins([job_id]).get(job_id, JobOrigin("", ""))

    def job_origins(self, job_ids: Iterable[int]) -> dict[int, JobOrigin]:
        """Of those jobs whose origin is known."""
        found = select(JOB_ORIGINS).where(JOB_ORIGINS.c.job.in_(list(job_ids)))
        with self._reading() as connection:
            return {row.job: JobOrigin(row.correlation, row.actor) for row in connection.execute(found)}

    def jobs(
        self, limit: int = 50, kinds: Iterable[str] | None = None, active: bool | None = None, correlation: str = ""
    ) -> list[Job]:
        """The newest first; `active` keeps those not ended (True) or ended (False), `correlation` of one request."""
        query = select(JOBS).order_by(JOBS.c.id.desc()).limit(limit)
        if correlation:
            query = query.where(
                JOBS.c.id.in_(select(JOB_ORIGINS.c.job).where(JOB_ORIGINS.c.correlation == correlation))
            )
        if kinds is not None:
            query = query.where(JOBS.c.kind.in_(list(kinds)))
        if active is not None:
            query = query.where(JOBS.c.status.not_in(_FINAL) if active else JOBS.c.status.in_(_FINAL))
        with self._reading() as connection:
            return [_job(row) for row in connection.execute(query)]


class Leases(Database):
    """Who may do what only one may do."""

    def acquire_lease(self, name: str, holder: str, ttl_s: float, now: int | None = None) -> bool:
        """Take, renew or take over a stale lease; False while another holds it."""
        now = self._clock() if now is None else now
        expires = now + int(ttl_s * 1_000_000_000)
        new = self._dialect.insert(LEASES).values(name=name, holder=holder, ts_expires=expires)
        taken = new.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "ts_expires": expires},
            where=or_(LEASES.c.holder == holder, LEASES.c.ts_expires <= now),
        )
        with self._writing() as connection:
            # Without the option SQLAlchemy drops the row count of an INSERT on PostgreSQL.
            return connection.execute(taken, execution_options={"preserve_rowcount": True}).rowcount == 1

    def release_lease(self, name: str, holder: str) -> None:
        """Let go, if it is ours."""
        with self._writing() as connection:
            connection.execute(delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder))

    def lease(self, name: str) -> tuple[str, int] | None:
        """Holder and when it expires; it may have expired already."""
        query = select(LEASES.c.holder, LEASES.c.ts_expires).where(LEASES.c.name == name)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return tuple(row) if row else None


class EngineRuns(Database):
    """What the engine's children did."""

    def save_engine_run(self, run_id: str, **fields: Any) -> None:
        """Make a run or change the given fields of it; `config` may be a dict."""
        if isinstance(fields.get("config"), dict):
            fields["config"] = json.dumps(fields["config"])
        values = {"ts_updated": self._clock(), **fields}
        new = self._dialect.insert(ENGINE_RUNS).values(id=run_id, **values)
        with self._writing() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=values))

    def engine_runs(self, limit: int = 20) -> list[dict[str, Any]]:
        """The newest first; `config` as a dict."""
        newest = select(ENGINE_RUNS).order_by(ENGINE_RUNS.c.ts_started.desc(), ENGINE_RUNS.c.id.desc()).limit(limit)
        with self._reading() as connection:
            rows = connection.execute(newest).mappings().all()
        return [{**row, "config": json.loads(row["config"])} for row in rows]


def new_job(
    connection: Connection, now: int, kind: str, title: str, params: dict[str, Any] | None = None, total: int = 0
) -> int:
    """Queue a job inside a transaction; its id."""
    values = {"kind": kind, "title": title, "params": json.dumps(params or {}), "status": Status.QUEUED.value}
    made = connection.execute(insert(JOBS).values(**values, total=total, ts_created=now, ts_updated=now))
    job_id = made.inserted_primary_key[0]
    _note_origin(connection, job_id)
    return job_id


def _note_origin(connection: Connection, job_id: int) -> None:
    """Which request asked for it, and who."""
    if correlation := CORRELATION.get():
        actor = ACTOR.get()
        values = {"job": job_id, "correlation": correlation, "actor": actor.name if actor else ""}
        connection.execute(insert(JOB_ORIGINS).values(values))


def _set(connection: Connection, job_id: int, **values: Any) -> None:
    connection.execute(update(JOBS).where(JOBS.c.id == job_id, JOBS.c.status.not_in(_FINAL)).values(**values))


def _find(connection: Connection, job_id: int) -> Job:
    row = connection.execute(select(JOBS).where(JOBS.c.id == job_id)).one_or_none()
    if row is None:
        raise LookupError(f"there is no job {job_id}")
    return _job(row)


def _job(row: Row) -> Job:
    values = dict(row._mapping)
    return Job(**{**values, "params": json.loads(values["params"]), "status": Status(values["status"])})
