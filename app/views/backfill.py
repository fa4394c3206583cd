"""Backfill: plans, jobs and requests in, what page `backfill` shows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import pandas as pd

from app.views import numbers
from app.views.cards import Card, Group, Tone
from app.views.series import rows_word, what
from nautilus_data.core.dataset import Series
from nautilus_data.core.job import Job, JobOrigin, Status
from nautilus_data.core.plan import Plan, Request, State
from nautilus_data.core.timerange import NS_PER_S

TO_RETRY = (State.FAILED, State.REFUSED)
_STATUS_TONES = MappingProxyType({Status.SUCCEEDED: Tone.OK, Status.FAILED: Tone.BAD, Status.CANCELLED: Tone.WARN})
_HELD = ("paused", "trying again")
_REQUEST = ("ordinal", "start", "end", "state", "expected", "rows", "attempts", "error", "cost", "ts_asked",
            "ts_answered")  # fmt: skip
_NOBODY = JobOrigin("", "")
_NO_ORIGINS: Mapping[int, JobOrigin] = MappingProxyType({})


def series_words(series: Series) -> str:
    """`1d · raw · from yahoo`; `observations · from fred`."""
    return f"{what(series)} · from {series.source}"


def plan(planned: Plan, left: str, now: int, zone: str) -> Group:
    """What would be asked, at what cost, and when it should be done; `left` is what the source's quota has left."""
    span, covered = planned.span, sum(part.duration_ns for part in planned.covered)
    share = covered / span.duration_ns if span.duration_ns else 1.0
    until = now + (planned.ts_estimated - planned.ts_planned)
    takes_s = max(0.0, (planned.ts_estimated - planned.ts_planned) / NS_PER_S)
    cards = (
        Card("series", "Series", planned.series.instrument_id, note=series_words(planned.series)),
        Card("span", "From", numbers.day(span.start, zone),
             note=f"to {numbers.day(span.end, zone)} {zone} · mode: {planned.mode.value}"),
        Card("requests", "Requests to make", numbers.count(planned.requests), note="listed below, one by one"),
        Card("cost", "Cost of quota", numbers.count(planned.cost), note=left),
        _expected(planned),
        Card("finish", "Takes about", numbers.age(takes_s) if planned.requests else numbers.NOT_KNOWN,
             note=f"started now: until {numbers.clock(until, zone)}" if planned.requests else ""),
        Card("covered", "Already answered", f"{share:.0%}", note="of the span, not asked again", fraction=share),
    )  # fmt: skip
    return Group("plan", "Plan: nothing is asked before it is started", cards)


def quota_words(quota: Any) -> str:
    """What one limit of a source has left."""
    return f"{quota.left:,} of {quota.limit:,} left in {numbers.age(quota.window_s)}"


def running(jobs: Iterable[Job], rates: Mapping[int, float], now: int, zone: str, nobody: str = "") -> Group:
    """Jobs that wait or run, with requests a minute as seen lately; `nobody` says why none is worked on."""
    cards = tuple(_held_up(job, nobody) if nobody else _running(job, rates.get(job.id), now, zone) for job in jobs)
    return Group(
        "running", "Waiting and running", cards, kind="rows", empty="No backfill is running.", rest="backfill.running"
    )


def job(found: Job, requests: Sequence[Request], note: str, zone: str) -> Group:
    """One job and how its requests were answered."""
    counts = {state: sum(one.state is state for one in requests) for state in State}
    told = [f"{counts[state]:,} {word}" for state, word in _WORDS.items() if counts[state]]
    asked = sum(one.attempts for one in requests)
    rows = sum(one.rows for one in requests)
    cards = (
        Card("state", f"Job {found.id}", state_of(found), _tone(found), found.message or "no word yet"),
        Card("series", "Series", found.title.split(" ")[0], note=f"{found.title.partition(' ')[2]}"),
        Card("requests", "Requests", numbers.count(len(requests)), note=", ".join(told) or "none"),
        Card("rows", f"{_rows_of(found)} stored", numbers.count(rows), note=f"{asked:,} asked, retries included"),
        Card("asked", "Asked for", numbers.clock(found.ts_created, zone),
             note=f"ended {numbers.clock(found.ts_finished, zone)}" if found.ts_finished else "not ended yet"),
    )  # fmt: skip
    if note:
        cards += (Card("note", "Asked more than planned", "", Tone.WARN, note),)
    return Group("job", f"Job {found.id} · times in {zone}", cards)


