"""Commands about history: backfill, coverage, sources, instruments, export, backup and restore."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from nautilus_data import Permitted, load_settings, open_workspace
from nautilus_data.core.dataset import Series, parse_timeframe
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.core.job import Status
from nautilus_data.core.plan import Plan, State, say_count
from nautilus_data.core.timerange import TimeRange, say_time, to_ns
from nautilus_data.errors import DashboardError, FatalError
from nautilus_data.following import a_worker, bar, follow
from nautilus_data.store import backup as back_up
from nautilus_data.store import restore as put_back

OUT = Console(soft_wrap=True)
_GOOD = (State.DONE, State.EMPTY)
# Of a line's coverage what fits on a screen; all of it is in the JSON.
_SHOWN = ("label", "source", "adjustment", "start", "end", "rows", "missing", "gaps")
_Text = Annotated[str | None, typer.Option()]
_Json = Annotated[bool, typer.Option("--json", help="print JSON and nothing else")]


def open_store() -> Permitted:
    """The workspace the settings name, held by who sits at this machine: what is changed is recorded as theirs."""
    return open_workspace(load_settings()).permit(person())


def person() -> Identity:
    """Who sits at this machine: whoever may read the store may do everything."""
    name = str(os.getuid())
    with suppress(KeyError):
        name = pwd.getpwuid(os.getuid()).pw_name
    return Identity(name, Role.ADMIN, Door.COMMAND)


def add_commands(app: typer.Typer) -> None:
    """Everything of this file on a command line."""
    for command in (backfill, coverage, sources, export, backup, restore):
        app.command()(command)
    instruments = typer.Typer(help="The directory of instruments.", no_args_is_help=True)
    instruments.command("search")(search)
    instruments.command("alias")(alias)
    app.add_typer(instruments, name="instruments")
    store = typer.Typer(help="The database everything is kept in.", no_args_is_help=True)
    store.command("layout")(layout)
    store.command("partition")(partition)
    app.add_typer(store, name="store")


def show(frame: pd.DataFrame, as_json: bool = False) -> None:
    """A table for people, or its records as JSON."""
    if as_json:
        typer.echo(frame.to_json(orient="records", date_format="iso"))
        return
    table = Table()
    for name in frame.columns:
        # On a narrow screen a cell takes more lines, and none of its letters is lost.
        table.add_column(str(name), overflow="fold")
    for row in frame.astype(str).itertuples(index=False):
        table.add_row(*row)
    OUT.print(table)


def wait(workspace: Permitted, job_id: int) -> None:
    """Follow a job to its end; a failed one is an error."""
    job = follow(workspace, job_id, lambda job: OUT.print(f"{job.title}: {job.status} {job.done}/{job.total or '?'}"))
    OUT.print(f"{job.title}: {job.status} {job.message}")
    if job.status is not Status.SUCCEEDED:
        raise typer.Exit(1)


def follow_all(workspace: Permitted, jobs: list[int], as_json: bool) -> int:
    """Follow jobs to their ends and say how each went; 0 when all of them succeeded."""
    ended = []
    if jobs:
        with a_worker(workspace), bar(OUT, as_json) as tell:
            ended = [follow(workspace, job_id, tell) for job_id in jobs]
    if as_json:
        told = [{"job": one.id, "title": one.title, "status": str(one.status), "message": one.message} for one in ended]
        typer.echo(json.dumps(told))
    elif not jobs:
        OUT.print("nothing is missing")
    for job in () if as_json else ended:
        OUT.print(f"{job.title}: {job.status} {job.message}")
    return 0 if all(job.status is Status.SUCCEEDED for job in ended) else 1


def backfill(
    instrument_id: Annotated[
        str | None, typer.Argument(help="SYMBOL.VENUE, or a symbol only one has; of FRED, UNRATE")
    ] = None,
    instrument: _Text = None,
    source: str = "sample",
    dataset: Annotated[str, typer.Option(help="bars, observations, …; default: what the source is for")] = "",
    timeframe: str = "1d",
    start: _Text = None,
    end: _Text = None,
    adjustment: str = "raw",
    price_type: str = "LAST",
    mode: Annotated[str, typer.Option(help="missing, missing+failed or all")] = "missing",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the plan only")] = False,
    resume: Annotated[int, typer.Option(help="go on with this job")] = 0,
    retry: Annotated[int, typer.Option(help="ask again what failed or was refused in this job")] = 0,
    request: Annotated[int | None, typer.Option(help="with --retry: this request only")] = None,
    every: Annotated[
        int | None, typer.Option(min=0, help="top it up from now on, every so many seconds; 0: no more")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Plan what is missing, queue it for the worker, follow it to the end; 0 only when nothing is left missing."""
    workspace = open_store()
    if job_id := resume or retry:
        _reopen(workspace, job_id, bool(retry), request)
    else:
        name = workspace.instruments.resolve(_named(instrument or instrument_id), source)
        plan = workspace.backfill.plan(name, source, timeframe, start, end, adjustment, mode, price_type, dataset)
        if every is not None and not dry_run:
            _schedule(workspace, plan.series, every)
        _say_plan(plan, as_json, dry_run)
        if dry_run:
            return
        if plan.is_empty:
            raise typer.Exit(_say_nothing_to_do(workspace, plan, as_json))
        job_id = workspace.backfill.start(plan)
    raise typer.Exit(_run_and_tell(workspace, job_id, as_json))


