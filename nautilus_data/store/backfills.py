"""Backfills: plans kept request by request, and what each request brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from nautilus_data.core.answer import Taken
from nautilus_data.core.dataset import Series
from nautilus_data.core.job import BACKFILL, Status
from nautilus_data.core.plan import Mode, Plan, Request, State
from nautilus_data.core.timerange import NOTHING, TimeRange
from nautilus_data.store.coverage import forget
from nautilus_data.store.jobs import Jobs, new_job
from nautilus_data.store.refused import Refused
from nautilus_data.store.tables import BACKFILL_PLANS, BACKFILL_REQUESTS, JOBS, SERIES, SERIES_FIELDS

_ASKED = BACKFILL_REQUESTS.c
_FINAL = [status.value for status in Status if status.is_final]


class Backfills(Refused, Jobs):
    """A plan is written with its job, an answer with its rows: nothing is half there after a crash."""

    def add_backfill(self, plan: Plan, params: dict[str, Any]) -> int:
        """Queue a plan; the job's id."""
        number = self._series_number(plan.series, create=True)
        overlap = plan.overlap or NOTHING
        with self._writing() as connection:
            job_id = new_job(connection, self._clock(), BACKFILL, plan.title, params, total=plan.requests)
            connection.execute(
                insert(BACKFILL_PLANS).values(
                    job=job_id, series=number, start=plan.span.start, end=plan.span.end, mode=plan.mode.value,
                    overlap_start=overlap.start, overlap_end=overlap.end, note=plan.note, ts_planned=plan.ts_planned,
                    ts_estimated=plan.ts_estimated,
                )
            )  # fmt: skip
            _add_requests(connection, job_id, number, plan.entries)
        return job_id

    def backfill_plan(self, job_id: int) -> Plan | None:
        """The plan of a job with its requests as they stand; None for a job that was not planned."""
        with self._reading() as connection:
            row = connection.execute(select(BACKFILL_PLANS).where(BACKFILL_PLANS.c.job == job_id)).one_or_none()
        if row is None:
            return None
        overlap = TimeRange(row.overlap_start, row.overlap_end)
        return Plan(
            series=self._series_of([row.series])[row.series],
            span=TimeRange(row.start, row.end),
            entries=tuple(self.backfill_requests(job_id)),
            mode=Mode(row.mode),
            overlap=None if overlap.is_empty else overlap,
            note=row.note,
            ts_planned=row.ts_planned,
            ts_estimated=row.ts_estimated,
        )

    def backfill_requests(self, job_id: int, states: Sequence[State] = ()) -> list[Request]:
        """The requests of a job in order; with `states`, those in one of them."""
        which = [_ASKED.job == job_id, *_in_states(states)]
        with self._reading() as connection:
            rows = connection.execute(select(BACKFILL_REQUESTS).where(*which).order_by(_ASKED.ordinal)).all()
        return [_request(row) for row in rows]

    def requests_about(self, series: Series, span: TimeRange, limit: int = 100) -> list[tuple[int, Request]]:
        """Job and request of everything ever asked about a span of a series, the newest first."""
        which = (_ASKED.series == self._series_number(series), _ASKED.start < span.end, _ASKED.end > span.start)
        newest = select(BACKFILL_REQUESTS).where(*which).order_by(_ASKED.job.desc(), _ASKED.ordinal).limit(limit)
        with self._reading() as connection:
            return [(row.job, _request(row)) for row in connection.execute(newest)]

    def last_requests(self, dataset: str) -> dict[Series, Request]:
        """The last request of the newest job of each series of a dataset."""
        newest = select(_ASKED.series, func.max(_ASKED.job).label("job")).group_by(_ASKED.series).subquery()
        same = (newest.c.series == _ASKED.series, newest.c.job == _ASKED.job)
        fields = [SERIES.c[name].label(f"of_{name}") for name in SERIES_FIELDS]
        found = select(BACKFILL_REQUESTS, *fields).join(newest, and_(*same)).join(SERIES, SERIES.c.id == _ASKED.series)
        with self._reading() as connection:
            rows = connection.execute(found.where(SERIES.c.dataset == dataset).order_by(_ASKED.ordinal)).all()
        return {Series(**{name: getattr(row, f"of_{name}") for name in SERIES_FIELDS}): _request(row) for row in rows}

    def note_attempt(self, job_id: int, ordinal: int, error: str = "", message: str = "") -> None:
        """A request goes out; or, with an error, it came back with nothing."""
        asked = {"attempts": _ASKED.attempts + 1, "ts_asked": self._clock()}
        with self._writing() as connection:
            mine = update(BACKFILL_REQUESTS).where(_ASKED.job == job_id, _ASKED.ordinal == ordinal)
            connection.execute(mine.values({"error": error} if error else asked))
            connection.execute(
                update(JOBS).where(JOBS.c.id == job_id).values(message=message, ts_updated=self._clock())
            )

    def settle(self, series: Series, taken: Taken, job_id: int = 0, ordinal: int = 0, message: str = "") -> int:
        """What a request brought, in one transaction with its state and the job's progress; how many rows changed."""
        number = self._series_number(series, create=True)
        rows = self._parameters(series, taken.rows) if taken.count else ()
        with self._writing() as connection:
            changed = self._upsert(connection, series, rows)
            self._cover_all(connection, number, taken.covered, taken.holes)
            self._save_bad_rows(connection, number, taken.bad, job_id)
            self._note_answer(connection, taken, job_id, ordinal, message)
        return changed

    def note_answer(self, taken: Taken, job_id: int, ordinal: int, message: str = "") -> None:
        """How a request was answered, and how far its job is; what it brought is kept elsewhere."""
        with self._writing() as connection:
            self._note_answer(connection, taken, job_id, ordinal, message)

    def _note_answer(self, connection: Connection, taken: Taken, job_id: int, ordinal: int, message: str) -> None:
        if not job_id:
            return
        mine, now = update(BACKFILL_REQUESTS).where(_ASKED.job == job_id, _ASKED.ordinal == ordinal), self._clock()
        told = {"state": taken.state.value, "error": taken.error, "rows": taken.count, "ts_answered": now}
        connection.execute(mine.values(told))
        _count_done(connection, job_id, message=message, ts_updated=now)

    def extend_backfill(
        self, job_id: int, series: Series, entries: Sequence[Request], note: str, forgotten: TimeRange
    ) -> None:
        """Ask more than was planned, and say why; what was answered about `forgotten` counts no more."""
        number = self._series_number(series, create=True)
        with self._writing() as connection:
            forget(connection, number, forgotten)
            if not job_id:
                return
            _add_requests(connection, job_id, number, entries)
            connection.execute(update(BACKFILL_PLANS).where(BACKFILL_PLANS.c.job == job_id).values(note=note))
            _count_done(connection, job_id, message=note, ts_updated=self._clock())

    def reopen_backfill(self, job_id: int, states: Sequence[State], ordinal: int | None = None) -> int:
        """Have requests in these states asked again, or one of them, and queue the job; how many are to be asked.

        0 for a job that still waits or runs, or that has nothing left to ask.
        """
        which = [_ASKED.job == job_id, *_in_states(states), *([] if ordinal is None else [_ASKED.ordinal == ordinal])]
        back = update(BACKFILL_REQUESTS).where(*which).values(state=State.NOT_ASKED.value, attempts=0, error="")
        is_open = (_ASKED.job == job_id, _ASKED.state == State.NOT_ASKED.value)
        has_ended = (JOBS.c.id == job_id, JOBS.c.status.in_(_FINAL))
        with self._writing() as connection:
            if connection.execute(select(JOBS.c.id).where(*has_ended)).scalar() is None:
                return 0
            if states:
                connection.execute(back)
            left = connection.execute(select(func.count()).select_from(BACKFILL_REQUESTS).where(*is_open)).scalar_one()
            if left:
                queued = {"status": Status.QUEUED.value, "cancel_requested": False, "ts_finished": 0, "message": ""}
                _count_done(connection, job_id, **queued, ts_updated=self._clock())
        return left