def state_of(found: Job) -> str:
    """The state a person wants to know: a job that waits for its source is paused, not running."""
    if not found.status.is_final and found.cancel_requested:
        return "stopping"
    held = next((word for word in _HELD if found.message.startswith(word)), "")
    return held if found.status is Status.RUNNING and held else str(found.status).lower()


def jobs_frame(jobs: Iterable[Job], origins: Mapping[int, JobOrigin] = _NO_ORIGINS) -> pd.DataFrame:
    """Jobs for a table, those that are not done first, with who asked for them."""
    rows = [
        asdict(found) | {"status": state_of(found)} | origins.get(found.id, _NOBODY)._asdict()
        for found in sorted(jobs, key=_order)
    ]
    return pd.DataFrame(rows).drop(columns="params", errors="ignore")


def requests_frame(requests: Iterable[Request]) -> pd.DataFrame:
    """Requests for a table."""
    rows = [
        (one.ordinal, one.span.start, one.span.end, one.state.value, one.expected, one.rows, one.attempts, one.error,
         one.cost, one.ts_asked, one.ts_answered)
        for one in requests
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(_REQUEST))


_WORDS = MappingProxyType(
    {State.DONE: "done", State.EMPTY: "empty", State.REFUSED: "refused", State.FAILED: "failed",
     State.NOT_ASKED: "not asked yet"}
)  # fmt: skip


def _held_up(found: Job, nobody: str) -> Card:
    note = f"{found.done:,} of {found.total:,} requests · {nobody}; what was stored stays, the rest goes on by itself"
    action = "" if found.cancel_requested else "Stop"
    title = f"{found.id}: {found.title}"
    return Card(str(found.id), title, "no worker", Tone.WARN, note, fraction=found.fraction or 0.0, action=action)


def _running(found: Job, rate: float | None, now: int, zone: str) -> Card:
    state = state_of(found)
    left = found.total - found.done
    pace = f"{rate:.1f} requests a minute" if rate else ""
    eta = f"about {numbers.age(left / rate * 60)} left" if rate and left and state == "running" else ""
    of = f"{found.done:,} of {found.total:,} requests" if found.total else "waiting for the worker"
    said = "" if found.message.endswith("requests answered") else found.message
    since = f"for {numbers.age((now - found.ts_started) / NS_PER_S)}" if found.ts_started else ""
    note = " · ".join(part for part in (of, pace, eta, since, said) if part)
    tone = Tone.WARN if state in ("stopping", *_HELD) else Tone.NONE
    action = "" if found.cancel_requested else "Stop"
    title = f"{found.id}: {found.title}"
    return Card(str(found.id), title, state, tone, note, fraction=found.fraction or 0.0, action=action)


def _expected(planned: Plan) -> Card:
    word = rows_word(planned.series.dataset).capitalize()
    if planned.series.dataset != "bars":
        return Card("rows", f"{word} expected", numbers.NOT_KNOWN, note="those that were published")
    return Card("rows", f"{word} expected", numbers.count(planned.rows), note=_overlap_note(planned))


def _rows_of(found: Job) -> str:
    return rows_word(found.params.get("series", {}).get("dataset", "bars")).capitalize()


def _overlap_note(planned: Plan) -> str:
    return "some stored ones are asked again, to see a split" if planned.overlap else "by the instrument's calendar"


def _tone(found: Job) -> Tone:
    return Tone.WARN if state_of(found) in ("stopping", *_HELD) else _STATUS_TONES.get(found.status, Tone.NONE)


def _order(found: Job) -> tuple[bool, int]:
    return found.status.is_final, -found.id