def _schedule(workspace: Permitted, series: Series, every_s: int) -> None:
    if every_s:
        workspace.backfill.schedule(series, every_s)
    else:
        workspace.backfill.unschedule(series)


def coverage(
    instrument: _Text = None, source: _Text = None, timeframe: _Text = None, dataset: _Text = None,
    gaps: Annotated[bool, typer.Option("--gaps", help="list what is missing inside")] = False,
    as_json: _Json = False,
) -> None:  # fmt: skip
    """What is stored of each series, and what is missing inside."""
    workspace = open_store()
    wanted = {
        "instrument_id": instrument, "source": source, "timeframe": timeframe and parse_timeframe(timeframe),
        # Only bars have a timeframe to choose by.
        "dataset": dataset or (timeframe and "bars"),
    }  # fmt: skip
    frame = workspace.backfill.coverage("")
    for name, value in wanted.items():
        frame = frame[frame[name] == value] if value else frame
    found = [_gaps(workspace, row) for row in frame.to_dict("records")]
    if gaps:
        frame = (
            pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["label", "start", "end", "bars"])
        )
        show(_with_times(frame, "start", "end"), as_json)
        return
    frame["missing"] = [int(one["bars"].sum()) for one in found]
    frame["gaps"] = [len(one) for one in found]
    frame = _with_days(frame, "start", "end", "watermark")
    show(frame if as_json else frame[[*_SHOWN]], as_json)


def sources(as_json: _Json = False) -> None:
    """Every source as it stands: why it can't be used, what is left of its quota, its last error; nothing is asked."""
    found = open_store().desk.list()
    found["available"] = found["reason"].where(~found["is_available"], "yes")
    if as_json:
        quota = ["quota_left", "quota_limit", "quota_window_s"]
        show(found[["name", "title", "available", "state", *quota, "last_error"]], as_json)
        return
    found["quota left"] = [
        f"{one.quota_left} of {one.quota_limit}" if one.quota_limit else "" for one in found.itertuples()
    ]
    show(found[["name", "available", "state", "quota left", "last_error"]])


def search(
    text: Annotated[str, typer.Argument()] = "",
    kind: Annotated[str, typer.Option(help="stock, ETF, FX, future, index")] = "",
    source: Annotated[str, typer.Option(help="ask this source too, and keep what it finds")] = "",
    limit: int = 30,
    as_json: _Json = False,
) -> None:
    """Look for instruments by name or symbol."""
    workspace = open_store()
    if source:
        asyncio.run(workspace.instruments.find(text, source, limit))
    found = workspace.instruments.search(text, kind, limit)
    if not as_json:
        found["aliases"] = [", ".join(f"{of}: {symbol}" for of, symbol in one.items()) for one in found["aliases"]]
    show(found, as_json)
    raise typer.Exit(0 if len(found) else 1)


def alias(instrument_id: str, source: str, symbol: Annotated[str, typer.Argument()] = "") -> None:
    """Say what a source calls an instrument; without a symbol, forget it."""
    open_store().instruments.set_alias(instrument_id, source, symbol)


def export(
    instrument: Annotated[str, typer.Option()],
    output: Annotated[Path, typer.Option(help="the file to write")],
    source: str = "sample",
    timeframe: str = "1d",
    start: _Text = None,
    end: _Text = None,
    adjustment: str = "raw",
    price_type: str = "LAST",
    kind: Annotated[str, typer.Option("--format", help="csv, parquet or arrow")] = "csv",
) -> None:
    """Write stored bars to a file."""
    workspace = open_store()
    series = Series(
        instrument_id=workspace.instruments.resolve(instrument), source=source, timeframe=parse_timeframe(timeframe),
        adjustment=adjustment, price_type=price_type,
    )  # fmt: skip
    span = TimeRange(to_ns(start) if start else 0, to_ns(end) if end else time.time_ns())
    OUT.print(f"{workspace.export.bars(series, output, kind, span)} bars written to {output}")


def backup(output: Annotated[Path, typer.Argument(help="the file to write")]) -> None:
    """Copy the embedded store to a file while it is in use."""
    OUT.print(f"{back_up(load_settings().store_url, output):,} bytes written to {output}")


def restore(source: Annotated[Path, typer.Argument(help="a file `backup` wrote")]) -> None:
    """Put a backup in the embedded store's place; stop server and worker first."""
    settings = load_settings()
    if settings.store_url.startswith("sqlite"):
        workspace = open_store()
        is_alive = workspace.overview.worker().alive
        workspace.close()
        if is_alive:
            raise FatalError("a worker runs on this store: stop server and worker first")
    before = put_back(settings.store_url, source)
    OUT.print(f"restored from {source}" + (f"; the store before it is {before}" if before else ""))