def _in_states(states: Sequence[State]) -> list[ColumnElement[bool]]:
    return [_ASKED.state.in_([state.value for state in states])] if states else []


def _add_requests(connection: Connection, job_id: int, number: int, entries: Sequence[Request]) -> None:
    rows = [
        {"job": job_id, "ordinal": one.ordinal, "series": number, "start": one.span.start, "end": one.span.end,
         "state": one.state.value, "expected": one.expected, "cost": one.cost, "error": one.error}
        for one in entries
    ]  # fmt: skip
    if rows:
        connection.execute(insert(BACKFILL_REQUESTS), rows)


def _count_done(connection: Connection, job_id: int, **values: Any) -> None:
    all_of_it = select(func.count()).select_from(BACKFILL_REQUESTS).where(_ASKED.job == job_id)
    answered = all_of_it.where(_ASKED.state != State.NOT_ASKED.value)
    counted = {"done": answered.scalar_subquery(), "total": all_of_it.scalar_subquery()}
    connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(**counted, **values))


def _request(row: Row) -> Request:
    others = ("job", "series", "start", "end", "state")
    values = {name: row._mapping[name] for name in BACKFILL_REQUESTS.columns.keys() if name not in others}  # noqa: SIM118
    return Request(span=TimeRange(row.start, row.end), state=State(row.state), **values)
