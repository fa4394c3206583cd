"""Cards: records of the status in, what a status board shows out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, DataRange1d, DatetimeTickFormatter
from bokeh.plotting import figure

from app.views import numbers, palette
from nautilus_data.core.job import Job, Status

RATE_POINTS = 180
_MOST_ROWS = 3
# With the age of the value, which is counted in the browser.
STALE = "stale:"


class Tone(StrEnum):
    """How much attention a card asks for; shown by a mark as well as by colour."""

    NONE = ""
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Card:
    """One fact: the age of `since` (ns) is counted in the browser, `fraction` drawn as a bar, `action` a button."""

    key: str
    title: str
    value: str = ""
    tone: Tone = Tone.NONE
    note: str = ""
    since: int = 0
    fraction: float | None = None
    action: str = ""


@dataclass(frozen=True)
class Group:
    """Cards under one heading; `kind`: cards, strip, rows or log; `rest`: their key among the twins of REST."""

    key: str
    title: str
    cards: tuple[Card, ...] = ()
    kind: str = "cards"
    text: str = ""
    empty: str = ""
    rest: str = ""


_BUS_TONES = {"connected": Tone.OK, "connecting": Tone.WARN, "reconnecting": Tone.WARN}
_JOB_TONES = {Status.SUCCEEDED: Tone.OK, Status.FAILED: Tone.BAD, Status.CANCELLED: Tone.WARN}
_RUN_TONES = {"RUNNING": Tone.OK, "STARTING": Tone.WARN, "STOPPING": Tone.WARN, "FAILED": Tone.BAD}


def overview(status: Mapping[str, Any], zone: str, problem: str = "") -> list[Group]:
    """All of `workspace.overview.status()`; `problem` says why it could not be read anew."""
    trouble = (Card("problem", "Status", "not read", Tone.BAD, problem),) if problem else ()
    return [
        Group("bus", "Message bus", (*trouble, *_bus(status["bus"], zone)), rest="overview.bus"),
        Group("nodes", "Nodes", tuple(_node(node) for node in status["nodes"]),
              empty="No node was seen on the bus. Start one on the engine page.", rest="overview.nodes"),
        Group("store", "Store and worker", (*_store(status["store"]), *_worker(status["worker"])),
              rest="overview.store"),
        Group("sources", "Sources", tuple(_source(source, zone) for source in status["sources"]), "rows",
              rest="overview.sources"),
        Group("jobs", "Jobs", tuple(_job(job, zone) for job in status["jobs"]), "rows",
              empty="No job has run. Start a backfill on the backfill page.", rest="overview.jobs"),
    ]  # fmt: skip


def latest(frame: pd.DataFrame, zone: str) -> Group:
    """Latest price of each instrument and its change to the value before."""
    cards = tuple(_latest(row, zone) for row in frame.itertuples(index=False))
    empty = "No price has come over the bus yet. Start a node on the engine page."
    return Group("latest", "Latest values", cards, "strip", empty=empty, rest="overview.latest")


def engine(status: Any, zone: str) -> list[Group]:
    """State of the node as the worker and the bus confirm it, commands on their way, the end of its log."""
    return [
        Group("run", "Node", tuple(_run(status, zone)), rest="engine.run"),
        Group("pending", "Commands on their way", tuple(_job(job, zone) for job in status.pending), "rows",
              empty="None: the worker has carried out every command.", rest="engine.pending"),
        Group("log", "Log of the node", (), "log", status.log_tail, "No log yet: no node has run.", rest="engine.log"),
    ]  # fmt: skip


def rate_line(now_ms: int, rate: float = 0.0) -> tuple[figure, ColumnDataSource]:
    """Entries a second over the last minutes; stream `second` (ms) and `rate` into the source."""
    source = ColumnDataSource({"second": [now_ms], "rate": [rate]})
    plot = figure(
        x_axis_type="datetime", height=110, sizing_mode="stretch_width", toolbar_location=None, tools="",
        title="Entries a second on the bus (UTC)", min_border_left=4, min_border_right=8, outline_line_alpha=0,
        # A range of no width would keep the browser looking for ticks for ever.
        x_range=DataRange1d(follow="end", follow_interval=1_000 * RATE_POINTS, min_interval=30_000, range_padding=0),
        y_range=DataRange1d(min_interval=5, range_padding=0.25),
    )  # fmt: skip
    plot.varea_step(x="second", y1=0, y2="rate", source=source, fill_color=palette.LINE, fill_alpha=0.18)
    plot.step(x="second", y="rate", source=source, line_color=palette.LINE, line_width=1.5)
    plot.xaxis.ticker.desired_num_ticks = 4
    plot.yaxis.ticker.desired_num_ticks = 3
    plot.yaxis.ticker.num_minor_ticks = 0
    plot.xaxis.formatter = DatetimeTickFormatter(seconds="%H:%M:%S", minutes="%H:%M", hours="%H:%M", minsec="%H:%M:%S")
    plot.xgrid.visible = False
    plot.title.text_font_size = "11px"
    return plot, source


def _bus(bus: Any, zone: str) -> list[Card]:
    note = bus.error_message or bus.note or bus.address
    lost = bus.state == "error" or bus.reconnect_attempts > 0
    silent = f"silent: {', '.join(bus.silent)}" if bus.silent else ""
    lag = numbers.NOT_KNOWN if bus.lag_ms is None else f"{bus.lag_ms:,.0f} ms"
    behind = "" if bus.lag_entries is None else f"{bus.lag_entries:,} entries behind"
    is_late = (bus.lag_ms or 0) > 2_000
    garbage = f"{bus.garbage:,} unreadable" if bus.garbage else "all readable"
    return [
        Card("bus", "Connection", bus.state, _BUS_TONES.get(bus.state, Tone.BAD), note,
             action="Reconnect now" if lost else ""),
        Card("age", "Last message", "" if bus.last_message_at else "none yet", Tone.WARN if silent else Tone.NONE,
             silent or f"at {_at(bus.last_message_at, zone)}", bus.last_message_at),
        Card("rate", "Rate", numbers.rate(bus.rate), note=f"{bus.streams} streams"),
        Card("lag", "Lag", lag, Tone.WARN if is_late else Tone.NONE, behind),
        Card("received", "Received", numbers.count(bus.messages_received),
             Tone.WARN if bus.garbage else Tone.NONE, garbage),
    ]  # fmt: skip


def _store(store: Any) -> list[Card]:
    if not store.ok:
        return [Card("store", "Store", "not readable", Tone.BAD, store.error)]
    filled = [(name, count) for name, count in store.rows if count]
    most = sorted(filled, key=lambda item: -item[1])[:_MOST_ROWS]
    rows = ", ".join(f"{numbers.count(count)} {name}" for name, count in most) or "empty"
    where = f"{store.url} · {store.layout}" if store.layout else store.url
    return [
        Card("store", "Store", numbers.size(store.size_bytes), Tone.OK, where),
        Card("rows", "Rows", numbers.count(sum(count for _, count in filled)), note=rows),
    ]


def _worker(worker: Any) -> list[Card]:
    state, tone = ("running", Tone.WARN if worker.note else Tone.OK) if worker.alive else ("not running", Tone.BAD)
    return [
        Card("worker", "Worker", state, tone, worker.note or "heartbeat", worker.heartbeat_at if worker.alive else 0),
        Card(
            "ingested",
            "Last entry stored",
            "" if worker.ingested_at else "none yet",
            since=worker.ingested_at,
            note="from the bus",
        ),
    ]


def _node(node: Any) -> Card:
    tone = Tone.WARN if node.is_stale else Tone.OK if node.state == "RUNNING" else Tone.NONE
    seen, what = (node.heartbeat_at, "heartbeat") if node.heartbeat_at else (node.last_message_at, "last message")
    note = f"{node.note} · {what}" if node.note else what
    return Card(f"node-{node.trader_id}", node.trader_id, node.state.lower(), tone, note, seen)


def _source(source: Any, zone: str) -> Card:
    state, tone = ("available", Tone.OK) if source.is_available else ("not available", Tone.WARN)
    used = f"last used {_at(source.last_used_at, zone)}" if source.last_used_at else "not used yet"
    return Card(f"source-{source.name}", source.title, state, tone, source.reason or used)


def _job(job: Job, zone: str) -> Card:
    parts = f"{job.done:,} of {job.total:,}" if job.total else ""
    asked = "stop asked" if job.cancel_requested and not job.status.is_final else ""
    at = _at(job.ts_finished or job.ts_started or job.ts_created, zone)
    note = " · ".join(part for part in (parts, asked, job.message, at) if part)
    tone = _JOB_TONES.get(job.status, Tone.NONE)
    fraction = job.fraction if job.status is Status.RUNNING else None
    return Card(f"job-{job.id}", f"{job.kind} {job.title}", job.status.lower(), tone, note, fraction=fraction)


def _latest(row: Any, zone: str) -> Card:
    if row.is_stale:
        return Card(row.instrument_id, row.instrument_id, numbers.price(row.price), Tone.WARN, STALE, row.ts_received)
    tone = Tone.UP if row.change > 0 else Tone.DOWN if row.change < 0 else Tone.NONE
    arrow = {Tone.UP: "▲ ", Tone.DOWN: "▼ "}.get(tone, "")
    when = numbers.day(row.ts_event, zone)
    return Card(row.instrument_id, row.instrument_id, numbers.price(row.price), tone,
                f"{arrow}{numbers.percent(row.change)} · {when}")  # fmt: skip


def _run(status: Any, zone: str) -> list[Card]:
    is_running = status.status == "RUNNING"
    state = "paused" if status.is_paused and is_running else status.status.lower()
    tone = Tone.WARN if state == "paused" else _RUN_TONES.get(status.status, Tone.NONE)
    fraction = status.bars_sent / status.bars_total if status.bars_total else None
    sent = f"{status.bars_sent:,} of {status.bars_total:,} bars" if status.bars_total else f"{status.bars_sent:,} bars"
    return [
        Card("state", "State", state, tone, status.error or (f"run {status.run_id}" if status.run_id else "never run")),
        Card("seen", "Seen by the worker", "" if status.ts_updated else "not yet", since=status.ts_updated,
             note=f"process {status.pid}" if status.pid else ""),
        Card("replayed", "Replayed to", numbers.day(status.replayed_to, zone), note=sent, fraction=fraction),
        Card("pace", "Pace", f"{status.pace:g} bars/s", note="of each instrument"),
        Card("started", "Started", "" if status.ts_started else "never", note=_at(status.ts_started, zone),
             since=status.ts_started),
    ]  # fmt: skip


def _at(ts: int, zone: str) -> str:
    return f"{numbers.clock(ts, zone)} {zone}" if ts else numbers.NOT_KNOWN