def layout() -> None:
    """Say how the big tables are laid out."""
    OUT.print(open_store().store.stats().layout)


def partition() -> None:
    """Cut tables of PostgreSQL that an older version made in one piece by time; others wait until it is done."""
    moved = open_store().store.partition()
    for table, rows in moved.items():
        OUT.print(f"{table}: {rows:,} rows moved into partitions")
    if not moved:
        OUT.print("every table is partitioned already")


def _named(instrument: str | None) -> str:
    if not instrument:
        raise ValueError("name an instrument: --instrument SYMBOL.VENUE, as in AAPL.NASDAQ")
    return instrument


def _reopen(workspace: Permitted, job_id: int, is_retry: bool, ordinal: int | None) -> None:
    try:
        job = workspace.store.job(job_id)
    except LookupError as error:
        raise DashboardError(str(error.args[0])) from error
    if not job.status.is_final:
        return
    left = workspace.backfill.retry(job_id, ordinal) if is_retry else workspace.backfill.resume(job_id)
    if not left:
        raise DashboardError(f"job {job_id} has nothing left to ask: {job.status} {job.message}")


def _say_plan(plan: Plan, as_json: bool, is_whole: bool) -> None:
    if as_json:
        if is_whole:
            typer.echo(json.dumps(_plan_dict(plan)))
        return
    OUT.print(
        f"{plan.title}: {plan.span}, {say_count(plan.requests, 'request')}{_about(plan.rows)},"
        f" cost {plan.cost}, done about {say_time(plan.ts_estimated)} UTC"
    )
    for one in plan.entries if is_whole else ():
        OUT.print(f"  {one.ordinal}: {one.span}{_about(one.expected)}, cost {one.cost}")


def _about(rows: int) -> str:
    """Nothing where nobody knows how many."""
    return f", about {say_count(rows, 'bar')}" if rows else ""


def _say_nothing_to_do(workspace: Permitted, plan: Plan, as_json: bool) -> int:
    refused = [reason for span, reason in workspace.store.failures(plan.series) if span.overlaps(plan.span)]
    message = "nothing is missing"
    if refused:
        message = (
            f"nothing to ask, but {len(refused)} spans were refused before: {refused[0]}; --mode missing+failed asks"
        )
    if as_json:
        typer.echo(json.dumps({**_plan_dict(plan), "job": None, "message": message}))
    else:
        OUT.print(message)
    return 1 if refused else 0


def _run_and_tell(workspace: Permitted, job_id: int, as_json: bool) -> int:
    """Follow a job with a bar; 0 when all of it came."""
    if not as_json:
        OUT.print(f"job {job_id}; go on with it later: python -m nautilus_data backfill --resume {job_id}")
    with a_worker(workspace), bar(OUT, as_json) as tell:
        job = follow(workspace, job_id, tell)
    plan = workspace.backfill.plan_of(job_id)
    entries = plan.entries if plan else ()
    is_whole = job.status is Status.SUCCEEDED and all(one.state in _GOOD and not one.error for one in entries)
    if as_json:
        told = {"job": job_id, "status": str(job.status), "message": job.message, "whole": is_whole}
        typer.echo(json.dumps({**(_plan_dict(plan) if plan else {}), **told}))
    else:
        OUT.print(f"{job.title}: {job.status} {job.message}")
        for one in (one for one in entries if one.error or one.state not in _GOOD):
            OUT.print(
                f"  {one.ordinal}: {one.span} {one.state} after {say_count(one.attempts, 'attempt')}: {one.error}"
            )
    return 0 if is_whole else 1


def _plan_dict(plan: Plan) -> dict[str, Any]:
    requests = [
        {"ordinal": one.ordinal, "start": _time(one.span.start), "end": _time(one.span.end), "expected": one.expected,
         "cost": one.cost, "state": str(one.state), "attempts": one.attempts, "rows": one.rows, "error": one.error}
        for one in plan.entries
    ]  # fmt: skip
    return {
        "series": plan.title, "start": _time(plan.span.start), "end": _time(plan.span.end), "mode": str(plan.mode),
        "bars": plan.rows, "cost": plan.cost, "done_about": _time(plan.ts_estimated), "note": plan.note,
        "requests": requests,
    }  # fmt: skip


def _gaps(workspace: Permitted, row: dict[str, Any]) -> pd.DataFrame:
    series = Series(
        **{name: row[name] for name in ("dataset", "instrument_id", "source", "timeframe", "adjustment", "price_type")}
    )
    return workspace.coverage.gaps(series).assign(label=row["label"])[["label", "start", "end", "bars"]]


def _time(ns: int) -> str:
    return pd.Timestamp(ns, tz="UTC").isoformat()


def _with_times(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in names})


def _with_days(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True).dt.date.astype(str) for name in names})
