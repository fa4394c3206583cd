"""Command line: worker, backfill, coverage, sources, engine."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from nautilus_data import Settings, load_settings, open_workspace
from nautilus_data.engine import Identity
from nautilus_data.errors import DashboardError, FatalError
from nautilus_data.logs import set_up_logs
from nautilus_data.services.engine import DEFAULT_START, DEFAULT_WARMUP
from nautilus_data.worker import Worker
from nautilus_data.workspace import Workspace

app = typer.Typer(
    help="The data layer of the control room for NautilusTrader.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
engine = typer.Typer(help="Ask the worker to start, pause, pace or stop the node.", no_args_is_help=True)
app.add_typer(engine, name="engine")
_OUT = Console()
# A worker that was killed is back within this time.
_WORKER_S = 5.0


def _open() -> Workspace:
    return open_workspace(load_settings())


def _show(frame: pd.DataFrame) -> None:
    table = Table(*frame.columns)
    for row in frame.astype(str).itertuples(index=False):
        table.add_row(*row)
    _OUT.print(table)


def _wait(workspace: Workspace, job_id: int) -> None:
    """Follow a job to its end; a failed one is an error."""
    asked_at = time.monotonic()
    while not (job := workspace.store.job(job_id)).status.is_final:
        if workspace.overview.worker().alive:
            asked_at = time.monotonic()
        elif time.monotonic() - asked_at > _WORKER_S:
            raise DashboardError(
                f"job {job_id} waits, but no worker runs: start the server, or python -m nautilus_data worker"
            )
        _OUT.print(f"{job.title}: {job.status} {job.done}/{job.total or '?'}", end="\r")
        time.sleep(0.5)
    _OUT.print(f"{job.title}: {job.status} {job.message}")
    if job.status != "SUCCEEDED":
        raise typer.Exit(1)


@app.command()
def worker(supervisor: Annotated[str, typer.Option(help="pid:created of the server it belongs to")] = "") -> None:
    """Run ingest, backfills and the node; one at a time per store."""
    settings = load_settings()
    set_up_logs(settings)
    pid, _, created = supervisor.partition(":")
    owner = Identity(int(pid), float(created)) if supervisor else None
    asyncio.run(_run_worker(settings, owner))


async def _run_worker(settings: Settings, owner: Identity | None) -> None:
    await Worker(settings, owner).run()


@app.command()
def backfill(
    instrument_id: str,
    source: str = "sample",
    timeframe: str = "1d",
    start: str | None = None,
    end: str | None = None,
    adjustment: str = "raw",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the plan only")] = False,
) -> None:
    """Plan what is missing, queue it for the worker, follow it to the end."""
    workspace = _open()
    plan = workspace.backfill.plan(instrument_id, source, timeframe, start, end, adjustment)
    _OUT.print(f"{plan.title}: {plan.span}, {plan.requests} requests")
    for chunk in plan.chunks if dry_run else ():
        _OUT.print(f"  {chunk}")
    if not dry_run and not plan.is_empty:
        _wait(workspace, workspace.backfill.start(plan))


@app.command()
def coverage() -> None:
    """What is stored of each series."""
    frame = _open().backfill.coverage()
    for name in ("start", "end", "watermark"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.date
    _show(frame)


@app.command()
def sources() -> None:
    """Every source, and why it can't be used where that is so."""
    found = _open().overview.sources()
    rows = [(source.name, source.title, "yes" if source.is_available else source.reason) for source in found]
    _show(pd.DataFrame(rows, columns=["name", "title", "available"]))


@engine.command("status")
def engine_status() -> None:
    """The node as the worker last saw it."""
    status = _open().engine.status()
    replayed = pd.Timestamp(status.replayed_to, tz="UTC").date() if status.replayed_to else "-"
    _OUT.print(
        f"{status.status} run={status.run_id} pace={status.pace:g} bars={status.bars_sent} replayed_to={replayed}"
    )


@engine.command("start")
def engine_start(start: str = DEFAULT_START, warmup: int = DEFAULT_WARMUP, pace: float = 1.0) -> None:
    """Start a replay of the stored history."""
    workspace = _open()
    _wait(workspace, workspace.engine.start(start, warmup, pace))


@engine.command("pace")
def engine_pace(pace: float) -> None:
    """Set the bars a second of each instrument."""
    workspace = _open()
    _wait(workspace, workspace.engine.set_pace(pace))


@engine.command("pause")
def engine_pause() -> None:
    """Hold the replay."""
    workspace = _open()
    _wait(workspace, workspace.engine.pause())


@engine.command("resume")
def engine_resume() -> None:
    """Go on with the replay."""
    workspace = _open()
    _wait(workspace, workspace.engine.resume())


@engine.command("stop")
def engine_stop() -> None:
    """Stop the node."""
    workspace = _open()
    _wait(workspace, workspace.engine.stop())


def main() -> int:
    """Exit code 2 when it can't start, 1 when what was asked failed."""
    try:
        app()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(bool(done.code))
    except (DashboardError, ValueError) as error:
        typer.echo(f"nautilus_data: {error}", err=True)
        return 2 if isinstance(error, FatalError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
