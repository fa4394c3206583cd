"""Catalog views: catalogs, what one holds beside the store, and jobs, as tables and cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd

from app.views import numbers, table
from app.views.cards import Card, Group, Tone
from app.views.table import Context, Field
from nautilus_data.core.dataset import Series, show_timeframe
from nautilus_data.core.job import Job, Status
from nautilus_data.core.timerange import NS_PER_S, TimeRange, merge

_MARKS = MappingProxyType(
    {"up to date": "●", "behind": "◆", "changed since": "◆", "unfinished": "◆", "overlapping": "▲",
     "unreadable": "■", "not from here": "○", "another store's": "○", "succeeded": "●", "failed": "■",
     "cancelled": "◆", "queued": "◷", "running": "▶", "stopping": "◆"}
)  # fmt: skip
_TONES = MappingProxyType({Status.SUCCEEDED: Tone.OK, Status.FAILED: Tone.BAD, Status.CANCELLED: Tone.WARN})
_TO_DO = ("behind", "changed since", "unfinished", "overlapping", "unreadable")
_NAMED = 3


def _plain(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value == "" or value != value else str(value)


def _marked(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"{_MARKS[value]} {value}" if value in _MARKS else str(value)


def _count(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value != value else numbers.count(value)


def _size(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return numbers.size(value)


def _age(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"{table.age(value, context.now)} ago" if value else table.UNKNOWN


def _time(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone)


_number = partial(Field, is_number=True)
CATALOGS = (
    Field("name", "Catalog", _plain),
    Field("types", "Holds", _plain),
    _number("series", "Lists", _count),
    _number("files", "Files", _count),
    _number("size_bytes", "Size", _size),
    Field("ts_modified", "Written", _age),
    Field("path", "Folder", _plain),
)
SHELVES = (
    Field("identifier", "Bar type or instrument", _plain),
    Field("state", "Beside the store", _marked),
    _number("rows", "Rows", _count),
    Field("start", "From", _time),
    Field("end", "To", _time),
    _number("intervals", "Intervals", _count),
    _number("coverage", "Covered spans", _count),
    Field("adjustment", "Adjustment", _plain),
    _number("files", "Files", _count),
    _number("size_bytes", "Size", _size),
    Field("ts_modified", "Written", _age),
    # Last, as the longest.
    Field("detail", "Remark", _plain),
)
INTERVALS = (
    Field("start", "From", _time),
    Field("end", "To", _time),
    Field("state", "In the store", _plain),
)
JOBS = (
    _number("id", "Job", _plain),
    Field("title", "What", _plain),
    Field("status", "State", _marked),
    Field("ts_created", "Asked", _time),
    Field("ts_finished", "Ended", _time),
    Field("message", "Result or reason", _plain),
)


def catalog(found: Mapping[str, Any], shelves: pd.DataFrame | None) -> Group:
    """One catalog: where it is, and how it stands beside the store."""
    cards = (
        Card("path", "Folder", found["name"], note=found["path"]),
        Card("size", "Size", numbers.size(found["size_bytes"]), note=f"{found['files']:,} files"),
        _standing(shelves),
    )
    return Group("catalog", "The catalog", cards)


def _standing(shelves: pd.DataFrame | None) -> Card:
    title = "Beside the store"
    if shelves is None:
        return Card("state", title, "being compared")
    waiting = shelves[shelves["state"].isin(_TO_DO)]
    if len(waiting):
        note = ", ".join(f"{count} {state}" for state, count in waiting["state"].value_counts().items())
        return Card("state", title, "export again", Tone.WARN, note)
    ours = int((shelves["state"] == "up to date").sum())
    others = len(shelves) - ours
    note = f"{others} not exported from here" if others else "intervals are the coverage of the store"
    return Card("state", title, "up to date" if ours else "not from here", Tone.OK if ours else Tone.NONE, note)


def intervals_frame(spans: Sequence[TimeRange], covered: Sequence[TimeRange] | None) -> pd.DataFrame:
    """Intervals of a catalog beside what the store covers, each span once; `covered` None: it says nothing of it."""
    there = merge(spans)
    if covered is None:
        rows = [(one, "") for one in there]
    else:
        both = [part for one in there for other in covered if (part := one.intersect(other))]
        rows = [(one, "covered") for one in both]
        rows += [(part, "not covered any more") for one in there for part in one.subtract(covered)]
        rows += [(part, "covered, not in the catalog") for one in covered for part in one.subtract(there)]
    told = [(span.start, span.end, state) for span, state in sorted(rows)]
    return pd.DataFrame(told, columns=["start", "end", "state"])


def fitting(series: Sequence[Series], reason: str = "") -> Group:
    """What an export would take; `reason` says why it can't."""
    named = ", ".join(_words(one) for one in series[:_NAMED]) + (" …" if len(series) > _NAMED else "")
    card = Card("fitting", "Lines of bars that fit", numbers.count(len(series)), note=reason or named or "none")
    return Group("fitting", "", (card,))


def _words(series: Series) -> str:
    return f"{series.instrument_id} {show_timeframe(series.timeframe)} {series.price_type} {series.adjustment}"


def running(jobs: Iterable[Job], now: int, nobody: str = "") -> Group:
    """Jobs that wait or run; `nobody` says why none is worked on."""
    cards = tuple(_running(job, now, nobody) for job in jobs)
    return Group(
        "running",
        "Waiting and running",
        cards,
        kind="rows",
        empty="No export or import is running.",
        rest="catalog.running",
    )


def jobs_frame(jobs: Iterable[Job]) -> pd.DataFrame:
    """Jobs for a table, the newest first."""
    rows = [asdict(job) | {"status": state_of(job)} for job in jobs]
    return pd.DataFrame(rows).drop(columns="params", errors="ignore")


def chosen(job: Job, zone: str) -> Group:
    """One job and what it said."""
    ended = f"ended {numbers.clock(job.ts_finished, zone)}" if job.ts_finished else "not ended yet"
    cards = (
        Card("state", f"Job {job.id}", state_of(job), _TONES.get(job.status, Tone.NONE), job.message or "no word yet"),
        Card("asked", "Asked for", numbers.clock(job.ts_created, zone), note=f"{ended} ({zone})"),
    )
    return Group("job", job.title, cards)


def state_of(job: Job) -> str:
    return "stopping" if job.cancel_requested and not job.status.is_final else str(job.status).lower()


def _running(job: Job, now: int, nobody: str) -> Card:
    unit = "bars" if job.kind.endswith("export") else "files"
    of = f"{job.done:,} of {job.total:,} {unit}" if job.total else "waiting for its turn"
    since = f"for {numbers.age((now - job.ts_started) / NS_PER_S)}" if job.ts_started else ""
    note = " · ".join(part for part in (of, nobody or job.message, since) if part)
    tone = Tone.WARN if nobody or job.cancel_requested else Tone.NONE
    state, action = "no worker" if nobody else state_of(job), "" if job.cancel_requested else "Stop"
    return Card(str(job.id), f"{job.id}: {job.title}", state, tone, note, fraction=job.fraction or 0.0, action=action)
