"""Backfill: ask a source for history, see the plan first, follow the jobs, see what is stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from app.layout import status
from app.layout.live_table import LiveTable
from app.layout.page import Page
from app.layout.status import Board
from app.views import coverage, table
from app.views.cards import Card, Group, Tone
from nautilus_data import errors
from nautilus_data.core.dataset import Series, show_timeframe
from nautilus_data.core.job import Job, Status

_READ_S = 0.5
_COVERAGE_S = 3.0
_LIMIT = 50
_TONES = {Status.FAILED: Tone.BAD, Status.CANCELLED: Tone.WARN, Status.SUCCEEDED: Tone.OK}


class Backfill(Page):
    """The page writes a job; the worker runs it; closing the page changes nothing."""

    title = "Backfill"

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        self.plan: Any = None
        self._read_at = self._covered_at = float("-inf")
        self._covered: pd.DataFrame | None = None
        self._make_form()
        self._planned = pn.Column(sizing_mode="stretch_width", margin=0)
        self._running = Board(on_action=self._stop)
        self.jobs = LiveTable(table.JOBS, ["id"], "No backfill was asked for yet.", page_size=10)
        self.stored = LiveTable(table.COVERAGE, ["series"], "No history is stored yet: plan a backfill above.")
        self._chart = pn.pane.Bokeh(None, sizing_mode="stretch_width", margin=0)
        self.selection.param.watch(lambda event: self.is_ready and self._show_coverage(), ["tz", "browser_zone"])

    def controls(self) -> Sequence[Any]:
        return [self._source, self._instrument, self._timeframe, self._adjustment, self._start, self._end, self._plan]

    def content(self) -> Any:
        self._offer_choices()
        self._show_jobs()
        self._show_coverage()
        return pn.Column(
            self._planned, self._running, _heading("History of jobs"), self.jobs.layout, _heading("What is stored"),
            self._chart, self.stored.layout, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    def live(self) -> None:
        now = time.monotonic()
        if now - self._read_at >= _READ_S:
            self._show_jobs()
        if now - self._covered_at >= _COVERAGE_S:
            self._show_coverage()

    def make_plan(self) -> None:
        """Ask what would be asked, and show it; nothing is fetched."""
        self.plan = None
        try:
            self.plan = self.workspace.backfill.plan(
                self._instrument.value, self._source.value, self._timeframe.value, _text(self._start.value),
                _day_after(self._end.value), self._adjustment.value,
            )  # fmt: skip
        except (errors.DashboardError, ValueError) as error:
            self._planned[:] = [status.error(f"This can't be planned: {error}")]
            return
        self._planned[:] = self._describe_plan()

    def start_plan(self) -> None:
        """Queue what is planned for the worker."""
        plan, self.plan = self.plan, None
        if plan is None:
            return
        job_id = self.workspace.backfill.start(plan)
        self._planned[:] = [_note(f"Job {job_id} is queued: {plan.title}. Its progress is below.")]
        self._show_jobs()

    def _describe_plan(self) -> list[Any]:
        plan, zone = self.plan, self.zone
        covered = sum(span.duration_ns for span in plan.covered)
        share = covered / plan.span.duration_ns if plan.span.duration_ns else 1.0
        chunks = [f"{table.day(chunk.start, zone)} to {table.day(chunk.end, zone)}" for chunk in plan.chunks]
        more = f" and {len(chunks) - 3} more" if len(chunks) > 3 else ""
        cards = (
            Card("series", "Series", plan.series.instrument_id, note=_words(plan.series)),
            Card("span", "Span", f"{table.day(plan.span.start, zone)} to {table.day(plan.span.end, zone)}", note=zone),
            Card("requests", "Requests to make", f"{plan.requests:,}", note=", ".join(chunks[:3]) + more),
            Card("covered", "Already stored", f"{share:.0%}", note="not asked again", fraction=share),
        )
        board = Board()
        board.show([Group("plan", "Plan", cards)])
        if plan.is_empty:
            return [board, _note("Nothing is missing: all of this span is stored or known to be empty.")]
        button = pmui.Button(label=f"Start: {plan.requests:,} requests", variant="contained", margin=(8, 0))
        button.on_click(lambda _: self.start_plan())
        return [board, button]

    def _show_jobs(self) -> None:
        self._read_at = time.monotonic()
        jobs = self.workspace.backfill.jobs(_LIMIT)
        active = [job for job in jobs if not job.status.is_final]
        cards = tuple(_job_card(job) for job in active)
        self._running.show(
            [Group("running", f"Running · times in {self.zone}", cards, kind="rows", empty="No backfill is running.")]
        )
        ended = table.records(asdict(job) for job in jobs if job.status.is_final)
        self.jobs.show(ended, self._context())

    def _stop(self, key: str) -> None:
        self.workspace.backfill.cancel(int(key))
        self._show_jobs()

    def _show_coverage(self) -> None:
        self._covered_at = time.monotonic()
        frame = self.workspace.backfill.coverage()
        names = ["instrument_id", "timeframe", "source", "adjustment"]
        frame["series"] = frame[names].astype(str).agg(" ".join, axis=1) if len(frame) else []
        self.stored.show(frame, self._context())
        seen = frame.assign(zone=self.zone)
        if self._covered is not None and seen.equals(self._covered):
            return
        self._covered = seen
        self._chart.visible = bool(len(frame))
        if len(frame):
            self._chart.object = coverage.chart(self._segments(frame), zone=self.zone)

    def _segments(self, frame: pd.DataFrame) -> pd.DataFrame:
        return coverage.together(
            {
                f"{row['label']} {row['adjustment']} {row['source']}": self.workspace.backfill.spans(_series(row))
                for row in frame.to_dict("records")
            }
        )

    def _make_form(self) -> None:
        self._source = pmui.Select(label="Source", options={}, size="small", width=170)
        self._instrument = pmui.AutocompleteInput(
            label="Instrument", options=[], restrict=False, min_characters=0, case_sensitive=False, size="small",
            width=190,
        )  # fmt: skip
        self._timeframe = pmui.Select(label="Timeframe", options={}, size="small", width=104)
        self._adjustment = pmui.Select(label="Adjustment", options=[], size="small", width=120)
        self._start = pmui.DatePicker(label="From (UTC)", size="small", width=150)
        self._end = pmui.DatePicker(label="To (UTC)", size="small", width=150)
        self._plan = pmui.Button(label="Plan", variant="contained", width=90)
        self._plan.on_click(lambda _: self.make_plan())
        self._source.param.watch(lambda event: self._offer_capabilities(), "value")

    def _offer_choices(self) -> None:
        sources = self.workspace.backfill.sources()
        self._source.options = {_source_label(source): source.spec.name for source in sources}
        self._source.value = sources[0].spec.name if sources else None
        known = list(self.workspace.market.instruments()["instrument_id"])
        self._instrument.options = known
        self._instrument.value = self.selection.instrument or (known[0] if known else "")
        self._adjustment.value = self.selection.adjustment
        self._offer_capabilities()

    def _offer_capabilities(self) -> None:
        sources = {source.spec.name: source for source in self.workspace.backfill.sources()}
        source = sources.get(self._source.value)
        if source is None:
            return
        bars = [capability for capability in source.spec.capabilities if capability.dataset == "bars"]
        frames = list(dict.fromkeys(name for capability in bars for name in capability.timeframes))
        adjustments = list(dict.fromkeys(name for capability in bars for name in capability.adjustments))
        self._timeframe.param.update(
            options={show_timeframe(name): name for name in frames}, value=_kept(self._timeframe.value, frames)
        )
        self._adjustment.param.update(options=adjustments, value=_kept(self._adjustment.value, adjustments))

    def _context(self) -> table.Context:
        return table.Context(now=self.snapshot.beat if self.snapshot else time.time_ns(), zone=self.zone)


def _job_card(job: Job) -> Card:
    of = f"{job.done} of {job.total} requests" if job.total else "waiting for the worker"
    state = "stopping" if job.cancel_requested else str(job.status).lower()
    return Card(
        str(job.id), job.title, state, _TONES.get(job.status, Tone.NONE), f"{of} · {job.message}".rstrip(" ·"),
        fraction=job.fraction or 0.0, action="" if job.cancel_requested else "Stop",
    )  # fmt: skip


def _series(row: dict[str, Any]) -> Series:
    return Series(**{name: row[name] for name in ("instrument_id", "source", "timeframe", "adjustment")})


def _source_label(source: Any) -> str:
    return f"{source.spec.title} (unavailable)" if source.unavailable_reason() else source.spec.title


def _words(series: Series) -> str:
    return f"{show_timeframe(series.timeframe)} · {series.adjustment} · from {series.source}"


def _kept(value: str | None, offered: Sequence[str]) -> str | None:
    return value if value in offered else next(iter(offered), None)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day_after(day: date | None) -> str | None:
    # Spans end before their end; a person who says "to the 5th" means the 5th too.
    return (day + timedelta(days=1)).isoformat() if day else None


def _note(text: str) -> Any:
    return pn.pane.Str(text, margin=(6, 0), sizing_mode="stretch_width", stylesheets=[_CSS])


def _heading(text: str) -> Any:
    return pn.pane.HTML(f"<h2>{text}</h2>", sizing_mode="stretch_width", margin=(14, 0, 4, 0), stylesheets=[_CSS])


_CSS = """
pre{margin:0;font:13px/1.5 var(--nd-font);white-space:normal;color:var(--nd-muted)}
h2{margin:0;font:600 11px/1 var(--nd-font);letter-spacing:.07em;text-transform:uppercase;color:var(--nd-muted)}
"""

Backfill.serve()
